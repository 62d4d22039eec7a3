import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import { Worker } from "node:worker_threads";
import { sha256Hex } from "@tripline/canonical";
import { createTripline, type Diagnostic, type Tripline, type TriplineOptions } from "./index.ts";
import { startRecorder, type Recorder, type SeenRecord } from "./testing/recorder.ts";

const TOKEN = "5b3c1e9a-7d42-4f7e-9c31-0a1b2c3d4e5f";
const VOLUME = "e4d909c2-90d0-4b1c-8a41-99f1e0c2aa10";
const INGEST_TOKEN = "ingest-token-of-the-test";

let recorder: Recorder;
let made: Tripline[] = [];
const diagnostics: Diagnostic[] = [];

const make = (options: Partial<TriplineOptions> = {}): Tripline => {
  const tripline = createTripline({
    endpoint: recorder.endpoint,
    ingestToken: INGEST_TOKEN,
    agent: { name: "coder", version: "1.2.3", role: "coding", runtime: "test" },
    environment: "staging",
    session: "s-1",
    task: "Fix the failing migration of the orders service.",
    onDiagnostic: (diagnostic) => diagnostics.push(diagnostic),
    ...options,
  });
  made.push(tripline);
  return tripline;
};
const attempts = (records: SeenRecord[]) => records.filter((record) => record.event === "tripline.action.attempt");
const results = (records: SeenRecord[]) => records.filter((record) => record.event === "tripline.action.result");

beforeEach(async () => {
  recorder = await startRecorder();
  diagnostics.length = 0;
});
afterEach(async () => {
  await Promise.all(made.map((tripline) => tripline.shutdown(0)));
  made = [];
  await recorder.close();
});

