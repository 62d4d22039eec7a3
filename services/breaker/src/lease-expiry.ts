/**
 * Ends leases whose time is over. Not every provider does that by itself (a Railway token lives until somebody deletes it), so the
 * credential is revoked and probed, and its lease counts as ended only once a probe was refused; until then it is tried again.
 */
import { setTimeout as sleep } from "node:timers/promises";
import type { Registry } from "@tripline/core";
import { type Lease, TriplineError, agentKey, encode } from "@tripline/model";
import { appendUntilDurable } from "./append.ts";
import type { BreakerStates } from "./breaker-states.ts";
import type { ContainmentReports } from "./containment-reports.ts";
import { type BreakerDeps, secretName } from "./deps.ts";
import { LIMITS } from "./limits.ts";
import type { Peers } from "./peers.ts";
import { ProviderCalls } from "./provider-calls.ts";

interface Deps extends BreakerDeps {
  readonly registry: Registry;
  readonly states: BreakerStates;
  readonly reports: ContainmentReports;
  readonly stopping: AbortSignal;
  /** Of several breakers, the first in line for an agent ends its leases. */
  readonly peers: Pick<Peers, "rank">;
}

/** Ends expired leases every LIMITS.expiryMs until the service stops. */
export async function endExpiredLeases(deps: Deps): Promise<void> {
  // Calls of its own: a backlog of expired leases must not stand before a containment.
  const calls = new ProviderCalls(deps.providers);
  while (!deps.stopping.aborted) {
    await sleep(LIMITS.expiryMs, undefined, { signal: deps.stopping, ref: false }).catch(() => undefined);
    await endDueLeases(deps, calls);
  }
}

/** One round, one lease after the other; what fails is counted, logged and left to the next round. */
export async function endDueLeases(deps: Deps, calls: ProviderCalls): Promise<void> {
  const counter = deps.metrics.counter("tripline_expired_leases_total", "Expired leases by what became of them", ["outcome"]);
  for (const lease of due(deps)) {
    if (deps.stopping.aborted) return;
    const outcome = await end(lease, calls, deps).catch(() => "failed" as const);
    counter.add(1, { outcome });
    if (outcome !== "ended") deps.logger.error({ leaseId: lease.id, provider: lease.provider, outcome }, "an expired lease is not ended; trying again");
  }
}

/** Leases of an open breaker are left to its containment. */
function due({ registry, states, clock, peers, eventLog }: Deps): Lease[] {
  const nowMs = clock();
  return [...registry.activeLeases()].filter((lease) => {
    const key = agentKey(lease.tenant, lease.agent);
    return lease.expiresAtMs <= nowMs && states.get(key).position.state !== "open" && peers.rank(eventLog.partitionOf(key)) === 0;
  });
}

async function end(lease: Lease, calls: ProviderCalls, deps: Deps): Promise<"ended" | "still-works" | "cannot-tell"> {
  const record = deps.registry.credential(lease.tenant, lease.credentialId);
  if (record?.status === "active") {
    await calls.revoke(record);
    const secret = await deps.secrets.open(secretName(record.tenant, record.id)).catch(orNothing);
    const probe = await calls.probe(record, secret);
    if (probe.kind !== "refused") return probe.kind === "unknown" ? "cannot-tell" : "still-works";
    await deps.reports.recordRevoked(lease, record, probe, deps.registry);
  } else {
    const ended: Lease = { ...lease, version: lease.version + 1, status: "expired", atMs: deps.clock() };
    await appendUntilDurable(deps, "leases", agentKey(lease.tenant, lease.agent), encode("leases", ended));
  }
  return "ended";
}

/** A secret under a lost key cannot be used to probe; the provider's listing can. */
function orNothing(error: unknown): null {
  if (error instanceof TriplineError && error.code === "TL_SEAL_BROKEN") return null;
  throw error;
}
