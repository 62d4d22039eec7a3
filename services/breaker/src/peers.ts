/**
 * Which breaker instances live. Each writes a beat into the store several times a second and reads those of the others; one whose beat
 * stands still, or that said it leaves, is dead to the rest. Nobody compares clocks: silence is counted in one's own looks. Being wrong
 * costs a call made twice, never one that is not made: what is owned is claimed by revision, and revoking is idempotent. Where names are
 * new at each start, those that are gone would pile up: they are forgotten in the end, and one that comes back writes itself again.
 */
import { murmur2 } from "@tripline/event-log";
import type { Logger } from "@tripline/runtime";
import type { StateChange, Store } from "@tripline/store";
import { setTimeout as sleep } from "node:timers/promises";
import { LIMITS } from "./limits.ts";

const GROUP = "breaker-peers";
const encoder = new TextEncoder();
const decoder = new TextDecoder();

export interface Peers {
  /** Place of this instance in the line for a partition: 0 acts at once, the others when those before them did not. */
  rank(partition: number): number;
  isAlive(instance: string): boolean;
  /** False if the others may count this instance as dead by now, as after a long pause. */
  isFresh(): boolean;
  /** Beats; from then on it is fresh. Rejects if it cannot, or if another process has taken this instance's name. */
  refresh(): Promise<void>;
  /** First beat and look; then both go on until `leave`. `died` is called for each instance that is found dead. */
  start(died: (instance: string) => void): Promise<void>;
  /** Tells the others, so that they take over at once. Never rejects. */
  leave(): Promise<void>;
  /** Names of instances that are or were, and are not forgotten. */
  known(): Promise<string[]>;
  /** What keeps this instance from acting, for people; null if nothing does. */
  failing(): string | null;
}

/** For the only breaker on its log and store. */
export function noPeers(instance: string): Peers {
  return {
    rank: () => 0, isAlive: (other) => other === instance, isFresh: () => true, refresh: () => Promise.resolve(), start: () => Promise.resolve(),
    leave: () => Promise.resolve(), known: () => Promise.resolve([]), failing: () => null,
  };
}

interface Seen {
  /** Null where there was none any more. */
  beat: string | null;
  /** Looks since the beat last changed. */
  silent: number;
  told: boolean;
}

type Bounds = Pick<typeof LIMITS, "beatMs" | "deadBeats" | "forgetBeats" | "peers" | "peersPage">;

/** Breakers that share a log and a store; see the head of this file. */
export class StorePeers implements Peers {
  readonly #store: Store;
  readonly #logger: Logger;
  readonly #instance: string;
  readonly #place: number;
  readonly #bounds: Readonly<Record<keyof Bounds, number>>;
  readonly #seen = new Map<string, Seen>();
  readonly #stopping = new AbortController();
  #alive: readonly string[];
  #epoch = 0;
  #beats = 0;
  #freshUntilMs = 0;
  #failure: string | null = "not started";
  #isCrowded = false;
  #loop: Promise<void> = Promise.resolve();

  constructor(deps: { readonly store: Store; readonly logger: Logger; readonly instance: string; readonly bounds?: Partial<Record<keyof Bounds, number>> }) {
    this.#store = deps.store;
    this.#logger = deps.logger;
    this.#instance = deps.instance;
    this.#place = placeOf(deps.instance);
    this.#bounds = { ...LIMITS, ...deps.bounds };
    this.#alive = [deps.instance];
  }

