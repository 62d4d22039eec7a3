/**
 * One side of the benchmark, in a process of its own so that its CPU includes its garbage collector's. `typed` is the product: pages
 * of typed arrays, the agents of a turn found by their keys and read ahead by the detector service's own code. `plain` is the same maths on one object per
 * agent in a Map. Both judge the same events of agents named by their keys.
 */
import { budgetBits, combine, learn, learnRates, measure, measureRates, newBaselineView } from "@tripline/core";
import { HotBaselines, type Turn } from "@tripline/detector";
import type { Store } from "@tripline/store";
import { newPlainBaseline, type PlainBaseline } from "./plain-baseline.ts";
import { judgePlain, type PlainAction, sayCall } from "./plain-evidence.ts";

/** `habits`: as `typed`, of agents whose telemetry states where values came from; for their memory alone. */
export type SideKind = "typed" | "plain" | "habits";
export interface SideAnswer {
  /** CPU per event, microseconds, all threads. */
  readonly cpuUs: number;
  /** Sum of risk in bits over the events: both sides must agree on it. */
  readonly bits: number;
  readonly bytesPerAgent: number;
}

interface Baselines {
  /** Before the actions of a turn are judged: the agents that act in it. */
  load(keys: readonly string[]): Promise<void> | undefined;
  /** `at`: place of the key in its turn. */
  judge(key: string, at: number, action: PlainAction, nowMs: number): number;
  bytes(): number;
}

const POLICY = { budget: { agentHoursPerFalseTrip: 50_000 } };
const START_MS = Date.UTC(2026, 0, 5);
/** Mean time between two actions of one agent. */
const GAP_MS = 120_000;
/** Actions of every agent before anything is measured: until its fields have held fractions, the reference pays once for reshaping its objects. */
const PASSES = 3;
/** As the detector service takes them from the log: see its LIMITS.recordsPerTurn. */
const RECORDS_PER_TURN = 32;

/** Habits take the room of so many agents without any: see the service's `hot-bounds.ts`. */
const ROOM_FOR_HABITS = 2.25;

/** Every agent is new: nothing is stored of any. */
const EMPTY_STORE = { loadStates: () => Promise.resolve(new Map<string, Uint8Array>()) } satisfies Pick<Store, "loadStates">;

function typedBaselines(agents: number, withHabits: boolean): Baselines {
  const before = heapBytes();
  const unexpected = (): never => {
    throw new Error("all agents fit, and none was stored");
  };
  const hot = new HotBaselines(EMPTY_STORE, { agents: withHabits ? Math.ceil(agents * ROOM_FOR_HABITS) : agents, evictedBytes: 1 }, { unusable: unexpected, pressed: unexpected });
  const { table } = hot;
  const view = newBaselineView();
  const { signs } = view.scope;
  let turn: Turn = { slots: [], isOver: true };
  return {
    load: async (keys) => {
      turn = await hot.load(0, keys);
    },
    judge: (_key, at, action, nowMs) => {
      const slot = hot.touch(turn, at)!;
      if (withHabits) table.habits(slot).u8[0]! |= 1;
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
      sayCall(action, view.rates.signs);
      measureRates(page, word, nowMs, view.rates);
      const risk = combine(page, word, nowMs, view, budgetBits(POLICY, view.actionsPerHour));
      learn(page, word, nowMs, view, !risk.over);
      learnRates(page, word, view.rates, !risk.over);
      return risk.bits + view.rates.bits + view.rates.loop.bits;
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
    judge: (key, _at, action, nowMs) => judgePlain(agents.get(key)!, action, nowMs, POLICY.budget.agentHoursPerFalseTrip),
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
  #bytes = 0;

  constructor(kind: SideKind, agents: number, seed: number) {
    // From bytes, as the log gives them.
    this.#keys = Array.from({ length: agents }, (_, agent) => Buffer.from(`tenant/agent-${agent}`).toString());
    this.#baselines = kind === "plain" ? plainBaselines(this.#keys) : typedBaselines(agents, kind === "habits");
    this.#random = seed;
  }

  async prepare(): Promise<void> {
    const turns = Array.from({ length: Math.ceil(this.#keys.length / RECORDS_PER_TURN) }, (_, turn) => this.#keys.slice(turn * RECORDS_PER_TURN, (turn + 1) * RECORDS_PER_TURN));
    for (let pass = 0; pass < PASSES; pass += 1) await this.#judgeAll(turns);
    this.#bytes = this.#baselines.bytes() / this.#keys.length;
  }

  async run(events: number): Promise<SideAnswer> {
    const turns = this.#draw(events);
    const before = process.cpuUsage();
    const bits = await this.#judgeAll(turns);
    const { user, system } = process.cpuUsage(before);
    return { cpuUs: (user + system) / events, bits, bytesPerAgent: this.#bytes };
  }

  async #judgeAll(turns: readonly (readonly string[])[]): Promise<number> {
    let bits = 0;
    for (const turn of turns) {
      const loading = this.#baselines.load(turn);
      if (loading !== undefined) await loading;
      for (let at = 0; at < turn.length; at += 1) bits += this.#judge(turn[at]!, at);
    }
    return bits;
  }

  /** Drawing is not judging: it is done before the clock starts. */
  #draw(events: number): string[][] {
    return Array.from({ length: Math.ceil(events / RECORDS_PER_TURN) }, () => Array.from({ length: RECORDS_PER_TURN }, () => this.#keys[this.#next() % this.#keys.length]!));
  }

  /** One action: one in fifty destroys; operations and resources repeat with a tail of new ones. */
  #judge(key: string, at: number): number {
    const random = this.#next();
    const action: PlainAction = {
      destructive: random % 50 === 0,
      operationHash: 1 + ((random >>> 8) % 100 === 0 ? random : (random >>> 8) % 12),
      resourceHash: (random & 1) === 0 ? 0 : 1 + ((random >>> 4) % 64),
      environmentHash: 7,
      grant: 0,
      callHash: 1 + ((random >>> 4) % 4_096),
      sideEffect: (random & 1) === 1,
      bytes: 100 + ((random >>> 8) % 4_000),
    };
    this.#nowMs += Math.max(1, Math.round(GAP_MS / this.#keys.length));
    return this.#baselines.judge(key, at, action, this.#nowMs);
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
await side.prepare();
answer("ready");
process.on("message", (events: number) => void side.run(events).then(answer));
