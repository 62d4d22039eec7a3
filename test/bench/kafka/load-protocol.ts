/** Between the benchmark and the process that loads. */

export const STEADY_EVENTS_PER_SECOND = 2_000;

/** First argument. */
export interface LoadSetup {
  readonly seed: number;
  /** Of each agent, by its number. */
  readonly tokens: readonly string[];
  readonly brokers: readonly string[];
  readonly topicPrefix: string;
  readonly partitions: number;
}

export type LoadTask = { readonly kind: "flood"; readonly url: string } | { readonly kind: "steady"; readonly url: string; readonly seed: number; readonly ms: number };

export interface LoadAnswer {
  readonly events: number;
  readonly bytes: number;
  /** From the request sent to its finding seen; of a steady turn only. Milliseconds. */
  readonly latenciesMs: readonly number[];
}
