/** Deletes a token and claims only what Railway's answer proves. */
import type { RevocationOutcome } from "@tripline/model";
import type { CredentialTarget, ListOutcome } from "../provider.ts";
import type { RailwayAnswer } from "./client.ts";
import { listTokens, type Admin } from "./listing.ts";
import { DELETE_BY_KIND, isTokenKind } from "./operations.ts";
import type { SeenTokens } from "./seen-tokens.ts";

export interface RailwayAccess {
  readonly admin: Admin;
  readonly projectIds: readonly string[];
  readonly seen: SeenTokens;
}

export async function revokeToken(access: RailwayAccess, target: CredentialTarget, signal: AbortSignal): Promise<RevocationOutcome> {
  if (!isTokenKind(target.kind)) return { kind: "not-revocable", reason: "not a kind of Railway token" };
  const { query, field } = DELETE_BY_KIND[target.kind];
  const answer = await access.admin(query, { id: target.providerRef }, signal);
  switch (answer.kind) {
    case "data":
      if (answer.data[field] !== true) return failed("unknown", `${field} did not confirm`);
      access.seen.add(target.providerRef);
      // Railway's tokens are checked with every request: there is no session to cut.
      return { kind: "revoked", sessionsCut: 0 };
    case "rate-limited":
      return { ...failed("none", "rate limited (HTTP 429)"), retryAfterMs: answer.retryAfterMs };
    case "failed":
      return { kind: "failed", reason: answer.reason, effect: answer.effect, retryAfterMs: answer.retryAfterMs };
    case "refused":
    case "not-found":
      return whyNotDeleted(access, target, answer.kind, signal);
  }
}

/** "Not Authorized" may mean our admin token is dead, or too small, or that the target is gone: the listing tells which. */
async function whyNotDeleted(
  access: RailwayAccess,
  target: CredentialTarget,
  answer: Extract<RailwayAnswer["kind"], "refused" | "not-found">,
  signal: AbortSignal,
): Promise<RevocationOutcome> {
  const listing = await listAndRemember(access, signal);
  if (listing.kind === "failed") return failed("none", `deletion ${answer}, and no listing to confirm why (${listing.reason})`);
  const present = listing.credentials.some((one) => one.target.providerRef === target.providerRef);
  if (present) return failed("none", "the token exists, but the admin credential may not delete it");
  if (answer === "not-found" || access.seen.has(target.providerRef)) return { kind: "already-gone" };
  return failed("none", "the admin credential neither sees nor may delete this token: only a use can tell");
}

export async function listAndRemember(access: RailwayAccess, signal: AbortSignal): Promise<ListOutcome> {
  const listing = await listTokens(access.admin, access.projectIds, signal);
  if (listing.kind === "listed") for (const one of listing.credentials) access.seen.add(one.target.providerRef);
  return listing;
}

const failed = (effect: "none" | "unknown", reason: string) => ({ kind: "failed", reason, effect, retryAfterMs: null }) as const;
