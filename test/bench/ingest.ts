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
const DECODE_PASSES = 3;

/** CPU per operation, medians of interleaved rounds; goals: `decodeRatio` ≥ 6, `durableRatio` ≥ 0.4. */
export async function run(options: IngestOptions = {}): Promise<Record<string, number>> {
  const rounds = options.rounds ?? 7;
  const traffic = makeTraffic(BODIES, SPANS_PER_BODY, options.seed ?? 1);
  return { rounds, bytesPerSpan: traffic.bytesPerItem, ...measureDecode(traffic, rounds), ...(await measureIngest(traffic, rounds)) };
}

function measureDecode(traffic: Traffic, rounds: number): Record<string, number> {
  const same = JSON.stringify(extractLazily(traffic.bodies[0]!)) === JSON.stringify(extractByProtobufjs(traffic.bodies[0]!));
  if (!same) throw new Error("the two readers differ");
  const lazy: number[] = [];
  const reference: number[] = [];
  const ratios: number[] = [];
  // One round unmeasured, for the compiler.
  for (let round = -1; round < rounds; round += 1) {
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

async function measureIngest(traffic: Traffic, rounds: number): Promise<Record<string, number>> {
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

async function compare(durable: Server, decodeOnly: Server, traffic: Traffic, rounds: number): Promise<Record<string, number>> {
  const spans = traffic.bodies.length * traffic.itemsPerBody;
  const durableRates: number[] = [];
  const decodeRates: number[] = [];
  const ratios: number[] = [];
  for (let round = -1; round < rounds; round += 1) {
    const stored = await durable.round(traffic.bodies, CONNECTIONS);
    const decoded = await decodeOnly.round(traffic.bodies, CONNECTIONS);
    if (stored.stored !== spans || decoded.stored !== 0) throw new Error(`${stored.stored} of ${spans} spans stored`);
    if (round < 0) continue;
    durableRates.push((spans / stored.cpuUs) * 1e6);
    decodeRates.push((spans / decoded.cpuUs) * 1e6);
    ratios.push(decoded.cpuUs / stored.cpuUs);
  }
  return {
    durableSpansPerCpuSecond: Math.round(median(durableRates)),
    decodeOnlySpansPerCpuSecond: Math.round(median(decodeRates)),
    durableRatio: rounded(median(ratios)),
  };
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

const rounded = (value: number) => Math.round(value * 100) / 100;
