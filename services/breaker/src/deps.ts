import type { CredentialProvider } from "@tripline/credentials";
import type { CredentialRecord } from "@tripline/model";
import type { EventLog } from "@tripline/event-log";
import type { Logger, Metrics } from "@tripline/runtime";
import type { Store } from "@tripline/store";

/** Secrets of credentials, sealed at rest; opened only to probe. Names are credential ids with their tenant. */
export interface Secrets {
  seal(name: string, secret: string): Promise<void>;
  open(name: string): Promise<string | null>;
  erase(name: string): Promise<void>;
}

export interface BreakerDeps {
  readonly eventLog: EventLog;
  readonly store: Store;
  readonly providers: ReadonlyMap<string, CredentialProvider>;
  readonly secrets: Secrets;
  readonly metrics: Metrics;
  readonly logger: Logger;
  /** Epoch milliseconds. */
  readonly clock: () => number;
  /** What a secret of the tenant is known by when it is seen in use; none for passwords, which their principal stands for. */
  readonly marksOf?: (tenant: string, secret: string) => Pick<CredentialRecord, "fingerprint" | "secretTag">;
  readonly config: {
    /** Names this instance's own reading positions. */
    readonly instance: string;
    /** Life of a lease where the request names none, in milliseconds. */
    readonly leaseTtlMs: number;
    /** True where other breakers share log and store; then instances agree with each other and take over from each other. */
    readonly isShared?: boolean;
  };
}

/** Name under which a credential's secret is sealed. */
export function secretName(tenant: string, credentialId: string): string {
  return `credential:${tenant}/${credentialId}`;
}
