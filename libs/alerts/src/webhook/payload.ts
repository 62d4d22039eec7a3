/** The body of an alert: `{type, timestamp, data}` as Standard Webhooks has it, always below the size that receivers must accept. */
import type { Alert, JsonValue } from "../sink.ts";
import { visibleText } from "../visible-text.ts";

/** The specification advises less than 20 kB. */
export const MAX_PAYLOAD_BYTES = 20_000;
const TEXT_CHARS = 1_024;
const LIST_ITEMS = 32;
const DEPTH = 6;

/** The same alert always yields the same bytes, so that a receiver can compare what it got twice. */
export function payloadOf(alert: Alert): string {
  // Halved until it fits: the facts come first in every list, so what is cut is the tail, and that is said.
  for (let items = LIST_ITEMS, chars = TEXT_CHARS; items >= 1; items = Math.floor(items / 2), chars = Math.max(64, Math.floor(chars / 2))) {
    const data = shorten({ title: alert.title, ...alert.data }, { items, chars, depth: DEPTH });
    const body = JSON.stringify({ type: alert.type, timestamp: new Date(alert.atMs).toISOString(), data });
    if (Buffer.byteLength(body) < MAX_PAYLOAD_BYTES) return body;
  }
  const bare = { title: visibleText(alert.title, 256), truncated: true };
  return JSON.stringify({ type: alert.type, timestamp: new Date(alert.atMs).toISOString(), data: bare });
}

interface Bounds {
  readonly items: number;
  readonly chars: number;
  readonly depth: number;
}

function shorten(value: JsonValue, bounds: Bounds): JsonValue {
  if (typeof value === "string") return visibleText(value, bounds.chars);
  if (typeof value !== "object" || value === null) return value;
  if (bounds.depth === 0) return "…";
  const inner = { ...bounds, depth: bounds.depth - 1 };
  if (isList(value)) {
    const kept = value.slice(0, bounds.items).map((item) => shorten(item, inner));
    return value.length > bounds.items ? [...kept, `… ${value.length - bounds.items} more`] : kept;
  }
  const entries = Object.entries(value).slice(0, 2 * LIST_ITEMS);
  return Object.fromEntries(entries.map(([key, item]) => [visibleText(key, 128), shorten(item, inner)]));
}

const isList = (value: JsonValue): value is readonly JsonValue[] => Array.isArray(value);