describe("what is reported", () => {
  it("reports attempt and result of one call with all that is known", async () => {
    const tripline = make();
    const run = tripline.wrapTool("shell", (command: string) => `done: ${command}`, {
      describe: (command) => ({
        request: { kind: "shell", command },
        resource: { kind: "volume", id: VOLUME, environment: "production" },
        credentials: [TOKEN, "hunter2"],
        principal: "deployer",
        leaseId: "lease-1",
        callId: "call-1",
        reasoning: "The volume is in the way.",
      }),
    });
    run("ls orders");
    expect(await tripline.flush(5_000)).toBe(true);
    const [attempt] = attempts(recorder.records());
    const [result] = results(recorder.records());
    const shared = {
      "gen_ai.tool.name": "shell",
      "gen_ai.tool.call.id": "call-1",
      "gen_ai.conversation.id": "s-1",
      "gen_ai.agent.name": "coder",
      "gen_ai.agent.version": "1.2.3",
      "tripline.agent.role": "coding",
      "tripline.agent.runtime": "test",
      "tripline.task": "Fix the failing migration of the orders service.",
      "tripline.request": '{"kind":"shell","command":"ls orders"}',
      "tripline.resource.kind": "volume",
      "tripline.resource.id": VOLUME,
      "tripline.resource.environment": "production",
      "tripline.credential.sha256": [sha256Hex(TOKEN)],
      "tripline.credential.principal": "deployer",
      "tripline.lease.id": "lease-1",
    };
    expect(attempt?.attributes).toEqual({
      ...shared,
      "gen_ai.tool.call.arguments": "ls orders",
      "tripline.arguments.digest": sha256Hex("ls orders"),
      "tripline.arguments.bytes": 9,
      "tripline.arguments.truncated": false,
      "tripline.provenance": '{"":"task"}',
      "tripline.reasoning": "The volume is in the way.",
      "tripline.sequence": 1,
    });
    expect(result?.attributes).toEqual({
      ...shared,
      "gen_ai.tool.call.result": "done: ls orders",
      "tripline.result.digest": sha256Hex("done: ls orders"),
      "tripline.result.bytes": 15,
      "tripline.result.truncated": false,
      "tripline.outcome.status": "ok",
      "tripline.sequence": 2,
    });
    expect(attempt?.traceId).toMatch(/^[0-9a-f]{32}$/);
    expect([result?.traceId, result?.spanId]).toEqual([attempt?.traceId, attempt?.spanId]);
    expect(recorder.requests[0]).toMatchObject({
      path: "/v1/logs",
      headers: { authorization: `Bearer ${INGEST_TOKEN}`, "content-type": "application/json" },
      resource: { "service.name": "coder", "service.version": "1.2.3", "deployment.environment.name": "staging", "telemetry.sdk.name": "tripline" },
    });
    expect(recorder.requests.map((request) => request.body).join("")).not.toContain(TOKEN);
  });

  it("finds the credential in a command by itself, hashes it and takes it out everywhere", async () => {
    const tripline = make();
    const curl = `curl -H 'Authorization: Bearer ${TOKEN}' -d '{"query":"mutation { volumeDelete(volumeId: \\"${VOLUME}\\") }"}' https://api.example.com/graphql`;
    const run = tripline.wrapTool("shell", (input: { command: string }) => `${input.command} -> ok`, { describe: ({ command }) => ({ request: { kind: "shell", command } }) });
    run({ command: curl });
    await tripline.flush(5_000);
    expect(attempts(recorder.records())[0]?.attributes["tripline.credential.sha256"]).toEqual([sha256Hex(TOKEN)]);
    const bodies = recorder.requests.map((request) => request.body).join("");
    expect(bodies).not.toContain(TOKEN);
    expect(bodies).toContain(VOLUME);
  });

  it("says where argument values came from", async () => {
    const tripline = make({ task: "Delete volume vol-orders-7 in staging." });
    const read = tripline.wrapTool("read", (_path: string) => `token file; see bucket acme-prod-backups`);
    const act = tripline.wrapTool("act", (_input: { target: string; bucket: string; note: string }) => undefined);
    read("src/config.ts");
    act({ target: "vol-orders-7", bucket: "acme-prod-backups", note: "zzzzqqqq" });
    await tripline.flush(5_000);
    const provenance = JSON.parse(String(attempts(recorder.records())[1]?.attributes["tripline.provenance"])) as unknown;
    expect(provenance).toEqual({ target: "task", bucket: "tool-output", note: "novel" });
  });

  it("reports errors by type and message, without the secrets in them", async () => {
    const tripline = make();
    const fail = tripline.wrapTool("db", async () => Promise.reject(new RangeError(`cannot reach postgres://app:hunter2@db/x`)));
    await expect(fail()).rejects.toThrow("hunter2");
    await tripline.flush(5_000);
    expect(results(recorder.records())[0]?.attributes).toMatchObject({
      "tripline.outcome.status": "error",
      "error.type": "RangeError",
      "gen_ai.tool.call.result": "RangeError: cannot reach postgres://app:[redacted:password]@db/x",
    });
  });

  it("reports calls of runtimes that have hooks instead of functions", async () => {
    const tripline = make();
    const call = tripline.reportCall("deploy", { to: "production" }, { callId: "hook-1" });
    call.refused("a human said no");
    call.succeeded("too late");
    await tripline.flush(5_000);
    expect(results(recorder.records()).map((record) => record.attributes)).toMatchObject([
      { "gen_ai.tool.call.id": "hook-1", "tripline.outcome.status": "refused", "gen_ai.tool.call.result": "a human said no" },
    ]);
  });

  it("keeps sessions of one agent apart and numbers all records in one row", async () => {
    const tripline = make();
    const sub = tripline.session({ id: "s-2", parent: "s-1", task: "Look at the logs." });
    tripline.wrapTool("a", () => 1)();
    sub.wrapTool("b", () => 2)();
    await tripline.flush(5_000);
    const seen = recorder.records().toSorted((a, b) => Number(a.attributes["tripline.sequence"]) - Number(b.attributes["tripline.sequence"]));
    expect(seen.map((record) => [record.attributes["gen_ai.conversation.id"], record.attributes["tripline.session.parent"]])).toEqual([
      ["s-1", undefined],
      ["s-1", undefined],
      ["s-2", "s-1"],
      ["s-2", "s-1"],
    ]);
    expect(seen.map((record) => record.attributes["tripline.sequence"])).toEqual([1, 2, 3, 4]);
  });

  it("marks a request that was cut", async () => {
    const tripline = make();
    tripline.wrapTool("shell", (_command: string) => 0, { describe: (command) => ({ request: { kind: "shell", command } }) })(`echo ${"x ".repeat(20_000)}; rm -rf /`);
    await tripline.flush(5_000);
    expect(attempts(recorder.records())[0]?.attributes).toMatchObject({ "tripline.request.truncated": true, "tripline.arguments.truncated": true });
  });
});

describe("when it is reported", () => {
  it("delivers the attempt while a slow tool still runs", async () => {
    const tripline = make();
    const slow = tripline.wrapTool("slow", async () => {
      await recorder.waitFor((records) => attempts(records).length === 1);
      return Date.now();
    });
    const endedMs = await slow();
    expect(attempts(recorder.records())[0]?.arrivedMs).toBeLessThanOrEqual(endedMs);
    expect(results(recorder.records())).toEqual([]);
    await recorder.waitFor((records) => results(records).length === 1);
  });

  it("delivers the attempt even while the tool blocks the event loop", async () => {
    const worker = new Worker(new URL("./testing/recorder-worker.ts", import.meta.url));
    const [endpoint] = (await once(worker, "message")) as [string];
    const tripline = make({ endpoint });
    const block = tripline.wrapTool("block", () => {
      const startMs = Date.now();
      while (Date.now() - startMs < 400);
      return Date.now();
    });
    const endsMs: number[] = [];
    for (let i = 0; i < 3; i++) {
      await sleep(100);
      endsMs.push(block());
    }
    await tripline.flush(5_000);
    // eslint-disable-next-line unicorn/require-post-message-target-origin -- a worker, not a window
    worker.postMessage("records");
    const [records] = (await once(worker, "message")) as [SeenRecord[]];
    await worker.terminate();
    const leadsMs = attempts(records).map((record, i) => (endsMs[i] as number) - record.arrivedMs);
    expect(leadsMs).toHaveLength(3);
    for (const leadMs of leadsMs) expect(leadMs).toBeGreaterThan(200);
  });

  it("uses one connection for calls in a row and batches results", async () => {
    const tripline = make();
    const tool = tripline.wrapTool("t", (n: number) => n);
    for (let i = 0; i < 5; i++) {
      tool(i);
      await sleep(20);
    }
    await tripline.flush(5_000);
    expect(new Set(recorder.requests.map((request) => request.connection)).size).toBeLessThanOrEqual(2);
    expect(recorder.requests.length).toBeLessThan(10);
    expect(recorder.records()).toHaveLength(10);
  });
});

