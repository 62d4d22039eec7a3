/** Sessions replayed through the judge, on times of their own. */
import type { Recorded } from "./actions.ts";
import type { Judge, Judged } from "./judge.ts";

/** Any Monday: where the data has no times, agents begin here. */
export const START_MS = Date.UTC(2026, 0, 5);
/** Pace where the data has no times: a call every five seconds, a session every half hour. */
const CALL_MS = 5_000;
const PAUSE_MS = 30 * 60_000;

/** Time as one agent lives through it: never backwards, whatever the order in which its sessions are taken. */
export class Pace {
  #nowMs = START_MS;

  get nowMs(): number {
    return this.#nowMs;
  }

  /** Judges a session after all before it. Recorded times are kept as distances between calls. */
  replay(judge: Judge, records: readonly Recorded[]): Judged[] {
    let beforeMs: number | null = null;
    const judged = records.map((recorded) => {
      this.#nowMs += recorded.atMs === null || beforeMs === null ? CALL_MS : Math.max(0, recorded.atMs - beforeMs);
      beforeMs = recorded.atMs;
      return judge.judge(recorded, this.#nowMs);
    });
    this.#nowMs += PAUSE_MS;
    return judged;
  }

  /** The same moment for each session that is tested against one state. */
  copy(): Pace {
    const pace = new Pace();
    pace.#nowMs = this.#nowMs;
    return pace;
  }
}

export function highest(judged: readonly Judged[]): number {
  return judged.reduce((most, { bits }) => Math.max(most, bits), 0);
}
