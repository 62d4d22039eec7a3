/**
 * Which calls a partition has seen: attempt, decision and result share a call id. Remembers exactly the calls of
 * the last `callRecords` records, so that re-reading those records after a restart rebuilds it whole and nothing is stored.
 */
import { newCallWeight, type CallWeight } from "@tripline/core";
import { LIMITS } from "./limits.ts";

/** Most calls have one record and no finding: one exists for each, and lives for `callRecords` records, so that it must be small. */
export interface Call extends CallWeight {
  readonly name: string;
  /** Ids of the actions seen, the newest `callRecords` of them: a repeated id is the same record delivered again. */
  readonly actionIds: string[];
  /** Hard detectors that have reported on this call, each once. */
  reported: readonly string[];
  lastRecord: number;
}

const NONE: readonly string[] = [];

export class CallMemory {
  readonly #calls = new Map<string, Call>();
  readonly #byRecord: Call[] = [];
  readonly #capacity: number;
  #records = 0;

  constructor(capacity: number = LIMITS.callRecords) {
    this.#capacity = capacity;
  }

  /** Notes one record. `first`: no earlier phase is known; `repeat`: this very action was seen before. */
  note(key: string, callId: string, actionId: string): { kind: "first" | "later" | "repeat"; call: Call } {
    const name = `${key}\n${callId}`;
    const known = this.#calls.get(name);
    if (known === undefined) {
      const call: Call = { ...newCallWeight(), name, actionIds: [actionId], reported: NONE, lastRecord: 0 };
      this.#calls.set(name, call);
      this.#remember(call);
      return { kind: "first", call };
    }
    this.#remember(known);
    if (known.actionIds.includes(actionId)) return { kind: "repeat", call: known };
    // An agent may give one id to all its calls; the call then never leaves.
    if (known.actionIds.length >= this.#capacity) known.actionIds.shift();
    known.actionIds.push(actionId);
    return { kind: "later", call: known };
  }

  get size(): number {
    return this.#calls.size;
  }

  #remember(call: Call): void {
    const at = this.#records % this.#capacity;
    const leaving = this.#byRecord[at];
    call.lastRecord = this.#records;
    this.#byRecord[at] = call;
    this.#records += 1;
    if (leaving !== undefined && leaving.lastRecord <= this.#records - 1 - this.#capacity) this.#calls.delete(leaving.name);
  }
}
