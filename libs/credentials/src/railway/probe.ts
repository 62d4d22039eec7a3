/**
 * Finds out whether a token still works: by using it for a harmless question about itself, else by the listing. `refused` needs the
 * admin credential to be answered at the same moment, so that an API which refuses everyone does not look like containment.
 */
import type { ProbeOutcome } from "@tripline/model";
import type { JsonClient } from "../http/json-client.ts";
import type { CredentialTarget } from "../provider.ts";
import { ask, type RailwayAnswer } from "./client.ts";
import { WHO_AM_I, isTokenKind, type TokenKind } from "./operations.ts";
import { listAndRemember, type RailwayAccess } from "./revoke.ts";

export async function probeToken(
  access: RailwayAccess & { readonly client: JsonClient },
  target: CredentialTarget,
  secret: string | null,
  signal: AbortSignal,
): Promise<ProbeOutcome> {
  if (!isTokenKind(target.kind)) return unknown("not a kind of Railway token");
  return secret === null ? probeByListing(access, target, signal) : probeByUse(access, target.kind, secret, signal);
}

/** Refusals in a row that count as refused: a single one may be the network's edge stumbling, as tests with faults showed. */
const REFUSALS = 2;

async function probeByUse(
  access: RailwayAccess & { readonly client: JsonClient },
  kind: TokenKind,
  secret: string,
  signal: AbortSignal,
): Promise<ProbeOutcome> {
  for (let refusals = 1; ; refusals += 1) {
    const uses = WHO_AM_I[kind].map((query) => ask(access.client, { kind, secret }, { query }, signal));
    const control = access.admin(WHO_AM_I["api-token"][0], {}, signal);
    const [answers, adminAnswer] = await Promise.all([Promise.all(uses), control]);
    if (answers.some((answer) => answer.kind === "data")) return { kind: "still-works", by: "used-and-refused" };
    const undecided = answers.find((answer) => answer.kind !== "refused");
    if (undecided !== undefined) return unknown(describe(undecided));
    if (adminAnswer.kind !== "data") return unknown(`the token was refused, but a control request of the admin was not answered either (${describe(adminAnswer)})`);
    if (refusals === REFUSALS) return { kind: "refused", by: "used-and-refused" };
  }
}

async function probeByListing(access: RailwayAccess, target: CredentialTarget, signal: AbortSignal): Promise<ProbeOutcome> {
  const wasSeen = access.seen.has(target.providerRef);
  const listing = await listAndRemember(access, signal);
  if (listing.kind === "failed") return unknown(listing.reason);
  if (listing.credentials.some((one) => one.target.providerRef === target.providerRef)) return { kind: "still-works", by: "provider-listing" };
  return wasSeen ? { kind: "refused", by: "provider-listing" } : unknown("not listed, and never seen in a listing of this admin credential");
}

const unknown = (reason: string): ProbeOutcome => ({ kind: "unknown", reason });

function describe(answer: RailwayAnswer): string {
  return answer.kind === "failed" ? answer.reason : answer.kind;
}
