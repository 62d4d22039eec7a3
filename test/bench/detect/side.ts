/**
 * One side of the benchmark, in a process of its own so that its CPU includes its garbage collector's. Both sides run the same
 * functions on the same events; they differ in where an agent's figures lie: in pages of typed arrays found by an integer slot,
 * or in plain arrays of one object per agent, found in a Map by the agent's key.
 */
import { BaselineTable, type BaselineView, budgetBits, combine, learn, measure, newBaselineView, type Page, STRIDE_BYTES } from "@tripline/core";

export type SideKind = "typed" | "plain";
export interface SideAnswer {
  /** CPU per event, microseconds, all threads. */
  readonly cpuUs: number;
  /** Sum of risk in bits over the events: both sides must agree on it. */
  readonly bits: number;
  readonly bytesPerAgent: number;
}

interface Baselines {
  at(agent: number): Page;
  word(agent: number): number;
  bytes(): number;
}

const POLICY = { budget: { agentHoursPerFalseTrip: 50_000 } };
const START_MS = Date.UTC(2026, 0, 5);
/** Mean time between two actions of one agent. */
const GAP_MS = 120_000;

function typedBaselines(agents: number): Baselines {
  const table = new BaselineTable(agents);
  for (let agent = 0; agent < agents; agent += 1) table.allocate();
  return { at: (agent) => table.page(agent), word: (agent) => table.wordAt(agent), bytes: () => table.bytes };
}

function plainBaselines(agents: number): Baselines {
  const keys = Array.from({ length: agents }, (_, agent) => `tenant/agent-${agent}`);
  const before = process.memoryUsage().heapUsed;
  const byKey = new Map(keys.map((key) => [key, newPlain()]));
  return { at: (agent) => byKey.get(keys[agent]!)! as unknown as Page, word: () => 0, bytes: () => process.memoryUsage().heapUsed - before };
}

function newPlain(): { f64: number[]; f32: number[]; u32: number[] } {
  const words = STRIDE_BYTES / 4;
  const zeros = (length: number): number[] => Array.from({ length }, () => 0);
  return { f64: zeros(8), f32: zeros(words), u32: zeros(words) };
}

class Side {
  readonly #baselines: Baselines;
  readonly #agents: number;
  readonly #view: BaselineView = newBaselineView();
  #random: number;
  #nowMs = START_MS;

  constructor(kind: SideKind, agents: number, seed: number) {
    this.#baselines = kind === "typed" ? typedBaselines(agents) : plainBaselines(agents);
    this.#agents = agents;
    this.#random = seed;
    // Every agent has acted before anything is measured.
    for (let agent = 0; agent < agents; agent += 1) this.#judge(agent);
  }

  run(events: number): SideAnswer {
    const before = process.cpuUsage();
    let bits = 0;
    for (let event = 0; event < events; event += 1) bits += this.#judge(this.#next() % this.#agents);
    const { user, system } = process.cpuUsage(before);
    return { cpuUs: (user + system) / events, bits, bytesPerAgent: this.#baselines.bytes() / this.#agents };
  }

  /** One action: tested, weighed, learned. One in fifty destroys; operations and resources repeat with a tail of new ones. */
  #judge(agent: number): number {
    const view = this.#view;
    const { signs } = view.scope;
    const random = this.#next();
    view.destructive = random % 50 === 0;
    signs.operationHash = 1 + ((random >>> 8) % 100 === 0 ? random : (random >>> 8) % 12);
    signs.resourceHash = (random & 1) === 0 ? 0 : 1 + ((random >>> 4) % 64);
    signs.environmentHash = 7;
    signs.shown.fill(-1);
    signs.shown[3] = 0;
    this.#nowMs += Math.max(1, Math.round(GAP_MS / this.#agents));
    const page = this.#baselines.at(agent);
    const word = this.#baselines.word(agent);
    measure(page, word, this.#nowMs, this.#nowMs, view);
    const risk = combine(page, word, this.#nowMs, view, budgetBits(POLICY, view.actionsPerHour));
    learn(page, word, this.#nowMs, view, !risk.over);
    return risk.bits;
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
