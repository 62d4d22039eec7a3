/**
 * What Tripline asks of a credential provider. A provider never reports more than it knows: a call that may have taken
 * effect is `failed` with effect `unknown`, and only a probe says `refused`.
 */
import type { Grant, ProbeOutcome, RevocationOutcome } from "@tripline/model";

export interface ProviderDescription {
  readonly kind: string;
  /** When a revocation takes hold for new uses. */
  readonly revokes: "immediately" | "at-expiry" | "never";
  readonly cutsOpenSessions: boolean;
  /** Kinds of credential it can revoke, in the provider's words: values of `CredentialTarget.kind`. */
  readonly credentialKinds: readonly string[];
  /** What the admin credential must be allowed to do, for the generated reference table. */
  readonly permissions: readonly string[];
  /** An example of this provider's entry in the configuration, as YAML. */
  readonly example: string;
  /** How a probe finds out. */
  readonly probes: readonly ("used-and-refused" | "provider-listing")[];
  /** What a revocation does not reach, in words for a human; empty = nothing known. */
  readonly limits: readonly string[];
  /** What backups it can find; null where it can tell of none. */
  readonly backups: BackupDescription | null;
}

export interface BackupDescription {
  /** Kinds of target that `findBackups` knows: values of `BackupTarget.kind`. */
  readonly kinds: readonly string[];
  /** What is found, and what it is worth, in words for a human. */
  readonly detail: string;
}

/** What may be lost, as a call names it. */
export interface BackupTarget {
  readonly kind: string;
  readonly id: string;
  readonly environment: string | null;
}

export interface FoundBackup {
  readonly id: string;
  readonly atMs: number;
  /** Whether the credentials that reach the target cannot delete it. */
  readonly outsideReach: boolean | "unknown";
  /** `tested`: it was restored and counted. `listed`: it is said to be there, whole as far as its listing tells. */
  readonly restorable: "tested" | "listed" | "unknown";
  /** In our own words. */
  readonly detail: string;
}

/** `none` is said only by a provider that was answered; a listing that could not be read whole is `unknown`. */
export type FoundBackups =
  | { readonly kind: "found"; readonly backups: readonly FoundBackup[] }
  | { readonly kind: "none" }
  | { readonly kind: "unknown"; readonly reason: string };

/** Which credential; never the secret itself. */
export interface CredentialTarget {
  readonly id: string;
  readonly kind: string;
  /** The provider's own id. */
  readonly providerRef: string;
  readonly principal: string | null;
}

export type VerifyOutcome =
  /** `warnings`: what keeps no revocation from working, and an operator should mend all the same. */
  | { readonly kind: "ready"; readonly detail: string; readonly warnings?: readonly string[] }
  /** `missing`: permissions the admin credential lacks. */
  | { readonly kind: "unfit"; readonly missing: readonly string[] }
  | { readonly kind: "unreachable"; readonly reason: string };

export interface IssueRequest {
  readonly leaseId: string;
  readonly grant: Grant;
  readonly ttlMs: number;
  /** A down-scoped lease, for a probing breaker. */
  readonly readOnly: boolean;
  readonly nowMs: number;
}

export type IssueOutcome =
  | {
      readonly kind: "issued";
      readonly target: CredentialTarget;
      /** Handed to the agent once, sealed for probing, never logged. */
      readonly secret: string;
      readonly expiresAtMs: number;
    }
  | { readonly kind: "not-supported"; readonly reason: string }
  | {
      readonly kind: "failed";
      readonly reason: string;
      /** What may have been created all the same, for revocation; null when nothing was. */
      readonly leftover: CredentialTarget | null;
    };

/** A credential that exists at the provider, as its listing shows it. */
export interface ListedCredential {
  readonly target: CredentialTarget;
  readonly name: string;
  readonly createdAtMs: number | null;
}

/** A listing that could not be read whole is `failed`: a part of it must not pass for all of it. */
export type ListOutcome =
  | { readonly kind: "listed"; readonly credentials: readonly ListedCredential[] }
  | { readonly kind: "failed"; readonly reason: string };

export interface CredentialProvider {
  describe(): ProviderDescription;
  verify(signal: AbortSignal): Promise<VerifyOutcome>;
  issue(request: IssueRequest, signal: AbortSignal): Promise<IssueOutcome>;
  /** Idempotent: revoking what is gone is `already-gone`. Keeps going on partial failure and reports the worst. Never throws. */
  revoke(target: CredentialTarget, signal: AbortSignal): Promise<RevocationOutcome>;
  /** Tries the credential itself where the secret is known (harmlessly), else asks the provider's listing. Never throws. */
  probe(target: CredentialTarget, secret: string | null, signal: AbortSignal): Promise<ProbeOutcome>;
  /** Lists what exists at the provider, for the inventory; absent where the provider has no listing. */
  list?(signal: AbortSignal): Promise<ListOutcome>;
  /** What could be restored if the target were lost, newest first; absent where `describe` declares no backups. Never throws. */
  findBackups?(target: BackupTarget, signal: AbortSignal): Promise<FoundBackups>;
  /** Closes kept connections and timers. A closed provider answers `failed` and `unknown`. */
  close(): Promise<void>;
}
