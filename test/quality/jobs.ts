/** The protocol cut into jobs that run apart: which agents, and what is expected of them. */
import { baseRateFor, climbBitsPerDay, DEFAULT_POLICY } from "@tripline/core";
import { type Attack, ATTACKS, type Generator, type SimulatedAgent, type Style, STYLES } from "./generator/generator.ts";
import { Random } from "./random.ts";

/** What is asked for: hours of an agent in which one false trip is allowed, and the share of `--hours` that shows it, all styles together. */
export const BUDGETS = { "per-100-h": { agentHours: 100, share: 0.1 }, "per-1000-h": { agentHours: 1_000, share: 0.4 }, "per-10000-h": { agentHours: 10_000, share: 1 } } as const;
export type Budget = keyof typeof BUDGETS;
/** Growth of the number of destructive actions, in per cent a day. */
export const GROWTHS = [1, 2, 5, 10] as const;
export type Growth = (typeof GROWTHS)[number];
export const SETS = ["base", "budget", "poison"] as const;
export type SimSet = (typeof SETS)[number];

export type Job =
  | { readonly kind: "benign"; readonly style: Style; readonly seed: number; readonly hours: number; readonly budget?: Budget }
  | { readonly kind: "attack"; readonly attack: Attack; readonly seed: number; readonly first: number; readonly runs: number }
  | { readonly kind: "poison"; readonly growth: Growth; readonly seed: number; readonly first: number; readonly runs: number };

/** Hours that one benign agent lives: from three days, most of it cold start, to thirty. */
const MIN_LIFE_HOURS = 72;
const MAX_LIFE_HOURS = 720;
/** Hours of one job: a hundred agents or so side by side. */
const JOB_HOURS = 25_000;
const JOB_RUNS = 50;
/** The base rate of agents that are poisoned, in units of the one at which theory allows the rise to be found before it doubles. */
const MIN_BASE = 1.5;
const MAX_BASE = 2.5;
const HISTORY_DAYS = [10, 20] as const;

export interface Plan {
  readonly seed: number;
  readonly hours: number;
  readonly runs: number;
  readonly sets?: readonly SimSet[];
}

export function planJobs({ seed, hours, runs, sets = SETS }: Plan): Job[] {
  const jobs: Job[] = [];
  if (sets.includes("base")) {
    for (const [first, count] of parts(runs, JOB_RUNS)) for (const attack of ATTACKS) jobs.push({ kind: "attack", attack, seed: seed + 7_000_003 + first * 31, first, runs: count });
    jobs.push(...benignJobs(seed, hours));
  }
  if (sets.includes("budget")) {
    for (const [at, budget] of (Object.keys(BUDGETS) as Budget[]).entries()) {
      jobs.push(...benignJobs(seed + (at + 1) * 40_000_003, Math.ceil((hours * BUDGETS[budget].share) / STYLES.length)).map((job) => ({ ...job, budget })));
    }
  }
  if (sets.includes("poison")) {
    for (const growth of GROWTHS) for (const [first, count] of parts(runs, JOB_RUNS)) jobs.push({ kind: "poison", growth, seed: seed + 9_000_011 + growth * 100_003 + first * 31, first, runs: count });
  }
  // Longest first, so that the workers end together.
  return jobs.toSorted((a, b) => weight(b) - weight(a));
}

function benignJobs(seed: number, hours: number): Extract<Job, { kind: "benign" }>[] {
  return [...parts(hours, JOB_HOURS)].flatMap(([from, count]) => STYLES.map((style, index) => ({ kind: "benign", style, seed: seed + from * 101 + index * 1_000_003, hours: count }) as const));
}

function parts(whole: number, most: number): [from: number, count: number][] {
  return Array.from({ length: Math.ceil(whole / most) }, (_, at) => [at * most, Math.min(most, whole - at * most)]);
}

function weight(job: Job): number {
  if (job.kind === "benign") return job.hours * 25;
  if (job.kind === "poison") return job.runs * 17_000;
  return job.runs * (job.attack === "climb" ? 25_000 : 2_000);
}

export function agentsOf(job: Job, generator: Generator): SimulatedAgent[] {
  if (job.kind === "attack") {
    return Array.from({ length: job.runs }, (_, index) => {
      const style = job.attack === "metronome-burst" ? "metronome" : STYLES[(job.first + index) % STYLES.length]!;
      return generator.attack(job.attack, style, job.seed + index);
    });
  }
  if (job.kind === "poison") return Array.from({ length: job.runs }, (_, index) => risingAgent(job.growth / 100, STYLES[(job.first + index) % STYLES.length]!, job.seed + index, generator));
  const random = new Random(job.seed);
  const agents: SimulatedAgent[] = [];
  for (let left = job.hours; left > 0; ) {
    const hours = Math.min(left, Math.round(random.between(MIN_LIFE_HOURS, MAX_LIFE_HOURS)));
    agents.push(generator.benign(job.style, job.seed + 1 + agents.length, hours));
    left -= hours;
  }
  return job.budget === undefined ? agents : agents.map((agent) => underBudget(agent, BUDGETS[job.budget!].agentHours));
}

function risingAgent(growthPerDay: number, style: Style, seed: number, generator: Generator): SimulatedAgent {
  if (generator.rising === undefined) throw new Error(`generator ${generator.name} makes no rising agents; leave the set poison out`);
  const random = new Random(seed * 3 + 1);
  const historyDays = Math.floor(random.between(...HISTORY_DAYS));
  const least = baseRateFor(growthPerDay, { days: historyDays, dispersion: 1, bitsPerDay: climbBitsPerDay(DEFAULT_POLICY) });
  return generator.rising(style, seed, { historyDays, perDay: least * random.between(MIN_BASE, MAX_BASE), growthPerDay });
}

/** The same agent where its operator asks for another budget. */
function underBudget(agent: SimulatedAgent, agentHoursPerFalseTrip: number): SimulatedAgent {
  const policy = { ...DEFAULT_POLICY, v: 1 as const, version: 1, tenant: agent.tenant, budget: { ...DEFAULT_POLICY.budget, agentHoursPerFalseTrip }, atMs: 0 };
  return { ...agent, facts: { ...agent.facts, policies: [policy] } };
}
