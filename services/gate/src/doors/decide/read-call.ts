/** From the bytes of a request to a call. Everything is bounded before it is looked at. */
import { canonicalJson, capture, cut, redact, type Redaction, sha256Hex } from "@tripline/canonical";
import { type Captured, isId, LIMITS as MODEL, TriplineError } from "@tripline/model";
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
  if (bytes.length > MAX_VALUES && holdsMore(bytes, MAX_VALUES)) throw new TriplineError("TL_GATE_INVALID", `The JSON holds more than ${MAX_VALUES} values.`);
  const text = bytes.toString("utf8");
  // A byte that is no text would be judged as something else than what runs. In the text it is the sign that replaces it, which may stand there itself.
  if (text.includes(REPLACEMENT) && !isUtf8(bytes)) throw new TriplineError("TL_GATE_INVALID", "The body is not UTF-8.");
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new TriplineError("TL_GATE_INVALID", "The body is not JSON.");
  }
  if (text.includes("\\u") && HALF_CHARACTER.test(text)) textOf(value);
  return value;
}

const REPLACEMENT = "\ufffd";

/** Only written like this can half a character come in valid UTF-8. */
const HALF_CHARACTER = /\\u[dD][89a-fA-F]/u;

/** @throws TL_GATE_INVALID for what has no canonical text, and could not be told from something else */
function textOf(value: unknown): string {
  const canonical = canonicalJson(value);
  if (!canonical.ok) throw new TriplineError("TL_GATE_INVALID", `It has no canonical text: ${canonical.reason}.`);
  return canonical.text;
}

/** How texts are looked through for secrets, by whose word: see `look-through.ts`. */
export type Look = (text: string) => Redaction;

/** @throws TL_GATE_INVALID with the path of what is wrong, never with a value */
export function readCall(body: unknown, look: Look = redact): GateCall {
  if (!validator.Check(body)) throw new TriplineError("TL_GATE_INVALID", whatIsWrong(body));
  const { callId = randomUUID(), provenance } = body;
  if (!isId(callId)) throw new TriplineError("TL_GATE_INVALID", "At /callId: not an id.");
  // Keys are no part of the schema's bounds.
  for (const path in provenance) if (path.length > MODEL.argumentPathChars) throw new TriplineError("TL_GATE_INVALID", "At /provenance: a path is too long.");
  return new AskedCall(body, callId, look);
}

const NO_CREDENTIALS: readonly never[] = [];

/** A class, since accessors of a literal are made anew with each call, at the price of reading it. */
class AskedCall implements GateCall {
  readonly callId: string;
  readonly door = "decide";
  readonly session: string | null;
  readonly task: string | null;
  readonly tool: string;
  readonly operation: string | null;
  readonly request: GateCall["request"];
  readonly inputs: GateCall["inputs"];
  readonly unredacted: string;
  readonly provenance: GateCall["provenance"];
  readonly resource: GateCall["resource"];
  readonly environment: string | null;
  readonly credentials = NO_CREDENTIALS;
  readonly injected = null;
  readonly target = null;
  readonly stored = null;
  readonly resourceVersion = null;
  readonly approvalId: string | null;
  readonly #body: DecisionRequest;
  #payload: string | null = null;

  constructor(body: DecisionRequest, callId: string, look: Look) {
    const { session = null, task = null, operation = null, request = null, resource = null, environment = null, approvalId = null, provenance = {}, arguments: given, argumentsCut = false } = body;
    this.callId = callId;
    this.session = session;
    this.task = task;
    this.tool = body.tool;
    this.operation = operation;
    this.request = request;
    const hasInputs = given !== undefined || argumentsCut;
    this.unredacted = !hasInputs ? "" : typeof given === "string" ? given : JSON.stringify(given ?? null);
    this.inputs = hasInputs ? inputsOf(this.unredacted, argumentsCut, look) : null;
    this.provenance = provenance;
    this.resource = resource;
    this.environment = environment;
    this.approvalId = approvalId;
    this.#body = body;
  }

  /** Made when an approval is to be bound to it: most calls are never held. */
  get payload(): string {
    const { tool, operation = null, arguments: given = null, argumentsCut = false, request = null, resource = null } = this.#body;
    return (this.#payload ??= sha256Hex(textOf({ tool, operation, arguments: given, argumentsCut, request, resource })));
  }
}

/** What is beyond counts as cut off. */
const READ_CHARS = 32_768;

function inputsOf(unredacted: string, wasCut: boolean, look: Look): Captured {
  const fullBytes = Buffer.byteLength(unredacted);
  if (unredacted.length > READ_CHARS) {
    // The half of a secret that the cut goes through lies beyond what is kept.
    const { text } = capture(unredacted.slice(0, READ_CHARS), undefined, MODEL.captureChars / 2);
    return new Inputs(text, text, fullBytes, true);
  }
  const whole = look(unredacted).text;
  return whole.length <= MODEL.captureChars ? new Inputs(whole, whole, fullBytes, wasCut) : new Inputs(cut(whole, MODEL.captureChars), whole, fullBytes, true);
}

/** Its digest is made where it is asked for: the record makes its own. */
class Inputs implements Captured {
  readonly text: string;
  readonly fullBytes: number;
  readonly truncated: boolean;
  readonly #whole: string;

  constructor(text: string, whole: string, fullBytes: number, truncated: boolean) {
    this.text = text;
    this.fullBytes = fullBytes;
    this.truncated = truncated;
    this.#whole = whole;
  }

  get digest(): string {
    return sha256Hex(this.#whole);
  }
}

function whatIsWrong(body: unknown): string {
  const [first] = validator.Errors(body);
  return first === undefined ? "The body is not a decision request." : `At ${first.instancePath || "/"}: ${first.message}.`.slice(0, DETAIL_CHARS);
}
