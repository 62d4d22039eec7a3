/**
 * The mass-trip guard. An attacker (or a bad release) that makes many agents look anomalous must not be able to cut off the
 * whole fleet: above a share of a tenant's agents within a window, trips on risk alone become soft. Hard findings pass.
 */
import type { Policy } from "@tripline/model";

/** Trips remembered per tenant; above this the guard is active anyway. */
const MAX_REMEMBERED = 10_000;

/** Remembers recent trips on risk, per tenant; in memory only, so a restart begins anew. */
export class MassTripGuard {
  readonly #trips = new Map<string, number[]>();

  /** Notes a trip on risk. */
  noted(tenant: string, atMs: number): void {
    const trips = this.#trips.get(tenant) ?? [];
    trips.push(atMs);
    if (trips.length > MAX_REMEMBERED) trips.shift();
    this.#trips.set(tenant, trips);
  }

  /** True when one more trip on risk would be above the policy's share of `fleet` agents. */
  active(tenant: string, nowMs: number, fleet: number, policy: Policy): boolean {
    const recent = (this.#trips.get(tenant) ?? []).filter((atMs) => atMs > nowMs - policy.massTripWindowMs);
    this.#trips.set(tenant, recent);
    return recent.length + 1 > Math.max(policy.massTripMinimum, policy.massTripShare * fleet);
  }
}
