import { gzipSync } from "node:zlib";
import { subscribe, unsubscribe } from "node:diagnostics_channel";
import { connect } from "node:net";
import { afterEach, describe, expect, it } from "vitest";
import { fingerprint, sha256Hex } from "@tripline/canonical";
import { TriplineError } from "@tripline/model";
import { REGISTERED_SECRET, TENANT_KEY, TOKENS, TRACE_ID, attempt, openWorld, toolSpan, traces, type World } from "./testing/world.ts";

let world: World;
const open = async (...args: Parameters<typeof openWorld>) => (world = await openWorld(...args));
afterEach(() => world.close());

describe("an export request", () => {
  it("is durable before it is acknowledged", async () => {
    const { promise, resolve } = Promise.withResolvers<void>();
    let asked = 0;
    await open({}, async (_topic, records) => {
      asked += 1;
      await promise;
      return records.map((_, offset) => ({ partition: 0, offset, timestampMs: 0 }));
    });
    let answered = false;
    const answer = world.send(traces([toolSpan("b7ad6b7169203331")])).then((one) => {
      answered = true;
      return one;
    });
    await expect.poll(() => asked).toBe(1);
    await new Promise((done) => setTimeout(done, 50));
    expect(answered).toBe(false);
    resolve();
    expect((await answer).status).toBe(200);
  });

  it("is announced between durable and reply, where a fault harness stops the process", async () => {
    await open();
    const seen: unknown[] = [];
    let answered = false;
    const listener = (message: unknown) => void seen.push([message, answered]);
    subscribe("tripline:collector.durable", listener);
    try {
      await world.send(traces([toolSpan("b7ad6b7169203331"), toolSpan("b7ad6b7169203332")])).then(() => (answered = true));
    } finally {
      unsubscribe("tripline:collector.durable", listener);
    }
    expect(seen).toEqual([[{ topic: "actions", records: 2 }, false]]);
  });

  it("in hand is finished when the collector stops; a new one finds nobody", async () => {
    const { promise, resolve } = Promise.withResolvers<void>();
    let asked = 0;
    await open({}, async () => {
      asked += 1;
      await promise;
      return [];
    });
    const inHand = world.send(traces([toolSpan("b7ad6b7169203331")]));
    await expect.poll(() => asked).toBe(1);
    expect(world.collector.health()).toEqual({ ready: true, detail: "listening, 1 requests in flight" });
    const stopped = world.collector.stop();
    await expect.poll(() => world.collector.health().ready).toBe(false);
    resolve();
    expect((await inHand).status).toBe(200);
    await stopped;
    await expect(world.collector.stop()).resolves.toBeUndefined();
  });

  it("sent again gives the same ids and the same bytes", async () => {
    await open();
    const body = traces([toolSpan("b7ad6b7169203331", { "gen_ai.tool.call.arguments": '{"command":"ls"}' }), { traceId: "bad", spanId: "b7ad6b7169203332" }]);
    await world.send(body);
    await world.send(body);
    const [first, second] = await world.actions();
    expect(first?.action.id).toBe(`${TRACE_ID}:b7ad6b7169203331:result`);
    expect(Buffer.from(second!.bytes)).toEqual(Buffer.from(first!.bytes));
    const [dead, deadAgain] = await world.deadLetters();
    expect(deadAgain).toEqual(dead);
  });

  for (const [name, sending, encode] of [
    ["gzip", { headers: { "content-encoding": "gzip" } }, gzipSync],
    ["chunked", { chunked: true }, (bytes: Buffer) => bytes],
    ["gzip and chunked", { chunked: true, headers: { "content-encoding": "gzip" } }, gzipSync],
  ] as const) {
    it(`may come as ${name}`, async () => {
      await open();
      const bytes = encode(Buffer.from(JSON.stringify(traces([toolSpan("b7ad6b7169203331")]))));
      expect((await world.send(bytes, sending)).status).toBe(200);
      expect(await world.actions()).toHaveLength(1);
    });
  }

  it("without a valid token is refused and leaves nothing behind", async () => {
    await open();
    for (const token of [null, "no-such-token-0123456789", "", "short"]) {
      const answer = await world.send(traces([toolSpan("b7ad6b7169203331")]), { token });
      expect(answer.status).toBe(401);
      expect(answer.headers["www-authenticate"]).toBe("Bearer");
    }
    expect(await world.actions()).toEqual([]);
    expect(await world.deadLetters()).toEqual([]);
  });

  it("of another method or path, type or encoding gets a clear status and no more", async () => {
    await open();
    expect(await world.send("", { method: "GET" })).toMatchObject({ status: 405, headers: { allow: "POST" } });
    expect((await world.send("{}", { path: "/v1/metrics" })).status).toBe(404);
    expect((await world.send("{}", { headers: { "content-type": "text/plain" } })).status).toBe(415);
    expect((await world.send("{}", { headers: { "content-encoding": "br" } })).status).toBe(415);
    expect((await world.send(gzipSync(gzipSync("{}")), { headers: { "content-encoding": "gzip, gzip" } })).status).toBe(415);
    expect((await world.send("{}")).status).toBe(200);
  });

  it("with some items that cannot be used is taken in part, and each such item becomes a dead letter with its reason", async () => {
    await open();
    const answer = await world.send(traces([toolSpan("b7ad6b7169203331"), toolSpan("b7ad6b7169203332", { "gen_ai.tool.name": "" }), { traceId: TRACE_ID, spanId: "zz" }]));
    expect(JSON.parse(answer.body.toString())).toEqual({
      partialSuccess: { rejectedSpans: "2", errorMessage: "TL_ITEM_INVALID no-tool-name: 1; TL_ITEM_INVALID bad-span-id: 1" },
    });
    expect((await world.actions()).map(({ action }) => action.source.spanId)).toEqual(["b7ad6b7169203331"]);
    expect((await world.deadLetters()).map((letter) => [letter.reason, letter.detail])).toEqual([
      ["TL_ITEM_INVALID", "no-tool-name (trace)"],
      ["TL_ITEM_INVALID", "bad-span-id (trace)"],
    ]);
    expect(await world.metrics()).toContain('tripline_collector_dead_total{reason="no-tool-name"} 1');
  });

  it("of model calls stores nothing and counts why", async () => {
    await open();
    expect((await world.send(traces([toolSpan("b7ad6b7169203331", { "gen_ai.operation.name": "chat" })]))).status).toBe(200);
    expect(await world.actions()).toEqual([]);
    expect(await world.metrics()).toContain('tripline_collector_dropped_total{reason="model-call"} 1');
  });
});

