/** Other spellings of a body: of JSON, of its characters, of what carries it. */
import { brotliCompressSync, deflateRawSync, deflateSync, gzipSync } from "node:zlib";
import { type Crafted, instead, type Mutation, text, withBody, withHeader } from "./crafted.ts";
import type { Draw } from "./draw.ts";

const onText = (name: string, change: (body: string, draw: Draw) => string): Mutation => ({ name, apply: (crafted, draw) => (crafted.body === null ? crafted : withBody(crafted, change(text(crafted), draw))) });
const onBytes = (name: string, change: (body: Buffer, draw: Draw) => Buffer): Mutation => ({ name, apply: (crafted, draw) => (crafted.body === null ? crafted : { ...crafted, body: change(crafted.body, draw) }) });

const escaped = (char: string): string => `\\u${char.charCodeAt(0).toString(16).padStart(4, "0")}`;

/** A letter inside of a string of JSON, written as an escape. */
function escapeOne(body: string, draw: Draw): string {
  const letters = [...body.matchAll(/(?<=[A-Za-z0-9_"])[A-Za-z](?=[A-Za-z0-9_"])/g)].map(({ index }) => index);
  if (letters.length === 0 || !/^\s*[[{]/.test(body)) return body;
  const place = draw.pick(letters);
  return body.slice(0, place) + escaped(body[place]!) + body.slice(place + 1);
}

/** A member again, first or last, with another value or in another spelling. */
function again(body: string, draw: Draw): string {
  const name = draw.pick(["query", "qu\\u0065ry", "method", "requests", "params", "operationName", "variables", "Query", "__proto__", "constructor", "jsonrpc", "TableName", "extensions", "documentId", "mutation"]);
  const value = draw.pick(['"query { me { id } }"', '"mutation { volumeDelete(volumeId: \\"v\\") }"', '"tools/list"', "[]", "{}", "null", "1", '{"persistedQuery":{"version":1,"sha256Hash":"00"}}', '"delete-volume"', '{"name":"delete_volume"}']);
  if (!body.startsWith("{")) return body;
  return draw.chance(0.5) ? `{"${name}":${value},${body.slice(1)}` : `${body.slice(0, -1)},"${name}":${value}}`;
}

const SPACES = [" ", "\n", "\t", "\r\n", "\f", "\u000b", "\u00a0", "\ufeff", "\0", "\u2028"];

function nested(body: string, draw: Draw): string {
  const depth = draw.pick([3, 40, 500, 4_000]);
  return draw.chance(0.5) ? `${"[".repeat(depth)}${body}${"]".repeat(depth)}` : body.startsWith("{") ? `{"x":${'{"a":'.repeat(depth)}1${"}".repeat(depth)},${body.slice(1)}` : body;
}

const JSON_MUTATIONS: readonly Mutation[] = [
  onText("escape", escapeOne),
  onText("many escapes", (body, draw) => (/^[[{]/.test(body) ? body.replaceAll(/(?<="[^"]*)[A-Za-z](?=[^"]*")/g, (char) => (draw.chance(0.5) ? escaped(char) : char)) : body)),
  onText("member again", again),
  onText("nested", nested),
  onText("space before", (body, draw) => draw.pick(SPACES) + body),
  onText("space after", (body, draw) => body + draw.pick([...SPACES, ";", "//", "}", ",", "\n{}", "]"])),
  onText("space within", (body, draw) => body.replaceAll(/[:,]/g, (sign) => (draw.chance(0.3) ? sign + draw.pick(SPACES) : sign))),
  onText("comment", (body, draw) => draw.pick([`/* */${body}`, `// x\n${body}`, `${body}/* DELETE */`, body.replace("{", "{/**/"), `#\n${body}`])),
  onText("single quotes", (body) => body.replaceAll('"', "'")),
  onText("unquoted names", (body) => body.replaceAll(/"(\w+)":/g, "$1:")),
  onText("trailing comma", (body) => body.replace(/\}$/, ",}")),
  onText("in a list", (body, draw) => draw.pick([`[${body}]`, `[[${body}]]`, `[${body},${body}]`, `[{},${body}]`])),
  onText("as a text", (body) => JSON.stringify(body)),
  onText("under another name", (body, draw) => `{"${draw.pick(["data", "body", "payload", "operations", "requests", "batch", "params"])}":${body || "1"}}`),
  onText("numbers", (body) => body.replaceAll(/\d+/g, "1e400")),
  onText("long", (body, draw) => (body.startsWith("{") ? `{"pad":"${"x".repeat(draw.pick([1_000, 15_000, 17_000, 70_000]))}",${body.slice(1)}` : `${body}${" ".repeat(16_500)}`)),
  onText("many members", (body, draw) => (body.startsWith("{") ? `{${Array.from({ length: draw.pick([100, 1_500]) }, (_, index) => `"m${index}":${index}`).join()},${body.slice(1)}` : body)),
];

function utf16(body: Buffer, draw: Draw): Buffer {
  const little = Buffer.from(body.toString("utf8"), "utf16le");
  const big = Buffer.from(little).swap16();
  return draw.pick([little, big, Buffer.concat([Buffer.from([0xff, 0xfe]), little]), Buffer.concat([Buffer.from([0xfe, 0xff]), big])]);
}

/** RFC 2152: some letters written as they need not be. */
const utf7 = (body: string, draw: Draw): string =>
  body.replaceAll(/[A-Za-z{}"]/g, (char) => (draw.chance(0.2) ? `+${Buffer.from(char, "utf16le").swap16().toString("base64").replace(/=+$/, "")}-` : char));

const CHARACTERS: readonly Mutation[] = [
  onBytes("UTF-16", utf16),
  { name: "UTF-16, said so", apply: (crafted, draw) => (crafted.body === null ? crafted : instead({ ...crafted, body: utf16(crafted.body, draw) }, "Content-Type", draw.pick(["application/json; charset=utf-16", "application/json; charset=utf-16le", 'application/json; charset="UTF-16"']))) },
  { name: "UTF-7", apply: (crafted, draw) => (crafted.body === null ? crafted : instead(withBody(crafted, utf7(text(crafted), draw)), "Content-Type", draw.pick(["application/json; charset=utf-7", "application/json", "application/x-www-form-urlencoded; charset=UTF-7"]))) },
  onBytes("byte order mark", (body) => Buffer.concat([Buffer.from([0xef, 0xbb, 0xbf]), body])),
  onBytes("no text", (body, draw) => Buffer.concat([body, Buffer.from(draw.pick([[0xff], [0xc0, 0x80], [0xed, 0xa0, 0x80], [0]]))])),
  onBytes("overlong", (body) => Buffer.from(body.toString("latin1").replace("d", "\u00c1\u00a4").replace("D", "\u00c1\u0084"), "latin1")),
  onText("signs that look alike", (body, draw) => body.replace(/[eoa]/, (char) => draw.pick([{ e: "\u0435", o: "\u043e", a: "\u0430" }[char] ?? char, `${char}\u200b`, `${char}\u0301`]))),
  onBytes("one bit", (body, draw) => {
    const changed = Buffer.from(body);
    if (changed.length > 0) changed[draw.below(changed.length)]! ^= 1 << draw.below(8);
    return changed;
  }),
  onBytes("cut", (body, draw) => body.subarray(0, draw.below(body.length + 1))),
];

const CODINGS: Readonly<Record<string, (body: Buffer) => Buffer>> = { gzip: gzipSync, "x-gzip": gzipSync, deflate: deflateSync, br: brotliCompressSync, GZIP: gzipSync };

function coded(crafted: Crafted, draw: Draw): Crafted {
  if (crafted.body === null) return crafted;
  const coding = draw.pick(Object.keys(CODINGS));
  return withHeader({ ...crafted, body: CODINGS[coding]!(crafted.body) }, "Content-Encoding", coding);
}

const CARRIERS: readonly Mutation[] = [
  { name: "compressed", apply: coded },
  { name: "compressed, not said", apply: (crafted) => (crafted.body === null ? crafted : { ...crafted, body: gzipSync(crafted.body) }) },
  { name: "said to be compressed", apply: (crafted, draw) => withHeader(crafted, "Content-Encoding", draw.pick(["gzip", "br", "zstd", "compress", "gzip, gzip", "identity", "aws-chunked", "deflate, identity"])) },
  { name: "compressed otherwise", apply: (crafted) => (crafted.body === null ? crafted : withHeader({ ...crafted, body: deflateRawSync(crafted.body) }, "Content-Encoding", "deflate")) },
  { name: "compressed and more", apply: (crafted) => (crafted.body === null ? crafted : withHeader({ ...crafted, body: Buffer.concat([gzipSync(Buffer.from("{}")), gzipSync(crafted.body)]) }, "Content-Encoding", "gzip")) },
  { name: "as a form", apply: (crafted, draw) => instead(withBody(crafted, draw.pick([`query=${encodeURIComponent(text(crafted).toWellFormed())}`, `operations=${encodeURIComponent(text(crafted).toWellFormed())}`, `a=1&payload=${encodeURIComponent(text(crafted).toWellFormed())}`])), "Content-Type", "application/x-www-form-urlencoded") },
  { name: "as a part", apply: (crafted, draw) => instead(withBody(crafted, `--b\r\nContent-Disposition: form-data; name=${draw.pick(['"operations"', "operations", '"query"', '"file"; filename="a"'])}\r\n\r\n${text(crafted)}\r\n--b--\r\n`), "Content-Type", "multipart/form-data; boundary=b") },
  { name: "moved into the query", apply: (crafted) => (crafted.body === null ? crafted : { ...withBody(crafted, null), query: text(crafted).toWellFormed().replaceAll(/[^\w=&.%]/gu, (char) => encodeURIComponent(char)) }) },
];

const AWS_MUTATIONS: readonly Mutation[] = [
  { ...onText("action again", (body, draw) => draw.pick([`Action=DescribeDBInstances&${body}`, `${body}&Action=DescribeDBInstances`, `${body}&Action=DeleteDBInstance`, `${body}&action=DeleteDBInstance`])), only: ["aws-query"] },
  { ...onText("action encoded", (body, draw) => draw.pick([body.replace("Action", "%41ction"), body.replace("Delete", "%44elete"), body.replace("Delete", "Del%65te"), body.replace("&", ";"), body.replace("Action=", "Action =")])), only: ["aws-query"] },
  { name: "target", only: ["aws-json"], apply: (crafted, draw) => instead(crafted, "X-Amz-Target", draw.pick(["DynamoDB_20120810.deletetable", "DynamoDB_20111205.DeleteTable", " DynamoDB_20120810.DeleteTable", "DynamoDB_20120810.DeleteTable ", "DynamoDB_20120810.DeleteTable;x", "DynamoDB_20120810", "com.amazonaws.dynamodb.v20120810.DynamoDB_20120810.DeleteTable"])) },
  { name: "target left out", only: ["aws-json"], apply: (crafted) => ({ ...crafted, headers: crafted.headers.filter(([name]) => name !== "X-Amz-Target") }) },
  { name: "aws-chunked", only: ["s3", "aws-query", "aws-json"], apply: (crafted) => withHeader(withHeader(crafted, "Content-Encoding", "aws-chunked"), "X-Amz-Decoded-Content-Length", String(crafted.body?.length ?? 0)) },
];

const SQL_MUTATIONS: readonly Mutation[] = [
  onText("SQL comment", (body, draw) => body.replace(" ", draw.pick(["/**/", "--x\n", "/*!50000*/", " /* a */ ", "#\n"]))),
  onText("SQL in another case", (body, draw) => body.replaceAll(/[A-Za-z]/g, (char) => (draw.chance(0.5) ? char.toUpperCase() : char.toLowerCase()))),
  onText("SQL beside a read", (body, draw) => draw.pick([`SELECT 1; ${body}`, `${body}; SELECT 1`, `SELECT 1 -- ${body}`, `SELECT '${body}'`, `EXPLAIN ${body}`, `WITH a AS (SELECT 1) ${body}`])),
].map((one): Mutation => ({ ...one, only: ["sql"] }));

export const BODY_MUTATIONS: readonly Mutation[] = [...JSON_MUTATIONS, ...CHARACTERS, ...CARRIERS, ...AWS_MUTATIONS, ...SQL_MUTATIONS];
