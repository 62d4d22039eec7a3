/**
 * The compact record of an action: what nearly every action consists of, in a fixed order, its texts as they are. A tenth of the
 * cost of JSON to write, and half its size (measured); whatever does not fit this form is written as JSON, and both are read.
 *
 * All numbers are little-endian. `text` is u16 bytes (65,535 = null), the texts themselves follow one another in the same order.
 *
 *     u8   FORMAT
 *     u8   phase | signal << 2 | assurance << 4, each as its index in its list
 *     u8   outcome: 0 = none here, else 1 + index of a status without error type
 *     u8   flags
 *     f64  eventMs
 *     text spanId, parentSpanId, tool, operation, id and callId (null where they follow from trace, span and phase)
 *     u32  text bytes and u32 fullBytes of the inputs, then of the outputs
 *     u32  bytes of the rest
 *     text tenant … traceId (see `SHARED`): the same for most actions of a request, so that they can be copied from the one before
 *     their texts, then the texts of spanId … callId, inputs, outputs, then the rest: JSON of the fields of `Rest`
 */
import { createHash } from "node:crypto";
import { ASSURANCES, PHASES } from "./words.ts";
import type { Action, Captured } from "./action.ts";

/** Begins every such record; JSON never begins with this byte. The next form takes the next number. */
export const FORMAT = 0xa1;

/** A captured value whose digest nobody has made yet: null stands for that of the text, which is whole then. */
export type StorableCaptured = Omit<Captured, "digest"> & {
  readonly digest: string | null;
  /** Where the text lies as ASCII, if it does: copied from there into the record, and never made. */
  readonly ascii?: AsciiRange;
};
export interface AsciiRange {
  readonly bytes: Buffer;
  readonly start: number;
  readonly end: number;
}
/** An action as it is written. Any `Action` is one. */
export type StorableAction = Omit<Action, "id" | "callId" | "inputs" | "outputs"> & {
  /** Null for the one that follows from trace, span and phase, as of an action that is the only one of its span. */
  readonly id: string | null;
  /** Null for the one that follows from trace and span. */
  readonly callId: string | null;
  readonly inputs: StorableCaptured | null;
  readonly outputs: StorableCaptured | null;
};

/** Fields that few actions have; written as JSON when one of them is set. A digest is here unless it is that of the text. */
export interface Rest extends Pick<Action, "request" | "provenance" | "resource" | "credentials" | "outcome" | "decision" | "reasoning" | "workingDirectory"> {
  readonly inputsDigest: string | null;
  readonly outputsDigest: string | null;
}

export const SIGNALS = ["trace", "log", "gate", "audit-log"] as const satisfies readonly Action["source"]["signal"][];
export const STATUSES = ["ok", "error", "refused", "unknown"] as const satisfies readonly NonNullable<Action["outcome"]>["status"][];

export const FLAGS = { id: 1, callId: 2, inputs: 4, inputsTruncated: 8, outputs: 16, outputsTruncated: 32, rest: 64 } as const;

export const NULL_TEXT = 0xffff;
/** Where the parts of the fixed head begin. */
export const OUTCOME_AT = 2;
export const FLAGS_AT = 3;
export const EVENT_AT = 4;
export const OWN_AT = 12;
export const OWN_TEXTS = 6;
export const INPUTS_AT = OWN_AT + 2 * OWN_TEXTS;
const CAPTURED_BYTES = 8;
export const OUTPUTS_AT = INPUTS_AT + CAPTURED_BYTES;
export const REST_AT = OUTPUTS_AT + CAPTURED_BYTES;
export const SHARED_AT = REST_AT + 4;
export const SHARED_TEXTS = 13;
export const TEXTS_AT = SHARED_AT + 2 * SHARED_TEXTS;

/** Phase, signal and assurance in one byte; -1 where one is not of its list. */
export function wordsOf({ phase, assurance, source }: Pick<Action, "phase" | "assurance" | "source">): number {
  const phaseAt = PHASES.indexOf(phase);
  const signalAt = SIGNALS.indexOf(source.signal);
  const assuranceAt = ASSURANCES.indexOf(assurance);
  return phaseAt < 0 || signalAt < 0 || assuranceAt < 0 ? -1 : phaseAt | (signalAt << 2) | (assuranceAt << 4);
}

/** Ids that follow from the span: joined by whoever reads, never stored. */
export const spanCallId = (traceId: string | null, spanId: string | null): string => `${traceId}:${spanId}`;
export const spanActionId = (traceId: string | null, spanId: string | null, phase: string): string => `${traceId}:${spanId}:${phase}`;

/** SHA-256 of a text as UTF-8, hex. */
export const digestOf = (text: string): string => createHash("sha256").update(text).digest("hex");

/** The same action with its ids and digests made. */
export function wholeAction(action: StorableAction): Action {
  const { traceId, spanId } = action.source;
  const id = action.id ?? spanActionId(traceId, spanId, action.phase);
  return { ...action, id, callId: action.callId ?? spanCallId(traceId, spanId), inputs: wholeCaptured(action.inputs), outputs: wholeCaptured(action.outputs) };
}

function wholeCaptured(value: StorableCaptured | null): Captured | null {
  if (value === null) return null;
  const { text, fullBytes, truncated, digest } = value;
  return { text, fullBytes, truncated, digest: digest ?? digestOf(text) };
}
