import { type Action, type AgentRegistration, type BaselineOrder, agentKey } from "@tripline/model";
import { beforeAll, describe, expect, it } from "vitest";
import { prepareClassifiers } from "../classify/sql/prepare.ts";
import { observe } from "../detectors/observe.ts";
import { Registry } from "../registry/registry.ts";
import { Assessor } from "../risk/assess.ts";
import { BaselineTable } from "./baseline-table.ts";
import { DAY_MS, F32, F64, NAME_WORDS, NAMES_AT } from "./layout.ts";
import { Population } from "./population.ts";

beforeAll(prepareClassifiers);

const START_MS = Date.UTC(2026, 0, 5);

/** One agent, its baseline, and what a human orders of it. */
class World {
  readonly table = new BaselineTable(1);
  readonly slot = this.table.allocate()!;
  readonly registry = new Registry();
  readonly assessor = new Assessor(this.table);
  readonly population = new Population();
  #version = 0;

  order(baseline?: BaselineOrder): void {
    const fact: AgentRegistration = { v: 1, version: ++this.#version, tenant: "t", agent: "bot", role: "coder", owner: "ops", environment: "staging", status: "active", atMs: 0, ...(baseline === undefined ? {} : { baseline }) };
    this.registry.apply("agents", fact);
    expect(this.registry.agent(agentKey("t", "bot"))).toEqual(fact);
  }

  /** One call of each command an hour, for so many days from `fromDay` on. */
  act(fromDay: number, days: number, ...commands: string[]): void {
    for (let hour = 0; hour < days * 24; hour += 1) {
      for (const [index, command] of commands.entries()) {
        const atMs = START_MS + fromDay * DAY_MS + hour * 3_600_000 + index * 60_000;
        this.assessor.assess(observe(shell(command, atMs), atMs, this.registry), this.slot, this.population, { registry: this.registry });
      }
    }
  }

  get names(): number[] {
    const from = this.table.wordAt(this.slot) + NAMES_AT;
    return Array.from(this.table.page(this.slot).u32.subarray(from, from + NAME_WORDS));
  }

  figure(at: number): number {
    return this.table.page(this.slot).f32[this.table.wordAt(this.slot) + at]!;
  }
}

function shell(command: string, eventMs: number): Action {
  return {
    v: 1, id: `${eventMs}`, callId: `${eventMs}`, tenant: "t", agent: { id: "bot", name: null, version: null, role: null, runtime: null }, assurance: "channel", claimedAgent: null,
    session: "s", parentSession: null, task: null, phase: "result", eventMs, tool: "bash", operation: null, request: { kind: "shell", command }, inputs: null, outputs: null,
    provenance: {}, resource: null, credentials: [], environment: "staging", outcome: null, decision: null, reasoning: null,
    source: { dialect: "test", signal: "trace", traceId: null, spanId: null, parentSpanId: null },
  };
}

describe("a frozen baseline", () => {
  it("learns no name, no habit and no reference from what the agent does, however long, and goes on learning when it is thawed", () => {
    const world = new World();
    world.order();
    world.act(0, 10, "cat a", "rm -f out/x");
    world.order({ frozen: true, learnFromMs: null });
    world.act(10, 1, "cat a", "rm -f out/x");
    const [names, share, reference] = [world.names, world.figure(F32.shareActions), world.figure(F32.referenceActions)];
    expect(reference).toBeGreaterThan(400);
    world.act(11, 40, "cat a", "git log", "find . -name x");
    expect(world.names).toEqual(names);
    expect([world.figure(F32.shareActions), world.figure(F32.referenceActions)]).toEqual([share, reference]);
    expect(world.figure(F32.rateActions)).toBeGreaterThan(2_000);
    // What stays new for weeks trips its breaker: thawed, and reset by a human, it learns again.
    world.order();
    world.assessor.accept(world.slot);
    world.act(51, 2, "cat a", "git log");
    expect(world.names).not.toEqual(names);
    expect(world.figure(F32.shareActions)).toBeGreaterThan(share);
  });
});

describe("a baseline that is learned afresh", () => {
  it("forgets what lay before, once, and learns what comes after", () => {
    const world = new World();
    world.order();
    world.act(0, 5, "cat a", "git log");
    const names = world.names;
    world.order({ frozen: false, learnFromMs: START_MS + 5 * DAY_MS });
    world.act(5, 1, "ls");
    expect(world.names).not.toEqual(names);
    expect(world.figure(F32.rateActions)).toBe(24);
    world.act(6, 2, "ls");
    expect(world.figure(F32.rateActions)).toBe(72);
  });

  it("is nothing before its time has come, and done once, whatever times events give themselves", () => {
    const world = new World();
    world.act(0, 3, "git push");
    const known = world.names.length;
    world.order({ frozen: false, learnFromMs: START_MS + 30 * DAY_MS });
    world.act(3, 1, "git push");
    expect(world.names).toHaveLength(known);
    const { f64 } = world.table.page(world.slot);
    const nowMs = START_MS + 4 * DAY_MS;
    const began: number[] = [];
    world.order({ frozen: false, learnFromMs: nowMs });
    for (let at = 0; at < 5; at += 1) {
      const observed = observe({ ...shell("git push", nowMs + at), eventMs: nowMs - DAY_MS }, nowMs + at, world.registry);
      world.assessor.assess(observed, world.slot, world.population, { registry: world.registry });
      began.push(f64[world.table.wordAt(world.slot) / 2 + F64.dayZeroMs]!);
    }
    // Begun anew once, and not at each of them.
    expect(new Set(began).size).toBe(1);
    expect(began[0]).toBeGreaterThan(START_MS);
  });
});
