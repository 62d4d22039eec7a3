import { brotliCompressSync, deflateSync, gzipSync } from "node:zlib";
import { sha256Hex } from "@tripline/canonical";
import { request } from "undici";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { headerIn, startUpstream, type TestUpstream } from "./testing/upstream.ts";
import { openHttpWorld, TOKENS, type World } from "./testing/world.ts";

let upstream: TestUpstream;
let world: World;

beforeAll(async () => {
  upstream = await startUpstream();
  // By its path this loopback address is read as Railway's API.
  world = await openHttpWorld({ upstreams: [{ name: "railway", url: new URL("/graphql/v2", upstream.url) }, { name: "rest", url: new URL(upstream.url) }] });
});
afterAll(async () => {
  await world.close();
  await upstream.close();
});
beforeEach(() => void upstream.reached.splice(0));

const json = { "content-type": "application/json" };
const form = { "content-type": "application/x-www-form-urlencoded" };

async function send(body: string | Buffer | null, headers: Readonly<Record<string, string>> = json, { method = "POST", path = "", name = "railway" } = {}) {
  const answer = await request(`${world.url}/u/${name}${path}`, { method: method as "POST", headers: { ...headers, authorization: `Bearer ${TOKENS.prod}` }, body });
  const told = (await answer.body.json()) as { decision?: string; rule?: string; error?: { code: string } };
  return { status: answer.statusCode, decision: told.decision ?? null, rule: told.rule ?? null, code: told.error?.code ?? null };
}

const query = (text: string, rest: object = {}): string => JSON.stringify({ query: text, ...rest });
const READ = "query { project(id: \"p\") { name } }";
const DELETE = "mutation { volumeDelete(volumeId: \"v\") }";

describe("a GraphQL read", () => {
  it.each([
    ["a query", query(READ)],
    ["a query with another operation's name beside", query("query A { me { id } } query B { project(id: \"p\") { name } }", { operationName: "B" })],
    ["a batch of queries", `[${query(READ)},${query("{ me { id } }")}]`],
    ["a query beside its own hash", query(READ, { extensions: { persistedQuery: { version: 1, sha256Hash: sha256Hex(READ) } } })],
  ])("reaches the upstream: %s", async (_name, body) => {
    expect((await send(body)).status).toBe(200);
    expect(upstream.reached.map((one) => one.body)).toEqual([body]);
  });

  it("reaches it by GET, and decompressed exactly as it was judged", async () => {
    expect((await send(null, {}, { method: "GET", path: `?query=${encodeURIComponent("{ me { id } }")}` })).status).toBe(200);
    for (const [coding, compressed] of [["gzip", gzipSync(query(READ))], ["deflate", deflateSync(query(READ))], ["br", brotliCompressSync(query(READ))]] as const) {
      expect([coding, (await send(compressed, { ...json, "content-encoding": coding })).status]).toEqual([coding, 200]);
    }
    expect(upstream.reached.slice(1).map(({ body }) => body)).toEqual(Array.from({ length: 3 }, () => query(READ)));
    expect(upstream.reached.slice(1).map(({ headers }) => headerIn(headers, "content-encoding"))).toEqual([undefined, undefined, undefined]);
  });
});