describe("delivery", () => {
  it("repeats after 429, 502, 503, 504 and a lost connection, and sends each record once it can", async () => {
    recorder.answers.push({ status: 429 }, { status: 502 }, { status: 503 }, { status: 504 }, { status: 200, hangUp: true });
    const tripline = make();
    tripline.wrapTool("t", () => 1)();
    expect(await tripline.flush(20_000)).toBe(true);
    const bodies = recorder.requests.map((request) => request.records.map((record) => record.attributes["tripline.sequence"]));
    expect(bodies.length).toBeGreaterThanOrEqual(6);
    expect(tripline.stats()).toMatchObject({ sent: 2, queued: 0, inFlight: 0 });
    expect(tripline.stats().retries).toBeGreaterThanOrEqual(4);
    expect(diagnostics.filter((diagnostic) => diagnostic.kind === "retrying")).toHaveLength(1);
  });

  it("sends an attempt again at once when its idle connection turns out to be closed", async () => {
    const tripline = make();
    const tool = tripline.wrapTool("t", (n: number) => n);
    tool(1);
    await tripline.flush(5_000);
    await sleep(20);
    recorder.answers.push({ status: 200, hangUp: true });
    const startMs = Date.now();
    tool(2);
    await recorder.waitFor((records) => attempts(records).length === 3);
    expect((attempts(recorder.records())[2]?.arrivedMs ?? 0) - startMs).toBeLessThan(150);
    await tripline.flush(5_000);
    expect(tripline.stats()).toMatchObject({ sent: 4, retries: 0 });
  });

  it("waits as long as Retry-After asks", async () => {
    recorder.answers.push({ status: 503, headers: { "retry-after": "1" } });
    const tripline = make();
    tripline.wrapTool("t", () => 1)();
    await recorder.waitFor((records) => attempts(records).length === 2);
    const [first, second] = attempts(recorder.records());
    expect((second?.arrivedMs ?? 0) - (first?.arrivedMs ?? 0)).toBeGreaterThanOrEqual(990);
  });

  it("drops what the collector refuses for good, counted, and never repeats it", async () => {
    recorder.answers.push({ status: 401 }, { status: 400 });
    const tripline = make();
    tripline.wrapTool("t", () => 1)();
    await tripline.flush(5_000);
    expect(recorder.requests).toHaveLength(2);
    expect(tripline.stats()).toMatchObject({ sent: 0, retries: 0, dropped: { rejected: 2 } });
    expect(JSON.stringify(diagnostics)).not.toContain(INGEST_TOKEN);
  });

  it("counts what a partial success rejected and does not repeat it", async () => {
    recorder.answers.push({ status: 200, body: '{"partialSuccess":{"rejectedLogRecords":"1","errorMessage":"x"}}' });
    const tripline = make();
    tripline.wrapTool("t", () => 1)();
    await tripline.flush(5_000);
    expect(tripline.stats()).toMatchObject({ sent: 1, dropped: { "partial-success": 1 } });
  });

  it("works over the runtime's own fetch", async () => {
    const tripline = make({ fetch: (url, init) => fetch(url, init) });
    tripline.wrapTool("t", () => 1)();
    expect(await tripline.flush(5_000)).toBe(true);
    expect(recorder.records()).toHaveLength(2);
  });

  it("counts what is unsent at shutdown and lets tools go on", async () => {
    recorder.answers.push({ status: 503, headers: { "retry-after": "30" } });
    const tripline = make();
    const tool = tripline.wrapTool("t", () => 1);
    tool();
    await recorder.waitFor((records) => records.length >= 1);
    expect(await tripline.shutdown(50)).toBe(false);
    expect(tool()).toBe(1);
    const { dropped, attempts: attempted, results: resulted, sent } = tripline.stats();
    expect(dropped["shut-down"] + sent).toBe(attempted + resulted);
  });
});

describe("settings", () => {
  it.each([
    ["endpoint", { endpoint: "collector" }],
    ["endpoint", { endpoint: "ftp://collector" }],
    ["ingestToken", { ingestToken: "" }],
    ["ingestToken", { ingestToken: "line\nbreak-very-secret" }],
    ["agent.name", { agent: { name: "" } }],
  ])("refuses an unusable %s, without repeating it", (name, wrong) => {
    expect(() => make(wrong)).toThrow(name);
    expect(() => make(wrong)).not.toThrow("very-secret");
  });
});
