/** One pass over what was recorded, through one replay or several side by side. */
import { countsOf, prepareClassifiers, type RecordedTrip, type ReplayCounts, type ReplayOptions } from "@tripline/core";
import { Judging } from "./judging.ts";
import type { Progress } from "./progress.ts";
import type { Recorded, Stated, Unreadable } from "./recorded.ts";
import { judgeInShares } from "./shares.ts";
import type { Source, Undecoded } from "./source.ts";

export interface Ran {
  /** One for each of the options, in their order. */
  readonly tallies: readonly ReplayCounts[];
  readonly recordedTrips: readonly RecordedTrip[];
  /** The budget of the newest policy on record; null where none was recorded. */
  readonly recordedBudgetHours: number | null;
  readonly tookMs: number;
  /** Of the processor, on all its threads. */
  readonly cpuMs: number;
}

export interface Running {
  readonly progress: Progress;
  readonly now: () => number;
  /** Where what cannot be decoded is counted. */
  readonly unreadable: Unreadable;
  /** At most so many judge beside each other. */
  readonly threads: number;
}

/** Actions between two turns of the event loop, and looks at the clock. */
const ACTIONS_PER_LOOK = 512;
/** A thread takes as long to start as judging so many. */
export const LEAST_SHARED_ACTIONS = 20_000;
/** More stated facts than this are held once, and not by each thread. */
export const MOST_SHARED_FACTS = 200_000;
/** Reading and merging keep no more of them busy. */
const MOST_THREADS = 8;

/** Each action is read and classified once, however many replays judge it. */
export async function runReplay(source: Source, options: readonly ReplayOptions[], running: Running): Promise<Ran> {
  const { now } = running;
  const startedMs = now();
  const cpu = process.cpuUsage();
  await prepareClassifiers();
  const stated = await source.stated();
  const { undecoded } = source;
  const isShared = undecoded !== undefined && running.threads > 1 && stated.length <= MOST_SHARED_FACTS && (await undecoded.size()) >= LEAST_SHARED_ACTIONS;
  const tallies = isShared ? await inShares(source, undecoded, options, stated, running) : await alone(source, options, stated, running.progress);
  running.progress.end();
  return { tallies, recordedTrips: tripsIn(stated), recordedBudgetHours: budgetIn(stated), tookMs: now() - startedMs, cpuMs: spentSince(cpu) };
}

async function alone(source: Source, options: readonly ReplayOptions[], stated: readonly Stated[], progress: Progress): Promise<readonly ReplayCounts[]> {
  const judging = new Judging(options, stated);
  let judged = 0;
  for await (const run of source.actions()) {
    for (const one of run) {
      judging.judge(one);
      judged += 1;
      if (judged % ACTIONS_PER_LOOK === 0) progress.at(judged, shareOf(source));
    }
  }
  judging.end();
  return judging.tallies.map((tally) => countsOf([tally]));
}

async function inShares(source: Source, undecoded: Undecoded, options: readonly ReplayOptions[], stated: readonly Stated[], { progress, threads, unreadable }: Running): Promise<readonly ReplayCounts[]> {
  let judged = 0;
  const counts = await judgeInShares(undecoded.runs(), Math.min(threads, MOST_THREADS), { options, stated }, unreadable, (actions) => {
    judged += actions;
    progress.at(judged, shareOf(source));
  });
  return options.map((_, at) => countsOf(counts.map((one) => one[at]!)));
}

function spentSince(before: NodeJS.CpuUsage): number {
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1_000;
}

function shareOf(source: Source): number | null {
  const progress = source.progress();
  return progress === null ? null : progress.done / progress.of;
}

function tripsIn(stated: readonly Recorded[]): RecordedTrip[] {
  return stated.flatMap((one) => (one.kind === "trip" ? [one.trip] : []));
}

function budgetIn(stated: readonly Recorded[]): number | null {
  const last = stated.findLast((one) => one.kind === "fact" && one.topic === "policies");
  if (last?.kind !== "fact" || !("budget" in last.payload)) return null;
  return last.payload.budget.agentHoursPerFalseTrip;
}