const ALIASED = "mutation { project: volumeDelete(volumeId: \"v\") }";
/** What destroys, or may destroy, however it is said. In production all of it waits or is refused. */
const STOPPED: readonly (readonly [name: string, body: string | Buffer, headers?: Readonly<Record<string, string>>])[] = [
  ["plainly", query(DELETE)],
  ["under an alias", query(ALIASED)],
  ["in a fragment", query("mutation { ...F } fragment F on Mutation { volumeDelete(volumeId: \"v\") }")],
  ["in a fragment within a fragment", query("mutation { ...A } fragment A on Mutation { ...B } fragment B on Mutation { x: volumeDelete(volumeId: \"v\") }")],
  ["in an inline fragment", query("mutation { ... on Mutation { volumeDelete(volumeId: \"v\") } }")],
  ["beside reads", query("mutation { a: volumeDelete(volumeId: \"v\") b: projectUpdate(id: \"p\", input: {}) { id } }")],
  ["as the chosen of two operations", query(`${READ.replace("query", "query Read")} ${DELETE.replace("mutation", "mutation Delete")}`, { operationName: "Delete" })],
  ["with no operation chosen of two", query(`${READ.replace("query", "query Read")} ${DELETE.replace("mutation", "mutation Delete")}`)],
  ["behind a comment", query(`# ${READ}\n${DELETE}`)],
  ["behind a byte order mark in the document", query(`\ufeff${DELETE}`)],
  ["skipped by a variable", query("mutation ($s: Boolean!) { volumeDelete(volumeId: \"v\") @skip(if: $s) }", { variables: { s: false } })],
  ["second in a batch", `[${query(READ)},${query(DELETE)}]`],
  ["last in a batch of many", `[${Array.from({ length: 40 }, () => query(READ)).join()},${query(DELETE)}]`],
  ["in escapes of JSON", query(DELETE).replace("volumeDelete", "\\u0076olumeDelete")],
  ["under an escaped name", `{"\\u0071uery":${JSON.stringify(DELETE)}}`],
  ["with the member twice, last a read", `{"query":${JSON.stringify(DELETE)},"query":${JSON.stringify(READ)}}`],
  ["with the member twice, first a read", `{"query":${JSON.stringify(READ)},"query":${JSON.stringify(DELETE)}}`],
  ["with the member twice, once escaped", `{"query":${JSON.stringify(DELETE)},"\\u0071uery":${JSON.stringify(READ)}}`],
  ["as a hash alone", JSON.stringify({ extensions: { persistedQuery: { version: 1, sha256Hash: sha256Hex(DELETE) } } })],
  ["as a read beside another's hash", query(READ, { extensions: { persistedQuery: { version: 1, sha256Hash: sha256Hex(DELETE) } } })],
  ["as a read beside the id of a stored document", query(READ, { documentId: "delete-volume" })],
  ["as an id alone", JSON.stringify({ id: "delete-volume", variables: {} })],
  ["as a bare document", DELETE, { "content-type": "application/graphql" }],
  ["as JSON that is said to be a document", query(READ), { "content-type": "application/graphql" }],
  ["as a form", `query=${encodeURIComponent(DELETE)}`, form],
  ["as a form with the field twice", `query=${encodeURIComponent(READ)}&query=${encodeURIComponent(DELETE)}`, form],
  ["in a form that is JSON as well", `{"query":"{me{id}}","x":"&query=mutation{volumeDelete(volumeId:1)}#"}`, form],
  ["as operations of a multipart form", `--b\r\ncontent-disposition: form-data; name="operations"\r\n\r\n${query(DELETE)}\r\n--b--\r\n`, { "content-type": "multipart/form-data; boundary=b" }],
  ["as operations without quotes", `--b\r\ncontent-disposition: form-data; name=operations\r\n\r\n${query(DELETE)}\r\n--b--\r\n`, { "content-type": "multipart/form-data; boundary=b" }],
  ["compressed", gzipSync(query(DELETE)), { ...json, "content-encoding": "gzip" }],
  ["compressed twice", gzipSync(gzipSync(query(DELETE))), { ...json, "content-encoding": "gzip, gzip" }],
  ["compressed as nobody reads", gzipSync(query(DELETE)), { ...json, "content-encoding": "zstd" }],
  ["compressed and not said to be", gzipSync(query(DELETE)), json],
  ["said to be compressed", Buffer.from(query(DELETE)), { ...json, "content-encoding": "gzip" }],
  ["in UTF-16", Buffer.from(query(DELETE), "utf16le"), json],
  ["in UTF-7", query(READ), { "content-type": "application/json; charset=utf-7" }],
  ["behind a byte order mark", `\ufeff${query(DELETE)}`],
  ["behind a NUL", `${query(DELETE)}\0`],
  ["nested past all bounds", query(`mutation ${"{ a ".repeat(600)}${"}".repeat(600)}`)],
  ["after a document too long to read", query(`${READ} ${"#".repeat(20_000)}\n${DELETE}`)],
  ["with tokens without end", query(`mutation { ${"a:x ".repeat(6_000)} }`)],
  ["in fragments that lead in a circle", query("mutation { ...A } fragment A on Mutation { ...B } fragment B on Mutation { ...A volumeDelete(volumeId: \"v\") }")],
  ["broken", "{\"query\":"],
  ["as a list of lists", `[[${query(DELETE)}]]`],
  ["as a text", JSON.stringify(DELETE)],
  ["as a number", "7"],
  ["in JSON with a comment", `/* */${query(DELETE)}`],
  ["in members that differ in case", `{"Query":${JSON.stringify(DELETE)}}`],
];

