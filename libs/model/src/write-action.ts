/** Writes actions in their compact form (see `stored-action.ts`). */
import { LIMITS } from "./limits.ts";
import {
  EVENT_AT,
  FLAGS,
  FLAGS_AT,
  FORMAT,
  INPUTS_AT,
  NULL_TEXT,
  OUTCOME_AT,
  OUTPUTS_AT,
  OWN_AT,
  OWN_TEXTS,
  REST_AT,
  SHARED_AT,
  SHARED_TEXTS,
  STATUSES,
  wordsOf,
  type Rest,
  type StorableAction,
  type StorableCaptured,
} from "./stored-action.ts";

/** UTF-8 takes at most this much per UTF-16 unit. */
const MAX_BYTES_PER_CHAR = 3;
/** The head and all texts but inputs, outputs and rest take at most this. */
const SHORT_BYTES = SHARED_AT + (OWN_TEXTS + SHARED_TEXTS) * (2 + LIMITS.idChars * MAX_BYTES_PER_CHAR);
const MAX_UINT32 = 0xffff_ffff;

/** Node's own encoder: `write` ends in it after parsing its arguments, which takes as long as the encoding of a short text. */
interface TextBuffer extends Buffer {
  utf8Write(text: string, at: number): number;
}

/** Writes one action after another, and copies from the one before what the next repeats. */
export class ActionWriter {
  /** Of the action before. */
  #shared: readonly (string | null)[] = [];
  #sharedBytes: Uint8Array = new Uint8Array();
  #rest = "";
  #fits = true;

  /** The most bytes that `write` takes for this action; to be asked just before. */
  bound(action: StorableAction): number {
    const { inputs, outputs } = action;
    this.#rest = restOf(action);
    const long = charsOf(inputs) + charsOf(outputs) + this.#rest.length;
    return SHORT_BYTES + long * MAX_BYTES_PER_CHAR;
  }

  /** Writes the action that `bound` was asked about at `at`; answers where it ends, or -1 for one that only JSON can hold. */
  write(action: StorableAction, target: Buffer, at: number): number {
    const into = target as TextBuffer;
    const { source, outcome, inputs, outputs } = action;
    const words = wordsOf(action);
    if (words < 0 || action.v !== 1 || !this.#share(action)) return -1;
    into[at] = FORMAT;
    into[at + 1] = words;
    into[at + OUTCOME_AT] = outcome === null || outcome.errorType !== null ? 0 : 1 + STATUSES.indexOf(outcome.status);
    into[at + FLAGS_AT] =
      (action.id === null ? FLAGS.id : 0) |
      (action.callId === null ? FLAGS.callId : 0) |
      (inputs === null ? 0 : FLAGS.inputs | (inputs.truncated ? FLAGS.inputsTruncated : 0)) |
      (outputs === null ? 0 : FLAGS.outputs | (outputs.truncated ? FLAGS.outputsTruncated : 0)) |
      (this.#rest === "" ? 0 : FLAGS.rest);
    into.writeDoubleLE(action.eventMs, at + EVENT_AT);
    into.set(this.#sharedBytes, at + SHARED_AT);
    this.#fits = true;
    let end = at + SHARED_AT + this.#sharedBytes.length;
    const own = at + OWN_AT;
    end = this.#short(source.spanId, into, own, end);
    end = this.#short(source.parentSpanId, into, own + 2, end);
    end = this.#short(action.tool, into, own + 4, end);
    end = this.#short(action.operation, into, own + 6, end);
    end = this.#short(action.id, into, own + 8, end);
    end = this.#short(action.callId, into, own + 10, end);
    end = this.#captured(inputs, into, at + INPUTS_AT, end);
    end = this.#captured(outputs, into, at + OUTPUTS_AT, end);
    end = this.#long(this.#rest, into, at + REST_AT, end);
    return this.#fits ? end : -1;
  }

  /** Sets `#sharedBytes` to those of this action. */
  #share({ tenant, agent, claimedAgent, session, parentSession, task, environment, source }: StorableAction): boolean {
    const before = this.#shared;
    if (
      before[0] === tenant && before[1] === agent.id && before[2] === agent.name && before[3] === agent.version && before[4] === agent.role &&
      before[5] === agent.runtime && before[6] === claimedAgent && before[7] === session && before[8] === parentSession && before[9] === task &&
      before[10] === environment && before[11] === source.dialect && before[12] === source.traceId
    ) {
      return true;
    }
    const { id, name, version, role, runtime } = agent;
    const texts = [tenant, id, name, version, role, runtime, claimedAgent, session, parentSession, task, environment, source.dialect, source.traceId];
    const bytes = Buffer.allocUnsafe(SHORT_BYTES) as TextBuffer;
    let end = 2 * SHARED_TEXTS;
    this.#fits = true;
    for (const [index, text] of texts.entries()) end = this.#short(text, bytes, 2 * index, end);
    this.#shared = this.#fits ? texts : [];
    this.#sharedBytes = bytes.subarray(0, end);
    return this.#fits;
  }

  /** A text of at most `LIMITS.idChars` characters, at `end`, and its length at `lengthAt`. */
  #short(text: string | null, into: TextBuffer, lengthAt: number, end: number): number {
    let length = NULL_TEXT;
    if (text !== null) {
      if (text.length > LIMITS.idChars) this.#fits = false;
      else length = this.#text(text, into, end);
    }
    into[lengthAt] = length & 0xff;
    into[lengthAt + 1] = length >> 8;
    return length === NULL_TEXT ? end : end + length;
  }

  #captured(value: StorableCaptured | null, into: TextBuffer, lengthAt: number, end: number): number {
    const fullBytes = value === null ? 0 : value.fullBytes;
    if (fullBytes > MAX_UINT32) this.#fits = false;
    writeUint32(fullBytes, into, lengthAt + 4);
    if (value?.ascii !== undefined) {
      const { bytes, start, end: stop } = value.ascii;
      bytes.copy(into, end, start, stop);
      writeUint32(stop - start, into, lengthAt);
      return end + stop - start;
    }
    return this.#long(value === null ? "" : value.text, into, lengthAt, end);
  }

