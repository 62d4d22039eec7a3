/**
 * What an approval is bound to: everything that decides what will happen, and by whom. Computed when a call is held and again, from what is
 * true then, when it is to be executed; whatever differs makes another digest, and another digest is not approved.
 */
import { digest } from "@tripline/canonical";

export interface BoundAction {
  readonly tenant: string;
  readonly agent: string;
  readonly callId: string;
  readonly tool: string;
  /** Canonical operations of the call, in order, with what they touch and where: the classification at the time. */
  readonly operations: readonly { readonly operation: string; readonly rule: string; readonly places: readonly string[] }[];
  /** SHA-256 of exactly what will be executed: for the gate's own doors the request's method, target, headers and body. */
  readonly payload: string;
  /** Scheme, host and port that it goes to, and the addresses that the host had, or the ranges that the configuration lets them rotate in; null where the runtime executes it. */
  readonly target: { readonly origin: string; readonly addresses: readonly string[] } | null;
  readonly agentEnvironment: string;
  /** Id, version and environment of the injected credential; null for none. */
  readonly credential: { readonly id: string; readonly version: number; readonly environment: string } | null;
  /** Versions of the facts that decided. */
  readonly policy: number;
  readonly grant: number;
  /** The upstream's own version of the resource (ETag), where it has one. */
  readonly resourceVersion: string | null;
}

export type BoundDigest = { readonly kind: "digest"; readonly digest: string } | { readonly kind: "unbindable"; readonly reason: string };

/** RFC 8785 text of the action, hashed; `unbindable` for one that has no canonical text (too large, not JSON). */
export function boundDigest(action: BoundAction): BoundDigest {
  const made = digest(action);
  return made.ok ? { kind: "digest", digest: made.digest } : { kind: "unbindable", reason: made.reason };
}
