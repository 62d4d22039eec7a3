/** The calls that leave the house: bounded in time and number, and never trusted beyond what they say. */
import { channel } from "node:diagnostics_channel";
import type { CredentialProvider, CredentialTarget } from "@tripline/credentials";
import type { CredentialRecord, ProbeOutcome, RevocationOutcome } from "@tripline/model";
import pLimit, { type LimitFunction } from "p-limit";
import { LIMITS } from "./limits.ts";

/** For tracing and fault injection: published around the moment that matters, free when nobody listens. */
const callReturned = channel("tripline:breaker.call-returned");

/** At most LIMITS.callsPerProvider calls at once to each provider, each LIMITS.callTimeoutMs long; never rejects. */
export class ProviderCalls {
  readonly #providers: ReadonlyMap<string, CredentialProvider>;
  readonly #limits = new Map<string, LimitFunction>();

  constructor(providers: ReadonlyMap<string, CredentialProvider>) {
    this.#providers = providers;
  }

  /** Revokes; an error or time-out of the provider's code is `failed` with effect `unknown`, so that a probe decides. */
  async revoke(record: CredentialRecord): Promise<RevocationOutcome> {
    const provider = this.#providers.get(record.provider);
    if (provider === undefined) return { kind: "not-revocable", reason: `No provider named ${record.provider} is configured.` };
    const outcome = await this.#bounded(record.provider, (signal) => provider.revoke(targetOf(record), signal)).catch(
      (error: unknown): RevocationOutcome => ({ kind: "failed", reason: nameOf(error), effect: "unknown", retryAfterMs: null }),
    );
    callReturned.publish({ credentialId: record.id, outcome: outcome.kind });
    return outcome;
  }

  async probe(record: CredentialRecord, secret: string | null): Promise<ProbeOutcome> {
    const provider = this.#providers.get(record.provider);
    if (provider === undefined) return { kind: "unknown", reason: `No provider named ${record.provider} is configured.` };
    return this.#bounded(record.provider, (signal) => provider.probe(targetOf(record), secret, signal)).catch(
      (error: unknown): ProbeOutcome => ({ kind: "unknown", reason: nameOf(error) }),
    );
  }

  #bounded<T>(provider: string, call: (signal: AbortSignal) => Promise<T>): Promise<T> {
    const limit = this.#limits.get(provider) ?? pLimit(LIMITS.callsPerProvider);
    this.#limits.set(provider, limit);
    return limit(async () => {
      const signal = AbortSignal.timeout(LIMITS.callTimeoutMs);
      const late = Promise.withResolvers<never>();
      const expire = (): void => late.reject(new Error("time-out"));
      signal.addEventListener("abort", expire, { once: true });
      try {
        return await Promise.race([call(signal), late.promise]);
      } finally {
        signal.removeEventListener("abort", expire);
      }
    });
  }
}

/** What a provider is told of a credential. */
export function targetOf(record: CredentialRecord): CredentialTarget {
  return { id: record.id, kind: record.kind, providerRef: record.providerRef, principal: record.principal };
}

/** The error's class only: messages of client libraries can carry URLs and headers. */
function nameOf(error: unknown): string {
  return error instanceof Error ? (error.message === "time-out" ? "time-out" : error.name) : "unknown error";
}
