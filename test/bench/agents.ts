/**
 * A million agents at full speed: the detector as its own process on Kafka and PostgreSQL, killed in the middle and after the end. What
 * memory it took beside its budget, and whether what it stored is what the log says.
 */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { DETECTOR_LIMITS } from "@tripline/detector";
import { untilJudged } from "../faults/kafka/capacity.ts";
import { seededRandom, shuffled } from "../faults/random.ts";
import { wrongBaselines } from "./agents/compare.ts";
import type { LoadAnswer, LoadPlan, LoadTask } from "./agents/load.ts";
import { detectorPlan, openSite, PARTITIONS, type Site } from "./agents/site.ts";
import { WatchedDetector } from "./agents/watched-detector.ts";
import { type Peer, startPeer } from "./contain/peer.ts";

export interface AgentsOptions {
  readonly agents?: number;
  readonly actions?: number;
  readonly sample?: number;
  /** The detector's budget, in MiB; the default of the configuration if absent. */
  readonly memory?: number;
  readonly seed?: number;
}

const DEFAULTS = { agents: 1_000_000, actions: 3, sample: 1_000, memory: DETECTOR_LIMITS.memoryBytes / 1_048_576, seed: 1 };
const TARGET = "detector";
/** Written in slices, so that no answer of the writing process is late. */
const SLICE_EVENTS = 100_000;
/** Longest that the detector may need for what is left when the writing has ended. */
const JUDGED_MS = 900_000;
const FAIRLY_UNDER_WAY = 0.4;

/** Rejects where a machine has no Kafka or PostgreSQL, and when the detector ends by itself or stands still. */
export async function run(options: AgentsOptions = {}, say: (line: string) => void = sayOnStandardError()): Promise<Record<string, number>> {
  const chosen = { ...DEFAULTS, ...options };
  const { agents, actions, seed } = chosen;
  await using stack = new AsyncDisposableStack();
  const dir = await mkdtemp(join(tmpdir(), "tripline-agents-"));
  stack.defer(() => rm(dir, { recursive: true, force: true }));
  const site = await openSite(dir, stack);
  const plan: LoadPlan = { log: site.log, agents, actionsEach: actions, seed };
  const load = startPeer("load", [fileURLToPath(new URL("agents/load.ts", import.meta.url)), JSON.stringify(plan)]);
  stack.defer(() => load.end());
  const detector = new WatchedDetector(await detectorPlan(dir, site, chosen.memory * 1_048_576));
  stack.defer(() => detector.stop());
  say(`registering ${agents} agents`);
  for (let from = 0; from < agents; from += SLICE_EVENTS) await ask(load, { kind: "register", from, count: Math.min(SLICE_EVENTS, agents - from) });
  await ask(load, { kind: "publish" });
  const startMs = await detector.start();
  const rssStartedBytes = detector.maxBytes[0] ?? 0;
  say(`the detector judges after ${Math.round(startMs)} ms, with ${mib(rssStartedBytes)} MiB`);
  const events = agents * actions;
  const judgingMs = await judgeAll({ load, detector, site, events, say });
  say(`all judged: ${mib(Math.max(...detector.maxBytes))} MiB at the most; killed again`);
  await detector.kill();
  const restartMs = await detector.start();
  const sample = shuffled(seededRandom(seed), Array.from({ length: agents }, (_, at) => at)).slice(0, chosen.sample);
  const more = await ask(load, { kind: "again", agents: sample });
  await untilJudged(site, JUDGED_MS);
  await detector.kill();
  say("recomputing from the log");
  const compared = await wrongBaselines(site.store, { log: site.log, agents, sample });
  if (compared.records !== events + more.written) throw new Error(`${compared.records} records in the log, not ${events + more.written}`);
  return {
    agents: compared.agents,
    events: compared.records,
    eventsPerSecond: Math.round((events * 1_000) / judgingMs),
    detectorCpuUsPerEvent: Math.round((detector.cpuMs * 10_000) / compared.records) / 10,
    ...memoryFigures(detector, chosen.memory),
    rssStartedBytes,
    startMs: Math.round(startMs),
    restartMs: Math.round(restartMs),
    restarted: detector.maxBytes.length - 1,
    sampled: sample.length,
    baselinesWrong: compared.wrong.length,
  };
}

function memoryFigures({ maxBytes, registryBytesMax, hotAgentsMax }: WatchedDetector, memoryMib: number): Record<string, number> {
  const rssMaxBytes = Math.max(...maxBytes);
  const rssBudgetBytes = memoryMib * 1_048_576 + DETECTOR_LIMITS.processBytes;
  return { rssMaxBytes, rssBudgetBytes, rssRatio: Math.round((rssMaxBytes / rssBudgetBytes) * 1_000) / 1_000, registryBytes: registryBytesMax, hotAgentsMax };
}

interface Judging {
  readonly load: Peer;
  readonly detector: WatchedDetector;
  readonly site: Site;
  readonly events: number;
  readonly say: (line: string) => void;
}

/** Everything is written as fast as the log takes it; the detector is killed in the midst of judging. Answers the milliseconds until all was judged. */
async function judgeAll({ load, detector, site, events, say }: Judging): Promise<number> {
  const startedMs = performance.now();
  let written = 0;
  const writing = (async () => {
    for (; written < events; ) written += (await ask(load, { kind: "actions", count: Math.min(SLICE_EVENTS, events - written) })).written;
    say(`${written} events written`);
  })();
  const striking = (async () => {
    while ((await judged(site)) < events * FAIRLY_UNDER_WAY) await sleep(200);
    await detector.kill();
    say(`killed while it judged: ${await judged(site)} of ${written} written events in its checkpoints, ${mib(Math.max(...detector.maxBytes))} MiB at the most`);
    await detector.start();
  })();
  await Promise.all([writing, striking]);
  await untilJudged(site, JUDGED_MS);
  return performance.now() - startedMs;
}

/** Records that the detector's checkpoints have behind them. */
async function judged({ store }: Site): Promise<number> {
  const checkpoints = await Promise.all(Array.from({ length: PARTITIONS }, (_, partition) => store.loadCheckpoint(TARGET, partition)));
  return checkpoints.reduce((sum, checkpoint) => sum + (checkpoint?.offsets.get("actions") ?? 0), 0);
}

const ask = async (load: Peer, task: LoadTask): Promise<LoadAnswer> => (await load.ask(task)) as LoadAnswer;
const mib = (bytes: number): number => Math.round(bytes / 1_048_576);

function sayOnStandardError(): (line: string) => void {
  const startedMs = performance.now();
  return (line) => void process.stderr.write(`[${Math.round((performance.now() - startedMs) / 1_000)} s] ${line}\n`);
}
