/**
 * One side of the benchmark, in a process of its own so that its CPU includes its garbage collector's. `typed` is the product: pages
 * of typed arrays, the agent's slot found by its key as the detector service finds it. `plain` is the same maths on one object per
 * agent in a Map. Both judge the same events of agents named by their keys.
 */
import { BaselineTable, budgetBits, combine, learn, measure, newBaselineView } from "@tripline/core";
import { LRUCache } from "lru-cache";
import { newPlainBaseline, type PlainBaseline } from "./plain-baseline.ts";
import { judgePlain, type PlainAction } from "./plain-evidence.ts";

export type SideKind = "typed" | "plain";
export interface SideAnswer {
  /** CPU per event, microseconds, all threads. */
  readonly cpuUs: number;
  /** Sum of risk in bits over the events: both sides must agree on it. */
  readonly bits: number;
  readonly bytesPerAgent: number;
}

interface Baselines {
  /** Before the actions of a turn are judged: the agents that act in it. */
  load(keys: readonly string[]): void;
  judge(key: string, action: PlainAction, nowMs: number): number;
  bytes(): number;
}

const POLICY = { budget: { agentHoursPerFalseTrip: 50_000 } };
const START_MS = Date.UTC(2026, 0, 5);
/** Mean time between two actions of one agent. */
const GAP_MS = 120_000;
/** Actions of every agent before anything is measured: until its fields have held fractions, the reference pays once for reshaping its objects. */
const PASSES = 3;
/** Marks of a slot. */
const USED = 1;
const CHANGED = 2;
const IN_HAND = 4;
/** As the detector service takes them from the log: see its LIMITS.recordsPerTurn. */
const RECORDS_PER_TURN = 32;

/** The index as in `services/detector/src/hot-baselines.ts`. */
function typedBaselines(keys: readonly string[]): Baselines {
  const before = heapBytes();
  const table = new BaselineTable(keys.length);
  const view = newBaselineView();
  const { signs } = view.scope;
  const index = new LRUCache<string, number>({ max: keys.length });
  const marks = new Uint8Array(keys.length);
  const tenures = new Uint32Array(keys.length).fill(1);
  const partitionOf = new Map([[1, 0]]);
  const slotOf = (key: string): number | null => {
    const slot = index.peek(key);
    return slot === undefined || !partitionOf.has(tenures[slot]!) ? null : slot;
  };
  for (const key of keys) index.set(key, table.allocate()!);
  let warmed = 0;
  return {
    load: (turn) => {
      const found: number[] = [];
      for (const key of turn) found.push(slotOf(key)!);
      for (const slot of found) marks[slot]! |= USED | IN_HAND;
      warmed = (warmed + table.warm(found)) | 0;
    },
    judge: (key, action, nowMs) => {
      const slot = slotOf(key)!;
      marks[slot]! |= USED | CHANGED;
      view.destructive = action.destructive;
      signs.operationHash = action.operationHash;
      signs.resourceHash = action.resourceHash;
      signs.environmentHash = action.environmentHash;
      // Of the seven features these four are the caller's to fill in; the others are looked up.
      signs.shown[3] = action.grant;
      signs.shown[4] = -1;
      signs.shown[5] = -1;
      signs.shown[6] = -1;
      const page = table.page(slot);
      const word = table.wordAt(slot);
      measure(page, word, nowMs, nowMs, view);
      const risk = combine(page, word, nowMs, view, budgetBits(POLICY, view.actionsPerHour));
      learn(page, word, nowMs, view, !risk.over);
      return risk.bits;
    },
    bytes: () => heapBytes() - before,
  };
}

function plainBaselines(keys: readonly string[]): Baselines {
  const before = heapBytes();
  const agents = new Map<string, PlainBaseline>();
  for (const key of keys) agents.set(key, newPlainBaseline());
  return {
    load: () => undefined,
    judge: (key, action, nowMs) => judgePlain(agents.get(key)!, action, nowMs, POLICY.budget.agentHoursPerFalseTrip),
    bytes: () => heapBytes() - before,
  };
}

/** Objects on the heap and typed arrays outside of it. */
function heapBytes(): number {
  globalThis.gc?.();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

class Side {
  readonly #baselines: Baselines;
  readonly #keys: readonly string[];
  #random: number;
  #nowMs = START_MS;
  readonly #bytes: number;

  constructor(kind: SideKind, agents: number, seed: number) {
    this.#keys = Array.from({ length: agents }, (_, agent) => `tenant/agent-${agent}`);
    this.#baselines = kind === "typed" ? typedBaselines(this.#keys) : plainBaselines(this.#keys);
    this.#random = seed;
    for (let pass = 0; pass < PASSES; pass += 1) for (const key of this.#keys) this.#judge(key);
    this.#bytes = this.#baselines.bytes() / agents;
  }

  run(events: number): SideAnswer {
    const turns = this.#draw(events);
    const before = process.cpuUsage();
    let bits = 0;
    for (const turn of turns) {
      this.#baselines.load(turn);
      for (const key of turn) bits += this.#judge(key);
    }
    const { user, system } = process.cpuUsage(before);
    return { cpuUs: (user + system) / events, bits, bytesPerAgent: this.#bytes };
  }

  /** Drawing is not judging: it is done before the clock starts. */
  #draw(events: number): string[][] {
    return Array.from({ length: Math.ceil(events / RECORDS_PER_TURN) }, () => Array.from({ length: RECORDS_PER_TURN }, () => this.#keys[this.#next() % this.#keys.length]!));
  }

  /** One action: one in fifty destroys; operations and resources repeat with a tail of new ones. */
  #judge(key: string): number {
    const random = this.#next();
    const action: PlainAction = {
      destructive: random % 50 === 0,
      operationHash: 1 + ((random >>> 8) % 100 === 0 ? random : (random >>> 8) % 12),
      resourceHash: (random & 1) === 0 ? 0 : 1 + ((random >>> 4) % 64),
      environmentHash: 7,
      grant: 0,
    };
    this.#nowMs += Math.max(1, Math.round(GAP_MS / this.#keys.length));
    return this.#baselines.judge(key, action, this.#nowMs);
  }

  /** xorshift: both sides draw the same events. */
  #next(): number {
    let x = this.#random;
    x ^= x << 13;
    x ^= x >>> 17;
    x ^= x << 5;
    this.#random = x >>> 0;
    return this.#random;
  }
}

const [kind, agents, seed] = process.argv.slice(2);
const side = new Side(kind as SideKind, Number(agents), Number(seed));
const answer = (message: SideAnswer | "ready"): void => {
  process.send?.(message);
};
answer("ready");
process.on("message", (events: number) => answer(side.run(events)));
