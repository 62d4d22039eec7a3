/** Header fields that servers read in different ways, and those by which requests are smuggled. */
import type { Crafted, Mutation } from "./crafted.ts";
import { instead, withHeader } from "./crafted.ts";
import type { Draw } from "./draw.ts";

const INNER = "DELETE /u/orders/v1/orders/7 HTTP/1.1\r\nHost: gate\r\n\r\n";

const added = (name: string, choose: (draw: Draw, crafted: Crafted) => readonly [string, string]): Mutation => ({
  name, apply: (crafted, draw) => withHeader(crafted, ...choose(draw, crafted)),
});
/** Nobody can tell where such a request ends. */
const framing = (name: string, choose: (draw: Draw, crafted: Crafted) => readonly [string, string]): Mutation => ({
  name, apply: (crafted, draw) => ({ ...withHeader(crafted, ...choose(draw, crafted)), isFramed: false }),
});

const ELSEWHERE = ["/v1/volumes/delete", "/admin/purge", "/u/orders/admin/purge", "/v1/orders/7", "http://other.example/"];

export const HEADER_MUTATIONS: readonly Mutation[] = [
  added("another address", (draw) => [draw.pick(["X-Original-URL", "X-Rewrite-URL", "X_Original_URL", "X-Envoy-Original-Path", "X-Override-Url", "Request-Uri", "X-Forwarded-Uri"]), draw.pick(ELSEWHERE)]),
  added("another host", (draw) => [draw.pick(["X-Forwarded-Host", "Forwarded", "X-Host", "X-Original-Host", "X-HTTP-Host-Override", "Via"]), draw.pick(["other.example", "host=other.example", "127.0.0.1"])]),
  added("foreign credential", (draw) => [draw.pick(["X-Api-Key", "Cookie", "X-Auth-Token", "Api_Key", "X-Access-Token", "PRIVATE-TOKEN"]), draw.pick(["a=b", "sk-live-0123456789abcdef0123456789", "x"])]),
  added("named by Connection", (draw) => ["Connection", draw.pick(["keep-alive, x-case", "x-amz-target", "content-type", "authorization, close", "te"])]),
  added("type twice", (draw) => [draw.pick(["Content-Type", "content-type", "Content_Type"]), draw.pick(["text/plain", "application/json", "application/x-www-form-urlencoded"])]),
  added("target twice", (draw) => [draw.pick(["X-Amz-Target", "x-amz-target", "X_Amz_Target"]), draw.pick(["DynamoDB_20120810.DeleteTable", "DynamoDB_20120810.ListTables", "DeleteTable", "DynamoDB_20120810.DeleteTable, x"])]),
  added("condition", (draw) => [draw.pick(["If-Match", "If-None-Match", "Range", "Prefer", "Accept", "X-Amz-Bypass-Governance-Retention", "X-Amz-Copy-Source", "Depth", "Destination"]), draw.pick(["*", "bytes=0-1", "true", "infinity", "/shop-backups/dump.gz"])]),
  added("long value", (draw) => ["X-Note", "n".repeat(draw.pick([2_000, 12_000, 17_000]))]),
  added("odd value", (draw) => ["X-Note", draw.pick(["\u00ff\u00fe", "a\tb", "\u0080", '"', "a\u000bb", "a\u0000b", "a\rb"])]),
  added("unusual name", (draw) => [draw.pick(["X.Note", "x!", "~", "X|Y", "_", "'"]), "1"]),
  { name: "many fields", apply: (crafted, draw) => ({ ...crafted, headers: [...crafted.headers, ...Array.from({ length: draw.pick([40, 130, 1_000]) }, (_, index): [string, string] => [`X-F${index}`, "1"])] }) },
  { name: "type", apply: (crafted, draw) => instead(crafted, "Content-Type", draw.pick(["application/json", "text/plain", "application/graphql", "application/x-www-form-urlencoded", "application/json; charset=utf-16", "application/json;charset=utf-7", "application/octet-stream", "application/vnd.api+json", "text/xml", "APPLICATION/JSON", "application/json, text/plain", "multipart/form-data; boundary=b", "application/x-amz-json-1.1"])) },
  { name: "no type", apply: (crafted) => ({ ...crafted, headers: crafted.headers.filter(([name]) => name !== "Content-Type") }) },
  { name: "names in another case", apply: (crafted, draw) => ({ ...crafted, headers: crafted.headers.map(([name, value]) => [draw.chance(0.5) ? name.toUpperCase() : name.toLowerCase(), value]) }) },
  { name: "chunks", apply: (crafted) => ({ ...crafted, chunks: "plain" }) },
  { name: "odd chunks", apply: (crafted) => ({ ...crafted, chunks: "odd" }) },
  framing("coding", (draw) => [draw.pick(["Transfer-Encoding", "transfer-encoding", "Transfer_Encoding", "Transfer-Encoding ", " Transfer-Encoding", "X: y\r\nTransfer-Encoding"]), draw.pick(["chunked", "identity", "xchunked", "chunked, identity", "gzip, chunked", "\u000bchunked", "chunked;q=1", "cow", '"chunked"'])]),
  framing("length", (draw, { body }) => [draw.pick(["Content-Length", "content-length", "Content_Length", "Content-Length "]), draw.pick(["0", "5", "+5", "-1", "0x10", "5, 5", "1e1", "99999999999999999999", `${body?.length ?? 0}`, `${(body?.length ?? 0) + INNER.length}`])]),
  framing("host twice", (draw) => ["Host", draw.pick(["other.example", "gate", "127.0.0.1", "a b", ""])]),
  framing("folded", (draw) => ["X-Note", draw.pick(["a\r\n Content-Length: 9", "a\r\n\tTransfer-Encoding: chunked", "a\r\n b"])]),
  framing("line of its own", (draw) => ["X-Note", draw.pick(["a\nX-HTTP-Method-Override: DELETE", "a\rX: y", "a\r\n\r\nDELETE /u/orders/v1/orders/7 HTTP/1.1", "a\r\nTransfer-Encoding: chunked\r\nX: y"])]),
  framing("expectation", (draw) => ["Expect", draw.pick(["100-continue", "200-ok", "100-Continue, x"])]),
  framing("upgrade", (draw) => ["Connection: Upgrade\r\nUpgrade", draw.pick(["websocket", "h2c", "TLS/1.0"])]),
  framing("closing", (draw) => ["Connection", draw.pick(["close", "close, keep-alive"])]),
  { name: "another after it", apply: (crafted) => ({ ...crafted, body: Buffer.concat([crafted.body ?? Buffer.alloc(0), Buffer.from(INNER)]), isFramed: true }) },
  { name: "hidden after the end", apply: (crafted, draw) => ({ ...withHeader(crafted, "Transfer-Encoding", draw.pick(["chunked", "identity"])), body: Buffer.from(`0\r\n\r\n${INNER}`), isFramed: false }) },
];
