/** Between the benchmark and the process that loads. */
import type { MixName } from "./traffic.ts";

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

/** `payload` sends nothing: it writes the spans of a mix, as they are, for others to move. */
export type LoadTask =
  | { readonly kind: "flood"; readonly url: string; readonly mix: MixName }
  | { readonly kind: "steady"; readonly url: string; readonly seed: number; readonly ms: number }
  | { readonly kind: "payload"; readonly mix: MixName; readonly file: string };

export interface LoadAnswer {
  /** Spans. */
  readonly events: number;
  /** Those of them that are tool calls: what is stored. */
  readonly calls: number;
  readonly bytes: number;
  /** From the request sent to its finding seen; of a steady turn only. Milliseconds. */
  readonly latenciesMs: readonly number[];
}
