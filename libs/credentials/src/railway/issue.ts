/** Creates a project token for a lease. Railway's tokens have no expiry and no read-only scope, and both are said plainly. */
import { randomBytes } from "node:crypto";
import { sha256Hex } from "@tripline/canonical";
import type { CredentialTarget, IssueOutcome, IssueRequest } from "../provider.ts";
import type { RailwayConfig } from "./config.ts";
import { listProjectTokens } from "./listing.ts";
import { CREATE_PROJECT_TOKEN } from "./operations.ts";
import type { RailwayAccess } from "./revoke.ts";

export async function issueToken(
  access: RailwayAccess,
  leases: RailwayConfig["leases"],
  request: IssueRequest,
  signal: AbortSignal,
): Promise<IssueOutcome> {
  if (leases === undefined) return notSupported("no `leases` in this provider's configuration");
  if (request.readOnly) return notSupported("Railway has no read-only tokens");
  const environment = request.grant.environments.find((name) => Object.hasOwn(leases.environments, name));
  const environmentId = environment === undefined ? undefined : leases.environments[environment];
  if (environmentId === undefined) return notSupported("no environment of the grant is configured under `leases.environments`");

  // Unique to this attempt, so that the listing finds this token and no earlier one of the same lease.
  const name = `tripline-${sha256Hex(request.leaseId).slice(0, 16)}-${randomBytes(6).toString("hex")}`;
  const input = { projectId: leases.projectId, environmentId, name };
  const answer = await access.admin(CREATE_PROJECT_TOKEN, { input }, signal);
  const secret = answer.kind === "data" ? answer.data["projectTokenCreate"] : null;
  if (typeof secret === "string" && secret.length > 0) return withId(access, leases.projectId, { name, secret, request }, signal);
  if (answer.kind !== "data" && (answer.kind !== "failed" || answer.effect === "none")) {
    return { kind: "failed", reason: answer.kind === "failed" ? answer.reason : answer.kind, leftover: null };
  }
  const found = await findByName(access, leases.projectId, name, signal);
  return { kind: "failed", reason: "the API did not answer with a token", leftover: typeof found === "string" ? null : found };
}

async function withId(
  access: RailwayAccess,
  projectId: string,
  created: { readonly name: string; readonly secret: string; readonly request: IssueRequest },
  signal: AbortSignal,
): Promise<IssueOutcome> {
  const { name, secret, request } = created;
  const target = await findByName(access, projectId, name, signal);
  // Without its id the token could never be revoked, so it is not handed out.
  if (typeof target === "string") return { kind: "failed", reason: `token "${name}" was created, but its id is not known: ${target}`, leftover: null };
  return { kind: "issued", target, secret, expiresAtMs: request.nowMs + request.ttlMs };
}

async function findByName(access: RailwayAccess, projectId: string, name: string, signal: AbortSignal): Promise<CredentialTarget | string> {
  const listing = await listProjectTokens(access.admin, [projectId], signal);
  if (listing.kind === "failed") return listing.reason;
  const found = listing.credentials.find((one) => one.name === name);
  if (found === undefined) return "not listed";
  access.seen.add(found.target.providerRef);
  return found.target;
}

const notSupported = (reason: string): IssueOutcome => ({ kind: "not-supported", reason });
