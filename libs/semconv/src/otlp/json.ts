/**
 * OTLP/JSON: the envelope is walked on bytes, each span or log record is parsed by itself. So depth is bounded before any
 * parser runs, a large body never holds the loop for longer than one item, and both encodings share limits and results.
 */
import type { AttributeTable } from "./attribute-table.ts";
import { ITEMS_PER_PAUSE, READ_LIMITS, type ReadLimits, type ReadResult, type Signal } from "./item.ts";
import { JsonBag, JsonItem, exceeds, isObject, type JsonGroup, type JsonObject, type JsonScope } from "./json-item.ts";
import { Scanner } from "./json-scan.ts";

interface Reading {
  readonly signal: Signal;
  readonly scanner: Scanner;
  readonly table: AttributeTable;
  readonly limits: ReadLimits;
  readonly items: JsonItem[];
  groups: number;
  /** Bytes parsed since the last pause. */
  parsedBytes: number;
}

/** Brackets of an item or resource around an attribute's value. */
const ITEM_BRACKETS = 3;
/** Brackets per nested value at most: `{"kvlistValue":{"values":[{"value":…`. */
const BRACKETS_PER_VALUE = 4;
const BYTES_PER_PAUSE = 262_144;

/** Reads one request; the same contract as `readProtobuf`. */
export function* readJson(
  signal: Signal,
  bytes: Uint8Array,
  table: AttributeTable,
  limits: ReadLimits = READ_LIMITS,
): Generator<void, ReadResult> {
  const scanner = new Scanner(bytes, ITEM_BRACKETS + limits.depth * BRACKETS_PER_VALUE);
  const reading: Reading = { signal, scanner, table, limits, items: [], groups: 0, parsedBytes: 0 };
  const groups = signal === "trace" ? "resourceSpans" : "resourceLogs";
  if (scanner.enterObject()) {
    for (let first = true; scanner.nextMember(first); first = false) {
      if (scanner.keyIs(groups)) yield* readGroups(reading);
      else scanner.skipValue();
    }
  } else scanner.fail("malformed", "expected an object");
  scanner.expectEnd();
  if (scanner.problem !== null) return { ok: false, reason: scanner.problem, detail: scanner.detail };
  return { ok: true, items: reading.items };
}

function* readGroups(reading: Reading): Generator<void, void> {
  const { scanner, signal } = reading;
  if (!scanner.enterArray()) return;
  for (let first = true; scanner.nextElement(first); first = false) {
    const group: JsonGroup = { resource: null };
    if (!countGroup(reading) || !scanner.enterObject()) continue;
    for (let member = true; scanner.nextMember(member); member = false) {
      if (scanner.keyIs("resource")) group.resource = readResource(reading);
      else if (scanner.keyIs(signal === "trace" ? "scopeSpans" : "scopeLogs")) yield* readScopes(reading, group);
      else scanner.skipValue();
    }
  }
}

function* readScopes(reading: Reading, group: JsonGroup): Generator<void, void> {
  const { scanner, signal } = reading;
  if (!scanner.enterArray()) return;
  for (let first = true; scanner.nextElement(first); first = false) {
    const scope: JsonScope = { name: "" };
    if (!countGroup(reading) || !scanner.enterObject()) continue;
    for (let member = true; scanner.nextMember(member); member = false) {
      if (scanner.keyIs("scope")) {
        const name = parseObject(reading)?.["name"];
        scope.name = typeof name === "string" ? name : "";
      } else if (scanner.keyIs(signal === "trace" ? "spans" : "logRecords")) yield* readItems(reading, group, scope);
      else scanner.skipValue();
    }
  }
}

function* readItems(reading: Reading, group: JsonGroup, scope: JsonScope): Generator<void, void> {
  const { scanner, items, limits } = reading;
  if (!scanner.enterArray()) return;
  for (let first = true; scanner.nextElement(first); first = false) {
    if (items.length >= limits.items) return scanner.fail("too-many", "items");
    const json = parseObject(reading);
    if (json === null) return;
    const bag = readBag(reading, json);
    if (scanner.problem !== null) return;
    const item = new JsonItem(reading.signal, json, bag, group, scope, bag.count > limits.attributes ? "too-many-attributes" : null);
    items.push(item);
    if (items.length % ITEMS_PER_PAUSE === 0 || reading.parsedBytes > BYTES_PER_PAUSE) {
      reading.parsedBytes = 0;
      yield;
    }
  }
}

function readResource(reading: Reading): JsonBag | null {
  const json = parseObject(reading);
  if (json === null) return null;
  const bag = readBag(reading, json);
  if (bag.count > reading.limits.attributes) reading.scanner.fail("too-many", "resource attributes");
  return bag;
}

function readBag({ table, limits, scanner }: Reading, json: JsonObject): JsonBag {
  const bag = new JsonBag(table, Object.hasOwn(json, "attributes") ? json["attributes"] : undefined, limits.depth);
  if (bag.tooDeep || (Object.hasOwn(json, "body") && exceeds(json["body"], limits.depth))) scanner.fail("too-deep", "value");
  return bag;
}

/** Groups without items cost work too. */
function countGroup(reading: Reading): boolean {
  reading.groups += 1;
  if (reading.groups > reading.limits.items) reading.scanner.fail("too-many", "groups");
  return reading.scanner.problem === null;
}

/** Parses the value under the scanner, which must be an object. Null with a problem set where it is not. */
function parseObject(reading: Reading): JsonObject | null {
  const { scanner } = reading;
  const start = scanner.pos;
  scanner.skipValue();
  if (scanner.problem !== null) return null;
  reading.parsedBytes += scanner.pos - start;
  let value: unknown;
  try {
    value = JSON.parse(scanner.bytes.toString("utf8", start, scanner.pos));
  } catch {
    scanner.fail("malformed", "item");
    return null;
  }
  if (isObject(value)) return value;
  scanner.fail("malformed", "expected an object");
  return null;
}
