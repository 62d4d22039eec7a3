import { createServer, type RequestListener, type Server } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import { afterEach, describe, expect, it } from "vitest";
import { MAX_RESPONSE_BYTES, createJsonClient, type JsonClient } from "./json-client.ts";

let server: Server | undefined;
let client: JsonClient | undefined;
const sockets = new Set<Socket>();

async function open(handler: RequestListener, timeoutMs = 300): Promise<JsonClient> {
  const listening = createServer(handler);
  server = listening;
  listening.on("connection", (socket: Socket) => void sockets.add(socket));
  await new Promise<void>((resolve) => listening.listen(0, "127.0.0.1", resolve));
  client = createJsonClient(new URL(`http://127.0.0.1:${(listening.address() as AddressInfo).port}/api`), timeoutMs);
  return client;
}
const post = (to: JsonClient, signal: AbortSignal = new AbortController().signal) => to.post({ authorization: "Bearer token-in-a-header" }, { q: 1 }, signal);

describe("the JSON client", () => {
  afterEach(async () => {
    client?.close();
    server?.closeAllConnections();
    await new Promise((resolve) => (server === undefined ? resolve(null) : server.close(resolve)));
    sockets.clear();
  });

  it("answers status, body and Retry-After, and keeps one connection for many requests", async () => {
    const to = await open((_request, response) => void response.writeHead(429, { "retry-after": "2" }).end("busy"));
    for (let n = 0; n < 5; n += 1) expect(await post(to)).toEqual({ kind: "answered", status: 429, retryAfterMs: 2_000, text: "busy" });
    expect(sockets.size).toBe(1);
  });

  it("knows that nothing left when nobody listens", async () => {
    const to = await open(() => undefined);
    const listening = server;
    await new Promise((resolve) => listening?.close(resolve));
    expect(await post(to)).toEqual({ kind: "not-sent", reason: "ECONNREFUSED" });
  });

  it("does not know what happened when the answer stays away, and says so within the time-out", async () => {
    const to = await open(() => undefined);
    const startMs = performance.now();
    expect(await post(to)).toEqual({ kind: "no-answer", reason: "no answer within 300 ms" });
    expect(performance.now() - startMs).toBeLessThan(900);
  });

  it("holds an answer that trickles to the same time-out", async () => {
    const to = await open((_request, response) => {
      response.writeHead(200);
      const drip = setInterval(() => response.write(" "), 20);
      response.on("close", () => clearInterval(drip));
    });
    expect(await post(to)).toMatchObject({ kind: "no-answer" });
  });

  it("reads an answer of the largest size, and none that is larger", async () => {
    let bytes = MAX_RESPONSE_BYTES;
    const to = await open((_request, response) => void response.end("x".repeat(bytes)), 5_000);
    expect(await post(to)).toMatchObject({ kind: "answered", status: 200 });
    bytes += 1;
    expect(await post(to)).toEqual({ kind: "no-answer", reason: `the answer exceeds ${MAX_RESPONSE_BYTES} bytes` });
  });

  it("tries once more when a kept connection turns out to be closed, and only then", async () => {
    let requests = 0;
    const to = await open((request, response) => {
      requests += 1;
      if (requests === 2) return void request.socket.resetAndDestroy();
      return void response.end("{}");
    });
    await post(to);
    expect(await post(to)).toMatchObject({ kind: "answered", status: 200 });
    expect(requests).toBe(3);
  });

  it("does not repeat a request whose new connection was reset", async () => {
    let requests = 0;
    const to = await open((request) => {
      requests += 1;
      request.socket.resetAndDestroy();
    });
    expect(await post(to)).toEqual({ kind: "no-answer", reason: "ECONNRESET" });
    expect(requests).toBe(1);
  });

  it("follows no redirect", async () => {
    let requests = 0;
    const to = await open((_request, response) => {
      requests += 1;
      response.writeHead(307, { location: "/api" }).end();
    });
    expect(await post(to)).toMatchObject({ kind: "answered", status: 307 });
    expect(requests).toBe(1);
  });

  it("sends nothing once cancelled or closed", async () => {
    let requests = 0;
    const to = await open((_request, response) => {
      requests += 1;
      response.end("{}");
    });
    expect(await post(to, AbortSignal.abort())).toEqual({ kind: "not-sent", reason: "cancelled" });
    to.close();
    expect(await post(to)).toEqual({ kind: "not-sent", reason: "cancelled" });
    expect(requests).toBe(0);
  });
});
