/** Issues leases: only under a grant, only while the breaker allows it, and recorded before the credential exists. */
import { randomUUID } from "node:crypto";
import { planContainment } from "@tripline/core";
import type { CredentialProvider, CredentialTarget, IssueOutcome, IssueRequest } from "@tripline/credentials";
import { type AgentKey, type CredentialRecord, type Grant, type Lease, TriplineError, encode, splitAgentKey } from "@tripline/model";
import { appendOrRefuse, appendUntilDurable } from "./append.ts";
import { secretName } from "./deps.ts";
import { LIMITS } from "./limits.ts";
import type { PipelineDeps } from "./pipeline.ts";

export interface LeaseRequest {
  readonly key: AgentKey;
  readonly provider: string;
  readonly ttlMs: number | null;
}

export interface IssuedLease {
  readonly lease: Lease;
  /** Handed over once. */
  readonly secret: string;
  readonly principal: string | null;
}

/** Throws TL_LEASE_REFUSED, TL_PROVIDER_UNKNOWN or TL_PROVIDER_FAILED. */
export async function issueLease(request: LeaseRequest, deps: PipelineDeps): Promise<IssuedLease> {
  const provider = deps.providers.get(request.provider);
  if (provider === undefined) throw new TriplineError("TL_PROVIDER_UNKNOWN");
  const grant = grantFor(request.key, deps);
  const nowMs = deps.clock();
  const ttlMs = Math.min(request.ttlMs ?? deps.config.leaseTtlMs, (grant.expiresAtMs ?? Number.POSITIVE_INFINITY) - nowMs);
  const id = randomUUID();
  const lease: Lease = {
    v: 1, version: 1, id, ...splitAgentKey(request.key), grantId: grant.id, credentialId: `lease-${id}`, provider: request.provider,
    status: "active", expiresAtMs: nowMs + ttlMs, atMs: nowMs,
  };
  // First the record: a crash while the provider works must leave a trace that a trip or a human can follow.
  await appendOrRefuse(deps, "leases", request.key, encode("leases", lease));
  // Known here at once and not only when the reader comes to it: a trip in between would plan its containment without it.
  deps.registry.apply("leases", lease);
  const issued = await issueAt(provider, lease, grant, ttlMs, deps);
  // Seen in use it is the agent's own, and in another's hands somebody else's.
  const marks = issued.target.principal === null ? (deps.marksOf?.(lease.tenant, issued.secret) ?? {}) : {};
  const credential = { ...credentialOf(lease, grant, issued.target, nowMs), ...marks };
  await deps.secrets.seal(secretName(credential.tenant, credential.id), issued.secret);
  await appendUntilDurable(deps, "credentials", credential.tenant, encode("credentials", credential));
  deps.registry.apply("credentials", credential);
  await refuseIfDenied(credential, request.key, deps);
  return { lease, secret: issued.secret, principal: issued.target.principal };
}

function grantFor(key: AgentKey, deps: PipelineDeps): Grant {
  if (deps.states.denied(key)) throw new TriplineError("TL_LEASE_REFUSED", "The breaker is not closed.");
  const agent = deps.registry.agent(key);
  if (agent === null || agent.status !== "active") throw new TriplineError("TL_LEASE_REFUSED", "The agent is not registered.");
  const [grant] = deps.registry.grants(key, deps.clock());
  if (grant === undefined) throw new TriplineError("TL_LEASE_REFUSED", "No grant is in force.");
  return grant;
}

async function issueAt(provider: CredentialProvider, lease: Lease, grant: Grant, ttlMs: number, deps: PipelineDeps) {
  const readOnly = deps.states.get(`${lease.tenant}/${lease.agent}`).position.state === "probing";
  const outcome = await boundedIssue(provider, { leaseId: lease.id, grant, ttlMs, readOnly, nowMs: deps.clock() }, (late) => takeBack(credentialOf(lease, grant, late, deps.clock()), "late", deps));
  if (outcome.kind === "issued") return outcome;
  if (outcome.kind === "failed" && outcome.leftover !== null) return takeBack(credentialOf(lease, grant, outcome.leftover, deps.clock()), outcome.reason, deps);
  await appendUntilDurable(deps, "leases", `${lease.tenant}/${lease.agent}`, encode("leases", { ...lease, version: 2, status: "expired", atMs: deps.clock() }));
  throw new TriplineError("TL_PROVIDER_FAILED", outcome.reason);
}

/** A provider that throws or does not come back may have made it: the lease stays on record, and what comes late is taken back. */
async function boundedIssue(provider: CredentialProvider, request: IssueRequest, late: (target: CredentialTarget) => Promise<never>): Promise<IssueOutcome> {
  const expired = Promise.withResolvers<"expired">();
  const timer = setTimeout(() => expired.resolve("expired"), LIMITS.callTimeoutMs);
  const call = provider.issue(request, AbortSignal.timeout(LIMITS.callTimeoutMs)).catch(() => "threw" as const);
  const outcome = await Promise.race([call, expired.promise]);
  clearTimeout(timer);
  if (outcome === "expired") void call.then((after) => (after !== "threw" && after.kind === "issued" ? late(after.target) : undefined)).catch(() => undefined);
  if (outcome === "expired" || outcome === "threw") throw new TriplineError("TL_PROVIDER_FAILED", "Whether it made a credential is not known.");
  return outcome;
}

/** The provider may have made it before it failed: on record it goes, so that a trip meets it, and away it goes. */
async function takeBack(credential: CredentialRecord, reason: string, deps: PipelineDeps): Promise<never> {
  await appendUntilDurable(deps, "credentials", credential.tenant, encode("credentials", credential));
  await deps.runner.revokeUnused(credential);
  throw new TriplineError("TL_PROVIDER_FAILED", reason);
}

function credentialOf(lease: Lease, grant: Grant, target: { kind: string; providerRef: string; principal: string | null }, nowMs: number): CredentialRecord {
  return {
    v: 1, version: 1, id: lease.credentialId, tenant: lease.tenant, provider: lease.provider, providerRef: target.providerRef, kind: target.kind,
    fingerprint: null, principal: target.principal, environment: grant.environments[0] ?? "unknown", reach: grant.resources, issuedTo: [lease.agent],
    alsoUsedBy: [], autoRevoke: "yes", replacement: "Issue a new lease.", status: "active", atMs: nowMs,
  };
}

/** A breaker that opened between the check and the issue planned its containment without this credential: contain it now. */
async function refuseIfDenied(credential: CredentialRecord, key: AgentKey, deps: PipelineDeps): Promise<void> {
  if (!deps.states.denied(key)) return;
  const { trip, position } = deps.states.get(key);
  // A hold revokes nothing else, though an earlier trip is still on record.
  if (trip === null || position.state !== "open") await deps.runner.revokeUnused(credential);
  else {
    await deps.runner.recordIntent(trip, planContainment(trip, deps.registry, deps.clock()), null);
    deps.runner.start(trip.id, Promise.resolve());
  }
  throw new TriplineError("TL_LEASE_REFUSED", "The breaker opened meanwhile.");
}