describe("a GraphQL mutation that destroys", () => {
  it.each(STOPPED.map(([name, body, headers]) => ({ name, body, headers: headers ?? json })))("reaches nothing: $name", async ({ body, headers }) => {
    const { status, decision, code } = await send(body, headers);
    expect(upstream.reached).toEqual([]);
    expect(status === 403 ? ["hold", "deny"] : ["TL_GATE_INVALID"]).toContain(status === 403 ? decision : code);
  });

  it.each([
    `?query=${encodeURIComponent(DELETE)}`, `?query=${encodeURIComponent(READ)}&query=${encodeURIComponent(DELETE)}`, `?extensions=${encodeURIComponent('{"persistedQuery":{"sha256Hash":"00"}}')}`,
    "?documentId=delete", "?id=7", `?query=${encodeURIComponent(ALIASED)}&operationName=x`,
  ])("reaches nothing by GET: %s", async (path) => {
    expect((await send(null, {}, { method: "GET", path })).status).toBeGreaterThanOrEqual(400);
    expect(upstream.reached).toEqual([]);
  });

  it.each(["POST", "PUT", "PATCH", "HEAD", "OPTIONS"])("reaches nothing by %s with the document in the address", async (method) => {
    await request(`${world.url}/u/railway?query=${encodeURIComponent(DELETE)}`, { method: method as "POST", headers: { ...json, authorization: `Bearer ${TOKENS.prod}` }, body: method === "HEAD" || method === "OPTIONS" ? null : query(READ) });
    expect(upstream.reached).toEqual([]);
  });

  it("is said to be held with what it would do", async () => {
    expect(await send(query(DELETE))).toMatchObject({ status: 403, decision: "hold", code: "TL_GATE_HELD" });
    expect(world.held.at(-1)?.observed.classification.worst.operation).toContain("volumeDelete");
  });
});

describe("what a body would grow to", () => {
  it("is bounded before it is read", async () => {
    expect((await send(gzipSync(Buffer.alloc(50_000_000)), { ...json, "content-encoding": "gzip" })).status).toBe(400);
    expect((await send(brotliCompressSync(Buffer.alloc(20_000_000)), { ...json, "content-encoding": "br" })).status).toBe(400);
    expect(upstream.reached).toEqual([]);
  });
});

describe("JSON-RPC", () => {
  const call = (method: string, params: object = {}): object => ({ jsonrpc: "2.0", id: 1, method, params });
  it.each([
    ["a tool that deletes", JSON.stringify(call("tools/call", { name: "delete_volume", arguments: { id: "v" } }))],
    ["a method that deletes", JSON.stringify(call("volumes.delete", { id: "v" }))],
    ["a batch with one that deletes", JSON.stringify([call("tools/list"), call("tools/call", { name: "delete_volume" })])],
    ["a tool that nobody knows", JSON.stringify(call("tools/call", { name: "frobnicate" }))],
  ])("is not allowed in production: %s", async (_name, body) => {
    const answered = await send(body, json, { name: "rest", path: "/mcp" });
    expect([answered.status, answered.decision]).toEqual([403, "hold"]);
    expect(upstream.reached).toEqual([]);
  });
});