  rank(partition: number): number {
    const line = this.#alive.toSorted((a, b) => weight(b, partition) - weight(a, partition) || (a < b ? -1 : 1));
    return Math.max(0, line.indexOf(this.#instance));
  }

  isAlive(instance: string): boolean {
    return this.#alive.includes(instance);
  }

  isFresh(): boolean {
    return performance.now() < this.#freshUntilMs;
  }

  async refresh(): Promise<void> {
    // From before the write: the others may have seen it the moment it was made.
    const startMs = performance.now();
    this.#beats += 1;
    await this.#write([{ key: this.#instance, value: encoder.encode(`${this.#epoch}:${this.#beats}`) }]);
    this.#freshUntilMs = startMs + this.#bounds.beatMs * (this.#bounds.deadBeats - 1);
  }

  async start(died: (instance: string) => void): Promise<void> {
    this.#epoch = await this.#store.claim(GROUP, this.#place);
    await this.refresh();
    await this.#look(died);
    this.#failure = null;
    this.#loop = this.#run(died);
  }

  async leave(): Promise<void> {
    if (this.#stopping.signal.aborted) return;
    this.#stopping.abort();
    await this.#loop;
    this.#freshUntilMs = 0;
    await this.#write([{ key: this.#instance, value: encoder.encode(LEFT) }]).catch(() => undefined);
  }

  async known(): Promise<string[]> {
    return [...(await this.#rows()).keys()];
  }

  failing(): string | null {
    return this.#failure ?? (this.#isCrowded ? `more than ${this.#bounds.peers} breakers are on record; those beyond are not seen` : null);
  }

  async #run(died: (instance: string) => void): Promise<void> {
    while (!this.#stopping.signal.aborted) {
      await sleep(this.#bounds.beatMs, undefined, { signal: this.#stopping.signal, ref: false }).catch(() => undefined);
      if (this.#stopping.signal.aborted) return;
      try {
        await this.refresh();
        await this.#look(died);
        this.#failure = null;
      } catch (error) {
        const reason = error instanceof Error ? error.message : "no beat can be written";
        if (this.#failure !== reason) this.#logger.error({ reason }, "this breaker cannot tell the others that it lives");
        this.#failure = reason;
      }
    }
  }

  async #look(died: (instance: string) => void): Promise<void> {
    const rows = await this.#rows();
    const dead: string[] = [];
    // A name that is no longer there was forgotten by another: what is not yet known to be dead is silent from now on.
    for (const name of new Set([...rows.keys(), ...this.#seen.keys()])) {
      if (name === this.#instance) continue;
      const beat = rows.get(name) ?? null;
      const before = this.#seen.get(name);
      const isSilent = before !== undefined && (beat === null || beat === before.beat);
      const seen: Seen = isSilent ? { beat, silent: before.silent + 1, told: before.told } : { beat, silent: 0, told: false };
      this.#seen.set(name, seen);
      if (seen.told || (beat !== LEFT && seen.silent < this.#bounds.deadBeats)) continue;
      seen.told = true;
      dead.push(name);
    }
    this.#alive = [this.#instance, ...[...this.#seen].filter(([, { told }]) => !told).map(([name]) => name)];
    for (const name of dead) died(name);
    await this.#forget();
  }

  /** Takes away the rows of those long gone; at the bound of all that are gone. Where they had read to is in this instance's own position. */
  async #forget(): Promise<void> {
    const patience = this.#isCrowded ? this.#bounds.deadBeats : this.#bounds.forgetBeats;
    const gone = [...this.#seen].filter(([, { told, beat, silent }]) => told && (beat === null || silent >= patience)).map(([name]) => name);
    const rows = gone.filter((name) => this.#seen.get(name)?.beat !== null);
    if (rows.length > 0) {
      await this.#write(rows.map((key) => ({ key, value: null })));
      this.#logger.info({ instances: rows.length }, "breakers that are long gone are forgotten");
    }
    for (const name of gone) this.#seen.delete(name);
  }

  /** Name → beat of every instance on record, in the order of their names, and this one's own. */
  async #rows(): Promise<Map<string, string>> {
    const { peers, peersPage } = this.#bounds;
    const rows = new Map<string, string>();
    let isWhole = false;
    for (let after: string | null = null; !isWhole && rows.size < peers; ) {
      const wanted = Math.min(peersPage, peers - rows.size);
      const page: readonly { key: string; value: Uint8Array }[] = await this.#store.scanStates(GROUP, after, wanted);
      for (const { key, value } of page) rows.set(key, decoder.decode(value));
      after = page.at(-1)?.key ?? null;
      isWhole = page.length < wanted;
    }
    this.#crowded(!isWhole);
    return rows;
  }

  #crowded(isCrowded: boolean): void {
    if (isCrowded && !this.#isCrowded) this.#logger.error({ bound: this.#bounds.peers }, "more breakers are on record than one looks at; those beyond are taken for dead");
    this.#isCrowded = isCrowded;
  }

  async #write(states: readonly StateChange[]): Promise<void> {
    const result = await this.#store.commitCheckpoint(GROUP, this.#place, this.#epoch, { offsets: new Map(), states });
    if (result === "fenced") throw new Error(`another process runs as breaker ${this.#instance}`);
  }
}

const LEFT = "left";

/** Where an instance's own epoch is counted. */
function placeOf(instance: string): number {
  return murmur2(encoder.encode(instance)) & 0x7fffffff;
}

/** Spreads partitions evenly, and moves only those of an instance that comes or goes. */
function weight(instance: string, partition: number): number {
  return murmur2(encoder.encode(`${partition} ${instance}`)) >>> 0;
}