describe("a log that cannot write", () => {
  it("is a 503 with Retry-After, and nothing is said to be stored", async () => {
    await open({}, () => Promise.reject(new TriplineError("TL_LOG_FULL")));
    const answer = await world.send(traces([toolSpan("b7ad6b7169203331")]));
    expect(answer).toMatchObject({ status: 503, headers: { "retry-after": "1" } });
    expect(answer.body.toString()).toContain("TL_INGEST_UNAVAILABLE");
  });

  it("or does not say in time whether it did, is a 503 before the sender gives up", async () => {
    const { promise, resolve } = Promise.withResolvers<never[]>();
    await open({ durableMs: 50 }, () => promise);
    const answer = await world.send(traces([toolSpan("b7ad6b7169203331")]));
    expect(answer).toMatchObject({ status: 503, headers: { "retry-after": "1" } });
    expect(await world.metrics()).not.toContain("tripline_collector_actions_total{signal");
    resolve([]);
  });
});

describe("too much at a time", () => {
  it("is a 429 with Retry-After for the request over the bound; the one in hand is finished", async () => {
    const { promise, resolve } = Promise.withResolvers<void>();
    let asked = 0;
    await open({ requestsInFlight: 1 }, async () => {
      asked += 1;
      await promise;
      return [];
    });
    const first = world.send(traces([toolSpan("b7ad6b7169203331")]));
    await expect.poll(() => asked).toBe(1);
    expect(await world.send(traces([]))).toMatchObject({ status: 429, headers: { "retry-after": "1" } });
    resolve();
    expect((await first).status).toBe(200);
    expect((await world.send(traces([]))).status).toBe(200);
  });

  it("is a 429 when the bytes of a body do not fit beside those in hand", async () => {
    await open({ bytesInFlight: 1_000 });
    expect((await world.send(Buffer.alloc(1_000, " "))).status).toBe(400);
    expect((await world.send(Buffer.alloc(1_001, " "))).status).toBe(429);
    expect((await world.send(Buffer.alloc(1_001, " "), { chunked: true })).status).toBe(429);
    expect((await world.send("{}")).status).toBe(200);
  });

  it("does not count a client that went away in the middle of its body", async () => {
    await open({ requestsInFlight: 1, bytesInFlight: 1_000 });
    const { port } = new URL(world.collector.url());
    const socket = connect(Number(port), "127.0.0.1");
    socket.on("error", () => undefined);
    socket.write(`POST /v1/traces HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${TOKENS.alice}\r\nContent-Type: application/json\r\nContent-Length: 900\r\n\r\n{`);
    await expect.poll(async () => (await world.send(traces([]))).status).toBe(429);
    socket.destroy();
    await expect.poll(async () => (await world.send("{}".padEnd(900))).status).toBe(200);
  });

  it("is a closed connection beyond the bound on connections", async () => {
    await open({ connections: 2 });
    const { port } = new URL(world.collector.url());
    const sockets = [connect(Number(port), "127.0.0.1"), connect(Number(port), "127.0.0.1")];
    await Promise.all(sockets.map((socket) => new Promise((resolve) => socket.once("connect", resolve))));
    const third = connect(Number(port), "127.0.0.1");
    third.on("error", () => undefined);
    await new Promise((resolve) => third.once("close", resolve));
    for (const socket of sockets) socket.destroy();
    await expect.poll(async () => (await world.send("{}").catch(() => ({ status: 0 }))).status).toBe(200);
  });

  it("cuts a client that never finishes its request", async () => {
    await open({ requestTimeoutMs: 300, headersTimeoutMs: 300 });
    const { port } = new URL(world.collector.url());
    const socket = connect(Number(port), "127.0.0.1");
    const head = `POST /v1/traces HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${TOKENS.alice}\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{`;
    socket.write(head);
    let answer = "";
    socket.on("data", (part: Buffer) => (answer += part.toString()));
    socket.on("error", () => undefined);
    await new Promise((resolve) => socket.once("close", resolve));
    expect(answer).not.toContain(" 200 ");
    expect((await world.send("{}")).status).toBe(200);
  });
});

