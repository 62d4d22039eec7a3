/**
 * How fast a credential stops working: from the moment before an agent's first destructive call to the first refusal that an
 * independent client with the same token sees. Beside it, interleaved, what this machine needs for the bare minimum of it.
 */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import type { AgentAnswer, AgentTask } from "./contain/agent.ts";
import type { ObserverAnswer, ObserverTask } from "./contain/observer.ts";
import { type Peer, startPeer } from "./contain/peer.ts";
import { type ContainWorld, type Facts, startWorld, type Target } from "./contain/world.ts";

export interface ContainOptions {
  readonly runs?: number;
}

const DEFAULT_RUNS = 50;
const REFERENCE_SAMPLES = 200;
/** A run without a refusal after this has failed. */
const BOUND_MS = 15_000;
/** Between a refusal and the next run: verification, records and the observer's own end. */
const PAUSE_MS = 100;
const FACTS_LOOKS = 50;

interface Run {
  readonly refusedMs: number;
  /** From the call to each step, in milliseconds, by Tripline's own records. */
  readonly steps: Readonly<Record<"ackMs" | "tripMs" | "intentMs" | "revokedMs" | "verifiedMs", number>>;
}

/** Median, maximum and ratio to the reference; throws when a token was not refused at all. */
export async function run(options: ContainOptions = {}): Promise<Record<string, number>> {
  const runs = Math.max(1, options.runs ?? DEFAULT_RUNS);
  const dir = await mkdtemp(join(tmpdir(), "tripline-contain-"));
  const stack = new AsyncDisposableStack();
  stack.defer(() => rm(dir, { recursive: true, force: true }));
  try {
    const world = await startWorld(dir, runs, stack);
    const [agent, observer, reference] = [process("agent"), process("observer"), process("reference", join(dir, "reference"))];
    for (const peer of [agent, observer, reference]) stack.defer(() => peer.end());
    const done: Run[] = [];
    const referenceMs: number[] = [];
    for (const [index, target] of world.targets.entries()) {
      referenceMs.push(...((await reference.ask(Math.ceil(REFERENCE_SAMPLES / runs))) as number[]));
      done.push(await contain(world, target, index, agent, observer));
    }
    return figuresOf(done, referenceMs);
  } finally {
    await stack.disposeAsync();
  }
}

function process(name: string, ...args: readonly string[]): Peer {
  return startPeer(name, [fileURLToPath(new URL(`contain/${name}.ts`, import.meta.url)), ...args]);
}

async function contain(world: ContainWorld, target: Target, index: number, agent: Peer, observer: Peer): Promise<Run> {
  const { railwayUrl, volumeIds } = world;
  const watching = (await observer.ask({ url: railwayUrl, secret: target.secret, boundMs: BOUND_MS } satisfies ObserverTask)) as ObserverAnswer;
  if (watching.kind !== "watching") throw new Error(`the token of run ${index} did not work to begin with`);
  const refusal = observer.next();
  const volumeId = volumeIds[index % volumeIds.length] ?? "";
  const task: AgentTask = { agent: target.agent, endpoint: world.ingestUrl, ingestToken: target.ingestToken, railwayUrl, secret: target.secret, volumeId };
  const sent = (await agent.ask(task)) as AgentAnswer;
  const seen = (await refusal) as ObserverAnswer;
  if (seen.kind !== "refused") throw new Error(`the token of run ${index} was never refused`);
  await sleep(PAUSE_MS);
  return { refusedMs: (seen.refusedUs - sent.sentUs) / 1_000, steps: stepsOf(await settledFacts(world, target.agent), sent.sentEpochMs) };
}

async function settledFacts(world: ContainWorld, agent: string): Promise<Facts> {
  let facts = await world.facts(agent);
  for (let look = 0; look < FACTS_LOOKS && facts.containment?.status !== "verified"; look += 1) {
    await sleep(PAUSE_MS);
    facts = await world.facts(agent);
  }
  return facts;
}

/** Records carry whole milliseconds of the wall clock: good for telling where the time goes, no more. */
function stepsOf({ attemptMs, breaker, containment }: Facts, sentEpochMs: number): Run["steps"] {
  const since = (ms: number | null | undefined): number => (ms === null || ms === undefined ? Number.NaN : ms - sentEpochMs);
  const item = containment?.items[0];
  return { ackMs: since(attemptMs), tripMs: since(breaker?.trip?.atMs), intentMs: since(item?.intendedAtMs), revokedMs: since(item?.revokedAtMs), verifiedMs: since(item?.verifiedAtMs) };
}

function figuresOf(runs: readonly Run[], referenceMs: readonly number[]): Record<string, number> {
  const refused = runs.map(({ refusedMs }) => refusedMs);
  const reference = median(referenceMs);
  const step = (name: keyof Run["steps"]): number => rounded(median(runs.map(({ steps }) => steps[name]).filter((ms) => !Number.isNaN(ms))));
  return {
    runs: runs.length,
    refusedMsMedian: rounded(median(refused)),
    refusedMsMax: rounded(Math.max(...refused)),
    referenceMs: rounded(reference),
    referenceSamples: referenceMs.length,
    ratio: rounded(median(refused) / reference),
    durableMsMedian: step("ackMs"),
    tripMsMedian: step("tripMs"),
    intentMsMedian: step("intentMs"),
    revokedMsMedian: step("revokedMs"),
    verifiedMsMedian: step("verifiedMs"),
    verifiedRuns: runs.filter(({ steps }) => !Number.isNaN(steps.verifiedMs)).length,
  };
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

const rounded = (value: number): number => Math.round(value * 100) / 100;
