/**
 * What the brokers refuse for want of a right, or a group that cannot be joined for long. Rights come back: a reader tries on, so that it
 * goes on by itself then. But only an operator can give them, and no answer reaches a caller: so it is said, once as it begins, once as it ends.
 */
import type { Logger } from "@tripline/runtime";
import type { Instruments } from "./instruments.ts";

/** As brokers' errors are named. */
export const RIGHTS: readonly string[] = ["TOPIC_AUTHORIZATION_FAILED", "GROUP_AUTHORIZATION_FAILED", "CLUSTER_AUTHORIZATION_FAILED"];

/** Reason: the name that a broker's error has, see `reasonOf`. */
export const isRight = (reason: string): boolean => RIGHTS.includes(reason);

export class Refusals {
  readonly #instruments: Instruments;
  readonly #logger: Pick<Logger, "error" | "warn"> | null;
  /** By what is refused; topics and groups of one deployment, which bounds it. */
  readonly #sinceMs = new Map<string, number>();

  constructor(instruments: Instruments, logger: Pick<Logger, "error" | "warn"> | null) {
    this.#instruments = instruments;
    this.#logger = logger;
  }

  /** `what`: name of a topic or group, with what was asked of it. */
  refused(what: string, reason: string): void {
    if (this.#sinceMs.has(what)) return;
    this.#sinceMs.set(what, performance.now());
    this.#instruments.refusals.set(this.#sinceMs.size);
    this.#logger?.error({ what, reason }, "the brokers do not let this be done; it is tried until they do");
  }

  granted(what: string): void {
    const sinceMs = this.#sinceMs.get(what);
    if (sinceMs === undefined) return;
    this.#sinceMs.delete(what);
    this.#instruments.refusals.set(this.#sinceMs.size);
    this.#logger?.warn({ what, afterMs: Math.round(performance.now() - sinceMs) }, "the brokers let this be done again");
  }
}
