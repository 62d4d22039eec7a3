/** `AnyValue`: a depth-checked walk at read time, a value when asked for. */
import type { AttributeValue } from "./item.ts";
import type { StringCache } from "./string-cache.ts";
import { BYTES, VARINT, FIXED64, type Wire } from "./wire.ts";

// AnyValue field numbers of opentelemetry-proto v1.11.0.
const STRING = 1;
const BOOL = 2;
const INT = 3;
const DOUBLE = 4;
const ARRAY = 5;
const KVLIST = 6;
const RAW = 7;

/** Checks the AnyValue in [start, end) for form and depth, so that making it later cannot fail. Leaves the cursor at `end`. */
export function checkValue(wire: Wire, start: number, end: number, depth: number): void {
  if (depth > wire.limits.depth) return wire.fail("too-deep", "value");
  wire.pos = start;
  while (wire.field(end)) {
    if (wire.type !== BYTES || (wire.number !== ARRAY && wire.number !== KVLIST)) continue;
    const after = wire.pos;
    checkList(wire, wire.number === KVLIST, wire.start, wire.stop, depth);
    if (wire.problem === null) wire.pos = after;
  }
}

function checkList(wire: Wire, keyed: boolean, start: number, end: number, depth: number): void {
  wire.pos = start;
  while (wire.field(end)) {
    if (wire.number !== 1 || wire.type !== BYTES) continue;
    const after = wire.pos;
    if (keyed) checkPair(wire, wire.start, wire.stop, depth);
    else checkValue(wire, wire.start, wire.stop, depth + 1);
    if (wire.problem === null) wire.pos = after;
  }
}

function checkPair(wire: Wire, start: number, end: number, depth: number): void {
  wire.pos = start;
  while (wire.field(end)) {
    if (wire.number !== 2 || wire.type !== BYTES) continue;
    const after = wire.pos;
    checkValue(wire, wire.start, wire.stop, depth + 1);
    if (wire.problem === null) wire.pos = after;
  }
}

/** Makes the AnyValue in [start, end), which `checkValue` has seen. Of several members of the oneof the last counts. */
export function makeValue(wire: Wire, strings: StringCache, start: number, end: number): AttributeValue {
  const { bytes } = wire;
  // Nearly every value: one short string and nothing else.
  const isShort = bytes[start + 1] === end - start - 2 && end - start < 0x82;
  if (isShort && bytes[start] === STRING * 8 + BYTES) return strings.text(bytes, wire.view, start + 2, end);
  let value: AttributeValue = null;
  wire.pos = start;
  wire.nodes = 0;
  while (wire.field(end)) {
    const { number, type } = wire;
    const after = wire.pos;
    if (number === STRING && type === BYTES) value = strings.text(wire.bytes, wire.view, wire.start, wire.stop);
    else if (number === BOOL && type === VARINT) value = int64(wire.bytes, wire.start) !== 0;
    else if (number === INT && type === VARINT) value = int64(wire.bytes, wire.start);
    else if (number === DOUBLE && type === FIXED64) value = finite(wire.bytes.readDoubleLE(wire.start));
    else if (number === RAW && type === BYTES) value = wire.bytes.toString("base64", wire.start, wire.stop);
    else if (number === ARRAY && type === BYTES) value = makeArray(wire, strings, wire.start, wire.stop);
    else if (number === KVLIST && type === BYTES) value = makeObject(wire, strings, wire.start, wire.stop);
    wire.pos = after;
  }
  return value;
}

function makeArray(wire: Wire, strings: StringCache, start: number, end: number): AttributeValue[] {
  const values: AttributeValue[] = [];
  wire.pos = start;
  while (wire.field(end)) {
    if (wire.number !== 1 || wire.type !== BYTES) continue;
    const after = wire.pos;
    values.push(makeValue(wire, strings, wire.start, wire.stop));
    wire.pos = after;
  }
  return values;
}

function makeObject(wire: Wire, strings: StringCache, start: number, end: number): AttributeValue {
  // No prototype: a key named `__proto__` is a key like any other.
  const made = Object.create(null) as Record<string, AttributeValue>;
  wire.pos = start;
  while (wire.field(end)) {
    if (wire.number !== 1 || wire.type !== BYTES) continue;
    const after = wire.pos;
    const stop = wire.stop;
    wire.pos = wire.start;
    let key = "";
    let value: AttributeValue = null;
    while (wire.field(stop)) {
      if (wire.type !== BYTES) continue;
      const afterField = wire.pos;
      if (wire.number === 1) key = strings.text(wire.bytes, wire.view, wire.start, wire.stop);
      else if (wire.number === 2) value = makeValue(wire, strings, wire.start, wire.stop);
      wire.pos = afterField;
    }
    if (!(key in made)) made[key] = value;
    wire.pos = after;
  }
  return made;
}

/** Infinity and NaN have no JSON form; they come back as null, as `JSON.stringify` would make of them. */
function finite(value: number): number | null {
  return Number.isFinite(value) ? value : null;
}

/** A signed varint: a number where it is exact, else its decimal digits. */
function int64(bytes: Buffer, start: number): number | string {
  let value = 0n;
  let shift = 0n;
  if (bytes[start]! < 0x80) return bytes[start]!;
  for (let at = start; shift < 70n; at += 1) {
    const byte = bytes[at]!;
    value |= BigInt(byte & 0x7f) << shift;
    if (byte < 0x80) break;
    shift += 7n;
  }
  const signed = BigInt.asIntN(64, value);
  const number = Number(signed);
  return Number.isSafeInteger(number) ? number : signed.toString();
}
