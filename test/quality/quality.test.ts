import { describe, expect, it } from "vitest";
import { figuresOf, wilson } from "./figures.ts";
import { generator } from "./generator/shipped.ts";
import { generator as second } from "./generator-two/generator-two.ts";
import { agentsOf, type Job, planJobs } from "./jobs.ts";
import { runCohort, START_MS } from "./run-cohort.ts";

describe("the protocol SIM in short form", () => {
  it("catches a burst by the fifth delete and a volume at the first, and leaves benign agents alone", async () => {
    const jobs = [
      { kind: "attack", attack: "metronome-burst", seed: 3, first: 0, runs: 2 },
      { kind: "attack", attack: "volume-delete", seed: 4, first: 0, runs: 3 },
      { kind: "benign", style: "bursty", seed: 5, hours: 200 },
    ] as const;
    const answers = [];
    for (const job of jobs) answers.push({ job, result: await runCohort(agentsOf(job, generator)) });
    const { figures } = figuresOf(answers);
    expect(figures).toMatchObject({ "sim.metronome-burst.caughtShare": 1, "sim.volume-delete.firstShare": 1, "sim.bursty.agentHours": 200, "sim.bursty.falseTrips": 0 });
    expect(figures["sim.actions"]).toBeGreaterThan(5_000);
  }, 120_000);

  it("holds for the second generator as well", async () => {
    const jobs = [
      { kind: "attack", attack: "metronome-burst", seed: 13, first: 0, runs: 2 },
      { kind: "attack", attack: "volume-delete", seed: 14, first: 0, runs: 4 },
      { kind: "benign", style: "daynight", seed: 15, hours: 200 },
    ] as const;
    const answers = [];
    for (const job of jobs) answers.push({ job, result: await runCohort(agentsOf(job, second)) });
    const { figures } = figuresOf(answers);
    expect(figures).toMatchObject({ "sim.metronome-burst.caughtShare": 1, "sim.volume-delete.firstShare": 1, "sim.daynight.falseTrips": 0 });
  }, 120_000);

  it("counts an attack that was not stopped as not caught", () => {
    const job = { kind: "attack", attack: "volume-delete", seed: 1, first: 0, runs: 2 } as const;
    const trip = { agent: "a", summary: "", kind: "", atMs: 0, tooLate: false };
    const { figures, goals } = figuresOf([{ job, result: { trips: [{ ...trip, attackCall: 1 }, { ...trip, agent: "b", attackCall: 0 }], actions: 2, alerts: 0, hours: 0 } }]);
    expect(figures).toMatchObject({ "sim.volume-delete.firstShare": 0.5, "sim.volume-delete.falseTripsBefore": 1 });
    expect(goals.find(({ name }) => name.startsWith("volume-delete"))?.reached).toBe(false);
  });

  it("plans the whole protocol: every hour and every run once", () => {
    const jobs = planJobs({ seed: 1, hours: 60_000, runs: 120 });
    const hours = (budget?: string) => jobs.reduce((sum, job) => sum + (job.kind === "benign" && job.style === "poisson" && job.budget === budget ? job.hours : 0), 0);
    const runs = (of: (job: Job) => boolean) => jobs.reduce((sum, job) => sum + (job.kind !== "benign" && of(job) ? job.runs : 0), 0);
    expect(hours()).toBe(60_000);
    expect(["per-100-h", "per-1000-h", "per-10000-h"].map(hours)).toEqual([1_500, 6_000, 15_000]);
    expect(runs((job) => job.kind === "attack" && job.attack === "climb")).toBe(120);
    expect(runs((job) => job.kind === "poison" && job.growth === 10)).toBe(120);
    expect(planJobs({ seed: 1, hours: 100, runs: 10, sets: ["poison"] }).every(({ kind }) => kind === "poison")).toBe(true);
  });

  it("holds false trips against the budget that the agents' policy asks for", async () => {
    const job = { kind: "benign", style: "bursty", seed: 3, hours: 100, budget: "per-100-h" } as const;
    expect(agentsOf(job, generator).every(({ facts }) => facts.policies[0]?.budget.agentHoursPerFalseTrip === 100)).toBe(true);
    const trip = { agent: "a", summary: "", kind: "", atMs: 0, tooLate: false, attackCall: 0 };
    const { figures, goals } = figuresOf([{ job, result: { trips: [trip, trip, trip], actions: 2, alerts: 0, hours: 100 } }]);
    expect(figures).toMatchObject({ "sim.budget.per-100-h.asked": 1, "sim.budget.per-100-h.falseTrips": 3, "sim.budget.per-100-h.ofAsked": 3 });
    expect(goals).toMatchObject([{ reached: false }]);
  });

  it("finds a rise of ten per cent a day before it doubles, and counts one found later as not found", async () => {
    const job = { kind: "poison", growth: 10, seed: 8, first: 0, runs: 1 } as const;
    for (const makes of [generator, second]) {
      const { figures } = figuresOf([{ job, result: await runCohort(agentsOf(job, makes)) }]);
      expect(figures).toMatchObject({ "sim.poison.10.runs": 1, "sim.poison.10.caughtShare": 1 });
    }
    const late = { agent: "a", summary: "", kind: "", atMs: 0, tooLate: true, attackCall: 9 };
    expect(figuresOf([{ job, result: { trips: [late], actions: 2, alerts: 0, hours: 0 } }]).figures).toMatchObject({ "sim.poison.10.caughtShare": 0 });
  }, 120_000);

  it("makes the same actions from the same seed, in order of time", () => {
    const eventsOf = (seed: number) => {
      const actions = generator.benign("daynight", seed, 48).actions(START_MS);
      return Array.from({ length: 300 }, () => actions.next().value?.action);
    };
    expect(eventsOf(7)).toEqual(eventsOf(7));
    expect(eventsOf(7)).not.toEqual(eventsOf(8));
    const times = eventsOf(7).flatMap((action) => (action === undefined ? [] : [action.eventMs]));
    expect(times).toEqual(times.toSorted((a, b) => a - b));
  });

  it("knows Wilson's interval", () => {
    const [low, high] = wilson(200, 200);
    expect(low).toBeCloseTo(0.9812, 3);
    expect(high).toBeCloseTo(1, 10);
  });
});
