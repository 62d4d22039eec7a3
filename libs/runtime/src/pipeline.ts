/**
 * A service is one array of named steps. Each step takes the item and answers what happens next; every answer other than
 * `next` is counted with its reason, and only `dead` and `retry` keep the item.
 */
import type { Counter } from "./metrics.ts";

export type StepResult<T> =
  | { readonly kind: "next"; readonly item: T }
  /** Not for us; counted, not kept. */
  | { readonly kind: "drop"; readonly reason: string }
  /** Cannot be processed, ever: goes to the dead letters with its reason. */
  | { readonly kind: "dead"; readonly reason: string; readonly detail: string }
  /** Not now. */
  | { readonly kind: "retry"; readonly reason: string; readonly afterMs: number };

export interface Step<I, D> {
  readonly name: string;
  run(item: I, deps: D): StepResult<I> | Promise<StepResult<I>>;
}

export const next = <T>(item: T): StepResult<T> => ({ kind: "next", item });
export const drop = (reason: string): StepResult<never> => ({ kind: "drop", reason });
export const dead = (reason: string, detail = ""): StepResult<never> => ({ kind: "dead", reason, detail });
export const retry = (reason: string, afterMs: number): StepResult<never> => ({ kind: "retry", reason, afterMs });

export type PipelineResult<T> = Exclude<StepResult<T>, { kind: "next" }> | { readonly kind: "done"; readonly item: T };

/** A step that waits for nothing. */
export interface SyncStep<I, D> {
  readonly name: string;
  run(item: I, deps: D): StepResult<I>;
}

/** As `runPipeline`, in one go: between two steps nothing else runs, and nobody is awaited. */
export function runSyncPipeline<T, D>(steps: readonly SyncStep<T, D>[], item: T, deps: D, counter: Counter): PipelineResult<T> {
  let current = item;
  for (const step of steps) {
    const result = step.run(current, deps);
    if (result.kind !== "next") {
      counter.add(1, { step: step.name, outcome: result.kind, reason: result.reason });
      return result;
    }
    current = result.item;
  }
  return { kind: "done", item: current };
}

/** Runs one item through the steps until it is done or a step answers otherwise. `counter` gets labels step, outcome, reason. */
export async function runPipeline<T, D>(steps: readonly Step<T, D>[], item: T, deps: D, counter: Counter): Promise<PipelineResult<T>> {
  let current = item;
  for (const step of steps) {
    const answer = step.run(current, deps);
    const result = answer instanceof Promise ? await answer : answer;
    if (result.kind !== "next") {
      counter.add(1, { step: step.name, outcome: result.kind, reason: result.reason });
      return result;
    }
    current = result.item;
  }
  return { kind: "done", item: current };
}
