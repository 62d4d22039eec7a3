import type { AlertSink } from "@tripline/alerts";
import type { EventLog } from "@tripline/event-log";
import type { Logger, Metrics } from "@tripline/runtime";
import type { Store } from "@tripline/store";

export interface NotifierDeps {
  /** Names this process among the notifiers, the same after a restart: what it had claimed to send is its own again. */
  readonly instance: string;
  readonly eventLog: EventLog;
  readonly store: Store;
  readonly metrics: Metrics;
  readonly logger: Logger;
  /** Epoch milliseconds. */
  readonly clock: () => number;
  /** Where alerts go; every sink gets every alert. Names are unique. */
  readonly sinks: readonly AlertSink[];
  /** Where approvers reach the page of the gate, for links; absent or null = nowhere that is known. */
  readonly approvalsUrl?: string | null;
  /** Spreads retries; 0 ≤ x < 1. */
  readonly random?: () => number;
}
