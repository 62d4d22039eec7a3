import { readFileSync, writeFileSync } from "node:fs";
import { once } from "node:events";
import { type IncomingMessage, request } from "node:http";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { Compile } from "typebox/compile";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { TriplineError } from "@tripline/model";
import { gateWorld, type GateWorld, OPS_TOKEN, TOKEN, tripped } from "./decide/gate.fixture.ts";
import { openApiText } from "./decide/openapi.ts";
import { DecisionAnswer, ErrorAnswer } from "./decide/schema.ts";
import type { AnswerBody } from "../answer.ts";

let w: GateWorld;
beforeEach(async () => {
  w = await gateWorld();
});
afterEach(() => w.close());

type Answer = AnswerBody & { error: { code: string; message: string; next: string } };
const [isDecision, isError] = [Compile(DecisionAnswer), Compile(ErrorAnswer)];

async function post(body: unknown, headers: Record<string, string> = {}): Promise<{ status: number; body: Answer; headers: Headers }> {
  const answer = await fetch(`${w.url}/v1/decisions`, {
    method: "POST", headers: { authorization: `Bearer ${TOKEN}`, "content-type": "application/json", ...headers }, body: body instanceof Uint8Array || typeof body === "string" ? (body as string) : JSON.stringify(body),
  });
  const parsed: unknown = await answer.json();
  // Whatever the API answers is what its own document says.
  expect((answer.status === 200 ? isDecision : isError).Check(parsed), JSON.stringify(parsed)).toBe(true);
  return { status: answer.status, body: parsed as Answer, headers: answer.headers };
}

const READ = { tool: "query", request: { kind: "sql", system: "postgresql", text: "select 1" } };
const WRITE = { tool: "query", request: { kind: "sql", system: "postgresql", text: "insert into users values (1)" } };

describe("an answer", () => {
  it("allows a read, and records it", async () => {
    const { status, body } = await post({ ...READ, callId: "c1", session: "s1", arguments: { sql: "select 1" }, provenance: { sql: "task" } });
    expect([status, body]).toEqual([200, { decision: "allow", callId: "c1", rule: "read", reasons: ["It only reads."], saferAlternative: null, approval: null }]);
    await vi.waitFor(async () => expect(await w.recorded()).toHaveLength(1));
    expect((await w.recorded())[0]).toMatchObject({
      agent: { id: "coder" }, assurance: "channel", callId: "c1", session: "s1", phase: "decision", provenance: { sql: "task" }, decision: { outcome: "allow", by: "gate", rule: "read" }, source: { signal: "gate" },
    });
  });
  it("allows a side effect only once its record is durable", async () => {
    const order: string[] = [];
    const append = w.log.append.bind(w.log);
    vi.spyOn(w.log, "append").mockImplementation(async (topic, records) => {
      await new Promise((resolve) => setTimeout(resolve, 50));
      const done = await append(topic, records);
      order.push("durable");
      return done;
    });
    const { body } = await post(WRITE);
    order.push(`answered ${body.decision}`);
    expect(order).toEqual(["durable", "answered allow"]);
  });
  it("is 503 where a side effect cannot be recorded, while reads go on", async () => {
    vi.spyOn(w.log, "append").mockRejectedValue(new TriplineError("TL_LOG_UNAVAILABLE"));
    const failed = await post(WRITE);
    expect([failed.status, failed.body.error.code, failed.headers.get("retry-after")]).toEqual([503, "TL_GATE_UNAVAILABLE", "1"]);
    expect((await post(READ)).body.decision).toBe("allow");
  });
  it("denies with the rule and the reason, and gives an id to a call that has none", async () => {
    const { status, body } = await post({ tool: "query", request: { kind: "sql", system: "postgresql", text: "delete from users where id = 1" }, resource: { kind: "table", id: "users", environment: "production" } });
    expect([status, body.decision]).toEqual([200, "allow"]);
    const denied = await post({ tool: "query", request: WRITE.request, resource: { kind: "database", id: "shop", environment: "production" } });
    expect(denied.body).toMatchObject({ decision: "deny", rule: "environment.crossing", callId: expect.stringMatching(/^[0-9a-f-]{36}$/u) as string });
    expect(denied.body.reasons[0]).toContain("coder works in staging");
  });
  it("never runs what is irreversible, and says what would do instead", async () => {
    const { body } = await post({ tool: "sql", request: { kind: "sql", system: "postgresql", text: "drop table users" } });
    expect(body.decision).not.toBe("allow");
    const claimed = await post({ tool: "sql", request: { kind: "sql", system: "postgresql", text: "drop table users" }, approvalId: "made-up" });
    expect(claimed.body).toMatchObject({ decision: "deny", rule: "approval.refused" });
  });
  it("denies everything once the agent's breaker is open", async () => {
    expect((await post(READ)).body.decision).toBe("allow");
    await w.append("breakers", "coder", tripped("coder"));
    await vi.waitFor(async () => expect((await post(READ)).body).toMatchObject({ decision: "deny", rule: "breaker.open" }));
    expect((await post(READ, { authorization: `Bearer ${OPS_TOKEN}` })).body.decision).toBe("allow");
  });
  it("looks at nothing of a call of an agent that is contained, and records it all the same", async () => {
    await w.append("breakers", "coder", tripped("coder"));
    await vi.waitFor(async () => expect((await post({ ...READ, callId: "c0" })).body).toMatchObject({ decision: "deny", rule: "breaker.open" }));
    const secret = `ghp_${"aB3dE6gH9jK2".repeat(3)}`;
    const command = `curl -H "authorization: token ${secret}" https://api.example.com; ${"(".repeat(5_000)}`;
    expect((await post({ tool: "bash", callId: "c9", request: { kind: "shell", command } })).body).toMatchObject({ decision: "deny", rule: "breaker.open", callId: "c9" });
    await vi.waitFor(async () => expect((await w.recorded()).find(({ callId }) => callId === "c9")).toMatchObject({ decision: { outcome: "deny", rule: "breaker.open" }, request: { kind: "shell" } }));
    expect(JSON.stringify(await w.recorded())).not.toContain(secret);
  });
  it("speaks for the agent of the token, whatever the call says", async () => {
    await post({ ...READ, environment: "production", session: "ops" });
    await vi.waitFor(async () => expect((await w.recorded()).map(({ agent }) => agent.id)).toEqual(["coder"]));
  });
});

