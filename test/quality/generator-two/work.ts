/** What agents do: sessions on a place, tools that turn up, deletions one by one or in cleanup phases, and what drifts. */
import type { Random } from "../random.ts";
import { type Call, type Make, newTool, type Trade } from "./toolbox.ts";

const DAY_MS = 86_400_000;
const NEW_TOOL_SESSIONS = 0.05;
const MAX_KIT = 40;

export interface Habits {
  /** Share of deletions among calls. */
  readonly share: number;
  /** Relative growth of that share per day. */
  readonly shareGrowth: number;
  /** Deletions of a cleanup phase; 1 to 1 for an agent that deletes one by one. */
  readonly phase: readonly [number, number];
  /** Share of writes among what is no deletion. */
  readonly writes: number;
  /** New places (repositories, datasets) a day. */
  readonly newPlaces: number;
}

export function drawHabits(random: Random): Habits {
  return {
    share: random.between(0.01, 0.02),
    shareGrowth: random.chance(0.25) ? 0.01 : 0,
    phase: random.chance(0.5) ? [1, 1] : [3, 8],
    writes: random.between(0.1, 0.35),
    newPlaces: random.chance(0.4) ? random.between(0.1, 0.6) : 0,
  };
}

export class Work {
  readonly #random: Random;
  readonly #trade: Trade;
  readonly #habits: Habits;
  readonly #reads: Make[];
  readonly #writes: Make[];
  readonly #places: string[];
  readonly #startMs: number;
  #place = "";
  #left = 0;
  #phase = 0;
  #session = 0;

  constructor(trade: Trade, habits: Habits, places: readonly string[], startMs: number, random: Random) {
    this.#random = random;
    this.#trade = trade;
    this.#habits = habits;
    this.#reads = [...trade.reads];
    this.#writes = [...trade.writes];
    this.#places = [...places];
    this.#startMs = startMs;
  }

  get session(): number {
    return this.#session;
  }

  get place(): string {
    return this.#place;
  }

  /** True while a cleanup phase goes on: the next call follows quickly. */
  get cleaning(): boolean {
    return this.#phase > 0;
  }

  next(atMs: number): Call {
    if (this.#left === 0) this.#begin(atMs);
    this.#left -= 1;
    if (this.#deletes(atMs)) return this.deletion();
    return this.ordinary();
  }

  ordinary(): Call {
    const kit = this.#random.chance(this.#habits.writes) ? this.#writes : this.#reads;
    return this.#random.pick(kit)(this.#random, this.#place);
  }

  deletion(): Call {
    return this.#random.pick(this.#trade.deletes)(this.#random, this.#place);
  }

  #deletes(atMs: number): boolean {
    if (this.#phase > 0) {
      this.#phase -= 1;
      return true;
    }
    const [low, high] = this.#habits.phase;
    const share = this.#habits.share * (1 + this.#habits.shareGrowth) ** ((atMs - this.#startMs) / DAY_MS);
    if (!this.#random.chance(share / ((low + high) / 2))) return false;
    this.#phase = low - 1 + this.#random.below(high - low + 1);
    return true;
  }

  #begin(atMs: number): void {
    const random = this.#random;
    this.#session += 1;
    this.#left = 15 + random.geometric(60);
    const expected = 2 + (this.#habits.newPlaces * (atMs - this.#startMs)) / DAY_MS;
    if (this.#places.length < expected) this.#places.push(`${this.#places[0]!}-${this.#places.length}`);
    this.#place = random.pick(this.#places);
    if (!random.chance(NEW_TOOL_SESSIONS)) return;
    const tool = newTool(random, this.#trade);
    const first = tool(random, this.#place);
    const kit = first.effect === "read" ? this.#reads : this.#writes;
    if (kit.length < MAX_KIT) kit.push(tool);
  }
}
