/**
 * Which calls a partition has seen: attempt, decision and result share a call id. Remembers exactly the calls of
 * the last `capacity` records, so that re-reading those records after a restart rebuilds it whole and nothing is stored.
 */
import type { AgentKey } from "@tripline/model";
import type { CallWeight } from "./call-weight.ts";

/** Records of a partition over which attempt, decision and result of one call are recognised as one. */
export const CALL_RECORDS = 1_000;

/** Most calls have one record and no finding: one exists for each, and lives for `capacity` records, so that it must be small. */
export interface Call extends CallWeight {
  readonly agent: AgentKey;
  readonly session: string;
  readonly callId: string;
  /** The next call of this id, of another agent or session: some runtimes number the calls of each session from zero. */
  sameId: Call | null;
  /** Id of the first action seen. */
  readonly actionId: string;
  /** Ids of the others, the newest `capacity` of them: a repeated id is the same record delivered again. */
  moreActionIds: string[] | null;
  /** Hard detectors that have reported on this call, each once. */
  reported: readonly string[];
  lastRecord: number;
}

const NONE: readonly string[] = [];

export class CallMemory {
  /** By call id alone, since a key of several parts would be made for every record. */
  readonly #calls = new Map<string, Call>();
  readonly #byRecord: Call[] = [];
  readonly #capacity: number;
  #records = 0;
  #size = 0;

  constructor(capacity: number = CALL_RECORDS) {
    this.#capacity = capacity;
  }

  /** Notes one record. `first`: no earlier phase is known; `repeat`: this very action was seen before. */
  note(agent: AgentKey, session: string, callId: string, actionId: string): { kind: "first" | "later" | "repeat"; call: Call } {
    const sameId = this.#calls.get(callId) ?? null;
    let known = sameId;
    while (known !== null && !(known.session === session && known.agent === agent)) known = known.sameId;
    if (known === null) {
      // Written out: made of `newCallWeight()` and these, noting a record took twice as long.
      const call: Call = { judged: 0, judgedDestructive: 0, content: false, destructive: null, agent, session, callId, sameId, actionId, moreActionIds: null, reported: NONE, lastRecord: 0 };
      this.#calls.set(callId, call);
      this.#size += 1;
      this.#remember(call);
      return { kind: "first", call };
    }
    this.#remember(known);
    if (known.actionId === actionId || known.moreActionIds?.includes(actionId) === true) return { kind: "repeat", call: known };
    const more = (known.moreActionIds ??= []);
    // An agent may give one id to all its calls; the call then never leaves.
    if (more.length >= this.#capacity) more.shift();
    more.push(actionId);
    return { kind: "later", call: known };
  }

  get size(): number {
    return this.#size;
  }

  #remember(call: Call): void {
    const at = this.#records % this.#capacity;
    const leaving = this.#byRecord[at];
    call.lastRecord = this.#records;
    this.#byRecord[at] = call;
    this.#records += 1;
    if (leaving !== undefined && leaving.lastRecord <= this.#records - 1 - this.#capacity) this.#forget(leaving);
  }

  #forget(leaving: Call): void {
    this.#size -= 1;
    const first = this.#calls.get(leaving.callId) ?? null;
    if (first === leaving && leaving.sameId === null) this.#calls.delete(leaving.callId);
    else if (first === leaving && leaving.sameId !== null) this.#calls.set(leaving.callId, leaving.sameId);
    else for (let before = first; before !== null; before = before.sameId) if (before.sameId === leaving) before.sameId = leaving.sameId;
  }
}
