/**
 * How fast a credential stops working when those that answer for its agent have just died: on Kafka and PostgreSQL, two instances of
 * every service, the detector that owns the agent's partition and the breaker that is first in its line get kill -9 at 0 to 5 s before the
 * first destructive call, and stay dead until the provider refuses the token. Beside them, turn by turn, runs without faults.
 */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import type { EventLog } from "@tripline/event-log";
import type { Store } from "@tripline/store";
import { type Deployment, openDatabase, openLog, startDeployment, startServers, siteOf } from "../faults/kafka/deployment.ts";
import { listTopic, readTopic } from "../faults/kafka/read-topic.ts";
import { between, seededRandom } from "../faults/random.ts";
import { createWorld, type DestructiveAgent, type FaultsWorld, TENANT } from "../faults/world.ts";
import type { AgentAnswer, AgentTask } from "./contain/agent.ts";
import type { ObserverAnswer, ObserverTask } from "./contain/observer.ts";
import { type Peer, startPeer } from "./contain/peer.ts";
import { type Owners, watchOwners } from "./failover/owners.ts";

export interface FailoverOptions {
  /** With faults. */
  readonly runs?: number;
  /** Without. */
  readonly quiet?: number;
  readonly seed?: number;
}

const DEFAULTS = { runs: 30, quiet: 10, seed: 1 };
const PARTITIONS = 12;
const BEFORE_MS = 5_000;
/** The agent works so long between being told and its destructive call. */
const AGENT_WORKS_MS = 150;
/** A run without a refusal after this has failed. */
const BOUND_MS = 15_000;
const STABLE_MS = 90_000;
/** A breaker is known to the other one after some beats. */
const REST_MS = 1_500;
const PROVIDER_TIMEOUT_MS = 5_000;

interface Run {
  readonly agent: string;
  readonly isFaulted: boolean;
  /** The breaker that was first in the agent's line. */
  readonly breaker: string;
  /** From the moment before the agent's call. */
  readonly sentMs: number;
  /** When the observer was refused; epoch milliseconds. */
  readonly refusedAtMs: number;
}

interface World {
  readonly world: FaultsWorld;
  readonly deployment: Deployment;
  readonly eventLog: EventLog;
  readonly store: Store;
  readonly owners: Owners;
  readonly agent: Peer;
  readonly observer: Peer;
  readonly random: () => number;
}

/** Maxima and medians; throws when a token was not refused at all, or when the wrong breaker would have been killed. */
export async function run(options: FailoverOptions = {}): Promise<Record<string, number>> {
  const { runs, quiet, seed } = { ...DEFAULTS, ...options };
  await using stack = new AsyncDisposableStack();
  const dir = await mkdtemp(join(tmpdir(), "tripline-failover-"));
  stack.defer(() => rm(dir, { recursive: true, force: true }));
  const servers = await startServers("pnpm bench failover");
  if (servers === null) throw new Error("a real Kafka and a real PostgreSQL are needed");
  stack.defer(() => servers.stop());
  const world = await createWorld(dir, { busyAgents: 0, destructiveAgents: runs + quiet, tokensPerAgent: 2 }, siteOf(servers, PARTITIONS), PROVIDER_TIMEOUT_MS);
  stack.defer(async () => void (await Promise.all([world.railway.close(), world.receiver.close()])));
  const deployment = await startDeployment(dir, world, servers);
  stack.defer(() => deployment.stop());
  const [eventLog, store, owners] = await Promise.all([openLog(servers, PARTITIONS), openDatabase(servers, dir), watchOwners(servers.kafka.brokers)]);
  stack.defer(async () => void (await Promise.allSettled([eventLog.close(), store.close(), owners.close()])));
  const [agent, observer] = [peer("agent"), peer("observer")];
  stack.defer(async () => void (await Promise.all([agent.end(), observer.end()])));
  const parts: World = { world, deployment, eventLog, store, owners, agent, observer, random: seededRandom(seed) };
  const done: Run[] = [];
  for (const [index, one] of world.destructive.entries()) done.push(await contain(parts, one, index, isFaulted(index, runs, quiet)));
  return await figuresOf(done, parts);
}

const peer = (name: string): Peer => startPeer(name, [fileURLToPath(new URL(`contain/${name}.ts`, import.meta.url))]);

/** Quiet runs lie between the others. */
function isFaulted(index: number, runs: number, quiet: number): boolean {
  return Math.floor(((index + 1) * quiet) / (runs + quiet)) === Math.floor((index * quiet) / (runs + quiet));
}

