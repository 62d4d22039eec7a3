/** Reads actions in their compact form (see `stored-action.ts`). */
import { isUtf8 } from "node:buffer";
import { Type } from "typebox";
import { Compile } from "typebox/compile";
import { Action, Captured } from "./action.ts";
import type { Decoded } from "./codec.ts";
import {
  EVENT_AT,
  FLAGS,
  FLAGS_AT,
  INPUTS_AT,
  NULL_TEXT,
  OUTCOME_AT,
  OUTPUTS_AT,
  OWN_AT,
  OWN_TEXTS,
  REST_AT,
  SHARED_AT,
  SHARED_TEXTS,
  SIGNALS,
  STATUSES,
  TEXTS_AT,
  digestOf,
  spanActionId,
  spanCallId,
  type Rest,
} from "./stored-action.ts";
import { ASSURANCES, PHASES } from "./words.ts";

/** Bytes that begin with `FORMAT`. Whatever they are, a failure is a value, and nothing is repaired. */
export function readAction(bytes: Uint8Array): Decoded<Action> {
  let action: Action | null;
  try {
    action = actionOf(bytes);
  } catch {
    action = null;
  }
  if (action === null) return { ok: false, reason: "not-valid", detail: "not a whole record" };
  const check = validator();
  if (check.Check(action)) return { ok: true, value: action };
  const first = check.Errors(action)[0];
  return { ok: false, reason: "not-valid", detail: first === undefined ? "" : `${first.instancePath} ${first.message}`.slice(0, 200) };
}

function actionOf(bytes: Uint8Array): Action | null {
  const from = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (from.length < TEXTS_AT) return null;
  const flags = from[FLAGS_AT]!;
  const words = from[1]!;
  const texts = new Texts(from);
  const [tenant, agentId, name, version, role, runtime, claimedAgent, session, parentSession, task, environment, dialect, traceId] = texts.shared();
  const [spanId = null, parentSpanId, tool, operation, id, callId] = texts.short(OWN_AT, OWN_TEXTS);
  const inputs = texts.long(INPUTS_AT);
  const outputs = texts.long(OUTPUTS_AT);
  const rest = restOf((flags & FLAGS.rest) === 0 ? null : texts.long(REST_AT));
  if (!texts.ended()) return null;
  const phase = PHASES[words & 3];
  const status = STATUSES[from[OUTCOME_AT]! - 1];
  const span = traceId ?? null;
  // Checked against the schema by the caller, which says what is missing.
  return {
    v: 1,
    id: (flags & FLAGS.id) === 0 ? id : spanActionId(span, spanId, phase ?? ""),
    callId: (flags & FLAGS.callId) === 0 ? callId : spanCallId(span, spanId),
    tenant,
    agent: { id: agentId, name, version, role, runtime },
    assurance: ASSURANCES[words >> 4],
    claimedAgent,
    session,
    parentSession,
    task,
    phase,
    eventMs: from.readDoubleLE(EVENT_AT),
    tool,
    operation,
    request: rest.request,
    inputs: (flags & FLAGS.inputs) === 0 ? null : captured(inputs, from.readUInt32LE(INPUTS_AT + 4), (flags & FLAGS.inputsTruncated) !== 0, rest.inputsDigest),
    outputs: (flags & FLAGS.outputs) === 0 ? null : captured(outputs, from.readUInt32LE(OUTPUTS_AT + 4), (flags & FLAGS.outputsTruncated) !== 0, rest.outputsDigest),
    provenance: rest.provenance,
    resource: rest.resource,
    credentials: rest.credentials,
    environment,
    ...(rest.workingDirectory === undefined ? {} : { workingDirectory: rest.workingDirectory }),
    outcome: status === undefined ? rest.outcome : { status, errorType: null },
    decision: rest.decision,
    reasoning: rest.reasoning,
    source: { dialect, signal: SIGNALS[(words >> 2) & 3], traceId, spanId, parentSpanId },
  } as Action;
}

/** Shared texts longer than this are read anew. */
const REMEMBERED_SHARED_BYTES = 4_096;
let lastShared: { readonly bytes: Buffer; readonly texts: readonly (string | null)[] } = { bytes: Buffer.alloc(0), texts: [] };

/** The texts of a record, in their order. */
class Texts {
  readonly #from: Buffer;
  #at = TEXTS_AT;

