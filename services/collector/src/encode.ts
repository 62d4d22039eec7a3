/** Actions to records, within the log's bound. */
import { cut } from "@tripline/canonical";
import { LIMITS, encode, type Action, type Captured, type Request } from "@tripline/model";
import type { Counters } from "./counters.ts";
import type { SlabWriter } from "./slabs.ts";

/** UTF-8 bytes per character at worst in JSON: a control character becomes six. */
const WORST_BYTES_PER_CHAR = 6;
/** What all fields but the long texts can take at worst. */
const SMALL_FIELDS_BYTES = 120_000;
/** Kept of each long text when a record would be too large: five of them fit beside the rest even at the worst. */
const SHORT_CHARS = Math.floor((LIMITS.recordBytes - SMALL_FIELDS_BYTES) / (5 * WORST_BYTES_PER_CHAR));

/**
 * The record of an action. Texts of control characters can grow sixfold in JSON; such an action has its long texts cut and is
 * marked as truncated, for none may be lost.
 */
export function encodeAction(action: Action, into: SlabWriter, counters: Pick<Counters, "truncated">): Uint8Array {
  // What the model's codec does, but into memory that is used again: the log copies it anyway.
  const bytes = into.write(JSON.stringify(action));
  if (bytes.length <= LIMITS.recordBytes) return bytes;
  counters.truncated("record");
  return encode("actions", {
    ...action,
    inputs: shorten(action.inputs),
    outputs: shorten(action.outputs),
    request: action.request === null ? null : shortenRequest(action.request),
  });
}

function shorten(value: Captured | null): Captured | null {
  return value === null || value.text.length <= SHORT_CHARS ? value : { ...value, text: cut(value.text, SHORT_CHARS), truncated: true };
}

const short = (text: string) => (text.length <= SHORT_CHARS ? text : cut(text, SHORT_CHARS));
const shortOrNull = (text: string | null) => (text === null ? null : short(text));

function shortenRequest(request: Request): Request {
  switch (request.kind) {
    case "shell":
      return { ...request, command: short(request.command) };
    case "sql":
      return { ...request, text: short(request.text) };
    case "http":
      return { ...request, body: shortOrNull(request.body) };
    case "graphql":
      return { ...request, document: short(request.document), variables: shortOrNull(request.variables) };
  }
}