async function contain({ world, deployment, eventLog, owners, agent, observer, random }: World, one: DestructiveAgent, index: number, faulted: boolean): Promise<Run> {
  const detectors = await untilStable(deployment, owners);
  const partition = eventLog.partitionOf(`${TENANT}/${one.id}`);
  const breaker = owners.breaker(partition, deployment.instances.filter(({ target }) => target === "breaker").map(({ name }) => name));
  const victims = deployment.instances.filter(({ name }) => faulted && (name === breaker || name === detectors.get(partition)));
  const [found] = one.tokens;
  if (found === undefined) throw new RangeError("an agent without a token");
  const { secret } = found.token;
  const watching = (await observer.ask({ url: world.railway.url, secret, boundMs: BOUND_MS + BEFORE_MS } satisfies ObserverTask)) as ObserverAnswer;
  if (watching.kind !== "watching") throw new Error(`the token of run ${index} did not work to begin with`);
  const refusal = observer.next();
  const beforeMs = between(random, 0, BEFORE_MS);
  const killing = sleep(faulted ? Math.max(0, AGENT_WORKS_MS - beforeMs) : 0).then(() => Promise.all(victims.map((victim) => victim.end("SIGKILL"))));
  await sleep(faulted ? Math.max(0, beforeMs - AGENT_WORKS_MS) : 0);
  const endpoint = deployment.collectorUrls[index % deployment.collectorUrls.length] ?? "";
  const task: AgentTask = { agent: one.id, endpoint, ingestToken: one.ingestToken, railwayUrl: world.railway.url, secret, volumeId: world.volumeId };
  const sent = (await agent.ask(task)) as AgentAnswer;
  const seen = (await refusal) as ObserverAnswer;
  await killing;
  await Promise.all(victims.map((victim) => victim.start()));
  if (seen.kind !== "refused") throw new Error(`the token of run ${index} was never refused`);
  const sentMs = (seen.refusedUs - sent.sentUs) / 1_000;
  return { agent: one.id, isFaulted: faulted, breaker, sentMs, refusedAtMs: sent.sentEpochMs + sentMs };
}

/** Every process runs, and every partition has its detector again. */
async function untilStable({ instances }: Deployment, owners: Owners): Promise<ReadonlyMap<number, string>> {
  const members = instances.filter(({ target }) => target === "detector").length;
  for (const untilMs = performance.now() + STABLE_MS; ; await sleep(200)) {
    const detectors = await owners.detectors(members).catch(() => null);
    if (detectors?.size === PARTITIONS && instances.every(({ ready }) => ready)) {
      await sleep(REST_MS);
      return detectors;
    }
    if (performance.now() > untilMs) throw new Error("the layout does not settle between two runs");
  }
}

async function figuresOf(runs: readonly Run[], { eventLog, store }: World): Promise<Record<string, number>> {
  const recordedMs = new Map<string, number>();
  await readTopic(eventLog, "actions", ({ value, timestampMs }) => {
    if (value.request?.kind === "graphql" && !recordedMs.has(value.agent.id)) recordedMs.set(value.agent.id, timestampMs);
  });
  const wrong = await mispredicted(runs, eventLog, store);
  if (wrong.length > 0) throw new Error(`another breaker than the one that is killed contained ${wrong.join(", ")}`);
  const since = ({ agent, refusedAtMs }: Run): number => refusedAtMs - (recordedMs.get(agent) ?? Number.NaN);
  const side = (name: string, some: readonly Run[]): Record<string, number> => ({
    [`${name}Runs`]: some.length,
    [`${name}RecordedToRefusedMsMedian`]: median(some.map(since)),
    [`${name}RecordedToRefusedMsMax`]: Math.round(Math.max(...some.map(since))),
    [`${name}SentToRefusedMsMedian`]: median(some.map(({ sentMs }) => sentMs)),
    [`${name}SentToRefusedMsMax`]: Math.round(Math.max(...some.map(({ sentMs }) => sentMs))),
  });
  return { ...side("failover", runs.filter((one) => one.isFaulted)), ...side("quiet", runs.filter((one) => !one.isFaulted)) };
}

/** Quiet runs whose containment belongs to another breaker than predicted: then the predictions are worth nothing. */
async function mispredicted(runs: readonly Run[], eventLog: EventLog, store: Store): Promise<string[]> {
  const trips = new Map((await listTopic(eventLog, "breakers")).flatMap(({ value }) => (value.trip === null ? [] : [[value.agent, value.trip.id] as const])));
  const wrong: string[] = [];
  for (const { agent, breaker } of runs.filter((one) => !one.isFaulted)) {
    const rows = (await store.workOfGroup("revocation", trips.get(agent) ?? "")).map(({ payload }) => JSON.parse(payload) as { kind: string; owner?: string });
    if (rows.find(({ kind }) => kind === "summary")?.owner !== breaker) wrong.push(agent);
  }
  return wrong;
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  return Math.round(sorted[sorted.length >> 1] ?? Number.NaN);
}
