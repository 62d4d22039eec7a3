/** The collector's protobuf replies, read by an independent implementation. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { sha256Hex } from "@tripline/canonical";
import { createCollector, type Collector } from "@tripline/collector";
import { decode } from "@tripline/model";
import { openMemoryLog, type EventLog } from "@tripline/event-log";
import { createMetrics } from "@tripline/runtime";
import { exportResponse, logsRequest, rpcStatus, traceRequest } from "./otlp-schema.ts";
import { makeTraffic } from "./traffic.ts";

const TOKEN = "reply-token-0123456789";
let collector: Collector;
let log: EventLog;

beforeAll(async () => {
  const metrics = createMetrics();
  const clock = () => Date.now();
  log = await openMemoryLog({}, { metrics, clock });
  collector = createCollector({
    config: { host: "127.0.0.1", port: 0 },
    eventLog: log,
    tokens: { lookup: (digest) => (digest === sha256Hex(TOKEN) ? { tenant: "acme", kind: "agent", agent: "coder", agents: [] } : null) },
    tenantKey: () => new Uint8Array(32),
    knownSecret: () => false,
    metrics,
    clock,
  });
  await collector.start();
});
afterAll(async () => {
  await collector.stop();
  await log.close();
});

async function post(path: string, body: Uint8Array, token = TOKEN): Promise<{ status: number; type: string | null; bytes: Uint8Array }> {
  const headers = { "content-type": "application/x-protobuf", authorization: `Bearer ${token}` };
  const reply = await fetch(collector.url() + path, { method: "POST", headers, body: new Uint8Array(body) });
  return { status: reply.status, type: reply.headers.get("content-type"), bytes: new Uint8Array(await reply.arrayBuffer()) };
}

const plain = (type: typeof exportResponse, bytes: Uint8Array) => type.toObject(type.decode(bytes), { longs: Number });

describe("a protobuf reply", () => {
  it("is an empty message when all was stored, and all of it is in the log", async () => {
    const traffic = makeTraffic(1, 50, 3);
    const reply = await post("/v1/traces", traffic.bodies[0]!);
    expect(reply).toMatchObject({ status: 200, type: "application/x-protobuf" });
    expect(plain(exportResponse, reply.bytes)).toEqual({});
    const seen: unknown[] = [];
    const { promise, resolve } = Promise.withResolvers<void>();
    const reading = await log.read("actions", { from: "start" }, async (records) => {
      for (const record of records) seen.push(decode("actions", record.value).ok);
      if (seen.length >= 50) resolve();
    });
    await promise;
    await reading.close();
    expect(seen).toEqual(Array.from({ length: 50 }, () => true));
  });

  it("tells of rejected items as a partial success, also of more than 127", async () => {
    const spans = Array.from({ length: 200 }, () => ({ name: "no ids" }));
    const body = traceRequest.encode(traceRequest.fromObject({ resourceSpans: [{ scopeSpans: [{ spans }] }] })).finish();
    expect(plain(exportResponse, (await post("/v1/traces", body)).bytes)).toEqual({ partialSuccess: { rejected: 200, errorMessage: "TL_ITEM_INVALID bad-trace-id: 200" } });
    const logRecords = [{ eventName: "tripline.action.attempt" }];
    const logs = logsRequest.encode(logsRequest.fromObject({ resourceLogs: [{ scopeLogs: [{ logRecords }] }] })).finish();
    expect(plain(exportResponse, (await post("/v1/logs", logs)).bytes)).toEqual({ partialSuccess: { rejected: 1, errorMessage: "TL_ITEM_INVALID no-tool-name: 1" } });
  });

  it("of an error is a Status with the code of the table", async () => {
    expect(plain(rpcStatus, (await post("/v1/traces", new Uint8Array(), "unknown-token-0123456789")).bytes)).toMatchObject({ code: 16, message: expect.stringContaining("TL_INGEST_UNAUTHENTICATED") as string });
    const malformed = await post("/v1/traces", Uint8Array.of(0x0a, 0xff, 0x01));
    expect(malformed.status).toBe(400);
    expect(plain(rpcStatus, malformed.bytes)).toMatchObject({ code: 3, message: expect.stringContaining("TL_INGEST_MALFORMED") as string });
  });
});