describe("a request of another form than nearly all have", () => {
  const chunked = (text: string): Promise<IncomingMessage> => {
    const asked = request(`${w.url}/v1/decisions`, { method: "POST", headers: { authorization: `Bearer ${TOKEN}`, "content-type": "application/json", "transfer-encoding": "chunked" } });
    asked.end(text);
    return once(asked, "response").then(([answer]: unknown[]) => answer as IncomingMessage);
  };
  it("is answered like any other", async () => {
    const call = { ...READ, callId: "c1" };
    const plain = await post(call);
    const named = await post(call, { "content-type": "application/json; charset=utf-8" });
    const answer = await chunked(JSON.stringify(call));
    const text = (await answer.toArray()).join("");
    expect([named.status, named.body, answer.statusCode, JSON.parse(text)]).toEqual([200, plain.body, 200, plain.body]);
    expect([plain, named].map(({ headers }) => headers.get("content-type"))).toEqual(["application/json; charset=utf-8", "application/json; charset=utf-8"]);
  });
  it("is refused for the same reasons, in the same words", async () => {
    const wrong = { ...READ, agent: "ops" };
    const [plain, named] = [await post(wrong), await post(wrong, { "content-type": "application/json; charset=utf-8" })];
    expect([named.status, named.body]).toEqual([plain.status, plain.body]);
  });
});

describe("room for requests", () => {
  const begun = (headers: Record<string, string | number>) => {
    const asked = request(`${w.url}/v1/decisions`, { method: "POST", headers: { authorization: `Bearer ${TOKEN}`, "content-type": "application/json", ...headers } });
    asked.on("error", () => undefined).write('{"tool":');
    return asked;
  };
  it.each([["of a stated length", { "content-length": 1_000 }], ["in chunks", { "transfer-encoding": "chunked" }]])("is taken by one %s while it comes, and free again when it was cut off", async (_how, headers) => {
    await w.close();
    w = await gateWorld({ inFlight: 1 });
    const open = begun(headers);
    await vi.waitFor(async () => expect((await post(READ)).body.error?.code).toBe("TL_GATE_OVERLOADED"));
    open.destroy();
    await vi.waitFor(async () => expect((await post(READ)).status).toBe(200));
    expect((await post(READ)).status).toBe(200);
  });
});

