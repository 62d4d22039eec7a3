/**
 * What the brokers refuse for want of a right, and what cannot be read or joined for long, whatever the reason. Rights come back: a reader tries on, so that it
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
  /** By what is refused; topics, their partitions and groups of one deployment, which bounds it. */
  readonly #standing = new Map<string, { readonly sinceMs: number; readonly reason: string }>();

  constructor(instruments: Instruments, logger: Pick<Logger, "error" | "warn"> | null) {
    this.#instruments = instruments;
    this.#logger = logger;
  }

  /** `what`: name of a topic or group, with what was asked of it. */
  refused(what: string, reason: string): void {
    if (this.#standing.has(what)) return;
    this.#standing.set(what, { sinceMs: performance.now(), reason });
    this.#instruments.refusals.set(this.#standing.size);
    this.#logger?.error({ what, reason }, "the brokers do not let this be done; it is tried until they do");
  }

  /** What has been refused for longest, and how many more; null while nothing is. */
  standing(): string | null {
    const [first] = this.#standing;
    if (first === undefined) return null;
    const more = this.#standing.size === 1 ? "" : `, and ${this.#standing.size - 1} more`;
    return `the brokers refuse ${first[0]} (${first[1].reason})${more}`;
  }

  granted(what: string): void {
    const known = this.#standing.get(what);
    if (known === undefined) return;
    this.#standing.delete(what);
    this.#instruments.refusals.set(this.#standing.size);
    this.#logger?.warn({ what, afterMs: Math.round(performance.now() - known.sinceMs) }, "the brokers let this be done again");
  }
}
