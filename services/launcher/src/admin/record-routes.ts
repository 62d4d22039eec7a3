/** Reading the log from outside: `tail` follows, `records` ends where the log ended when asked. Both are NDJSON streams. */
import { PassThrough } from "node:stream";
import type { EventLog, LogRecord, Subscription } from "@tripline/event-log";
import { FACT_TOPICS, TOPICS, TriplineError, type Topic } from "@tripline/model";
import type { FastifyInstance } from "fastify";
import { inOrder } from "../replay/in-order.ts";
import { writeRecordLine } from "../replay/record-line.ts";

/** Streams open at once; each holds a reader of the log. */
const MAX_STREAMS = 16;
/** A stream whose client is this far behind waits for it; the log's readers are bounded themselves. */
const BUFFER_BYTES = 1_048_576;

/** Adds /v1/tail, /v1/records and /v1/records/ends, at most MAX_STREAMS streams open at once. */
export function registerRecordRoutes(app: FastifyInstance, eventLog: EventLog): void {
  let open = 0;
  const stream = (start: (out: PassThrough) => Promise<void>): PassThrough => {
    if (open >= MAX_STREAMS) throw new TriplineError("TL_INGEST_OVERLOADED", "Too many streams are open.");
    open += 1;
    const out = new PassThrough({ highWaterMark: BUFFER_BYTES });
    out.once("close", () => (open -= 1));
    start(out).catch((error: unknown) => out.destroy(error instanceof Error ? error : undefined));
    return out;
  };
  app.get<{ Querystring: { topics?: string } }>("/v1/tail", (request, reply) => {
    const topics = topicsOf(request.query.topics ?? "actions,findings,breakers,containments,commands");
    return reply.type("application/x-ndjson").send(stream((out) => tail(eventLog, topics, out)));
  });
  app.get<{ Querystring: { topic?: string; order?: string } }>("/v1/records", (request, reply) => {
    const [topic] = topicsOf(request.query.topic ?? "actions");
    const { order = "none" } = request.query;
    if (order !== "none" && order !== "received") throw new TriplineError("TL_ADMIN_INVALID", "At order: it is received, or left out.");
    return reply.type("application/x-ndjson").send(stream((out) => (order === "received" ? dumpInOrder : dump)(eventLog, topic ?? "actions", out)));
  });
  // How long a dump will be, so that whoever asks for one can say how far it is.
  app.get("/v1/records/ends", async () => {
    let actions = 0;
    for (const { low, high } of (await eventLog.ends("actions")).values()) actions += high - low;
    return { actions };
  });
}

/** As `dump`, oldest first over all partitions. */
async function dumpInOrder(eventLog: EventLog, topic: Topic, out: PassThrough): Promise<void> {
  const write = writerOf(out);
  for await (const records of inOrder(eventLog, topic)) {
    await write(records);
    if (out.destroyed) return;
  }
  out.end();
}

function topicsOf(text: string): Topic[] {
  return [...new Set(text.split(","))].map((name) => {
    if (!TOPICS.has(name as Topic)) throw new TriplineError("TL_ADMIN_INVALID", `At topics: the topics are ${Object.keys(FACT_TOPICS).join(", ")}.`);
    return name as Topic;
  });
}

async function tail(eventLog: EventLog, topics: readonly Topic[], out: PassThrough): Promise<void> {
  const write = writerOf(out);
  const subscriptions = await Promise.all(topics.map((topic) => eventLog.read(topic, { from: "end" }, write)));
  closeWith(out, subscriptions);
}

async function dump(eventLog: EventLog, topic: Topic, out: PassThrough): Promise<void> {
  const waiting = new Map([...(await eventLog.ends(topic))].filter(([, { low, high }]) => low < high).map(([partition, { high }]) => [partition, high]));
  if (waiting.size === 0) return void out.end();
  const write = writerOf(out);
  const passed = (partition: number, offset: number): void => {
    if (offset >= (waiting.get(partition) ?? Infinity)) waiting.delete(partition);
    if (waiting.size === 0 && !out.writableEnded) out.end();
  };
  const subscription = await eventLog.read(topic, { from: "start", passed }, async (records) => {
    const end = waiting.get(records[0]?.partition ?? -1);
    if (end !== undefined) await write(records.filter((record) => record.offset < end));
  });
  closeWith(out, [subscription]);
}

/** Writes records to the stream while its client keeps up. Every partition waits on one and the same promise: a listener each would pile up. */
function writerOf(out: PassThrough): (records: readonly LogRecord[]) => Promise<void> {
  let drained: Promise<void> | null = null;
  const drain = (): Promise<void> =>
    new Promise((resolve) => {
      const settle = (): void => {
        out.off("drain", settle).off("close", settle);
        drained = null;
        resolve();
      };
      out.on("drain", settle).on("close", settle);
    });
  return async (records) => {
    while (out.writableNeedDrain && !out.destroyed) await (drained ??= drain());
    if (!out.destroyed && !out.writableEnded) out.write(records.map((record) => `${writeRecordLine(record)}\n`).join(""));
  };
}

function closeWith(out: PassThrough, subscriptions: readonly Subscription[]): void {
  const close = (): void => {
    for (const subscription of subscriptions) void subscription.close().catch(() => undefined);
  };
  if (out.destroyed) close();
  else out.once("close", close);
}
