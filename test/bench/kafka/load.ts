/**
 * The agents, in a process of their own whose CPU is not counted: all requests as fast as they are answered, or at a steady pace while
 * the findings on their wrong calls are waited for in the log.
 */
import { Agent, request } from "node:http";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";
import { openEventLog } from "@tripline/event-log";
import { decode } from "@tripline/model";
import { createMetrics } from "@tripline/runtime";
import { type CorpusBatch, writeBatches } from "./corpus.ts";
import { type LoadAnswer, type LoadSetup, type LoadTask, STEADY_EVENTS_PER_SECOND } from "./load-protocol.ts";
import { agentName, AGENTS, BODIES, type Body, makeBodies, type MixName, SPANS_PER_BODY, spansOf } from "./traffic.ts";

const CONNECTIONS = 16;
const STEADY_SPANS = 20;
/** One request in so many is timed: findings stay rare. */
const TIMED_EVERY = 5;
const SEEN_MS = 10_000;

const setup = JSON.parse(process.argv[2] ?? "") as LoadSetup;
const agent = new Agent({ keepAlive: true, maxSockets: CONNECTIONS });
const bodiesOf = { tools: makeBodies(BODIES, SPANS_PER_BODY, setup.seed, "tools"), trace: makeBodies(BODIES, SPANS_PER_BODY, setup.seed, "trace") };
const log = await openEventLog(
  { kind: "kafka", brokers: setup.brokers, clientId: "load", topicPrefix: setup.topicPrefix, partitions: setup.partitions, replicationFactor: 1 },
  { metrics: createMetrics(), clock: () => Date.now() },
);
/** When its request was sent, by trace id: taken out once its finding is seen. */
const timed = new Map<string, number>();
let latenciesMs: number[] = [];
await log.read("findings", { from: "end" }, async (records) => {
  const nowMs = performance.now();
  for (const { value } of records) {
    const finding = decode("findings", value);
    if (!finding.ok || finding.value.weight !== "hard") continue;
    const [traceId = ""] = finding.value.actionId.split(":");
    const sentMs = timed.get(traceId);
    if (sentMs !== undefined && timed.delete(traceId)) latenciesMs.push(nowMs - sentMs);
  }
});

async function flood(url: string, mix: MixName): Promise<LoadAnswer> {
  const bodies = bodiesOf[mix];
  let next = 0;
  const worker = async (): Promise<void> => {
    for (let body = bodies[next++]; body !== undefined; body = bodies[next++]) await post(url, body);
  };
  await Promise.all(Array.from({ length: CONNECTIONS }, worker));
  return { events: BODIES * SPANS_PER_BODY, calls: callsOf(bodies), bytes: sizeOf(bodies), latenciesMs: [] };
}

async function steady(url: string, seed: number, ms: number): Promise<LoadAnswer> {
  const gapMs = (STEADY_SPANS * 1_000) / STEADY_EVENTS_PER_SECOND;
  const requests = makeBodies(Math.floor(ms / gapMs / AGENTS) * AGENTS, STEADY_SPANS, seed, "tools", TIMED_EVERY);
  const answered: Promise<void>[] = [];
  latenciesMs = [];
  const startMs = performance.now();
  for (const [index, body] of requests.entries()) {
    const waitMs = startMs + index * gapMs - performance.now();
    if (waitMs > 0) await sleep(waitMs);
    if (index % TIMED_EVERY === TIMED_EVERY - 1) timed.set(body.traceId, performance.now());
    answered.push(post(url, body));
  }
  await Promise.all(answered);
  for (const untilMs = performance.now() + SEEN_MS; timed.size > 0 && performance.now() < untilMs; ) await sleep(10);
  if (timed.size > 0) throw new Error(`${timed.size} wrong calls were never found`);
  return { events: requests.length * STEADY_SPANS, calls: callsOf(requests), bytes: sizeOf(requests), latenciesMs };
}

function writePayload(file: string, mix: MixName): LoadAnswer {
  const batches = bodiesOf[mix].map((body): CorpusBatch => ({ key: agentName(body.agent), values: spansOf(body) }));
  writeBatches(file, batches);
  return { events: BODIES * SPANS_PER_BODY, calls: callsOf(bodiesOf[mix]), bytes: batches.reduce((sum, { values }) => sum + bytesOf(values), 0), latenciesMs: [] };
}

const callsOf = (bodies: readonly Body[]): number => bodies.reduce((sum, { calls }) => sum + calls, 0);
const bytesOf = (values: readonly Uint8Array[]): number => values.reduce((sum, { byteLength }) => sum + byteLength, 0);
const sizeOf = (bodies: readonly Body[]): number => bytesOf(bodies.map(({ bytes }) => bytes));

function run(task: LoadTask): LoadAnswer | Promise<LoadAnswer> {
  if (task.kind === "payload") return writePayload(task.file, task.mix);
  return task.kind === "flood" ? flood(task.url, task.mix) : steady(task.url, task.seed, task.ms);
}

function post(url: string, { agent: index, bytes }: Body): Promise<void> {
  return new Promise((resolve, reject) => {
    const headers = { "content-type": "application/x-protobuf", "content-length": bytes.length, authorization: `Bearer ${setup.tokens[index]}` };
    const outgoing = request(`${url}/v1/traces`, { method: "POST", agent, headers }, (reply) => {
      reply.resume();
      reply.once("end", () => (reply.statusCode === 200 ? resolve() : reject(new Error(`status ${reply.statusCode}`))));
    });
    outgoing.once("error", reject);
    outgoing.end(bytes);
  });
}

const say = (value: unknown): void => void process.stdout.write(`${JSON.stringify(value)}\n`);
say({ ready: true });
for await (const line of createInterface({ input: process.stdin })) say(await run(JSON.parse(line) as LoadTask));
await log.close();
process.exit();