  #long(text: string, into: TextBuffer, lengthAt: number, end: number): number {
    const length = text === "" ? 0 : this.#text(text, into, end);
    writeUint32(length, into, lengthAt);
    return end + length;
  }

  /** JSON escapes a lone surrogate; UTF-8 cannot hold one. */
  #text(text: string, into: TextBuffer, at: number): number {
    if (text.length <= SHORT_CHARS && writeAscii(text, into, at)) return text.length;
    const length = into.utf8Write(text, at);
    if (length !== text.length && !text.isWellFormed()) this.#fits = false;
    return length;
  }
}

/** For so few characters a call into native code takes twice as long as a loop. */
const SHORT_CHARS = 24;

/** False where the text is not ASCII; what was written then is to be written over. */
function writeAscii(text: string, into: Uint8Array, at: number): boolean {
  for (let i = 0; i < text.length; i += 1) {
    const code = text.charCodeAt(i);
    if (code >= 128) return false;
    into[at + i] = code;
  }
  return true;
}

function charsOf(value: StorableCaptured | null): number {
  if (value === null) return 0;
  return value.ascii === undefined ? value.text.length : value.ascii.end - value.ascii.start;
}

function writeUint32(value: number, into: Uint8Array, at: number): void {
  into[at] = value;
  into[at + 1] = value >>> 8;
  into[at + 2] = value >>> 16;
  into[at + 3] = value >>> 24;
}

/** JSON of what few actions have; empty where this one has none of it. */
function restOf(action: StorableAction): string {
  const { request, provenance, resource, credentials, outcome, decision, reasoning, workingDirectory, inputs, outputs } = action;
  const inputsDigest = inputs === null ? null : inputs.digest;
  const outputsDigest = outputs === null ? null : outputs.digest;
  const isPlain =
    request === null && resource === null && decision === null && reasoning === null && workingDirectory === undefined && inputsDigest === null && outputsDigest === null &&
    credentials.length === 0 && (outcome === null || outcome.errorType === null) && Object.keys(provenance).length === 0;
  if (isPlain) return "";
  return JSON.stringify({ request, provenance, resource, credentials, outcome, decision, reasoning, ...(workingDirectory === undefined ? {} : { workingDirectory }), inputsDigest, outputsDigest } satisfies Rest);
}
