/** Appends whose sync has not happened yet: they share it, some turns of the event loop later. */
import { TriplineError } from "@tripline/model";
import type { Random } from "./random.ts";

/** Waits this many turns of the event loop. */
export async function turns(count: number): Promise<void> {
  for (let turn = 0; turn < count; turn++) await new Promise((resolve) => setImmediate(resolve));
}

interface Waiting {
  readonly sync: () => void;
  readonly resolve: () => void;
  readonly reject: (error: Error) => void;
}

export class UnsyncedAppends {
  readonly #random: Random;
  readonly #maxTurns: number;
  #waiting: Waiting[] = [];
  #syncing: Promise<void> | null = null;
  #generation = 0;

  constructor(random: Random, maxTurns: number) {
    this.#random = random;
    this.#maxTurns = maxTurns;
  }

  get size(): number {
    return this.#waiting.length;
  }

  /** Resolves once synced; rejects with TL_LOG_CLOSED if a crash comes first. */
  add(sync: () => void): Promise<void> {
    const synced = new Promise<void>((resolve, reject) => this.#waiting.push({ sync, resolve, reject }));
    this.#syncing ??= this.#syncLater(this.#generation);
    return synced;
  }

  async #syncLater(generation: number): Promise<void> {
    await turns(1 + this.#random.below(this.#maxTurns + 1));
    if (generation !== this.#generation) return;
    const synced = this.#waiting;
    this.#waiting = [];
    this.#syncing = null;
    for (const { sync, resolve } of synced) {
      sync();
      resolve();
    }
  }

  fail(): void {
    this.#generation++;
    this.#syncing = null;
    for (const { reject } of this.#waiting) reject(new TriplineError("TL_LOG_CLOSED", "The log crashed before the sync."));
    this.#waiting = [];
  }

  async settled(): Promise<void> {
    while (this.#syncing !== null) await this.#syncing;
  }
}
