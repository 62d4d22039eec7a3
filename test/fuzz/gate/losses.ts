/**
 * What an upstream loses by a request, as the most lenient of servers would read it: every way in which one is known to find a method, an
 * address, a field or a document counts. It shares nothing with the gate's own reading, so that a fault there is not made here again.
 */
import { createHash } from "node:crypto";
import { brotliDecompressSync, gunzipSync, inflateRawSync, inflateSync } from "node:zlib";
import { DESTROYING, LOSSES, type Server, STORED_DOCUMENT } from "@tripline/gate/hostile";
import { documentLoses } from "./documents.ts";

export interface Arrived {
  readonly method: string;
  /** Path and query, as they stand in the request line. */
  readonly url: string;
  readonly rawHeaders: readonly string[];
  readonly body: Buffer;
}

/** Null where nothing is lost; else what, in words. */
export function lossOf({ api, base }: Server, arrived: Arrived): string | null {
  if (!SUSPICIOUS.test(`${arrived.method} ${arrived.url} ${arrived.rawHeaders.join(" ")}`) && arrived.body.length === 0) return null;
  const texts = textsOf(arrived);
  const fields = [...fieldsIn(queryOf(arrived.url)), ...texts.flatMap((text) => (/^\s*[[{<]/.test(text) ? [] : fieldsIn(text)))];
  switch (api) {
    case "graphql":
      return graphqlLoss(texts, fields);
    case "rest":
      return restLoss(arrived, texts, fields, base);
    case "s3":
      return methodsOf(arrived, texts, fields).includes("DELETE") ? "s3 DELETE" : fieldsIn(queryOf(arrived.url)).some(([name]) => name === "delete") && arrived.method === "POST" ? "s3 delete of many" : null;
    case "aws-query":
      return named(fields.filter(([name]) => name.trim() === "Action").map(([, value]) => value.trim()), DESTROYING["aws-query"]);
    case "aws-json":
      return named(headerValues(arrived, "x-amz-target").flatMap((value) => value.split(",")).map((value) => value.trim().split(".").at(-1) ?? ""), DESTROYING["aws-json"]);
    case "rpc":
      return named(texts.flatMap((text) => jsonReadings(text)).flatMap(callsIn), DESTROYING.rpc);
    case "sql":
      return [...texts, ...fields.filter(([name]) => /^(?:query|sql|statement)$/i.test(name)).map(([, value]) => value), ...texts.flatMap(jsonReadings).flatMap(statementsIn)].map(statementLoss).find((found) => found !== null) ?? null;
  }
}

/** Without a body, what could lose anything has one of these in its line or header. */
const SUSPICIOUS = /delete|destroy|purge|drop|truncate|%|method|action|original|rewrite|target|document|extensions|hash|\\u/i;

const named = (found: readonly string[], losing: readonly string[]): string | null => found.find((name) => losing.includes(name)) ?? null;
const queryOf = (url: string): string => (url.includes("?") ? url.slice(url.indexOf("?") + 1) : "");

/** By `&` and by `;`, each with its name and value decoded; `=` may be missing. */
function fieldsIn(text: string): [string, string][] {
  return [text, text.replaceAll(";", "&")].flatMap((one) => one.split("&").map((pair): [string, string] => {
    const sign = pair.indexOf("=");
    return [decoded(sign < 0 ? pair : pair.slice(0, sign)), sign < 0 ? "" : decoded(pair.slice(sign + 1))];
  }));
}

const decoded = (text: string): string => Buffer.from(text.replaceAll("+", " ").replaceAll(/%([0-9a-f]{2})/gi, (_, code: string) => String.fromCharCode(Number.parseInt(code, 16))), "latin1").toString("utf8");

const sameName = (name: string): string => name.toLowerCase().replaceAll(/[^a-z0-9]/g, "-");
const headerValues = ({ rawHeaders }: Arrived, name: string): string[] => rawHeaders.filter((_, at) => at % 2 === 1 && sameName(rawHeaders[at - 1]!) === name);

/** The body in every coding and set of characters in which a server may take it. */
function textsOf(arrived: Arrived): string[] {
  if (arrived.body.length === 0) return [];
  const plain = [arrived.body, ...decompressed(arrived.body)];
  const type = headerValues(arrived, "content-type").join();
  const isUtf7 = /utf-?7/i.test(type);
  const texts = plain.flatMap((bytes) => {
    const utf8 = bytes.toString("utf8").replace(/^\ufeff/, "");
    const wide = bytes.includes(0) && bytes.length % 2 === 0 ? [bytes.toString("utf16le"), Buffer.from(bytes).swap16().toString("utf16le")].map((text) => text.replace(/^\ufeff/, "")) : [];
    return [utf8, ...(utf8.includes("\0") ? [utf8.replaceAll("\0", "")] : []), ...wide, ...(isUtf7 ? [fromUtf7(utf8)] : [])];
  });
  return [...texts, ...(type.includes("multipart/") ? texts.flatMap(partsIn).filter((part) => !/^\s*[[{]/.test(part) || isJson(part)) : [])];
}

/** Of the parts of a form only what is JSON to the letter is taken for it. */
function isJson(text: string): boolean {
  try {
    return JSON.parse(text) !== undefined;
  } catch {
    return false;
  }
}

const UNPACKED_BYTES = 4_194_304;

function decompressed(body: Buffer): Buffer[] {
  return [gunzipSync, inflateSync, inflateRawSync, brotliDecompressSync].flatMap((unpack) => {
    try {
      return [unpack(body, { maxOutputLength: UNPACKED_BYTES })];
    } catch {
      return [];
    }
  });
}

const fromUtf7 = (text: string): string => text.replaceAll(/\+([A-Za-z0-9+/]*)-/g, (_, code: string) => {
  const bytes = Buffer.from(code, "base64");
  return code === "" ? "+" : bytes.subarray(0, bytes.length - (bytes.length % 2)).swap16().toString("utf16le");
});

const partsIn = (text: string): string[] => [...text.matchAll(/name=["']?([\w$-]+)["']?[^\r\n]*(?:\r?\n[^\r\n]+)*\r?\n\r?\n(.*?)\r?\n--/gs)].flatMap(([, name = "", value = ""]) => [value, `${name}=${encodeURIComponent(value)}`]);

/** As parsers that are strict, that take comments, and that keep the first of two members read it. */
function jsonReadings(text: string): unknown[] {
  const spellings = [text, text.replaceAll(/\/\*.*?\*\/|^\s*(?:\/\/|#)[^\n]*\n/gs, ""), text.replaceAll("'", '"'), text.replaceAll(/([{,]\s*)(\w+):/g, '$1"$2":'), text.replaceAll(/,\s*([}\]])/g, "$1"), text.replaceAll(/[\0\f\v\u00a0\ufeff\u2028]/g, " ").trim(), (/^\s*[[{].*[\]}]/s.exec(text)?.[0] ?? text)];
  return [...new Set(spellings)].flatMap((spelling) => {
    const found: unknown[] = [];
    try {
      const last: unknown = JSON.parse(spelling);
      found.push(last, ...(typeof last === "string" ? jsonReadings(last) : []));
      // A reviver sees of two members the last; the first is found by taking the others' names away.
      const first = spelling.replaceAll(/"(query|method|params|operationName|requests|name)"(\s*:)/g, keepFirst());
      if (first !== spelling) found.push(JSON.parse(first));
    } catch {
      // Read by none of these.
    }
    return found;
  });
}

function keepFirst(): (whole: string, name: string, sign: string) => string {
  const seen = new Map<string, number>();
  return (whole, name, sign) => {
    const times = (seen.get(name) ?? 0) + 1;
    seen.set(name, times);
    return times === 1 ? whole : `"${name}-${times}"${sign}`;
  };
}

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> => typeof value === "object" && value !== null && !Array.isArray(value);

/** Of lists in lists, however deep: a thousand of them are sent as well. */
function membersOf(value: unknown): unknown[] {
  const found: unknown[] = [];
  const open = [value];
  while (open.length > 0) {
    const one = open.pop();
    if (Array.isArray(one)) for (const member of one) open.push(member);
    else found.push(one);
  }
  return found;
}

const STORED = new Map(LOSSES.filter(({ server }) => server === "railway").map(({ crafted: { body } }) => {
  const { query } = JSON.parse(String(body)) as { query: string };
  return [createHash("sha256").update(query).digest("hex"), query];
}));

function graphqlLoss(texts: readonly string[], fields: readonly [string, string][]): string | null {
  const inFields = Object.fromEntries(fields.toReversed());
  const members = [...texts.flatMap(jsonReadings), ...fields.filter(([name]) => /^(?:operations|payload|extensions)$/.test(name)).flatMap(([, value]) => jsonReadings(value))].flatMap(membersOf).filter(isRecord);
  const asked: { document: string; operation: unknown }[] = [
    ...members.filter(({ query }) => typeof query === "string").map(({ query, operationName }) => ({ document: query as string, operation: operationName })),
    ...fields.filter(([name]) => name === "query").map(([, document]) => ({ document, operation: inFields["operationName"] })),
    ...texts.filter((text) => /^\s*(?:mutation|query|subscription|fragment|\{|#)/.test(text)).map((document) => ({ document, operation: undefined })),
  ];
  const hashes = [...members, inFields].flatMap((member) => storedNames(member));
  if (hashes.some((hash) => hash === STORED_DOCUMENT || STORED.has(hash))) return "stored document";
  return asked.map(({ document, operation }) => documentLoses(document, operation)).find((found) => found !== null) ?? null;
}

function storedNames(member: Readonly<Record<string, unknown>>): string[] {
  const extensions = typeof member["extensions"] === "string" ? jsonReadings(member["extensions"])[0] : member["extensions"];
  const persisted = isRecord(extensions) ? extensions["persistedQuery"] : undefined;
  return [member["documentId"], member["doc_id"], member["queryId"], isRecord(persisted) ? persisted["sha256Hash"] : undefined].filter((name) => typeof name === "string");
}

const OVERRIDE = /^(?:_method|[$_]?http_?method|x-http-method(?:-override)?|x-method-override)$/i;

/** Of the line, and what servers take in its place. */
function methodsOf(arrived: Arrived, texts: readonly string[], fields: readonly [string, string][]): string[] {
  const members = texts.flatMap(jsonReadings).filter(isRecord);
  const stated = [
    arrived.method, ...["x-http-method-override", "x-http-method", "x-method-override", "x-original-method"].flatMap((name) => headerValues(arrived, name)),
    ...fields.filter(([name]) => OVERRIDE.test(name.replaceAll("\0", ""))).map(([, value]) => value), ...members.map((member) => member["_method"]).filter((value) => typeof value === "string"),
  ];
  return stated.map((method) => method.trim().toUpperCase());
}

function restLoss(arrived: Arrived, texts: readonly string[], fields: readonly [string, string][], base: string): string | null {
  if (methodsOf(arrived, texts, fields).includes("DELETE")) return `DELETE ${arrived.url.slice(0, 100)}`;
  const addresses = [arrived.url, ...["x-original-url", "x-rewrite-url", "x-envoy-original-path", "x-override-url"].flatMap((name) => headerValues(arrived, name))];
  const route = addresses.flatMap((url) => pathsOf(url.slice(base.length))).find((path) => losingPath(path));
  if (route !== undefined) return route;
  const batches = texts.flatMap(jsonReadings).filter(isRecord).flatMap((body) => [body["requests"], body["batch"]]).flatMap(membersOf).filter(isRecord);
  return batches.some(({ method, url }) => String(method).toUpperCase() === "DELETE" && typeof url === "string") ? "DELETE in a batch" : null;
}

/** As it stands, decoded once and twice; dots resolved, matrix parameters and repeated slashes taken away. */
function pathsOf(url: string): string[] {
  const [path = ""] = url.split(/[?#]/, 1);
  const all = [path, decoded(path), decoded(decoded(path))].map((one) => one.replaceAll("\\", "/").replaceAll(/;[^/]*/g, "").replaceAll(/\/{2,}/g, "/").replaceAll("\0", ""));
  return [...new Set(all.flatMap((one) => [one, URL.parse(one, "http://upstream")?.pathname ?? one]))];
}

const ROUTES = /^\/(?:v1\/volumes\/(?:delete|destroy|purge)|v1\/instances\/[^/]+:destroy|admin\/purge)[/.]?$/;
const losingPath = (path: string): boolean => ROUTES.test(path) || ROUTES.test(path.toLowerCase().trim());

const callsIn = (value: unknown): string[] => membersOf(value).filter(isRecord).flatMap(({ method, params }) => {
  const name = membersOf(params).filter(isRecord).map((one) => one["name"]);
  return [method, ...(typeof method === "string" && method.trim() === "tools/call" ? name : [])].filter((one) => typeof one === "string");
});

const statementsIn = (value: unknown): string[] => membersOf(value).filter(isRecord).flatMap((body) => [body["query"], body["sql"], body["statement"]]).filter((one) => typeof one === "string");

/** Comments and texts taken away, some statement begins with a word of loss. */
function statementLoss(text: string): string | null {
  const bare = text.replaceAll(/'(?:[^'\\]|''|\\.)*'/gs, "''").replaceAll(/\/\*!?\d*(.*?)\*\//gs, (_, inner: string) => ` ${inner} `).replaceAll(/(?:--|#)[^\n]*/g, " ");
  const found = /(?:^|;|\)|\bexplain\s+analyze)\s*(drop\s+(?:table|database|schema)|truncate\s+table|delete\s+from)\b/i.exec(bare);
  return found === null ? null : `SQL ${found[1]}`;
}
