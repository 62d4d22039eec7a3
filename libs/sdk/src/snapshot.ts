/**
 * JSON text of whatever a tool was given or gave back. The value is the agent's: it may be cyclic, a Proxy, a hundred
 * megabytes or have getters that throw. None of that may cost more than the bounds below, and none of it throws.
 */
import { types } from "node:util";

/** Characters of text taken from one value; what is beyond is not looked at. */
export const MAX_SNAPSHOT_CHARS = 262_144;
const MAX_NODES = 20_000;
const MAX_DEPTH = 24;
const MAX_KEYS = 1_000;
/** Longest token that is left out rather than cut in half. */
const MAX_TOKEN_CHARS = 4_096;

export interface Snapshot {
  readonly text: string;
  /** The same as plain values, safe to walk. */
  readonly plain: unknown;
  /** UTF-8 bytes of the text; where the value was cut, an estimate from the lengths of its strings. */
  readonly bytes: number;
  readonly cut: boolean;
  /** Whether it holds what shows nothing of itself: functions, proxies, getters, buffers, maps. */
  readonly opaque: boolean;
}

interface Walk {
  chars: number;
  nodes: number;
  cut: boolean;
  opaque: boolean;
  /** Characters that strings had beyond what was taken. */
  skippedChars: number;
  readonly path: Set<object>;
}

/** A string as it is; anything else as JSON. */
export function snapshot(value: unknown): Snapshot {
  const walk: Walk = { chars: 0, nodes: 0, cut: false, opaque: false, skippedChars: 0, path: new Set() };
  const plain = plainOf(value, walk, 0);
  const text = typeof plain === "string" ? plain : JSON.stringify(plain);
  return { text, plain, bytes: Buffer.byteLength(text) + walk.skippedChars, cut: walk.cut, opaque: walk.opaque };
}

/** Takes at most what is left of the budget, ending at white space so that no half of a token is left to be misread. */
function takeText(text: string, walk: Walk): string {
  const left = Math.max(0, MAX_SNAPSHOT_CHARS - walk.chars);
  if (text.length <= left) {
    walk.chars += text.length;
    return text;
  }
  walk.cut = true;
  walk.chars = MAX_SNAPSHOT_CHARS;
  const head = text.slice(0, left);
  const kept = head.slice(0, lastTokenOf(head));
  walk.skippedChars += text.length - kept.length;
  return kept;
}

/** Where the token that the text ends in begins, at most `MAX_TOKEN_CHARS` before its end. */
function lastTokenOf(text: string): number {
  const earliest = Math.max(0, text.length - MAX_TOKEN_CHARS);
  let start = text.length;
  // Step by step from the end: a pattern anchored there is tried anew from every place, and took 10 s for one long word.
  while (start > earliest && !/\s/.test(text.charAt(start - 1))) start -= 1;
  return start;
}

function plainOf(value: unknown, walk: Walk, depth: number): unknown {
  switch (typeof value) {
    case "string":
      return takeText(value, walk);
    case "number":
    case "boolean":
      return value;
    case "bigint":
      return value.toString();
    case "undefined":
      return null;
    case "symbol":
    case "function":
      walk.opaque = true;
      return `[${typeof value}]`;
    case "object":
      return value === null ? null : plainObject(value, walk, depth);
  }
}

function plainObject(value: object, walk: Walk, depth: number): unknown {
  if (++walk.nodes > MAX_NODES || depth > MAX_DEPTH || walk.chars >= MAX_SNAPSHOT_CHARS) {
    walk.cut = true;
    return "[cut]";
  }
  if (types.isProxy(value)) return hidden("[proxy]", walk); // Its traps are the agent's code: not ours to call.
  if (walk.path.has(value)) return "[circular]";
  const leaf = leafOf(value, walk);
  if (leaf !== undefined) return leaf;
  walk.path.add(value);
  const plain = Array.isArray(value) ? plainArray(value, walk, depth) : plainMembers(value, walk, depth);
  walk.path.delete(value);
  return plain;
}

/** Objects whose own enumerable members say nothing. `toJSON` is never called: it is the agent's code. */
function leafOf(value: object, walk: Walk): unknown {
  if (types.isDate(value)) return Number.isNaN(value.getTime()) ? "[invalid date]" : value.toISOString();
  if (types.isNativeError(value)) return errorText(value);
  if (types.isRegExp(value)) return String(value);
  if (value instanceof URL) return takeText(value.href, walk);
  if (types.isPromise(value)) return hidden("[promise]", walk);
  if (types.isAnyArrayBuffer(value)) return hidden(`[${value.byteLength} bytes]`, walk);
  if (ArrayBuffer.isView(value)) return hidden(`[${value.byteLength} bytes]`, walk);
  if (types.isMap(value)) return hidden(`[map of ${value.size}]`, walk);
  if (types.isSet(value)) return hidden(`[set of ${value.size}]`, walk);
  return undefined;
}

function hidden(text: string, walk: Walk): string {
  walk.opaque = true;
  return text;
}

function plainArray(values: readonly unknown[], walk: Walk, depth: number): unknown[] {
  const length = Math.min(values.length, MAX_NODES - walk.nodes);
  if (length < values.length) walk.cut = true;
  const plain: unknown[] = [];
  for (let i = 0; i < length; i++) {
    if (walk.chars >= MAX_SNAPSHOT_CHARS) {
      walk.cut = true;
      break;
    }
    walk.chars += 1;
    plain.push(member(values, i, walk, depth));
  }
  return plain;
}

function plainMembers(value: object, walk: Walk, depth: number): Record<string, unknown> {
  // Without a prototype, so that a member named `__proto__` is a member.
  const plain = Object.create(null) as Record<string, unknown>;
  const keys = Object.keys(value);
  if (keys.length > MAX_KEYS) walk.cut = true;
  for (const key of keys.slice(0, MAX_KEYS)) {
    walk.chars += key.length;
    plain[key.slice(0, 256)] = member(value, key, walk, depth);
  }
  return plain;
}

/** Reads a member without running a getter: getters have effects and may throw. */
function member(owner: object, key: string | number, walk: Walk, depth: number): unknown {
  const descriptor = Object.getOwnPropertyDescriptor(owner, key);
  if (descriptor === undefined) return null;
  return "value" in descriptor ? plainOf(descriptor.value, walk, depth + 1) : hidden("[getter]", walk);
}

/** Name and message of an error, read without trusting either. */
export function errorText(error: unknown): string {
  return `${errorType(error)}: ${stringMember(error, "message") ?? ""}`.slice(0, 2_048);
}

/** Class name of what was thrown, at most 256 characters. */
export function errorType(error: unknown): string {
  if (typeof error !== "object" || error === null) return typeof error;
  return (stringMember(error, "name") ?? "Error").slice(0, 256);
}

function stringMember(error: unknown, key: string): string | undefined {
  if (typeof error !== "object" || error === null) return undefined;
  for (let owner: object | null = error, hops = 0; owner !== null && hops < 8; owner = Object.getPrototypeOf(owner) as object | null, hops++) {
    if (types.isProxy(owner)) return undefined;
    const descriptor = Object.getOwnPropertyDescriptor(owner, key);
    if (descriptor !== undefined) return typeof descriptor.value === "string" ? descriptor.value : undefined;
  }
  return undefined;
}
