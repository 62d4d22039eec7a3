/**
 * Which calls a partition has seen: attempt, decision and result share a call id. Remembers exactly the calls of
 * the last `callRecords` records, so that re-reading those records after a restart rebuilds it whole and nothing is stored.
 */
import { newCallWeight, type CallWeight } from "@tripline/core";
import { LIMITS } from "./limits.ts";

export interface Call {
  /** Ids of the actions seen: a repeated id is the same record delivered again. */
  readonly actionIds: string[];
  /** Hard detectors that have reported on this call. */
  readonly reported: Set<string>;
  /** How often it has counted. */
  readonly weight: CallWeight;
  lastRecord: number;
}

export class CallMemory {
  readonly #calls = new Map<string, Call>();
  readonly #byRecord: string[] = [];
  readonly #capacity: number;
  #records = 0;

  constructor(capacity: number = LIMITS.callRecords) {
    this.#capacity = capacity;
  }

  /** Notes one record. `first`: no earlier phase is known; `repeat`: this very action was seen before. */
  note(key: string, callId: string, actionId: string): { kind: "first" | "later" | "repeat"; call: Call } {
    const name = `${key}\n${callId}`;
    const known = this.#calls.get(name);
    const call = known ?? { actionIds: [], reported: new Set<string>(), weight: newCallWeight(), lastRecord: 0 };
    if (known === undefined) this.#calls.set(name, call);
    this.#remember(name, call);
    if (call.actionIds.includes(actionId)) return { kind: "repeat", call };
    call.actionIds.push(actionId);
    return { kind: known === undefined ? "first" : "later", call };
  }

  get size(): number {
    return this.#calls.size;
  }

  #remember(name: string, call: Call): void {
    const at = this.#records % this.#capacity;
    const leaving = this.#byRecord[at];
    call.lastRecord = this.#records;
    this.#byRecord[at] = name;
    this.#records += 1;
    if (leaving === undefined) return;
    const left = this.#calls.get(leaving);
    if (left !== undefined && left.lastRecord <= this.#records - 1 - this.#capacity) this.#calls.delete(leaving);
  }
}