  constructor(from: Buffer) {
    this.#from = from;
  }

  /** The same for most records in a row: those of the record before are taken where the bytes are the same. */
  shared(): readonly (string | null)[] {
    const { bytes, texts } = lastShared;
    const end = SHARED_AT + bytes.length;
    if (bytes.length > 0 && end <= this.#from.length && this.#from.compare(bytes, 0, bytes.length, SHARED_AT, end) === 0) {
      this.#at = end;
      // Where the shared texts end is a boundary of a character only if what follows begins one.
      if ((this.#from[end]! & 0xc0) === 0x80) throw new RangeError("a text ends inside a character");
      requireUtf8(this.#from.subarray(end));
      return texts;
    }
    // The own texts follow the shared ones, so all are UTF-8 if the whole stretch is.
    requireUtf8(this.#from.subarray(TEXTS_AT));
    const read = this.short(SHARED_AT, SHARED_TEXTS);
    if (this.#at - SHARED_AT <= REMEMBERED_SHARED_BYTES && this.#at <= this.#from.length) lastShared = { bytes: Buffer.from(this.#from.subarray(SHARED_AT, this.#at)), texts: read };
    return read;
  }

  short(lengthsAt: number, count: number): (string | null)[] {
    const texts = NO_TEXTS.slice(0, count);
    for (let index = 0; index < count; index += 1) {
      const length = this.#from.readUInt16LE(lengthsAt + 2 * index);
      if (length !== NULL_TEXT) texts[index] = this.#take(length);
    }
    return texts;
  }

  long(lengthAt: number): string {
    return this.#take(this.#from.readUInt32LE(lengthAt));
  }

  ended(): boolean {
    return this.#at === this.#from.length;
  }

  #take(length: number): string {
    const start = this.#at;
    this.#at += length;
    // A length that ends inside a character would make two broken ones of it.
    if ((this.#from[this.#at]! & 0xc0) === 0x80) throw new RangeError("a text ends inside a character");
    return this.#from.toString("utf8", start, this.#at);
  }
}

/** Texts are made of it without a further check, and what is no UTF-8 would be repaired. */
function requireUtf8(bytes: Buffer): void {
  if (!isUtf8(bytes)) throw new RangeError("not UTF-8");
}

/** Copied rather than grown text by text. */
const NO_TEXTS = Array.from({ length: Math.max(SHARED_TEXTS, OWN_TEXTS) }, (): string | null => null);

const DIGEST_CHARS = 64;
const PLAIN: Rest = { request: null, provenance: {}, resource: null, credentials: [], outcome: null, decision: null, reasoning: null, inputsDigest: null, outputsDigest: null };

function restOf(json: string | null): Rest {
  if (json === null) return { ...PLAIN, provenance: {}, credentials: [] };
  const rest = JSON.parse(json) as Rest;
  for (const digest of [rest.inputsDigest, rest.outputsDigest]) {
    if (digest !== null && (typeof digest !== "string" || digest.length !== DIGEST_CHARS)) throw new RangeError("not a digest");
  }
  return rest;
}

function captured(text: string, fullBytes: number, truncated: boolean, digest: string | null): Captured {
  return digest === null ? new WholeText(text, fullBytes, truncated) : { text, fullBytes, truncated, digest };
}

/** Its digest is that of the text, and made when somebody asks: hardly any reader does. As an accessor of every object it took a seventh of a detector's work. */
class WholeText implements Captured {
  readonly text: string;
  readonly fullBytes: number;
  readonly truncated: boolean;

  constructor(text: string, fullBytes: number, truncated: boolean) {
    this.text = text;
    this.fullBytes = fullBytes;
    this.truncated = truncated;
  }

  get digest(): string {
    return digestOf(this.text);
  }

  toJSON(): Captured {
    const { text, fullBytes, truncated, digest } = this;
    return { text, fullBytes, truncated, digest };
  }
}

/** As an action's schema, but for a digest that is not made yet: it is one by construction. */
let compiled: ReturnType<typeof compile> | null = null;

function validator() {
  return (compiled ??= compile());
}

function compile() {
  const { text, fullBytes, truncated } = Captured.properties;
  const given = Type.Union([Type.Object({ text, fullBytes, truncated }), Type.Null()]);
  return Compile(Type.Object({ ...Action.properties, inputs: given, outputs: given }));
}
