/** What is measured in turn: who takes part, what they move, and what each event cost them. */
import { fileURLToPath } from "node:url";
import { untilJudged } from "../../faults/kafka/capacity.ts";
import { cpuUsOf } from "./cpu.ts";
import { createTopic, countRecords, type Deployment, PARTITIONS, prefixOf, type Servers } from "./layout.ts";
import type { LoadAnswer, LoadTask } from "./load-protocol.ts";
import type { OtelCollector } from "./otel-collector.ts";
import { type Running, startProcess } from "./process.ts";
import type { SideAnswer, SideKind, SideSetup, SideTask } from "./side.ts";
import { BODIES, type MixName } from "./traffic.ts";

/** CPU of each who takes part, microseconds per event, and the broker's. */
export interface Cost {
  readonly parts: Readonly<Record<string, number>>;
  readonly brokerUs: number;
}

export interface Turn {
  readonly name: string;
  readonly pids: Readonly<Record<string, number>>;
  /** Ends when every event came to its end; answers how many there were. */
  run(): Promise<number>;
}

export type Load = Running<unknown>;

export async function measure(turn: Turn, brokerPid: number): Promise<Cost> {
  const names = Object.keys(turn.pids);
  const spent = (): number[] => [...Object.values(turn.pids), brokerPid].map((pid) => cpuUsOf([pid]));
  const before = spent();
  const events = await turn.run();
  const costs = spent().map((after, index) => (after - (before[index] ?? 0)) / events);
  return { parts: Object.fromEntries(names.map((name, index) => [name, costs[index] ?? Number.NaN])), brokerUs: costs.at(-1) ?? Number.NaN };
}

/** Collector, broker, detector: over once the detector's checkpoints have come to the end of the log. */
export function pipelineTurn(load: Load, { ingestUrl, eventLog, store, collector, detector }: Deployment, mix: MixName): Turn {
  const pids = { collector: collector.pid, detector: detector?.pid ?? -1 };
  const judged = async (): Promise<number> => {
    const { events } = await flood(load, ingestUrl, mix);
    await untilJudged({ eventLog, store });
    return events;
  };
  return { name: named("pipeline", mix), pids, run: judged };
}

const named = (name: string, mix: MixName): string => (mix === "tools" ? name : `${name}-trace`);

/** Of a whole trace only the tool calls are stored. @throws when what is in the log is not what was sent */
export function collectorTurn(load: Load, { ingestUrl, eventLog, collector }: Deployment, mix: MixName): Turn {
  const stored = async (): Promise<number> => [...(await eventLog.ends("actions")).values()].reduce((sum, { high, low }) => sum + high - low, 0);
  const run = async (): Promise<number> => {
    const before = await stored();
    const { events, calls } = await flood(load, ingestUrl, mix);
    expectCount("the collector", (await stored()) - before, calls);
    return events;
  };
  return { name: named("collector", mix), pids: { collector: collector.pid }, run };
}

/** Each request is one record of its. */
export function otelTurn(load: Load, servers: Servers, { url, pid }: OtelCollector, topic: string, mix: MixName): Turn {
  const run = async (): Promise<number> => {
    const before = await countRecords(servers, topic);
    const { events } = await flood(load, url, mix);
    expectCount("the OpenTelemetry Collector", (await countRecords(servers, topic)) - before, BODIES);
    return events;
  };
  return { name: named("otel-collector", mix), pids: { collector: pid }, run };
}

async function flood(load: Load, url: string, mix: MixName): Promise<LoadAnswer> {
  return (await load.ask({ kind: "flood", url, mix } satisfies LoadTask)) as LoadAnswer;
}

function expectCount(who: string, found: number, expected: number): void {
  if (found !== expected) throw new Error(`${who} stored ${found} records instead of ${expected}`);
}

export interface SidePlan {
  readonly name: string;
  readonly kind: SideKind;
  readonly corpusFile: string;
  /** To be moved in a turn: a corpus may be moved more than once, or in part. */
  readonly records: number;
}

/** A writer and a reader. */
export async function sideTurn(stack: AsyncDisposableStack, servers: Servers, { name, kind, corpusFile, records }: SidePlan): Promise<Turn> {
  const topic = `bench-${name}`;
  if (kind !== "packed") await createTopic(servers, topic);
  const start = async (role: SideSetup["role"]): Promise<Running<unknown>> => {
    const setup: SideSetup = { kind, role, brokers: servers.kafka.brokers, topicPrefix: prefixOf(topic), topic, partitions: PARTITIONS, corpusFile };
    const side = await startProcess(`${name} ${role}`, [fileURLToPath(new URL("side.ts", import.meta.url)), JSON.stringify(setup)]);
    stack.defer(() => side.end());
    return side;
  };
  // One after the other: Tripline's log makes its topics when it is opened.
  const writer = await start("writer");
  const reader = await start("reader");
  let total = 0;
  const run = async (): Promise<number> => {
    const wanted = total + records;
    const [written, read] = (await Promise.all([writer.ask({ records } satisfies SideTask), reader.ask({ records: wanted } satisfies SideTask)])) as [SideAnswer, SideAnswer];
    expectCount(name, read.records - total, written.records);
    total = wanted;
    return records;
  };
  return { name, pids: { writer: writer.pid, reader: reader.pid }, run };
}