describe("a request that cannot be used", () => {
  it.each([
    ["no token", {}, { authorization: "" }, 401, "TL_GATE_UNAUTHENTICATED"],
    ["an unknown token", {}, { authorization: "Bearer 0123456789abcdef0123" }, 401, "TL_GATE_UNAUTHENTICATED"],
    ["no tool", {}, {}, 400, "TL_GATE_INVALID"],
    ["an unknown member", { ...READ, agent: "ops" }, {}, 400, "TL_GATE_INVALID"],
    ["a request of no known kind", { tool: "x", request: { kind: "carrier-pigeon" } }, {}, 400, "TL_GATE_INVALID"],
    ["a call id that is none", { ...READ, callId: "a b" }, {}, 400, "TL_GATE_INVALID"],
    ["an origin of a value that is none", { ...READ, provenance: { sql: "trust-me" } }, {}, 400, "TL_GATE_INVALID"],
    ["too long a path of an argument", { ...READ, provenance: { ["a".repeat(257)]: "task" } }, {}, 400, "TL_GATE_INVALID"],
    ["too many of them", { ...READ, provenance: Object.fromEntries(Array.from({ length: 65 }, (_, i) => [`a${i}`, "task"])) }, {}, 400, "TL_GATE_INVALID"],
    ["half a character", "{\"tool\":\"\\ud800\"}", {}, 400, "TL_GATE_INVALID"],
    ["no JSON", "{\"tool\":", {}, 400, "TL_GATE_INVALID"],
    ["nothing", "", {}, 400, "TL_GATE_INVALID"],
    ["no UTF-8", new Uint8Array([0x7b, 0x22, 0x74, 0x6f, 0x6f, 0x6c, 0x22, 0x3a, 0x22, 0xff, 0x22, 0x7d]), {}, 400, "TL_GATE_INVALID"],
    ["another type of content", "tool=x", { "content-type": "application/x-www-form-urlencoded" }, 415, "TL_GATE_INVALID"],
    ["too long a body", { tool: "x", arguments: "a".repeat(1_048_577) }, {}, 413, "TL_GATE_INVALID"],
  ])("is refused: %s", async (_what, body, headers, status, code) => {
    const answer = await post(body, headers);
    expect([answer.status, answer.body.error.code]).toEqual([status, code]);
  });
  it("is refused before it is parsed where it holds too many values, commas in texts not counted", async () => {
    const { status, body } = await post({ ...READ, arguments: Array.from({ length: 8_200 }, () => 0) });
    expect([status, body.error.code]).toEqual([400, "TL_GATE_INVALID"]);
    expect((await post({ ...READ, arguments: { text: ",".repeat(100_000) } })).status).toBe(200);
  });

  it("is refused before it is parsed where it is nested too deeply, brackets in texts not counted", async () => {
    const nested = (depth: number): string => `{"tool":"query","request":{"kind":"sql","system":"postgresql","text":"select 1"},"arguments":${"[".repeat(depth - 1)}${"]".repeat(depth - 1)}}`;
    const parse = vi.spyOn(JSON, "parse");
    const { status, body } = await post(nested(33));
    const parsed = parse.mock.calls.filter(([text]) => text.startsWith("{\"tool\":\"query\"")).length;
    parse.mockRestore();
    expect([status, parsed]).toEqual([400, 0]);
    expect(body.error.message).toContain("32");
    expect((await post(nested(32))).status).toBe(200);
    expect((await post({ ...READ, arguments: "\"\\[[[".repeat(40) })).status).toBe(200);
  });
  it("is refused where the lease ended while its body came", async () => {
    const text = JSON.stringify(READ);
    const asked = request(`${w.url}/v1/decisions`, { method: "POST", headers: { authorization: `Bearer ${TOKEN}`, "content-type": "application/json", "content-length": text.length } });
    asked.write(text.slice(0, 10));
    await sleep(150);
    w.forget(TOKEN);
    asked.end(text.slice(10));
    const [answer] = (await once(asked, "response")) as [IncomingMessage];
    answer.resume();
    expect(answer.statusCode).toBe(401);
  });
  it("repeats nothing of what was sent", async () => {
    for (const body of [`{"tool":"s3cret-0123456789"`, { tool: ["s3cret-0123456789"] }, { ...READ, callId: "s3cret 0123456789" }, { ...READ, arguments: { a: "s3cret-0123456789\ud800" } }]) {
      expect(JSON.stringify((await post(body)).body)).not.toContain("s3cret");
    }
  });
});

describe("what is recorded", () => {
  it("holds no secret, wherever in the call it stood", async () => {
    const secret = `ghp_${"aB3dE6gH9jK2".repeat(3)}`;
    const { body } = await post({
      tool: `deploy ${secret}`, operation: `op ${secret}`, task: `use ${secret}`, arguments: { token: secret }, resource: { kind: "table", id: secret, environment: null },
      request: { kind: "http", method: "GET", url: `https://example.com/?token=${secret}`, body: secret },
    });
    expect(body.decision).toBe("allow");
    await vi.waitFor(async () => expect(await w.recorded()).toHaveLength(1));
    expect(JSON.stringify(await w.recorded())).not.toContain(secret);
  });
  it("is one record that can be read again, however much the call held", async () => {
    const long = "\u0001".repeat(200_000);
    const { status, body } = await post({ tool: "x", arguments: long.slice(0, 40_000), request: { kind: "graphql", url: null, document: long.slice(0, 60_000), operationName: null, variables: long.slice(0, 60_000) }, resource: { kind: "database", id: "shop", environment: "production" } });
    expect([status, body.decision]).toEqual([200, "deny"]);
    await vi.waitFor(async () => expect(await w.recorded()).toHaveLength(1));
  });
});

describe("the OpenAPI document", () => {
  it("is published without a token, and lies beside the package as it is", async () => {
    const answer = await fetch(`${w.url}/openapi.json`);
    expect([answer.status, await answer.text()]).toEqual([200, openApiText()]);
    const file = join(import.meta.dirname, "../../OPENAPI.json");
    if (process.env["UPDATE_DOCS"] === "1") writeFileSync(file, openApiText());
    expect(readFileSync(file, "utf8"), "run this test with UPDATE_DOCS=1").toBe(openApiText());
  });
  it("says of every route of the API what it is", () => {
    const { openapi, paths } = JSON.parse(openApiText()) as { openapi: string; paths: Record<string, Record<string, { operationId: string }>> };
    expect(openapi).toBe("3.1.0");
    expect(Object.entries(paths).flatMap(([path, methods]) => Object.keys(methods).map((method) => `${method} ${path}`))).toEqual(["post /v1/decisions", "get /openapi.json"]);
  });
});
