/** What ingest costs: our OTLP reader beside protobufjs, and durable ingest beside the same server only decoding. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { extractByProtobufjs, extractLazily } from "./ingest/decode.ts";
import { startServer, type Server } from "./ingest/load.ts";
import { makeTraffic, type Traffic } from "./ingest/traffic.ts";

export interface IngestOptions {
  readonly rounds?: number;
  readonly seed?: number;
}

const BODIES = 100;
const SPANS_PER_BODY = 68;
const CONNECTIONS = 8;
/** Times that a round sends all bodies: enough for the fixed cost of a round not to count. */
const SEND_PASSES = 4;
/** Rounds before measuring, until the servers' code is compiled and the log's memory of its newest records is full. */
const WARM_UP_ROUNDS = 6;
const DECODE_PASSES = 5;
/** Decoding is quick: of many short rounds, the median moves less from run to run. */
const DECODE_ROUNDS_PER_ROUND = 3;
/** Rounds before measuring, for both readers, until their code is compiled. */
const DECODE_WARM_UP_ROUNDS = 5;

/**
 * CPU per operation, medians of interleaved rounds; goals: `decodeRatio` ≥ 6, `durableRatio` ≥ 0.4. Durable ingest is measured
 * twice: of nothing but tool spans (`durable…`: every span is stored), and of an agent's whole trace (`agentTrace…`).
 */
export async function run(options: IngestOptions = {}): Promise<Record<string, number>> {
  const rounds = options.rounds ?? 7;
  if (rounds < 1) throw new RangeError("rounds must be at least 1");
  const seed = options.seed ?? 1;
  const tools = makeTraffic(BODIES, SPANS_PER_BODY, seed);
  const decoding = measureDecode(tools, rounds);
  const trace = makeTraffic(BODIES, SPANS_PER_BODY, seed, "agent-trace");
  const ofTools = await measureIngest(tools, rounds);
  const ofTrace = await measureIngest(trace, rounds);
  return {
    rounds,
    bytesPerSpan: tools.bytesPerItem,
    ...decoding,
    durableSpansPerCpuSecond: ofTools.durable,
    decodeOnlySpansPerCpuSecond: ofTools.decodeOnly,
    durableRatio: ofTools.ratio,
    agentTraceDurableSpansPerCpuSecond: ofTrace.durable,
    agentTraceDecodeOnlySpansPerCpuSecond: ofTrace.decodeOnly,
    agentTraceRatio: ofTrace.ratio,
  };
}

/** Spans per CPU-second of each server, and the ratio of the two. */
interface IngestFigures {
  readonly durable: number;
  readonly decodeOnly: number;
  readonly ratio: number;
}

function measureDecode(traffic: Traffic, rounds: number): Record<string, number> {
  const same = JSON.stringify(extractLazily(traffic.bodies[0]!)) === JSON.stringify(extractByProtobufjs(traffic.bodies[0]!));
  if (!same) throw new Error("the two readers differ");
  const lazy: number[] = [];
  const reference: number[] = [];
  const ratios: number[] = [];
  for (let round = -DECODE_WARM_UP_ROUNDS; round < rounds * DECODE_ROUNDS_PER_ROUND; round += 1) {
    const lazyUs = cpuPerSpan(traffic, extractLazily);
    const referenceUs = cpuPerSpan(traffic, extractByProtobufjs);
    if (round < 0) continue;
    lazy.push(lazyUs);
    reference.push(referenceUs);
    ratios.push(referenceUs / lazyUs);
  }
  return { decodeUsPerSpan: rounded(median(lazy)), protobufjsUsPerSpan: rounded(median(reference)), decodeRatio: rounded(median(ratios)) };
}

function cpuPerSpan(traffic: Traffic, extract: (body: Uint8Array) => unknown): number {
  const before = process.cpuUsage();
  for (let pass = 0; pass < DECODE_PASSES; pass += 1) for (const body of traffic.bodies) extract(body);
  const { user, system } = process.cpuUsage(before);
  return (user + system) / (DECODE_PASSES * traffic.bodies.length * traffic.itemsPerBody);
}

async function measureIngest(traffic: Traffic, rounds: number): Promise<IngestFigures> {
  const dir = await mkdtemp(join(tmpdir(), "tripline-bench-"));
  const servers: Server[] = [];
  try {
    const durable = await startServer("durable", join(dir, "log"));
    servers.push(durable);
    const decodeOnly = await startServer("decode-only", join(dir, "none"));
    servers.push(decodeOnly);
    return await compare(durable, decodeOnly, traffic, rounds);
  } finally {
    for (const server of servers) await server.close();
    await rm(dir, { recursive: true, force: true });
  }
}

async function compare(durable: Server, decodeOnly: Server, traffic: Traffic, rounds: number): Promise<IngestFigures> {
  const bodies = Array.from({ length: SEND_PASSES }, () => traffic.bodies).flat();
  const spans = bodies.length * traffic.itemsPerBody;
  const actions = traffic.tools * SEND_PASSES;
  const durableRates: number[] = [];
  const decodeRates: number[] = [];
  const ratios: number[] = [];
  for (let round = -WARM_UP_ROUNDS; round < rounds; round += 1) {
    const stored = await durable.round(bodies, CONNECTIONS);
    const decoded = await decodeOnly.round(bodies, CONNECTIONS);
    if (stored.stored !== actions || decoded.stored !== 0) throw new Error(`${stored.stored} of ${actions} actions stored`);
    if (round < 0) continue;
    durableRates.push((spans / stored.cpuUs) * 1e6);
    decodeRates.push((spans / decoded.cpuUs) * 1e6);
    ratios.push(decoded.cpuUs / stored.cpuUs);
  }
  return { durable: Math.round(median(durableRates)), decodeOnly: Math.round(median(decodeRates)), ratio: rounded(median(ratios)) };
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

const rounded = (value: number) => Math.round(value * 100) / 100;
