/**
 * `pnpm bench stream --data DIR`: the calls that agents were recorded with, in one pass in order of time, through the shipped code. One
 * core, CPU time. What classifying costs shows beside it: the same pass with what was remembered, and with verdicts that are there already.
 */
import { Assessor, BaselineTable, classify, newCallWeight, countsAnew, observe, Population, prepareClassifiers, Registry, type Classification } from "@tripline/core";
import type { Action } from "@tripline/model";
import { median, quantile } from "simple-statistics";
import { filesOf } from "../quality/data/data-set.ts";
import { readAll, Reading } from "../quality/behaviour/reading.ts";
import { agentsOf, RECORDED_CALLS, type RecordedCall } from "../quality/behaviour/recorded-agents.ts";
import { recordOfCall } from "../quality/behaviour/stream.ts";
import { forestPerSecond } from "./forest/forest.ts";

interface Timed {
  readonly agent: string;
  readonly action: Action;
  readonly atMs: number;
}

type Classify = (action: Action, index: number) => Classification | undefined;

const DEFAULT_ROUNDS = 5;

export async function run(options: Readonly<Record<string, number>>, texts: Readonly<Record<string, string>>): Promise<Record<string, number>> {
  const data = texts["data"];
  if (data === undefined) throw new Error("--data DIR names the directory of recorded agents; none is part of this repository.");
  await prepareClassifiers();
  const calls = await readAll(await filesOf(data), RECORDED_CALLS, new Reading(), { progress: () => undefined });
  if (calls.length === 0) throw new Error(`${data} holds no recorded agents.`);
  const timed = inOrder(calls);
  const verdicts = timed.map(({ action }) => classify(action));
  const passes: Record<string, Classify> = { cacheOff: (action) => classify(action), cached: () => undefined, judgedOnly: (_, index) => verdicts[index] };
  const rates: Record<string, number[]> = { cacheOff: [], cached: [], judgedOnly: [] };
  // The first round warms the compiler up and does not count.
  for (let round = 0; round <= (options["rounds"] ?? DEFAULT_ROUNDS); round += 1) {
    for (const [name, how] of Object.entries(passes)) {
      const perSecond = timed.length / cpuSecondsOf(() => pass(timed, how));
      if (round > 0) rates[name]!.push(perSecond);
    }
  }
  const forest = await forestPerSecond(timed.length, options["rounds"] ?? DEFAULT_ROUNDS);
  const [cacheOff, cached, judgedOnly] = Object.values(rates).map((all) => Math.round(median(all)));
  return { actions: timed.length, cacheOffPerSecond: cacheOff!, cachedPerSecond: cached!, judgedOnlyPerSecond: judgedOnly!, ...besideForest(judgedOnly!, forest), seenBeforeShare: seenBefore(timed), ...classifyTimes(timed) };
}

const besideForest = (judgedOnly: number, forest: number | null): Record<string, number> => (forest === null ? {} : { forestPerSecond: forest, ratioToForest: judgedOnly / forest });

/** All agents' calls as one stream, as a partition of the log would carry them. */
function inOrder(calls: readonly RecordedCall[]): Timed[] {
  return agentsOf(calls)
    .flatMap(({ id, calls: own }) => own.map((one, index) => ({ agent: id, atMs: one.call.atMs, action: { ...recordOfCall(id, one, `${id}-${index}`).attempt, eventMs: one.call.atMs } })))
    .toSorted((a, b) => a.atMs - b.atMs);
}

function pass(timed: readonly Timed[], how: Classify): number {
  const registry = new Registry();
  const table = new BaselineTable(10_000);
  const assessor = new Assessor(table);
  const population = new Population();
  const slots = new Map<string, number>();
  let findings = 0;
  for (const [index, { agent, action, atMs }] of timed.entries()) {
    let slot = slots.get(agent);
    if (slot === undefined) slots.set(agent, (slot = table.allocate() ?? 0));
    const observed = observe(action, atMs, registry, how(action, index));
    if (countsAnew(newCallWeight(), observed, false)) findings += assessor.assess(observed, slot, population, { registry }).findings.length;
  }
  return findings;
}

function cpuSecondsOf(work: () => unknown): number {
  const before = process.cpuUsage();
  work();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1e6;
}

/** Share of calls whose tool and arguments were seen before in the stream: what a memory without bound would save parsing. */
function seenBefore(timed: readonly Timed[]): number {
  const seen = new Set<string>();
  for (const { action } of timed) seen.add(`${action.tool}\n${action.inputs?.text ?? ""}`);
  return 1 - seen.size / timed.length;
}

/** One call at a time, the fastest of three, so that pauses of the machine do not count as the classifier's. */
function classifyTimes(timed: readonly Timed[]): Record<string, number> {
  const times = timed.map(({ action }) => Math.min(...[0, 1, 2].map(() => {
    const from = performance.now();
    classify(action);
    return performance.now() - from;
  })));
  return { classifyP50Ms: quantile(times, 0.5), classifyP99Ms: quantile(times, 0.99), classifyMaxMs: Math.max(...times) };
}
