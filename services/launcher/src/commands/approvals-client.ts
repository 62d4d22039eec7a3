/** Talks to a running gate's approvers' door: found through the data directory, or TRIPLINE_APPROVALS_URL, with an approver's own token. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { isId, TriplineError } from "@tripline/model";
import { publishedAddresses } from "../data-dir.ts";
import { type AdminClient, clientOf } from "./admin-client.ts";
import { dataDirOf, type GlobalOptions } from "./options.ts";

/** `as`: whose token of the data directory, where TRIPLINE_APPROVER_TOKEN is not set. @throws TL_NOT_RUNNING, TL_INPUT_INVALID */
export function approvalsClient(options: GlobalOptions, as: string | undefined): AdminClient {
  const { TRIPLINE_APPROVALS_URL: given, TRIPLINE_APPROVER_TOKEN: token } = process.env;
  const dataDir = dataDirOf(options.config);
  const urls = given === undefined ? publishedAddresses(dataDir, "approvals").map(({ url }) => url) : given.split(",").map((url) => url.trim().replace(/\/$/u, ""));
  if (urls.length === 0) throw new TriplineError("TL_NOT_RUNNING", `No gate has left an address in ${dataDir}; TRIPLINE_APPROVALS_URL names one elsewhere.`);
  return clientOf({ urls, token: as === undefined ? (token ?? missing()) : tokenOf(as, dataDir) }, "approvers' door");
}

function missing(): never {
  throw new TriplineError("TL_INPUT_INVALID", "Say who decides: --as <approver>, or set TRIPLINE_APPROVER_TOKEN.");
}

function tokenOf(approver: string, dataDir: string): string {
  if (!isId(approver)) throw new TriplineError("TL_INPUT_INVALID", "At --as: not the id of an approver.");
  try {
    return readFileSync(join(dataDir, "approvers", approver), "utf8").trim();
  } catch {
    throw new TriplineError("TL_INPUT_INVALID", `No token of ${approver} is in ${join(dataDir, "approvers")}, or it cannot be read; set TRIPLINE_APPROVER_TOKEN.`);
  }
}
