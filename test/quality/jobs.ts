/** The protocol cut into jobs that run apart: which agents, and what is expected of them. */
import { Random } from "./random.ts";
import { type Attack, ATTACKS, type Generator, type SimulatedAgent, type Style, STYLES } from "./generator/generator.ts";

export type Job =
  | { readonly kind: "benign"; readonly style: Style; readonly seed: number; readonly hours: number }
  | { readonly kind: "attack"; readonly attack: Attack; readonly seed: number; readonly first: number; readonly runs: number };

/** Hours that one benign agent lives: from three days, most of it cold start, to thirty. */
const MIN_LIFE_HOURS = 72;
const MAX_LIFE_HOURS = 720;
/** Hours of one job: a hundred agents or so side by side. */
const JOB_HOURS = 25_000;
const JOB_RUNS = 50;

export function planJobs(options: { seed: number; hours: number; runs: number }): Job[] {
  const jobs: Job[] = [];
  for (let first = 0; first < options.runs; first += JOB_RUNS) {
    const runs = Math.min(JOB_RUNS, options.runs - first);
    for (const attack of ATTACKS) jobs.push({ kind: "attack", attack, seed: options.seed + 7_000_003 + first * 31, first, runs });
  }
  for (let from = 0; from < options.hours; from += JOB_HOURS) {
    const hours = Math.min(JOB_HOURS, options.hours - from);
    for (const [index, style] of STYLES.entries()) jobs.push({ kind: "benign", style, seed: options.seed + from * 101 + index * 1_000_003, hours });
  }
  // Longest first, so that the workers end together.
  return jobs.toSorted((a, b) => weight(b) - weight(a));
}

function weight(job: Job): number {
  if (job.kind === "benign") return job.hours * 25;
  return job.runs * (job.attack === "climb" ? 25_000 : 2_000);
}

export function agentsOf(job: Job, generator: Generator): SimulatedAgent[] {
  if (job.kind === "attack") {
    return Array.from({ length: job.runs }, (_, index) => {
      const style = job.attack === "metronome-burst" ? "metronome" : STYLES[(job.first + index) % STYLES.length]!;
      return generator.attack(job.attack, style, job.seed + index);
    });
  }
  const random = new Random(job.seed);
  const agents: SimulatedAgent[] = [];
  for (let left = job.hours; left > 0; ) {
    const hours = Math.min(left, Math.round(random.between(MIN_LIFE_HOURS, MAX_LIFE_HOURS)));
    agents.push(generator.benign(job.style, job.seed + 1 + agents.length, hours));
    left -= hours;
  }
  return agents;
}
