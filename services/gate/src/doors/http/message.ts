/** What a request must look like before anything reads it: one meaning, whoever parses it. What is sent on is made anew from these parts. */
import type { IncomingMessage } from "node:http";
import { TriplineError } from "@tripline/model";
import type { GateLimits } from "../../limits.ts";

/** Name and value in turn, as they came. */
export type HeaderList = readonly string[];

const TOKEN = /^[A-Za-z0-9!#$%&'*+.^_`|~-]{1,256}$/;
// eslint-disable-next-line no-control-regex
const VALUE = /^[\t\x20-\x7e\x80-\xff]*$/;
const METHOD = /^[A-Z][A-Z-]{0,31}$/;
/** TRACE echoes what is injected; CONNECT is the forward proxy's alone. */
const NEVER: ReadonlySet<string> = new Set(["TRACE", "CONNECT", "TRACK"]);
/** Two of them, and two readers may each take another. */
const ONCE: ReadonlySet<string> = new Set(["host", "content-length", "content-type", "content-encoding", "transfer-encoding", "x-amz-target", "x-tripline-token", "authorization", "expect"]);

const invalid = (detail: string): TriplineError => new TriplineError("TL_GATE_INVALID", detail);

/** @throws TL_GATE_INVALID naming what has more than one meaning */
export function checkMessage(request: Pick<IncomingMessage, "method" | "httpVersion" | "rawHeaders">, limits: GateLimits): void {
  const { method = "", httpVersion, rawHeaders } = request;
  if (!METHOD.test(method) || NEVER.has(method)) throw invalid("The method is not passed on.");
  if (httpVersion !== "1.1") throw invalid("Only HTTP/1.1 is spoken here.");
  if (rawHeaders.length > limits.headers * 2) throw invalid(`More than ${limits.headers} header fields.`);
  const seen = new Map<string, string>();
  let size = 0;
  for (let at = 0; at < rawHeaders.length; at += 2) {
    const name = rawHeaders[at]!.toLowerCase();
    const value = rawHeaders[at + 1]!;
    size += name.length + value.length;
    if (!TOKEN.test(name) || !VALUE.test(value)) throw invalid("A header field holds characters that it must not.");
    if (ONCE.has(sameName(name)) && sameName(name) !== name) throw invalid("A header field is spelled otherwise than it is called.");
    if (ONCE.has(name) && seen.has(name)) throw invalid(`The header field ${name} is there twice.`);
    seen.set(name, value);
  }
  if (size > limits.headerBytes) throw invalid(`The header fields have more than ${limits.headerBytes} bytes.`);
  checkFraming(seen);
}

function checkFraming(headers: ReadonlyMap<string, string>): void {
  if (!headers.has("host")) throw invalid("The Host field is missing.");
  const length = headers.get("content-length");
  const coding = headers.get("transfer-encoding");
  if (coding !== undefined && coding.toLowerCase() !== "chunked") throw invalid("The only transfer coding is `chunked`.");
  if (coding !== undefined && length !== undefined) throw invalid("Content-Length and Transfer-Encoding exclude each other.");
  if (length !== undefined && !/^\d{1,15}$/.test(length)) throw invalid("Content-Length is no number.");
  if (headers.has("upgrade")) throw invalid("Connections cannot be upgraded here: what a WebSocket carries would not be decided. Use requests.");
  if (headers.has("expect") && headers.get("expect")?.toLowerCase() !== "100-continue") throw invalid("The expectation is not known.");
}

/** The name by which some servers know a field: to CGI and its heirs `X_Original_URL` is `X-Original-URL`. */
export const sameName = (name: string): string => name.toLowerCase().replaceAll(/[^a-z0-9]/g, "-");

export function headerOf(headers: HeaderList, name: string): string | undefined {
  for (let at = 0; at < headers.length; at += 2) if (headers[at]!.length === name.length && headers[at]!.toLowerCase() === name) return headers[at + 1];
  return undefined;
}
