/**
 * Which calls a partition has seen: attempt, decision and result share a call id. Remembers exactly the calls of
 * the last `capacity` records, so that re-reading those records after a restart rebuilds it whole and nothing is stored.
 */
import type { AgentKey } from "@tripline/model";
import { hashPair } from "../baseline/sketch.ts";
import type { CallWeight } from "./call-weight.ts";

/** Records of a partition over which attempt, decision and result of one call are recognised as one. */
export const CALL_RECORDS = 1_000;

/** Most calls have one record and no finding: one exists for each, and lives for `capacity` records, so that it must be small. */
export interface Call extends CallWeight {
  readonly agent: AgentKey;
  readonly session: string;
  readonly callId: string;
  /** Id of the first action seen. */
  readonly actionId: string;
  /** Ids of the others, the newest `capacity` of them: a repeated id is the same record delivered again. */
  moreActionIds: string[] | null;
  /** Hard detectors that have reported on this call, each once. */
  reported: readonly string[];
}

const NONE: readonly string[] = [];
const SEED = 9;
const NO_PLACE = -1;
/** Places made at first; as many as records are remembered when they are needed. */
const FIRST_PLACES = 1_024;

/**
 * Places of calls in typed arrays, found by a hash of id and session, in chains: what leaves is taken out without a look at the call itself,
 * which was made a thousand records ago and lies in no cache any more. Equal hashes only cost a comparison.
 */
export class CallMemory {
  readonly #capacity: number;
  readonly #calls: (Call | undefined)[] = [];
  #hashes = new Int32Array(FIRST_PLACES);
  /** The next place of the same chain, or of those that are free. */
  #next = new Int32Array(FIRST_PLACES);
  /** Number of the newest record of the call at a place. */
  #newest = new Float64Array(FIRST_PLACES);
  #heads = new Int32Array(FIRST_PLACES).fill(NO_PLACE);
  /** By record, modulo `capacity`: the place of its call. */
  readonly #placeOf: Int32Array;
  #free = NO_PLACE;
  #records = 0;
  #size = 0;

  constructor(capacity: number = CALL_RECORDS) {
    this.#capacity = capacity;
    this.#placeOf = new Int32Array(capacity).fill(NO_PLACE);
  }

  /** Notes one record. `first`: no earlier phase is known; `repeat`: this very action was seen before. */
  note(agent: AgentKey, session: string, callId: string, actionId: string): { kind: "first" | "later" | "repeat"; call: Call } {
    const hash = hashPair(callId, session, SEED) | 0;
    let place = this.#heads[hash & (this.#heads.length - 1)]!;
    while (place !== NO_PLACE && !this.#isCall(place, hash, agent, session, callId)) place = this.#next[place]!;
    if (place === NO_PLACE) {
      // Written out: made of `newCallWeight()` and these, noting a record took twice as long.
      const call: Call = { judged: 0, judgedDestructive: 0, content: false, destructive: null, agent, session, callId, actionId, moreActionIds: null, reported: NONE };
      this.#remember(this.#put(call, hash));
      return { kind: "first", call };
    }
    this.#remember(place);
    const call = this.#calls[place]!;
    if (call.actionId === actionId || call.moreActionIds?.includes(actionId) === true) return { kind: "repeat", call };
    const more = (call.moreActionIds ??= []);
    // An agent may give one id to all its calls; the call then never leaves.
    if (more.length >= this.#capacity) more.shift();
    more.push(actionId);
    return { kind: "later", call };
  }

  get size(): number {
    return this.#size;
  }

  #isCall(place: number, hash: number, agent: AgentKey, session: string, callId: string): boolean {
    if (this.#hashes[place] !== hash) return false;
    const call = this.#calls[place]!;
    return call.callId === callId && call.session === session && call.agent === agent;
  }

  #put(call: Call, hash: number): number {
    if (this.#free === NO_PLACE && this.#calls.length === this.#hashes.length) this.#grow();
    const place = this.#free === NO_PLACE ? this.#calls.length : this.#free;
    if (place === this.#free) this.#free = this.#next[place]!;
    this.#calls[place] = call;
    this.#hashes[place] = hash;
    this.#link(place);
    this.#size += 1;
    return place;
  }

  #link(place: number): void {
    const chain = this.#hashes[place]! & (this.#heads.length - 1);
    this.#next[place] = this.#heads[chain]!;
    this.#heads[chain] = place;
  }

  #remember(place: number): void {
    const at = this.#records % this.#capacity;
    const leaving = this.#placeOf[at]!;
    this.#newest[place] = this.#records;
    this.#placeOf[at] = place;
    this.#records += 1;
    if (leaving !== NO_PLACE && this.#newest[leaving]! <= this.#records - 1 - this.#capacity) this.#forget(leaving);
  }

  #forget(place: number): void {
    const chain = this.#hashes[place]! & (this.#heads.length - 1);
    if (this.#heads[chain] === place) this.#heads[chain] = this.#next[place]!;
    else {
      let before = this.#heads[chain]!;
      while (this.#next[before] !== place) before = this.#next[before]!;
      this.#next[before] = this.#next[place]!;
    }
    this.#calls[place] = undefined;
    this.#next[place] = this.#free;
    this.#free = place;
    this.#size -= 1;
  }

  #grow(): void {
    const places = this.#hashes.length * 2;
    const hashes = new Int32Array(places);
    hashes.set(this.#hashes);
    const newest = new Float64Array(places);
    newest.set(this.#newest);
    this.#hashes = hashes;
    this.#newest = newest;
    this.#next = new Int32Array(places);
    this.#heads = new Int32Array(places).fill(NO_PLACE);
    for (let place = 0; place < this.#calls.length; place += 1) this.#link(place);
  }
}
