/** The one interface of every detector. Detectors are pure: everything they may know is in the arguments. */
import type { Action, Finding } from "@tripline/model";
import type { Classification } from "../classify/verdict.ts";
import type { GateMark } from "../gate-memory/gate-memory.ts";
import type { Registry } from "../registry/registry.ts";

/** An action with what readers make of it, before any judgement. */
export interface Observed {
  readonly action: Action;
  readonly classification: Classification;
  /** Receive time of the record: for expiry, decay and approvals. Epoch milliseconds. */
  readonly receiveMs: number;
  /** Clamped event time: for windows. Epoch milliseconds. */
  readonly atMs: number;
  /** Where the agent works: its registration, else what the runtime says, else `unknown`. */
  readonly agentEnvironment: string;
  /** What the gate had said of this call before the record; null where it had said nothing, or the record is its own. */
  readonly gate: GateMark | null;
}

export interface DetectorContext {
  readonly registry: Registry;
}

/** `B` is the baseline view that a detector needs; hard rules need none and take `null`. */
export interface Detector<B> {
  readonly name: string;
  inspect(observed: Observed, baseline: B, context: DetectorContext): Finding[];
}
