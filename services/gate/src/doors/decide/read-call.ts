/** From the bytes of a request to a call. Everything is bounded before it is looked at. */
import { canonicalJson, capture, sha256Hex } from "@tripline/canonical";
import { isId, LIMITS as MODEL, TriplineError } from "@tripline/model";
import { isUtf8 } from "node:buffer";
import { randomUUID } from "node:crypto";
import { Compile } from "typebox/compile";
import type { GateCall } from "../../call.ts";
import { DecisionRequest } from "./schema.ts";

const validator = Compile(DecisionRequest);
const DETAIL_CHARS = 200;

const [QUOTE, COMMA, BACKSLASH, OPEN_BRACKET, CLOSE_BRACKET, OPEN_BRACE, CLOSE_BRACE] = [0x22, 0x2c, 0x5c, 0x5b, 0x5d, 0x7b, 0x7d];

/** Counts brackets outside of texts; what is not JSON is left to the parser. */
export function isDeeper(bytes: Buffer, depth: number): boolean {
  if (!mayBeDeeper(bytes, depth)) return false;
  let open = 0;
  for (let index = 0; index < bytes.length; index += 1) {
    const byte = bytes[index];
    if (byte === QUOTE) index = endOfText(bytes, index + 1);
    else if (byte === OPEN_BRACE || byte === OPEN_BRACKET) {
      open += 1;
      if (open > depth) return true;
    } else if (byte === CLOSE_BRACE || byte === CLOSE_BRACKET) open -= 1;
  }
  return false;
}

/** Each costs as much as a hundred bytes of text, and a call is decided while others wait. */
const MAX_VALUES = 8_192;

/** Counts commas outside of texts. */
function holdsMore(bytes: Buffer, most: number): boolean {
  let found = 0;
  for (let at = bytes.indexOf(COMMA); at >= 0 && found <= most; at = bytes.indexOf(COMMA, at + 1)) found += 1;
  if (found <= most) return false;
  found = 0;
  for (let index = 0; index < bytes.length; index += 1) {
    const byte = bytes[index];
    if (byte === QUOTE) index = endOfText(bytes, index + 1);
    else if (byte === COMMA) found += 1;
  }
  return found > most;
}

/** As good as every body has fewer brackets altogether, and those are found faster than bytes are looked at. */
function mayBeDeeper(bytes: Buffer, depth: number): boolean {
  if (bytes.length < SHORT_BYTES) return true;
  let found = 0;
  for (const bracket of [OPEN_BRACE, OPEN_BRACKET]) {
    for (let at = bytes.indexOf(bracket); at >= 0; at = bytes.indexOf(bracket, at + 1)) {
      found += 1;
      if (found > depth) return true;
    }
  }
  return false;
}

const SHORT_BYTES = 1_024;

function endOfText(bytes: Uint8Array, from: number): number {
  let index = from;
  while (index < bytes.length && bytes[index] !== QUOTE) index += bytes[index] === BACKSLASH ? 2 : 1;
  return index;
}

/** @throws TL_GATE_INVALID with what is wrong, never with a value */
export function parseJson(bytes: Buffer, depth: number): unknown {
  if (isDeeper(bytes, depth)) throw new TriplineError("TL_GATE_INVALID", `The JSON is nested more than ${depth} deep.`);
  if (holdsMore(bytes, MAX_VALUES)) throw new TriplineError("TL_GATE_INVALID", `The JSON holds more than ${MAX_VALUES} values.`);
  // A byte that is no text would be judged as something else than what runs.
  if (!isUtf8(bytes)) throw new TriplineError("TL_GATE_INVALID", "The body is not UTF-8.");
  const text = bytes.toString("utf8");
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new TriplineError("TL_GATE_INVALID", "The body is not JSON.");
  }
  if (text.includes("\\u") && HALF_CHARACTER.test(text)) textOf(value);
  return value;
}

/** Only written like this can half a character come in valid UTF-8. */
const HALF_CHARACTER = /\\u[dD][89a-fA-F]/u;

/** @throws TL_GATE_INVALID for what has no canonical text, and could not be told from something else */
function textOf(value: unknown): string {
  const canonical = canonicalJson(value);
  if (!canonical.ok) throw new TriplineError("TL_GATE_INVALID", `It has no canonical text: ${canonical.reason}.`);
  return canonical.text;
}

/** @throws TL_GATE_INVALID with the path of what is wrong, never with a value */
export function readCall(body: unknown): GateCall {
  if (!validator.Check(body)) throw new TriplineError("TL_GATE_INVALID", whatIsWrong(body));
  const { callId = randomUUID() } = body;
  if (!isId(callId)) throw new TriplineError("TL_GATE_INVALID", "At /callId: not an id.");
  const { request = null } = body;
  const { session, task, tool, operation, resource, environment, provenance = {}, approvalId } = body;
  // Keys are no part of the schema's bounds.
  if (Object.keys(provenance).some((path) => path.length > MODEL.argumentPathChars)) throw new TriplineError("TL_GATE_INVALID", "At /provenance: a path is too long.");
  let payload: string | null = null;
  return {
    callId, door: "decide", session: session ?? null, task: task ?? null, tool, operation: operation ?? null, request,
    ...inputsOf(body), provenance, resource: resource ?? null,
    environment: environment ?? null, credentials: [], injected: null, target: null, stored: null, resourceVersion: null,
    approvalId: approvalId ?? null,
    // Made when an approval is to be bound to it: most calls are never held.
    get payload() {
      return (payload ??= sha256Hex(textOf({ tool, operation: operation ?? null, arguments: body.arguments ?? null, argumentsCut: body.argumentsCut ?? false, request, resource: resource ?? null })));
    },
  };
}

/** What is beyond counts as cut off. */
const READ_CHARS = 32_768;

function inputsOf({ arguments: given, argumentsCut = false }: DecisionRequest): Pick<GateCall, "inputs" | "unredacted"> {
  if (given === undefined && !argumentsCut) return { inputs: null };
  const unredacted = typeof given === "string" ? given : JSON.stringify(given ?? null);
  if (unredacted.length <= READ_CHARS) {
    const captured = capture(unredacted);
    return { inputs: { ...captured, truncated: captured.truncated || argumentsCut }, unredacted };
  }
  // The half of a secret that the cut goes through lies beyond what is kept.
  const { text } = capture(unredacted.slice(0, READ_CHARS), undefined, MODEL.captureChars / 2);
  return { inputs: { text, fullBytes: Buffer.byteLength(unredacted), truncated: true, digest: sha256Hex(text) }, unredacted };
}

function whatIsWrong(body: unknown): string {
  const [first] = validator.Errors(body);
  return first === undefined ? "The body is not a decision request." : `At ${first.instancePath || "/"}: ${first.message}.`.slice(0, DETAIL_CHARS);
}
