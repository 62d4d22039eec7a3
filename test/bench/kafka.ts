/**
 * What an event costs on Kafka, and how long it takes: collector → broker → detector as the services that are shipped, beside kafkajs alone
 * with the same records, and beside the OpenTelemetry Collector with its Kafka exporter. In turns, in one run.
 */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { median, quantile } from "simple-statistics";
import { type CorpusSize, writeCorpus } from "./kafka/corpus.ts";
import { createTopic, makeTokens, PARTITIONS, prefixOf, type Servers, startDeployment, startServers } from "./kafka/layout.ts";
import { type LoadAnswer, type LoadSetup, type LoadTask, STEADY_EVENTS_PER_SECOND } from "./kafka/load-protocol.ts";
import { findOtelCollector, type OtelCollector, startOtelCollector } from "./kafka/otel-collector.ts";
import { startProcess } from "./kafka/process.ts";
import type { SideKind } from "./kafka/side.ts";
import type { MixName } from "./kafka/traffic.ts";
import { collectorTurn, type Cost, type Load, measure, otelTurn, pipelineTurn, sideTurn, type Turn } from "./kafka/turns.ts";

export interface KafkaOptions {
  readonly rounds?: number;
  readonly seed?: number;
}

/** Some three minutes on a busy machine of two processors. */
const DEFAULTS = { rounds: 3, seed: 1 };
/** Until the code of every process is compiled. */
const WARM_UP_ROUNDS = 2;
const STEADY_MS = 5_000;
const MIXES: readonly MixName[] = ["tools", "trace"];
const OTEL_TOPIC = "bench-otlp";

/** Medians over interleaved rounds; goals: `packedRatio` ≤ 0.4, `pipelineRatio` ≥ 0.6, `otelRatio` ≥ 1.3, which is left out without Go. */
export async function run(options: KafkaOptions = {}): Promise<Record<string, number>> {
  const { rounds, seed } = { ...DEFAULTS, ...options };
  if (rounds < 1) throw new RangeError("rounds must be at least 1");
  if (process.platform !== "linux") throw new Error("other processes' CPU is read from /proc, which only Linux has");
  await using stack = new AsyncDisposableStack();
  const dir = await mkdtemp(join(tmpdir(), "tripline-bench-"));
  stack.defer(() => rm(dir, { recursive: true, force: true }));
  const world = await prepare(stack, dir, seed);
  const costs = new Map<string, Cost[]>(world.turns.map(({ name }) => [name, []]));
  const latenciesMs: number[] = [];
  for (let round = -WARM_UP_ROUNDS; round < rounds; round += 1) {
    say(round < 0 ? "warming up" : `round ${round + 1} of ${rounds}`);
    for (const turn of world.turns) {
      const cost = await measure(turn, world.brokerPid);
      if (round >= 0) costs.get(turn.name)?.push(cost);
    }
    const timed = await steady(world, seed + rounds + round);
    if (round >= 0) latenciesMs.push(...timed);
  }
  return { rounds, partitions: PARTITIONS, ...sizes(world), ...figuresOf(costs), ...latency(latenciesMs) };
}

const say = (line: string): void => void process.stderr.write(`bench kafka: ${line}\n`);

interface World {
  readonly turns: readonly Turn[];
  readonly load: Load;
  readonly pipelineUrl: string;
  readonly brokerPid: number;
  readonly corpus: CorpusSize;
  readonly bytesPerEvent: number;
  readonly bytesPerTraceEvent: number;
}

