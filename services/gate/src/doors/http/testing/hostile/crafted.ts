/** A request as it is put together, before it is bytes. */
import type { Draw } from "./draw.ts";

export type Api = "rest" | "graphql" | "aws-query" | "aws-json" | "s3" | "rpc" | "sql";

export interface Crafted {
  readonly api: Api;
  readonly method: string;
  /** Below the upstream's own address. */
  readonly path: string;
  /** Null: none, and no `?`. */
  readonly query: string | null;
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly body: Buffer | null;
  readonly chunks: "none" | "plain" | "odd";
  /** False once it may end elsewhere than it says: whoever sends it must not wait for an answer, and opens another connection after it. */
  readonly isFramed: boolean;
}

export interface Mutation {
  readonly name: string;
  /** Absent: every API. */
  readonly only?: readonly Api[];
  /** The request itself where it does not apply to it. */
  apply(crafted: Crafted, draw: Draw): Crafted;
}

/** Who sends it, and to which door. */
export type Sender =
  | { readonly door: "reverse"; readonly host: string; readonly prefix: string; readonly token: string }
  /** A proxy that is asked for an address with `http:`. */
  | { readonly door: "forward"; readonly host: string; readonly prefix: string; readonly token: string }
  /** Within CONNECT, which showed the token. */
  | { readonly door: "tunnel"; readonly host: string; readonly prefix: string; readonly token: string };

export const text = (crafted: Crafted): string => crafted.body?.toString("utf8") ?? "";

export const withHeader = (crafted: Crafted, name: string, value: string): Crafted => ({ ...crafted, headers: [...crafted.headers, [name, value]] });

export function instead(crafted: Crafted, name: string, value: string): Crafted {
  const others = crafted.headers.filter(([other]) => other.toLowerCase() !== name.toLowerCase());
  return { ...crafted, headers: [...others, [name, value]] };
}

export const withBody = (crafted: Crafted, body: string | Buffer | null): Crafted => ({ ...crafted, body: typeof body === "string" ? Buffer.from(body) : body });

/** The name by which the upstream and the record of the decision know it again. */
export const CASE_HEADER = "x-case";

/** `caseId`: also the call's id. */
export function bytesOf(crafted: Crafted, sender: Sender, caseId: string, draw: Draw): Buffer {
  const { method, path, query, headers, body, chunks } = crafted;
  const target = `${sender.prefix}${path}${query === null ? "" : `?${query}`}`;
  const lines = [`${method} ${target} HTTP/1.1`, `Host: ${sender.host}`, ...shown(crafted, sender), `X-Tripline-Call: ${caseId}`, `X-Case: ${caseId}`, ...headers.map(([name, value]) => `${name}: ${value}`)];
  const framing = body === null ? [] : chunks === "none" ? [`Content-Length: ${body.length}`] : ["Transfer-Encoding: chunked"];
  const head = Buffer.from(`${[...lines, ...framing].join("\r\n")}\r\n\r\n`, "latin1");
  if (body === null) return head;
  return Buffer.concat([head, ...(chunks === "none" ? [body] : chunked(body, chunks === "odd", draw))]);
}

function shown({ api, headers }: Crafted, sender: Sender): string[] {
  if (sender.door === "tunnel") return [];
  if (sender.door === "forward") return [`Proxy-Authorization: Basic ${Buffer.from(`agent:${sender.token}`).toString("base64")}`];
  if (headers.some(([name]) => name === "X-Tripline-Token")) return [];
  const service = SERVICES[api];
  if (service === undefined) return [`Authorization: Bearer ${sender.token}`];
  return [`Authorization: AWS4-HMAC-SHA256 Credential=${sender.token}/20260101/us-east-1/${service}/aws4_request, SignedHeaders=host;x-amz-date, Signature=${"0".repeat(64)}`, "X-Amz-Date: 20260101T000000Z"];
}

const SERVICES: Readonly<Partial<Record<Api, string>>> = { "aws-query": "rds", "aws-json": "dynamodb", s3: "s3" };

/** `odd`: as the grammar allows and few expect. */
function chunked(body: Buffer, odd: boolean, draw: Draw): Buffer[] {
  const parts: Buffer[] = [];
  for (let at = 0; at < body.length; ) {
    const part = body.subarray(at, at + 1 + draw.below(Math.max(1, body.length)));
    const size = part.length.toString(16);
    const written = odd ? draw.pick([size.toUpperCase(), `000${size}`, `${size};a=b`, `${size};q="\\""`]) : size;
    parts.push(Buffer.from(`${written}\r\n`), part, Buffer.from("\r\n"));
    at += part.length;
  }
  return [...parts, Buffer.from(odd && draw.chance(0.3) ? "0\r\nX-Trailer: DELETE\r\n\r\n" : "0\r\n\r\n")];
}
