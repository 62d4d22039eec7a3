import type { EventLog } from "@tripline/event-log";
import type { Logger, Metrics } from "@tripline/runtime";
import type { Store } from "@tripline/store";
import type { BackupFinder, GuardSettings } from "./guard/settings.ts";
import type { AuthorityPair } from "./doors/http/authority.ts";
import type { GateLimits } from "./limits.ts";

/** Whoever a token speaks for: always exactly one agent. */
export interface TokenHolder {
  readonly tenant: string;
  readonly agent: string;
  /** The lease behind a lease token; null for the agent's ingest token. */
  readonly leaseId: string | null;
}

/** A human who may approve, by the SHA-256 (hex) of a token of their own. */
export interface Approver {
  readonly id: string;
  /** Environments that they may approve in; empty = all. */
  readonly environments: readonly string[];
}

export interface GateDeps {
  readonly eventLog: EventLog;
  readonly store: Store;
  readonly metrics: Metrics;
  readonly logger: Logger;
  /** Epoch milliseconds. */
  readonly clock: () => number;
  readonly limits?: Partial<GateLimits>;
  readonly config: GateSettings;
  /** Whoever can tell of backups elsewhere. */
  readonly backupFinders: readonly BackupFinder[];
  /** Who this token speaks for, by what the configuration and the key of leases say; null = nobody. Whether a lease is still in force the registry says. */
  readonly holderOf: (token: string) => TokenHolder | null;
  /** Whether this is the token by which the breaker ends leases here. Absent = nobody ends leases here. */
  readonly isLeaseControl?: (token: string) => boolean;
  /** By the SHA-256 of the token, hex. */
  readonly approverOf: (sha256: string) => Approver | null;
  /** Key of a tenant's credential fingerprints, 32 bytes. */
  readonly tenantKey: (tenant: string) => Uint8Array;
  /** Key that marks approvals and links as this deployment's own, 32 bytes; it is not in the store. */
  readonly approvalKey: () => Uint8Array;
  /** A registered credential's secret, for injection and for nothing else; null where the configuration names none. */
  readonly secretOf: (credentialId: string) => string | null;
  /** The gate's certificate authority; asked for where there is a forward proxy or a door over TLS. */
  readonly authority: () => AuthorityPair;
  /** Addresses of a name; absent = the system's resolver. */
  readonly resolve?: (hostname: string) => Promise<readonly string[]>;
  /** Seals what is kept of held calls. */
  readonly sealing: { seal(name: string, text: string): Uint8Array; open(name: string, sealed: Uint8Array): string };
}

export interface GateSettings {
  readonly instance: string;
  /** The agents' door: decide API and reverse proxy. */
  readonly host: string;
  readonly port: number;
  /** Path of the decide API's unix socket; null = none. */
  readonly socket: string | null;
  /** Where the forward proxy listens; null = none. */
  readonly forward: { readonly host: string; readonly port: number } | null;
  /** The agents' doors once more over TLS, under certificates of the gate's own authority; absent = nowhere. `forwardPort`: of the forward proxy, where there is one. */
  readonly tls?: { readonly names: readonly string[]; readonly host: string; readonly port: number; readonly forwardPort: number } | undefined;
  /** The approvers' door; `url`: under which address they reach it, null = the one it listens at. */
  readonly approvals: { readonly host: string; readonly port: number; readonly url: string | null };
  readonly upstreams: readonly Upstream[];
  /** What is backed up before it is destroyed; null = nothing. */
  readonly guard: GuardSettings | null;
}

export type Injection =
  | { readonly kind: "header"; readonly header: string; readonly format: string }
  | { readonly kind: "aws-sigv4"; readonly region: string | null; readonly service: string | null };

/** What agents reach through the gate. */
export interface Upstream {
  readonly name: string;
  /** Scheme, host, port and, where it has one, the path before all others. */
  readonly url: URL;
  /** Ids of registered credentials, in order of preference. */
  readonly credentials: readonly string[];
  readonly inject: Injection;
  /** PEM; null = the system's authorities. */
  readonly ca: string | null;
  /** At a loopback, private or link-local address, which is refused otherwise. */
  readonly allowPrivate: boolean;
  /** Ranges that its addresses lie in: others are not connected to, and approvals are bound to the ranges in the place of the addresses. Of `https:` alone. */
  readonly addresses?: readonly string[];
}
