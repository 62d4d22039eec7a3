/**
 * Canonical JSON (RFC 8785, JCS): one text per value, so that an approval can be bound to a digest and an id can be derived
 * from content. Values from outside are walked with bounds and without calling into them more than reading properties.
 */
import { sha256Hex } from "./hash.ts";

/** Deepest nesting that is canonicalised. */
export const CANONICAL_MAX_DEPTH = 64;
/** Most members and elements in one value. */
export const CANONICAL_MAX_NODES = 100_000;
/** Longest canonical text, in UTF-16 units. */
export const CANONICAL_MAX_CHARS = 8_388_608;

export type CanonicalFailure = "too-deep" | "too-many" | "too-long" | "not-json" | "lone-surrogate" | "not-finite";
export type Canonical = { ok: true; text: string } | { ok: false; reason: CanonicalFailure };
export type Digest = { ok: true; digest: string } | { ok: false; reason: CanonicalFailure };

/**
 * The JCS text of a JSON value: null, boolean, finite number, string without lone surrogates, array, plain object with own
 * enumerable string keys. Members that are `undefined` are left out, as JSON.stringify does. Anything else is a reason, never a
 * throw: two values that people would call different must not share a text.
 */
export function canonicalJson(value: unknown): Canonical {
  const writer: Writer = { parts: [], chars: 0, nodes: 0 };
  try {
    write(writer, value, 0);
  } catch (error) {
    // A getter or Proxy of the value threw: not JSON. Our own bounds come as Refusal.
    return { ok: false, reason: error instanceof Refusal ? error.reason : "not-json" };
  }
  return { ok: true, text: writer.parts.join("") };
}

/** SHA-256 of the canonical text, hex; or the reason why there is none. */
export function digest(value: unknown): Digest {
  const canonical = canonicalJson(value);
  return canonical.ok ? { ok: true, digest: sha256Hex(canonical.text) } : canonical;
}

interface Writer {
  readonly parts: string[];
  chars: number;
  nodes: number;
}

class Refusal extends Error {
  readonly reason: CanonicalFailure;
  constructor(reason: CanonicalFailure) {
    super(reason);
    this.reason = reason;
  }
}

function emit(writer: Writer, text: string): void {
  writer.chars += text.length;
  if (writer.chars > CANONICAL_MAX_CHARS) throw new Refusal("too-long");
  writer.parts.push(text);
}

function write(writer: Writer, value: unknown, depth: number): void {
  if (++writer.nodes > CANONICAL_MAX_NODES) throw new Refusal("too-many");
  if (depth > CANONICAL_MAX_DEPTH) throw new Refusal("too-deep");
  switch (typeof value) {
    case "string":
      return emit(writer, quote(value));
    case "number":
      if (!Number.isFinite(value)) throw new Refusal("not-finite");
      // ECMAScript's own number text is what RFC 8785 §3.2.2.3 prescribes; String(-0) is "0".
      return emit(writer, String(value));
    case "boolean":
      return emit(writer, value ? "true" : "false");
    case "object":
      if (value === null) return emit(writer, "null");
      return Array.isArray(value) ? writeArray(writer, value, depth) : writeObject(writer, value, depth);
    case "undefined":
    case "bigint":
    case "function":
    case "symbol":
      throw new Refusal("not-json");
  }
}

function writeArray(writer: Writer, values: readonly unknown[], depth: number): void {
  // Checked before the walk: a sparse array of length 2^32 costs nothing to make.
  if (values.length > CANONICAL_MAX_NODES) throw new Refusal("too-many");
  emit(writer, "[");
  for (let i = 0; i < values.length; i++) {
    if (i > 0) emit(writer, ",");
    write(writer, values[i], depth + 1);
  }
  emit(writer, "]");
}

function writeObject(writer: Writer, value: object, depth: number): void {
  const prototype: unknown = Object.getPrototypeOf(value);
  // Maps, Dates, class instances: their JSON form is an opinion, so the caller has to state it.
  if (prototype !== null && prototype !== Object.prototype && Object.getPrototypeOf(prototype) !== null) throw new Refusal("not-json");
  // Default order of toSorted() is by UTF-16 code unit, as RFC 8785 §3.2.3 asks.
  const keys = Object.keys(value).toSorted();
  let first = true;
  emit(writer, "{");
  for (const key of keys) {
    const member: unknown = (value as Record<string, unknown>)[key];
    if (member === undefined) continue;
    emit(writer, first ? quote(key) : `,${quote(key)}`);
    emit(writer, ":");
    write(writer, member, depth + 1);
    first = false;
  }
  emit(writer, "}");
}

function quote(text: string): string {
  if (text.length > CANONICAL_MAX_CHARS) throw new Refusal("too-long");
  if (!text.isWellFormed()) throw new Refusal("lone-surrogate");
  return JSON.stringify(text);
}