async function prepare(stack: AsyncDisposableStack, dir: string, seed: number): Promise<World> {
  const binary = await findOtelCollector(say);
  say("starting a broker, PostgreSQL, and the services");
  const servers = await startServers(stack);
  const tokens = makeTokens();
  const pipeline = await startDeployment(stack, servers, { name: "pipeline", withDetector: true, tokens, dir });
  const alone = await startDeployment(stack, servers, { name: "alone", withDetector: false, tokens, dir });
  const setup: LoadSetup = { seed, tokens, brokers: servers.kafka.brokers, topicPrefix: prefixOf("pipeline"), partitions: PARTITIONS };
  const load = await startProcess("load", [fileURLToPath(new URL("kafka/load.ts", import.meta.url)), JSON.stringify(setup)]);
  stack.defer(() => load.end());
  const sent = (await load.ask({ kind: "flood", url: alone.ingestUrl, mix: "tools" } satisfies LoadTask)) as LoadAnswer;
  const corpusFile = join(dir, "corpus");
  const corpus = await writeCorpus(alone.eventLog, corpusFile);
  if (corpus.records !== sent.events) throw new Error(`${sent.events} calls became ${corpus.records} records`);
  const payloadFile = (mix: MixName): string => join(dir, `payload-${mix}`);
  const write = async (mix: MixName): Promise<LoadAnswer> => (await load.ask({ kind: "payload", mix, file: payloadFile(mix) } satisfies LoadTask)) as LoadAnswer;
  await write("tools");
  const payload = await write("trace");
  const started = binary === null ? null : await startOtel(stack, servers, dir, binary);
  const turns = MIXES.flatMap((mix) => [
    pipelineTurn(load, pipeline, mix),
    collectorTurn(load, alone, mix),
    ...(started === null ? [] : [otelTurn(load, servers, started, OTEL_TOPIC, mix)]),
  ]);
  const side = async (name: string, kind: SideKind, file: string): Promise<void> => void turns.push(await sideTurn(stack, servers, { name, kind, corpusFile: file, records: corpus.records }));
  await side("packed", "packed", corpusFile);
  await side("kafkajs", "kafkajs", corpusFile);
  await side("kafkajs-zstd", "kafkajs-zstd", corpusFile);
  await side("kafkajs-otlp", "kafkajs", payloadFile("tools"));
  await side("kafkajs-trace", "kafkajs", payloadFile("trace"));
  return { turns, load, pipelineUrl: pipeline.ingestUrl, brokerPid: servers.kafka.nodes[0]?.pid ?? -1, corpus, bytesPerEvent: sent.bytes / sent.events, bytesPerTraceEvent: payload.bytes / payload.events };
}

async function startOtel(stack: AsyncDisposableStack, servers: Servers, dir: string, binary: string): Promise<OtelCollector> {
  await createTopic(servers, OTEL_TOPIC);
  return startOtelCollector(stack, { binary, dir, brokers: servers.kafka.brokers, topic: OTEL_TOPIC });
}

async function steady({ load, pipelineUrl }: World, seed: number): Promise<readonly number[]> {
  const { latenciesMs } = (await load.ask({ kind: "steady", url: pipelineUrl, seed, ms: STEADY_MS } satisfies LoadTask)) as LoadAnswer;
  return latenciesMs;
}

function sizes({ corpus, bytesPerEvent, bytesPerTraceEvent }: World): Record<string, number> {
  return {
    eventsPerTurn: corpus.records,
    otlpBytesPerEvent: Math.round(bytesPerEvent),
    recordBytesPerEvent: Math.round(corpus.bytesPerRecord),
    traceBytesPerEvent: Math.round(bytesPerTraceEvent),
  };
}

const total = ({ parts }: Cost): number => Object.values(parts).reduce((sum, us) => sum + us, 0);

function figuresOf(costs: ReadonlyMap<string, readonly Cost[]>): Record<string, number> {
  const figures: Record<string, number> = {};
  for (const [name, rounds] of costs) {
    const title = name.replaceAll(/-(\w)/gu, (_, letter: string) => letter.toUpperCase());
    figures[`${title}UsPerEvent`] = rounded(rounds.map(total));
    const parts = Object.keys(rounds[0]?.parts ?? {});
    if (parts.length > 1) for (const part of parts) figures[`${title}${capital(part)}UsPerEvent`] = rounded(rounds.map((cost) => cost.parts[part] ?? Number.NaN));
    figures[`${title}BrokerUsPerEvent`] = rounded(rounds.map(({ brokerUs }) => brokerUs));
  }
  const ratio = (of: string, to: string): number => {
    const reference = costs.get(to) ?? [];
    return rounded((costs.get(of) ?? []).map((cost, round) => total(cost) / total(reference[round] ?? cost)));
  };
  figures["packedRatio"] = ratio("packed", "kafkajs");
  figures["pipelineRatio"] = ratio("kafkajs", "pipeline");
  figures["pipelineOtlpRatio"] = ratio("kafkajs-otlp", "pipeline");
  figures["pipelineTraceRatio"] = ratio("kafkajs-trace", "pipeline-trace");
  if (costs.has("otel-collector")) figures["otelRatio"] = ratio("otel-collector", "collector");
  if (costs.has("otel-collector-trace")) figures["otelTraceRatio"] = ratio("otel-collector-trace", "collector-trace");
  return figures;
}

const capital = (text: string): string => `${text.charAt(0).toUpperCase()}${text.slice(1)}`;

function latency(samplesMs: readonly number[]): Record<string, number> {
  const at = (share: number): number => rounded([quantile([...samplesMs], share)]);
  return { steadyEventsPerSecond: STEADY_EVENTS_PER_SECOND, timed: samplesMs.length, endToEndMsP50: at(0.5), endToEndMsP99: at(0.99) };
}

function rounded(values: readonly number[]): number {
  return Math.round(median([...values]) * 100) / 100;
}
