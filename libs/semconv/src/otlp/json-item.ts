/** One span or log record of OTLP/JSON. Everything in it is from outside, so every look checks its type. */
import type { AttributeTable } from "./attribute-table.ts";
import type { AttributeValue, ItemProblem, ItemView, Signal } from "./item.ts";

export type JsonObject = Readonly<Record<string, unknown>>;

export function isObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Own members only: a body cannot reach `Object.prototype` through a name. */
function own(object: JsonObject, name: string): unknown {
  return Object.hasOwn(object, name) ? object[name] : undefined;
}

export class JsonBag {
  readonly #table: AttributeTable;
  readonly #slots: number[] = [];
  readonly #values: unknown[] = [];
  /** All attributes, needed or not. */
  readonly count: number;
  readonly tooDeep: boolean;

  constructor(table: AttributeTable, attributes: unknown, maxDepth: number) {
    this.#table = table;
    const list = Array.isArray(attributes) ? (attributes as unknown[]) : [];
    this.count = list.length;
    let tooDeep = false;
    for (const pair of list) {
      if (!isObject(pair)) continue;
      const key = own(pair, "key");
      const value = own(pair, "value");
      tooDeep ||= exceeds(value, maxDepth);
      const slot = typeof key === "string" ? table.slotOf(key) : -1;
      if (slot < 0 || !isObject(value) || this.#slots.includes(slot)) continue;
      this.#slots.push(slot);
      this.#values.push(value);
    }
    this.tooDeep = tooDeep;
  }

  get(name: string): AttributeValue | undefined {
    const slot = this.#table.slotOf(name);
    const at = slot < 0 ? -1 : this.#slots.indexOf(slot);
    return at < 0 ? undefined : jsonValue(this.#values[at]);
  }
}

/** Shared by the items of one group; the resource may stand behind its scopes in the text. */
export interface JsonGroup {
  resource: JsonBag | null;
}
export interface JsonScope {
  name: string;
}

export class JsonItem implements ItemView {
  readonly signal: Signal;
  readonly problem: ItemProblem | null;
  readonly traceId: string | null;
  readonly spanId: string | null;
  readonly parentSpanId: string | null;
  readonly name: string;
  readonly bodyText: string | null;
  readonly startMs: number;
  readonly endMs: number;
  readonly status: "unset" | "ok" | "error";
  readonly #bag: JsonBag;
  readonly #group: JsonGroup;
  readonly #scope: JsonScope;

  constructor(signal: Signal, json: JsonObject, bag: JsonBag, group: JsonGroup, scope: JsonScope, problem: ItemProblem | null) {
    const isSpan = signal === "trace";
    this.signal = signal;
    this.#bag = bag;
    this.#group = group;
    this.#scope = scope;
    const trace = hexId(own(json, "traceId"), 32, isSpan);
    const span = hexId(own(json, "spanId"), 16, isSpan);
    const parent = hexId(isSpan ? own(json, "parentSpanId") : undefined, 16, false);
    this.traceId = trace.id;
    this.spanId = span.id;
    this.parentSpanId = parent.id;
    this.problem = problem !== null ? problem : trace.bad ? "bad-trace-id" : span.bad || parent.bad ? "bad-span-id" : null;
    this.name = textOf(own(json, isSpan ? "name" : "eventName"));
    const body = isSpan ? undefined : jsonValue(own(json, "body"));
    this.bodyText = typeof body === "string" ? body : null;
    this.startMs = millisOf(json, isSpan ? ["startTimeUnixNano"] : ["timeUnixNano", "observedTimeUnixNano"]);
    this.endMs = isSpan ? millisOf(json, ["endTimeUnixNano", "startTimeUnixNano"]) : this.startMs;
    this.status = isSpan ? statusOf(own(json, "status")) : "unset";
  }

  get scopeName(): string {
    return this.#scope.name;
  }
  attr(name: string): AttributeValue | undefined {
    return this.#bag.get(name);
  }
  resourceAttr(name: string): AttributeValue | undefined {
    return this.#group.resource?.get(name);
  }
  textRange(): null {
    return null;
  }
}

/** Whether a value nests deeper than `depth`. The scan has bounded the brackets, so the recursion ends. */
export function exceeds(value: unknown, depth: number): boolean {
  if (depth === 0) return true;
  if (!isObject(value)) return false;
  const array = own(value, "arrayValue");
  if (isObject(array) && valuesOf(array).some((one) => exceeds(one, depth - 1))) return true;
  const pairs = own(value, "kvlistValue");
  return isObject(pairs) && valuesOf(pairs).some((pair) => isObject(pair) && exceeds(own(pair, "value"), depth - 1));
}

/** The OTLP/JSON form of AnyValue. Depth was bounded by the scan. */
export function jsonValue(value: unknown): AttributeValue {
  if (!isObject(value)) return null;
  const text = own(value, "stringValue") ?? own(value, "bytesValue");
  if (typeof text === "string") return text;
  const flag = own(value, "boolValue");
  if (typeof flag === "boolean") return flag;
  const whole = own(value, "intValue");
  if (whole !== undefined) return integer(whole);
  const real = own(value, "doubleValue");
  if (typeof real === "number" || typeof real === "string") return Number.isFinite(Number(real)) ? Number(real) : null;
  const array = own(value, "arrayValue");
  if (isObject(array)) return valuesOf(array).map(jsonValue);
  const pairs = own(value, "kvlistValue");
  return isObject(pairs) ? dictionary(pairs) : null;
}

function valuesOf(holder: JsonObject): readonly unknown[] {
  const values = own(holder, "values");
  return Array.isArray(values) ? (values as unknown[]) : [];
}

function dictionary(holder: JsonObject): AttributeValue {
  // No prototype: a key named `__proto__` is a key like any other.
  const made = Object.create(null) as Record<string, AttributeValue>;
  for (const pair of valuesOf(holder)) {
    if (!isObject(pair)) continue;
    const key = textOf(own(pair, "key"));
    if (!(key in made)) made[key] = jsonValue(own(pair, "value"));
  }
  return made;
}

/** 64-bit integers come as decimal text or as numbers; beyond 2^53 the digits are kept as text. */
function integer(value: unknown): AttributeValue {
  if (typeof value === "number") return Number.isFinite(value) ? value : null;
  if (typeof value !== "string" || !/^-?\d{1,20}$/.test(value)) return null;
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : value;
}

function textOf(value: unknown): string {
  return typeof value === "string" ? value : "";
}

function statusOf(value: unknown): "unset" | "ok" | "error" {
  const code = isObject(value) ? own(value, "code") : 0;
  // Enum numbers by the specification; some senders write the names.
  if (code === 2 || code === "STATUS_CODE_ERROR") return "error";
  return code === 1 || code === "STATUS_CODE_OK" ? "ok" : "unset";
}

const HEX = /^[0-9a-fA-F]+$/;

function hexId(value: unknown, digits: number, required: boolean): { id: string | null; bad: boolean } {
  if (value === undefined || value === null || value === "") return { id: null, bad: required };
  if (typeof value !== "string" || value.length !== digits || !HEX.test(value)) return { id: null, bad: true };
  return /^0+$/.test(value) ? { id: null, bad: required } : { id: value.toLowerCase(), bad: false };
}

/** The first of these times that is set, in whole milliseconds; 0 where none is. Zero nanoseconds mean "not set". */
function millisOf(json: JsonObject, names: readonly string[]): number {
  for (const name of names) {
    const value = own(json, name);
    if (typeof value === "string" && /^\d{1,20}$/.test(value) && /[1-9]/.test(value)) return Number(value.slice(0, -6));
    // A number is inexact by now, but within a millisecond.
    if (typeof value === "number" && value > 0 && value < 2 ** 64) return Math.floor(value / 1e6);
  }
  return 0;
}