describe("secrets", () => {
  it("are replaced by their fingerprint wherever they stand, and are in no record, reply or metric", async () => {
    await open();
    const token = "ghp_abcdefghijklmnopqrstuvwxyz0123456789";
    const request = JSON.stringify({ kind: "shell", command: `curl -H 'Authorization: Bearer ${REGISTERED_SECRET}' https://x.example` });
    const answers = [
      await world.send(attempt({ "gen_ai.tool.call.id": "c1", "tripline.request": request, "gen_ai.tool.call.arguments": `{"key":"${token}"}` }), { path: "/v1/logs" }),
      await world.send(attempt({ "gen_ai.tool.call.id": REGISTERED_SECRET, "gen_ai.tool.name": REGISTERED_SECRET, "tripline.task": `use ${token}` }), { path: "/v1/logs" }),
      await world.send(attempt({ "gen_ai.tool.name": "", "gen_ai.tool.call.arguments": `Bearer ${token} ${REGISTERED_SECRET}` }), { path: "/v1/logs" }),
    ];
    const [first] = await world.actions();
    expect(first?.action.credentials.map((use) => use.fingerprint)).toEqual([
      fingerprint(TENANT_KEY, sha256Hex(REGISTERED_SECRET)),
      fingerprint(TENANT_KEY, sha256Hex(token)),
    ]);
    const dead = (await world.deadLetters()).map((letter) => Buffer.from(letter.payload, "base64").toString());
    const everything = [...(await world.actions()).map(({ bytes }) => Buffer.from(bytes).toString()), ...dead, ...answers.map(({ body }) => body.toString()), await world.metrics()].join("\n");
    expect(dead).toHaveLength(1);
    for (const secret of [token, REGISTERED_SECRET, TOKENS.alice]) expect(everything).not.toContain(secret);
  });

  it("found in a tool's output are not credentials in use", async () => {
    await open();
    await world.send(traces([toolSpan("b7ad6b7169203331", { "gen_ai.tool.call.result": "token=ghp_abcdefghijklmnopqrstuvwxyz0123456789" })]));
    const [found] = await world.actions();
    expect(found?.action.outputs?.text).not.toContain("ghp_");
    expect(found?.action.credentials).toEqual([]);
  });
});
