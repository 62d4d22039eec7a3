/** One call as a door hands it over: who calls, what would run, with which credential. */
import type { Captured, CredentialUse, Provenance, Request, ResourceRef } from "@tripline/model";

/** Authenticated by a token of the agent's own. */
export interface Caller {
  readonly tenant: string;
  readonly agent: string;
  readonly leaseId: string | null;
}

/** Registered credential that would be injected. */
export interface Injected {
  readonly id: string;
  readonly environment: string;
  readonly version: number;
  readonly fingerprint: string | null;
}

export interface GateCall {
  /** The runtime's tool-call id, or one made by the door: attempt, decision and result merge under it. */
  readonly callId: string;
  readonly door: "decide" | "http";
  readonly session: string | null;
  readonly task: string | null;
  readonly tool: string;
  readonly operation: string | null;
  readonly request: Request | null;
  /** Redacted and bounded; what was cut of it counts as unknown. */
  readonly inputs: Captured | null;
  /** The same before it was redacted, for finding the credentials that it shows; never kept, recorded or shown. Absent: `inputs` is all. */
  readonly unredacted?: string;
  readonly provenance: Readonly<Record<string, Provenance>>;
  readonly resource: ResourceRef | null;
  readonly environment: string | null;
  /** Credentials that the call itself shows. */
  readonly credentials: readonly CredentialUse[];
  readonly injected: Injected | null;
  /** SHA-256 of exactly what will be executed. */
  readonly payload: string;
  /** Where the gate itself would send it; null where the runtime executes. */
  readonly target: Target | null;
  /** What the gate keeps, sealed, to execute it once it is approved; null where the runtime executes. */
  readonly stored: string | null;
  readonly resourceVersion: string | null;
  /** An approval that the caller means to use (decide API only). */
  readonly approvalId: string | null;
  /** All that would be sent, as text for those who approve it; absent where `request` says it all. No secret that the gate injects is in it. */
  readonly describe?: () => string;
  /** Why the door itself refuses it. It is decided and recorded like any other call, and never allowed. */
  readonly refused?: { readonly by: string; readonly reason: string };
}

export interface Target {
  readonly origin: string;
  readonly addresses: readonly string[];
  /** The ranges in which the configuration lets the addresses rotate. Absent: they may not, and are bound as they are. */
  readonly within?: readonly string[];
}
