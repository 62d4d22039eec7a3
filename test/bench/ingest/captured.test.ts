/** What a tool was given and gave back is stored the same from either encoding, though only one of them makes a text of it. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { redact, sha256Hex } from "@tripline/canonical";
import { createCollector, type Collector } from "@tripline/collector";
import { LIMITS, decode, type Action } from "@tripline/model";
import { openMemoryLog, type EventLog } from "@tripline/event-log";
import { createMetrics } from "@tripline/runtime";
import { traceRequest } from "./otlp-schema.ts";

const TOKEN = "captured-token-0123456789";
const REGISTERED = "9f8e7d6c5b4a39281706f5e4d3c2b1a0ffee";
let collector: Collector;
let log: EventLog;

beforeAll(async () => {
  const metrics = createMetrics();
  log = await openMemoryLog({}, { metrics, clock: () => 1 });
  collector = createCollector({
    config: { host: "127.0.0.1", port: 0 },
    eventLog: log,
    tokens: { lookup: (digest) => (digest === sha256Hex(TOKEN) ? { tenant: "acme", kind: "agent", agent: "coder", agents: [] } : null) },
    tenantKey: () => new Uint8Array(32),
    knownSecret: (_tenant, text) => text === REGISTERED,
    metrics,
    clock: () => 1,
  });
  await collector.start();
});
afterAll(async () => {
  await collector.stop();
  await log.close();
});

const TEXTS = [
  "ls -la packages/api",
  "x",
  "\u0000\u0001 control \u007f signs\n\t\"quoted\" \\ back",
  "na\u00efve \u20ac \ud83d\ude00",
  "export DB_PASSWORD=hunter22hunter22",
  `curl -H 'Authorization: Bearer ghp_${"a1B2".repeat(9)}' https://api.example`,
  `cat ${REGISTERED} | wc`,
  "postgres://admin:s3cret-pw@db.example/app",
  "user%40host:pw and 100 % of ~/src",
  "total 48 drwxr-xr-x 6 node ".repeat(20),
  "ab ".repeat(LIMITS.captureChars / 3).padEnd(LIMITS.captureChars, "z "),
  "ab ".repeat(LIMITS.captureChars).slice(0, LIMITS.captureChars + 1),
  `${"word ".repeat(1_700)}token=${"q9W8".repeat(8)}`,
];

const CALL = { "gen_ai.operation.name": "execute_tool", "gen_ai.tool.name": "run_shell" };
const TRACE_ID = "0af7651916cd43dd8448eb211c80319c";

/** The captured values of a span for each text, sent in this encoding. */
async function stored(encoding: "protobuf" | "json", texts: readonly string[]): Promise<(Pick<Action, "inputs" | "outputs" | "credentials"> | null)[]> {
  const spans = texts.map((text, index) => {
    const values = { ...CALL, "gen_ai.tool.call.arguments": text, "gen_ai.tool.call.result": text };
    const attributes = Object.entries(values).map(([key, value]) => ({ key, value: { stringValue: value } }));
    const spanId = (index + 1).toString(16).padStart(16, "0");
    const ids = encoding === "json" ? { traceId: TRACE_ID, spanId } : { traceId: Buffer.from(TRACE_ID, "hex"), spanId: Buffer.from(spanId, "hex") };
    return { ...ids, name: "execute_tool", attributes };
  });
  const message = { resourceSpans: [{ scopeSpans: [{ spans }] }] };
  const before = [...(await log.ends("actions")).values()].reduce((sum, end) => sum + end.high, 0);
  const body = encoding === "json" ? Buffer.from(JSON.stringify(message)) : traceRequest.encode(traceRequest.fromObject(message)).finish();
  const headers = { "content-type": encoding === "json" ? "application/json" : "application/x-protobuf", authorization: `Bearer ${TOKEN}` };
  const reply = await fetch(`${collector.url()}/v1/traces`, { method: "POST", headers, body: new Uint8Array(body) });
  expect(reply.status).toBe(200);
  const actions: (Action | null)[] = [];
  const { promise, resolve } = Promise.withResolvers<void>();
  const reading = await log.read("actions", { from: "start" }, async (records) => {
    for (const { value } of records) {
      const decoded = decode("actions", value);
      actions.push(decoded.ok ? decoded.value : null);
    }
    if (actions.length >= before + texts.length) resolve();
  });
  await promise;
  await reading.close();
  return actions.slice(before).map((action) => action && (JSON.parse(JSON.stringify({ inputs: action.inputs, outputs: action.outputs, credentials: action.credentials })) as Pick<Action, "inputs" | "outputs" | "credentials">));
}

describe("a captured value", () => {
  it("is stored the same from protobuf as from JSON: redacted, measured, bounded, with the digest of what is kept", async () => {
    const ofProtobuf = await stored("protobuf", TEXTS);
    expect(ofProtobuf).toEqual(await stored("json", TEXTS));
    for (const [index, text] of TEXTS.entries()) {
      const { text: redacted } = redact(text, { known: (candidate) => candidate === REGISTERED });
      const expected = { text: redacted.slice(0, LIMITS.captureChars), fullBytes: Buffer.byteLength(text), truncated: redacted.length > LIMITS.captureChars, digest: sha256Hex(redacted) };
      expect(ofProtobuf[index], text.slice(0, 60)).toMatchObject({ inputs: expected, outputs: expected });
    }
    const all = JSON.stringify(ofProtobuf);
    for (const secret of ["hunter22", "ghp_", REGISTERED, "s3cret-pw", "q9W8q9W8"]) expect(all.includes(secret), secret).toBe(false);
  });
});
