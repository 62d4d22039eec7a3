/** How each life of the product ends: drawn from the seed before the first one begins. */
import { between, pick, shuffled, type Random } from "./random.ts";

/** Windows of the path of an event in which a kill must be survived. The three first are counted by name. */
export const WINDOWS = {
  /** Actions are durable; the sender has not been told. */
  "append-ack": ["tripline:collector.durable actions", "tripline:event-log.durable actions"],
  /** What is to be contained is durable; the provider has not been called. */
  "intent-call": ["tripline:breaker.intent-recorded"],
  /** The provider has answered; its answer is not recorded. */
  "call-outcome": ["tripline:breaker.call-returned"],
  /** A trip is in the log; nothing has been told of it, and it may not have been contained. */
  "trip-told": ["tripline:event-log.durable breakers"],
  "order-applied": ["tripline:event-log.durable commands"],
  "finding-read": ["tripline:event-log.durable findings"],
  "outcome-told": ["tripline:event-log.durable containments", "tripline:event-log.durable credentials"],
} as const satisfies Record<string, readonly string[]>;
export type Window = keyof typeof WINDOWS;
export const COUNTED_WINDOWS = ["append-ack", "intent-call", "call-outcome"] as const satisfies readonly Window[];

export type Kill =
  /** By the product itself, exactly there: at the `nth` message of `point` (channel, and topic where it has one). */
  | { readonly kind: "window"; readonly window: Window; readonly point: string; readonly nth: number }
  /** From outside, at any time after its start; many fall into the start itself. */
  | { readonly kind: "random"; readonly afterStartMs: number }
  | { readonly kind: "random-ready"; readonly afterReadyMs: number }
  /** From outside, while the provider has carried a revocation out and does not answer. */
  | { readonly kind: "executed-unanswered" };

/** Kills wanted in each counted window where there are `kills` in all: more than the tenth that must be proven. */
export function windowShare(kills: number): number {
  return Math.max(1, Math.ceil(kills * 0.13));
}

/** A plan of exactly `kills` (at least 9), in random order. */
export function planKills(kills: number, random: Random): Kill[] {
  const share = windowShare(kills);
  const plan: Kill[] = COUNTED_WINDOWS.flatMap((window) => Array.from({ length: share }, () => windowKill(window, random)));
  const others = (Object.keys(WINDOWS) as Window[]).filter((window) => !COUNTED_WINDOWS.some((counted) => counted === window));
  for (let n = 0; plan.length < kills; n += 1) plan.push(anyKill(n, others, random));
  return shuffled(random, plan);
}

function anyKill(n: number, others: readonly Window[], random: Random): Kill {
  if (n % 3 === 0) return windowKill(others[(n / 3) % others.length]!, random);
  if (n % 8 === 1) return { kind: "executed-unanswered" };
  if (n % 8 === 5) return { kind: "random", afterStartMs: between(random, 20, 1_500) };
  return { kind: "random-ready", afterReadyMs: between(random, 0, 1_500) };
}

/** Rare messages get small numbers: the product may not live to see the fifth. */
function windowKill(window: Window, random: Random): Kill {
  return { kind: "window", window, point: pick(random, WINDOWS[window]), nth: window === "append-ack" ? between(random, 1, 15) : between(random, 1, 2) };
}
