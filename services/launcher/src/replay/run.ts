/** One pass over what was recorded, through one replay or several side by side. */
import { prepareClassifiers, type RecordedTrip, Replayer, type ReplayOptions, ReplayTally, SessionFiles } from "@tripline/core";
import { agentKey } from "@tripline/model";
import type { Recorded, RecordedAction, Stated } from "./recorded.ts";
import type { Source } from "./source.ts";
import type { Progress } from "./progress.ts";

export interface Ran {
  /** One for each of the options, in their order. */
  readonly tallies: readonly ReplayTally[];
  readonly recordedTrips: readonly RecordedTrip[];
  /** The budget of the newest policy on record; null where none was recorded. */
  readonly recordedBudgetHours: number | null;
  readonly tookMs: number;
  /** Of the processor, on all its threads. */
  readonly cpuMs: number;
}

/** Actions between two turns of the event loop, and looks at the clock. */
const ACTIONS_PER_LOOK = 512;

/** Each action is read and classified once, however many replays judge it. */
export async function runReplay(source: Source, options: readonly ReplayOptions[], progress: Progress, now: () => number): Promise<Ran> {
  await prepareClassifiers();
  const startedMs = now();
  const cpu = process.cpuUsage();
  const sides = options.map((one) => ({ replayer: new Replayer(one), tally: new ReplayTally() }));
  const stated = await source.stated();
  const files = new SessionFiles();
  let at = 0;
  let judged = 0;
  const apply = (one: Stated): void => {
    for (const { replayer, tally } of sides) {
      if (one.kind === "fact") replayer.learn(one);
      else if (one.kind === "order") {
        replayer.order(one.command, one.receiveMs);
        tally.reset(one.command, one.receiveMs);
      }
    }
  };
  const judge = ({ action, receiveMs, partition }: RecordedAction): void => {
    while (at < stated.length && stated[at]!.receiveMs <= receiveMs) apply(stated[at++]!);
    const classified = action.assurance === "claimed" ? undefined : files.classify(agentKey(action.tenant, action.agent.id), action.session ?? "", action);
    for (const { replayer, tally } of sides) tally.note(replayer.judge(action, receiveMs, partition, classified), receiveMs);
  };
  for await (const run of source.actions()) {
    for (const one of run) {
      judge(one);
      judged += 1;
      if (judged % ACTIONS_PER_LOOK === 0) progress.at(judged, shareOf(source));
    }
  }
  for (; at < stated.length; at += 1) apply(stated[at]!);
  progress.end();
  return { tallies: sides.map(({ tally }) => tally), recordedTrips: tripsIn(stated), recordedBudgetHours: budgetIn(stated), tookMs: now() - startedMs, cpuMs: spentSince(cpu) };
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
