/**
 * What a dialect sees of one span or log record, whichever encoding it came in. Values are made when asked for: most spans of
 * an agent (model calls, framework steps) are dropped after one look at one attribute.
 */
export type AttributeValue = string | number | boolean | null | readonly AttributeValue[] | { readonly [key: string]: AttributeValue };

export type Signal = "trace" | "log";

/** Why a single item cannot be used while the rest of its request can. */
export type ItemProblem = "bad-trace-id" | "bad-span-id" | "too-many-attributes";

/** A text as it lies in a request: UTF-8 that nobody has looked at, never empty. The bytes do not change while the items are in use. */
export interface TextRange {
  readonly bytes: Buffer;
  readonly start: number;
  readonly end: number;
}

export interface ItemView {
  readonly signal: Signal;
  readonly problem: ItemProblem | null;
  /** Lower-case hex, 32 and 16 digits; null where absent. */
  readonly traceId: string | null;
  readonly spanId: string | null;
  readonly parentSpanId: string | null;
  /** Span name, or the log record's event name (field `eventName`; empty where the sender set none). */
  readonly name: string;
  /** Log body where it is a string. */
  readonly bodyText: string | null;
  /** Epoch milliseconds; 0 where absent. A log record has one time: `timeUnixNano`, else the observed time. */
  readonly startMs: number;
  readonly endMs: number;
  readonly status: "unset" | "ok" | "error";
  readonly scopeName: string;
  /** Undefined where absent, or where no dialect declared the name. Of a repeated key the first counts. */
  attr(name: string): AttributeValue | undefined;
  resourceAttr(name: string): AttributeValue | undefined;
  /** Where an attribute's text lies, so that it need not be made; null where its bytes are not its text, as in JSON. Then `attr` is to be asked. */
  textRange(name: string): TextRange | null;
}

/** Bounds on one request; every one has a test at the bound. */
export interface ReadLimits {
  /** Spans or log records. */
  readonly items: number;
  /** Attributes of one item, or of one resource. */
  readonly attributes: number;
  /** Nodes (values, keys, unknown fields) inside one item; bounds the work between two pauses. */
  readonly nodes: number;
  /** Nesting of values. */
  readonly depth: number;
}

export const READ_LIMITS: ReadLimits = { items: 20_000, attributes: 256, nodes: 20_000, depth: 32 };

export type ReadProblem = "malformed" | "too-deep" | "too-many";

export type ReadResult =
  | { readonly ok: true; readonly items: readonly ItemView[] }
  | { readonly ok: false; readonly reason: ReadProblem; readonly detail: string };

/** Items read between two pauses: at ≤ 2 µs an item this stays far below the 20 ms that the loop may be held. */
export const ITEMS_PER_PAUSE = 1_024;

/** Runs a reader to its end without pausing. */
export function finish<T>(reading: Generator<void, T>): T {
  for (;;) {
    const step = reading.next();
    if (step.done === true) return step.value;
  }
}
