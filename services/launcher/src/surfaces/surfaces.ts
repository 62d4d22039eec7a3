/** `tripline doctor --surfaces`: every door and the ways around them, tried from here and now. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { plain, table } from "../commands/output.ts";
import type { LauncherConfig } from "../config.ts";
import { publishedAddresses } from "../data-dir.ts";
import { directSurfaces } from "./direct.ts";
import { doorSurfaces } from "./doors.ts";
import { type Held, look, type Looked } from "./surface.ts";

/** @param agentId whose token to try; the first that has one when null */
export function lookAtSurfaces(config: LauncherConfig, agentId: string | null): Promise<Looked[]> {
  const { TRIPLINE_ADMIN_URL: given } = process.env;
  const adminUrls = given === undefined ? publishedAddresses(config.dataDir, "admin").map(({ url }) => url) : given.split(",").map((url) => url.trim().replace(/\/$/u, ""));
  const looking = { config, adminUrls, held: heldBy(config, agentId) };
  return look([...doorSurfaces(looking), ...directSurfaces(looking)]);
}

function heldBy({ dataDir, agents, admin }: LauncherConfig, agentId: string | null): Held {
  const found = agents
    .filter(({ id }) => agentId === null || id === agentId)
    .map(({ id, ingestTokenEnv, ingestTokenFile }) => ({ id, token: valueAt(ingestTokenEnv, ingestTokenFile, join(dataDir, "tokens", id)) }))
    .find((one): one is { id: string; token: string } => one.token !== null);
  return { agent: found ?? null, admin: process.env["TRIPLINE_ADMIN_TOKEN"] ?? valueAt(admin.tokenEnv, admin.tokenFile, join(dataDir, "admin-token")) };
}

/** Null where it cannot be read: what is tried with it is left out, and shown as not tried by its absence. */
function valueAt(env: string | undefined, file: string | undefined, made: string): string | null {
  if (env !== undefined) return process.env[env] ?? null;
  try {
    return readFileSync(file ?? made, "utf8").trim() || null;
  } catch {
    return null;
  }
}

/** A line a surface, and below it what went otherwise than it must. */
export function surfacesText(looked: readonly Looked[]): string {
  const rows = looked.map(({ surface, verdict, note, tries }) => [surface, verdict, note ?? summaryOf(tries)]);
  const wrong = looked.flatMap(({ surface, verdict, tries }) =>
    verdict === "not enforced" ? tries.filter(({ ok }) => !ok).map(({ tried, expected, got }) => `${plain(surface)}: ${plain(tried)}: must be ${expected}, was ${plain(got)}.`) : [],
  );
  return [table(["SURFACE", "VERDICT", "TRIED"], rows), ...(wrong.length === 0 ? [] : ["", ...wrong])].join("\n");
}

function summaryOf(tries: Looked["tries"]): string {
  const refused = tries.filter(({ expected, ok }) => expected === "refused" && ok).length;
  const answered = tries.filter(({ expected, ok }) => expected === "answered" && ok).length;
  const toRefuse = tries.filter(({ expected }) => expected === "refused").length;
  const toAnswer = tries.length - toRefuse;
  return `${refused} of ${toRefuse} refused${toAnswer === 0 ? "" : `, ${answered} of ${toAnswer} answered`}`;
}
