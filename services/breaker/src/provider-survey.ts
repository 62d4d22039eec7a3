/**
 * Asks every provider, at start and every few minutes, whether its admin credential could revoke if it had to, and what exists there
 * that the inventory does not know. Both are worth hearing before an incident, not in it.
 */
import type { Registry } from "@tripline/core";
import type { CredentialProvider, VerifyOutcome } from "@tripline/credentials";
import { setTimeout as sleep } from "node:timers/promises";
import type { BreakerDeps } from "./deps.ts";
import { LIMITS } from "./limits.ts";

export interface ProviderStatus {
  readonly provider: string;
  readonly kind: string;
  readonly status: "ready" | "unfit" | "unreachable";
  readonly detail: string;
  /** Credentials at the provider that the inventory does not have: if one is misused, Tripline cannot tell whose it is. */
  readonly unregistered: readonly { readonly providerRef: string; readonly kind: string; readonly name: string }[] | null;
  readonly checkedAtMs: number;
}

/** Keeps the latest answer of each provider; `run` never rejects. */
export class ProviderSurvey {
  readonly #deps: BreakerDeps & { stopping: AbortSignal };
  readonly #registry: Registry;
  readonly #latest = new Map<string, ProviderStatus>();

  constructor(deps: BreakerDeps & { stopping: AbortSignal }, registry: Registry) {
    this.#deps = deps;
    this.#registry = registry;
  }

  latest(): ProviderStatus[] {
    return [...this.#latest.values()];
  }

  /** Surveys until the service stops. */
  async run(): Promise<void> {
    while (!this.#deps.stopping.aborted) {
      await Promise.all([...this.#deps.providers].map(([name, provider]) => this.#survey(name, provider)));
      await sleep(LIMITS.surveyMs, undefined, { signal: this.#deps.stopping, ref: false }).catch(() => undefined);
    }
  }

  async #survey(name: string, provider: CredentialProvider): Promise<void> {
    const signal = AbortSignal.any([this.#deps.stopping, AbortSignal.timeout(LIMITS.callTimeoutMs)]);
    const outcome = await within(signal, () => provider.verify(signal)).catch(() => ({ kind: "unreachable" as const, reason: "the check failed or took too long" }));
    if (this.#deps.stopping.aborted) return;
    const detail = outcome.kind === "ready" ? withWarnings(outcome) : outcome.kind === "unfit" ? `missing: ${outcome.missing.join(", ")}` : outcome.reason;
    const unregistered = outcome.kind === "ready" ? await this.#unregistered(name, provider, signal) : null;
    const before = this.#latest.get(name);
    this.#latest.set(name, { provider: name, kind: provider.describe().kind, status: outcome.kind, detail, unregistered, checkedAtMs: this.#deps.clock() });
    this.#deps.metrics.gauge("tripline_provider_ready", "1 if the provider's admin credential could revoke now", ["provider"]).set(outcome.kind === "ready" ? 1 : 0, { provider: name });
    if (outcome.kind === "ready" && outcome.warnings !== undefined && before?.detail !== detail) this.#deps.logger.warn({ provider: name, detail }, "this provider could revoke, and has something to mend");
    if (outcome.kind !== "ready" && before?.status !== outcome.kind) this.#deps.logger.error({ provider: name, status: outcome.kind, detail }, "this provider could not revoke if it had to");
  }

  async #unregistered(name: string, provider: CredentialProvider, signal: AbortSignal): Promise<ProviderStatus["unregistered"]> {
    const listing = await within(signal, () => provider.list?.(signal) ?? Promise.resolve(undefined)).catch(() => undefined);
    if (listing?.kind !== "listed") return null;
    const known = new Set([...this.#registry.credentials()].filter((record) => record.provider === name).map((record) => record.providerRef));
    return listing.credentials
      .filter(({ target }) => !known.has(target.providerRef))
      .slice(0, LIMITS.unregisteredShown)
      .map(({ target, name: label }) => ({ providerRef: target.providerRef, kind: target.kind, name: label }));
  }
}

function withWarnings({ detail, warnings = [] }: Extract<VerifyOutcome, { kind: "ready" }>): string {
  return [detail, ...warnings.map((warning) => `WARNING: ${warning}`)].join("; ");
}

/** A provider that ignores its signal, or throws before it answers, must not end the survey of all others. */
async function within<T>(signal: AbortSignal, call: () => Promise<T>): Promise<T> {
  const late = Promise.withResolvers<never>();
  const expire = (): void => late.reject(new Error("time-out"));
  signal.addEventListener("abort", expire, { once: true });
  try {
    return await Promise.race([call(), late.promise]);
  } finally {
    signal.removeEventListener("abort", expire);
  }
}
