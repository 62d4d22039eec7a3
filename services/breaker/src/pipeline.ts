/**
 * What happens to evidence and orders, in this order and no other:
 *
 *   transition        the pure rule decides; the deny list follows at once
 *   record            the breaker's record is durable, and with a trip the intent: what is to be contained. Nothing has been done yet.
 *                     A new trip is durable with its intent, and reaches the log while it is being contained
 *   contain           revoke, cut sessions, probe until refused, record the outcome, alert (runs on; see containment-runner)
 */
import type { BreakerInput, RefusedReason } from "@tripline/core";
import type { AgentKey, BreakerRecord, Trip } from "@tripline/model";
import { type Counter, type PipelineResult, type Step, runPipeline } from "@tripline/runtime";
import type { Agreement } from "./agreement.ts";
import type { BreakerStates } from "./breaker-states.ts";
import type { ContainmentRunner } from "./containment-runner.ts";
import type { BreakerDeps } from "./deps.ts";
import type { ForeignSeen } from "./foreign-seen.ts";
import type { MassTripGuard, Registry } from "@tripline/core";
import { contain } from "./steps/contain.ts";
import { record } from "./steps/record.ts";
import { transitionStep } from "./steps/transition.ts";

export interface Change {
  readonly key: AgentKey;
  readonly input: BreakerInput;
  readonly record: BreakerRecord | null;
  readonly trip: Trip | null;
  /** Settles when the record is in the log. */
  readonly recorded: Promise<void>;
  /** Why the order behind it changes nothing; null where it does. */
  readonly refused: RefusedReason | null;
}

export interface PipelineDeps extends BreakerDeps {
  readonly states: BreakerStates;
  readonly registry: Registry;
  readonly foreignSeen: ForeignSeen;
  readonly massTrips: MassTripGuard;
  readonly runner: ContainmentRunner;
  /** With other breakers on the same log; null where there are none. */
  readonly agreement: Agreement | null;
  /** Aborts waits when the service stops. */
  readonly stopping: AbortSignal;
}

export type BreakerStep = Step<Change, PipelineDeps>;

const STEPS: readonly BreakerStep[] = [transitionStep, record, contain];

/** Runs one input through the steps, in order with everything else about the same agent. */
export function process(key: AgentKey, input: BreakerInput, deps: PipelineDeps, counter: Counter): Promise<PipelineResult<Change>> {
  const change: Change = { key, input, record: null, trip: null, recorded: Promise.resolve(), refused: null };
  return deps.states.inOrder(key, () => runPipeline(STEPS, change, deps, counter));
}
