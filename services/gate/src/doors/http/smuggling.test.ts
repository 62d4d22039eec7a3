import { createConnection } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { startUpstream, type TestUpstream } from "./testing/upstream.ts";
import { openHttpWorld, sendRaw, TOKENS, type World } from "./testing/world.ts";

let upstream: TestUpstream;
let world: World;
let port: number;

beforeAll(async () => {
  upstream = await startUpstream();
  world = await openHttpWorld({ upstreams: [{ url: new URL(upstream.url) }], limits: { headersTimeoutMs: 1_000, requestTimeoutMs: 1_500 } });
  port = Number(new URL(world.url).port);
});
afterAll(async () => {
  await world.close();
  await upstream.close();
});
beforeEach(() => void upstream.reached.splice(0));

const auth = `Authorization: Bearer ${TOKENS.coder}\r\n`;
const inner = `DELETE /u/api/smuggled HTTP/1.1\r\nHost: gate\r\n\r\n`;
const post = (headers: string, body: string): string => `POST /u/api/first HTTP/1.1\r\nHost: gate\r\n${auth}${headers}\r\n${body}`;
const get = (line: string, headers = ""): string => `${line}\r\nHost: gate\r\n${auth}${headers}\r\n`;
const hex = inner.length.toString(16);

/** What has more than one meaning. None of it may reach the upstream. */
const REFUSED: readonly (readonly [string, string])[] = [
  ["Content-Length and Transfer-Encoding", post("Content-Length: 4\r\nTransfer-Encoding: chunked\r\n", `0\r\n\r\n${inner}`)],
  ["Transfer-Encoding and Content-Length", post(`Transfer-Encoding: chunked\r\nContent-Length: ${5 + inner.length}\r\n`, `0\r\n\r\n${inner}`)],
  ["Content-Length 0 and chunked", post("Content-Length: 0\r\nTransfer-Encoding: chunked\r\n", `${hex}\r\n${inner}\r\n0\r\n\r\n`)],
  ["two lengths", post(`Content-Length: 0\r\nContent-Length: ${inner.length}\r\n`, inner)],
  ["two equal lengths", post("Content-Length: 2\r\nContent-Length: 2\r\n", "{}")],
  ["a list of lengths", post("Content-Length: 0, 2\r\n", "{}")],
  ["a list of equal lengths", post("Content-Length: 2, 2\r\n", "{}")],
  ["a length with a sign", post("Content-Length: +2\r\n", "{}")],
  ["a negative length", post("Content-Length: -2\r\n", "{}")],
  ["a length in hexadecimal", post("Content-Length: 0x2\r\n", "{}")],
  ["a length with a fraction", post("Content-Length: 2.0\r\n", "{}")],
  ["a length with an exponent", post("Content-Length: 2e0\r\n", "{}")],
  ["a length with a space inside", post("Content-Length: 2 2\r\n", "{}")],
  ["a length with an underscore", post("Content-Length: 0_2\r\n", "{}")],
  ["a length past all integers", post("Content-Length: 99999999999999999999\r\n", "{}")],
  ["an empty length", post("Content-Length: \r\n", "{}")],
  ["a quoted length", post('Content-Length: "2"\r\n', "{}")],
  ["a space before the length's colon", post("Content-Length : 2\r\n", "{}")],
  ["a tab before the colon of Transfer-Encoding", post("Transfer-Encoding\t: chunked\r\n", "0\r\n\r\n")],
  ["a space before the colon of Transfer-Encoding", post("Transfer-Encoding : chunked\r\n", "0\r\n\r\n")],
  ["xchunked", post("Transfer-Encoding: xchunked\r\n", `0\r\n\r\n${inner}`)],
  ["chunked, identity", post("Transfer-Encoding: chunked, identity\r\n", `0\r\n\r\n${inner}`)],
  ["identity, chunked", post("Transfer-Encoding: identity, chunked\r\n", `0\r\n\r\n${inner}`)],
  ["gzip, chunked", post("Transfer-Encoding: gzip, chunked\r\n", `0\r\n\r\n${inner}`)],
  ["identity", post("Transfer-Encoding: identity\r\nContent-Length: 2\r\n", "{}")],
  ["chunked twice in one field", post("Transfer-Encoding: chunked, chunked\r\n", "0\r\n\r\n")],
  ["chunked in two fields", post("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n", "0\r\n\r\n")],
  ["chunked and identity in two fields", post("Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n", "0\r\n\r\n")],
  ["chunked with a parameter", post("Transfer-Encoding: chunked;q=1\r\n", "0\r\n\r\n")],
  ["quoted chunked", post('Transfer-Encoding: "chunked"\r\n', "0\r\n\r\n")],
  ["a vertical tab before chunked", post("Transfer-Encoding: \x0bchunked\r\n", "0\r\n\r\n")],
  ["a line folded into Transfer-Encoding", post("Transfer-Encoding:\r\n chunked\r\n", "0\r\n\r\n")],
  ["a folded line", get("GET /u/api/first HTTP/1.1", "X-A: 1\r\n Content-Length: 9\r\n")],
  ["a line feed alone", `GET /u/api/first HTTP/1.1\nHost: gate\n${auth.replace("\r", "")}\n`],
  ["a carriage return alone in a value", get("GET /u/api/first HTTP/1.1", "X-A: 1\rTransfer-Encoding: chunked\r\n")],
  ["a NUL in a value", get("GET /u/api/first HTTP/1.1", "X-A: 1\0\r\n")],
  ["a NUL in a name", get("GET /u/api/first HTTP/1.1", "X\0A: 1\r\n")],
  ["a space in a name", get("GET /u/api/first HTTP/1.1", "X A: 1\r\n")],
  ["a field without a name", get("GET /u/api/first HTTP/1.1", ": 1\r\n")],
  ["a field without a colon", get("GET /u/api/first HTTP/1.1", "Transfer-Encoding\r\n")],
  ["a field that begins with a space", `GET /u/api/first HTTP/1.1\r\n Host: gate\r\n${auth}\r\n`],
  ["two hosts", get("GET /u/api/first HTTP/1.1", "Host: other\r\n")],
  ["two equal hosts", get("GET /u/api/first HTTP/1.1", "Host: gate\r\n")],
  ["no host", `GET /u/api/first HTTP/1.1\r\n${auth}\r\n`],
  ["an absolute address", get("GET http://other/u/api/first HTTP/1.1")],
  ["an absolute address of the gate", get("GET http://gate/u/api/first HTTP/1.1")],
  ["HTTP/1.0", get("GET /u/api/first HTTP/1.0")],
  ["HTTP/1.0 with chunks", `POST /u/api/first HTTP/1.0\r\nHost: gate\r\n${auth}Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n`],
  ["HTTP/0.9", `GET /u/api/first\r\n\r\n`],
  ["HTTP/2.0 in the line", get("GET /u/api/first HTTP/2.0")],
  ["the preface of HTTP/2", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"],
  ["an upgrade to h2c", get("GET /u/api/first HTTP/1.1", "Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAAP__\r\n")],
  ["a WebSocket", get("GET /u/api/first HTTP/1.1", "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: x3JJHMbDL1EzLkh9GBhXDw==\r\n")],
  ["TRACE", get("TRACE /u/api/first HTTP/1.1")],
  ["CONNECT", get("CONNECT /u/api/first HTTP/1.1")],
  ["an unknown method", get("DESTROY /u/api/first HTTP/1.1")],
  ["a method in lower case", get("get /u/api/first HTTP/1.1")],
  ["a space before the method", get(" GET /u/api/first HTTP/1.1")],
  ["a tab in the line", get("GET\t/u/api/first\tHTTP/1.1")],
  ["a space in the path", get("GET /u/api/first second HTTP/1.1")],
  ["two type fields", post("Content-Type: application/json\r\nContent-Type: text/plain\r\nContent-Length: 2\r\n", "{}")],
  ["two authorizations", get("GET /u/api/first HTTP/1.1", "Authorization: Bearer other\r\n")],
  ["another expectation", post("Expect: 200-ok\r\nContent-Length: 2\r\n", "{}")],
  ["a method override", get("GET /u/api/first HTTP/1.1", "X-HTTP-Method-Override: DELETE\r\n")],
  ["a method override of another name", get("GET /u/api/first HTTP/1.1", "X-Method-Override: DELETE\r\n")],
  ["a method in the query", get("GET /u/api/first?_method=DELETE HTTP/1.1")],
  ["a chunk size with a sign", post("Transfer-Encoding: chunked\r\n", "+2\r\n{}\r\n0\r\n\r\n")],
  ["a chunk size in 0x", post("Transfer-Encoding: chunked\r\n", "0x2\r\n{}\r\n0\r\n\r\n")],
  ["a chunk size with a space before", post("Transfer-Encoding: chunked\r\n", " 2\r\n{}\r\n0\r\n\r\n")],
  ["a chunk size past all integers", post("Transfer-Encoding: chunked\r\n", "ffffffffffffffffff2\r\n{}\r\n0\r\n\r\n")],
  ["a chunk that ends too late", post("Transfer-Encoding: chunked\r\n", "2\r\n{}X\r\n0\r\n\r\n")],
  ["a chunk ended by a line feed", post("Transfer-Encoding: chunked\r\n", "2\n{}\r\n0\r\n\r\n")],
  ["a chunk extension with a line feed", post("Transfer-Encoding: chunked\r\n", `2;a\nb\r\n{}\r\n0\r\n\r\n`)],
  ["a negative chunk", post("Transfer-Encoding: chunked\r\n", "-2\r\n{}\r\n0\r\n\r\n")],
  ["an empty chunk size", post("Transfer-Encoding: chunked\r\n", "\r\n{}\r\n0\r\n\r\n")],
  ["a body that never ends", post("Transfer-Encoding: chunked\r\n", "2\r\n{}\r\n")],
  ["a body shorter than its length", post("Content-Length: 10\r\n", "{}")],
  ["a body larger than allowed", post("Content-Length: 99999999\r\n", "{}")],
  ["too many fields", get("GET /u/api/first HTTP/1.1", Array.from({ length: 140 }, (_, n) => `X-${n}: 1\r\n`).join(""))],
  ["fields too large", get("GET /u/api/first HTTP/1.1", `X-A: ${"a".repeat(20_000)}\r\n`)],
  ["an address too long", get(`GET /u/api/${"a".repeat(5_000)} HTTP/1.1`)],
];

/** Addresses that servers read in different ways. */
const PATHS = [
  "/../secret", "/a/../b", "/a/./b", "/..", "/.", "/a/..;/b", "/a/%2e%2e/b", "/a/.%2e/b", "/a/%2E./b", "/%2e/", "/a%2fb", "/a%2Fb", "/a%5cb", "/a\\b", "/a\\..\\b", "//host/a", "/a//b", "/a%00b", "/a%0d%0ab",
  "/a%0aSet-X:1", "/a%252e%252e/b", "/a%252fb", "/a%c0%af%2e", "/a%zz", "/a%", "/a#b", "/a%7fb", "/a%1fb", "/@host/../a", "/a/%2e%2e%2fb", "/a?x=%", "/a?query=1&query=2", "/a?Query=1&query=2",
];

describe("what two readers could read in two ways", () => {
  it.each(REFUSED)("does not reach the upstream: %s", async (_name, bytes) => {
    const answer = await sendRaw(port, bytes);
    expect(upstream.reached, answer.slice(0, 300)).toEqual([]);
    expect(answer).not.toMatch(/^HTTP\/1\.1 2/);
  });

  it.each(PATHS)("does not reach the upstream: the address %s", async (path) => {
    const answer = await sendRaw(port, get(`GET /u/api${path} HTTP/1.1`));
    expect(upstream.reached, answer.slice(0, 300)).toEqual([]);
    expect(answer).toMatch(/^HTTP\/1\.1 4|^$/);
  });

  it.each(["api/../api/x", "api%2f..", "%61pi/x", "api\\x", "API/x", "api%00/x", "../u/api/x", "/api/x", "api;x/y", "api@x/y"])("names no upstream: /u/%s", async (name) => {
    const answer = await sendRaw(port, get(`GET /u/${name} HTTP/1.1`));
    expect(upstream.reached, answer.slice(0, 300)).toEqual([]);
  });
});

/** Bodies that hold a request; each is a body, and one request is sent on. */
const WHOLE: readonly (readonly [string, string])[] = [
  ["a body with a request in it", post(`Content-Type: text/plain\r\nContent-Length: ${inner.length}\r\n`, inner)],
  ["chunks with a request in them", post("Content-Type: text/plain\r\nTransfer-Encoding: chunked\r\n", `${hex}\r\n${inner}\r\n0\r\n\r\n`)],
  ["chunked in capitals", post("Content-Type: text/plain\r\nTransfer-Encoding: CHUNKED\r\n", `${hex}\r\n${inner}\r\n0\r\n\r\n`)],
  ["a request as a trailer", post("Content-Type: application/json\r\nTransfer-Encoding: chunked\r\nTrailer: X-A\r\n", "2\r\n{}\r\n0\r\nX-A: 1\r\nX-HTTP-Method-Override: DELETE\r\n\r\n")],
  ["a connection that names what is needed", post("Content-Type: application/json\r\nConnection: close, Host, Content-Length, X-A\r\nX-A: 1\r\nContent-Length: 2\r\n", "{}")],
];

describe("a request that has one meaning", () => {
  it.each(WHOLE)("is sent on once, framed anew: %s", async (_name, bytes) => {
    await sendRaw(port, bytes);
    expect(upstream.reached.length).toBe(1);
    const [{ method, url, headers }] = upstream.reached as [TestUpstream["reached"][number]];
    expect([method, url]).toEqual(["POST", "/first"]);
    expect(headers.map((one) => one.toLowerCase())).not.toContain("transfer-encoding");
    expect(headers.map((one) => one.toLowerCase())).not.toContain("trailer");
    expect(headers.map((one) => one.toLowerCase())).not.toContain("x-a");
    expect(headers.map((one) => one.toLowerCase())).not.toContain("x-http-method-override");
  });

  it("is decided for itself where several come on one connection", async () => {
    const read = get("GET /u/api/one HTTP/1.1");
    const answer = await sendRaw(port, `${read}${get("DELETE /u/api/two HTTP/1.1")}${inner}${get("GET /u/api/three HTTP/1.1")}`, 400);
    expect(answer.match(/HTTP\/1\.1 \d+/g)).toEqual(["HTTP/1.1 200", "HTTP/1.1 403", "HTTP/1.1 401", "HTTP/1.1 200"]);
    expect(upstream.reached.map(({ method, url }) => `${method} ${url}`).toSorted()).toEqual(["GET /one", "GET /three"]);
  });

  it("was decided: no request reached the upstream without a record that allows it", async () => {
    await sleep(100);
    const allowed = (await world.records()).filter(({ action }) => action.decision?.outcome === "allow").length;
    expect(allowed).toBe(WHOLE.length + 2);
  });

  it("frees what it held when the agent leaves in the middle of a body", async () => {
    const socket = createConnection(port, "127.0.0.1");
    socket.write(post("Content-Length: 100\r\n", "{"));
    await sleep(100);
    expect(world.door.open.size).toBe(1);
    socket.destroy();
    await sleep(100);
    expect(world.door.open.size).toBe(0);
    expect(upstream.reached).toEqual([]);
  });
});
