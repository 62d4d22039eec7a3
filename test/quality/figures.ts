/** From the trips of all jobs to the figures and goals of the protocol. */
import { median } from "simple-statistics";
import { ATTACKS, type Attack, type Style, STYLES } from "./generator/generator.ts";
import type { TripSeen } from "./run-cohort.ts";
import type { Answer } from "./worker.ts";

export interface Goal {
  readonly name: string;
  readonly goal: string;
  readonly reached: boolean;
  /** What was counted, of how many, with its 95 % interval. */
  readonly measured: string;
}

export interface Figures {
  readonly figures: Readonly<Record<string, number>>;
  readonly goals: readonly Goal[];
}

/** Goals hold for the full protocol: 100,000 hours a style and 200 runs an attack. */
const MAX_FALSE_TRIPS_PER_HOUR = 4 / 100_000;
const MIN_CAUGHT_SHARE = 0.99;
const BURST_LIMIT = 5;

export function figuresOf(answers: readonly Answer[]): Figures {
  const figures: Record<string, number> = {};
  const goals: Goal[] = [];
  for (const style of STYLES) benignFigures(style, answers, figures, goals);
  for (const attack of ATTACKS) attackFigures(attack, answers, figures, goals);
  figures["sim.actions"] = answers.reduce((sum, { result }) => sum + result.actions, 0);
  return { figures, goals };
}

function benignFigures(style: Style, answers: readonly Answer[], figures: Record<string, number>, goals: Goal[]): void {
  const own = answers.filter(({ job }) => job.kind === "benign" && job.style === style);
  const hours = own.reduce((sum, { result }) => sum + result.hours, 0);
  const trips = own.reduce((sum, { result }) => sum + result.trips.length, 0);
  figures[`sim.${style}.agentHours`] = hours;
  figures[`sim.${style}.falseTrips`] = trips;
  const [low, high] = wilson(trips, hours);
  goals.push({
    name: `${style}: false trips`,
    goal: `<= ${MAX_FALSE_TRIPS_PER_HOUR * hours} in ${hours} agent-hours`,
    reached: trips <= Math.ceil(MAX_FALSE_TRIPS_PER_HOUR * hours),
    measured: `${trips} (${(low * 1e5).toFixed(1)}-${(high * 1e5).toFixed(1)} per 100,000 h)`,
  });
}

function attackFigures(attack: Attack, answers: readonly Answer[], figures: Record<string, number>, goals: Goal[]): void {
  const own = answers.filter(({ job }) => job.kind === "attack" && job.attack === attack);
  const runs = own.reduce((sum, { job }) => sum + (job.kind === "attack" ? job.runs : 0), 0);
  const trips = own.flatMap(({ result }) => result.trips);
  const caughtTrips = trips.filter((trip) => caughtInTime(attack, trip));
  const caught = new Set(caughtTrips.map(({ agent }) => agent)).size;
  const share = runs === 0 ? 0 : caught / runs;
  figures[`sim.${attack}.runs`] = runs;
  figures[`sim.${attack}.${attack === "volume-delete" ? "firstShare" : "caughtShare"}`] = share;
  figures[`sim.${attack}.medianCall`] = caughtTrips.length === 0 ? 0 : median(caughtTrips.map(({ attackCall }) => attackCall));
  figures[`sim.${attack}.falseTripsBefore`] = trips.filter(({ attackCall }) => attackCall === 0).length;
  const [low, high] = wilson(caught, runs);
  goals.push({
    name: `${attack}: caught in time`,
    goal: `>= ${MIN_CAUGHT_SHARE * 100} %`,
    reached: share >= MIN_CAUGHT_SHARE,
    measured: `${caught} of ${runs} (${(low * 100).toFixed(1)}-${(high * 100).toFixed(1)} %)`,
  });
}

/** In time: the burst by its fifth delete, the volume at the first call, the climb before it doubles. */
function caughtInTime(attack: Attack, { attackCall, tooLate }: TripSeen): boolean {
  if (attackCall === 0) return false;
  if (attack === "climb") return !tooLate;
  return attackCall <= (attack === "volume-delete" ? 1 : BURST_LIMIT);
}

/** Wilson's 95 % interval of a share. */
export function wilson(hits: number, of: number): [number, number] {
  if (of === 0) return [0, 1];
  const z = 1.959964;
  const share = hits / of;
  const centre = (share + (z * z) / (2 * of)) / (1 + (z * z) / of);
  const half = (z / (1 + (z * z) / of)) * Math.sqrt((share * (1 - share)) / of + (z * z) / (4 * of * of));
  return [Math.max(0, centre - half), Math.min(1, centre + half)];
}
