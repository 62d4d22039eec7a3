/** Actions to records, within the log's bound. */
import { cut } from "@tripline/canonical";
import { LIMITS, encode, wholeAction, type ActionWriter, type Captured, type Request, type StorableAction } from "@tripline/model";
import type { Counters } from "./counters.ts";
import type { SlabWriter } from "./slabs.ts";

/** UTF-8 bytes per character at worst in JSON: a control character becomes six. */
const WORST_BYTES_PER_CHAR = 6;
/** What all fields but the long texts can take at worst. */
const SMALL_FIELDS_BYTES = 120_000;
/** Kept of each long text when a record would be too large: five of them fit beside the rest even at the worst. */
const SHORT_CHARS = Math.floor((LIMITS.recordBytes - SMALL_FIELDS_BYTES) / (5 * WORST_BYTES_PER_CHAR));

/**
 * The record of an action, in its compact form if that can hold it. In JSON, texts of control characters can grow sixfold there; such an action has its long texts cut and is
 * marked as truncated, for none may be lost.
 */
export function encodeAction(storable: StorableAction, writer: ActionWriter, into: SlabWriter, counters: Pick<Counters, "truncated">): Uint8Array {
  const compact = into.write(writer.bound(storable), (memory, at) => writer.write(storable, memory, at));
  if (compact !== null && compact.length <= LIMITS.recordBytes) return compact;
  const action = wholeAction(storable);
  if (Buffer.byteLength(JSON.stringify(action)) <= LIMITS.recordBytes) return encode("actions", action);
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
