/** Span, LogRecord, Resource: which field of opentelemetry-proto v1.11.0 goes where. */
import type { ItemProblem } from "./item.ts";
import { ResourceAttributes, type ProtobufItem, type Source } from "./protobuf-item.ts";
import { checkValue } from "./protobuf-value.ts";
import { readAnyAttribute, readUsualAttributes } from "./protobuf-attributes.ts";
import { BYTES, FIXED64, VARINT, type Wire } from "./wire.ts";

const TRACE_ID_BYTES = 16;
const SPAN_ID_BYTES = 8;
const SPAN_ATTRIBUTE_TAG = 9 * 8 + BYTES;
const LOG_ATTRIBUTE_TAG = 6 * 8 + BYTES;

export function readSpan(source: Source, item: ProtobufItem, start: number, end: number): void {
  const { wire, entries } = source;
  const { limits } = wire;
  const from = entries.open();
  let attributes = 0;
  let startAt = -1;
  let endAt = -1;
  wire.pos = start;
  wire.nodes = 0;
  for (;;) {
    attributes += readUsualAttributes(source, SPAN_ATTRIBUTE_TAG, end, limits.attributes + 1 - attributes);
    if (attributes > limits.attributes || !wire.field(end)) break;
    const { number, type } = wire;
    if (number === 9 && type === BYTES) {
      attributes += 1;
      readAnyAttribute(source);
    } else if (number === 1) item.traceAt = idAt(wire, item, TRACE_ID_BYTES, "bad-trace-id");
    else if (number === 2) item.spanAt = idAt(wire, item, SPAN_ID_BYTES, "bad-span-id");
    else if (number === 4) item.parentAt = idAt(wire, item, SPAN_ID_BYTES, "bad-span-id");
    else if (number === 5 && type === BYTES) {
      item.nameAt = wire.start;
      item.nameStop = wire.stop;
    } else if (number === 7 && type === FIXED64) startAt = wire.start;
    else if (number === 8 && type === FIXED64) endAt = wire.start;
    else if (number === 15 && type === BYTES) readStatus(wire, item);
  }
  if (item.traceAt < 0) item.problem ??= "bad-trace-id";
  if (item.spanAt < 0) item.problem ??= "bad-span-id";
  seal(source, item, from, attributes);
  if (wire.problem !== null) return;
  item.startAt = startAt;
  if (isSet(wire, endAt)) item.endAt = endAt;
}

export function readLogRecord(source: Source, item: ProtobufItem, start: number, end: number): void {
  const { wire, entries } = source;
  const { limits } = wire;
  const from = entries.open();
  let attributes = 0;
  let timeAt = -1;
  let observedAt = -1;
  wire.pos = start;
  wire.nodes = 0;
  for (;;) {
    attributes += readUsualAttributes(source, LOG_ATTRIBUTE_TAG, end, limits.attributes + 1 - attributes);
    if (attributes > limits.attributes || !wire.field(end)) break;
    const { number, type } = wire;
    if (number === 6 && type === BYTES) {
      attributes += 1;
      readAnyAttribute(source);
    } else if (number === 1 && type === FIXED64) timeAt = wire.start;
    else if (number === 11 && type === FIXED64) observedAt = wire.start;
    else if (number === 9) item.traceAt = idAt(wire, item, TRACE_ID_BYTES, "bad-trace-id");
    else if (number === 10) item.spanAt = idAt(wire, item, SPAN_ID_BYTES, "bad-span-id");
    else if (number === 12 && type === BYTES) {
      item.nameAt = wire.start;
      item.nameStop = wire.stop;
    } else if (number === 5 && type === BYTES) {
      const after = wire.pos;
      item.bodyAt = wire.start;
      item.bodyStop = wire.stop;
      checkValue(wire, item.bodyAt, item.bodyStop, 1);
      if (wire.problem === null) wire.pos = after;
    }
  }
  seal(source, item, from, attributes);
  if (wire.problem === null) item.startAt = isSet(wire, timeAt) ? timeAt : observedAt;
}

/** Resource: attributes 1. */
export function readResourceAttributes(source: Source, start: number, end: number): ResourceAttributes {
  const { wire, entries } = source;
  const from = entries.open();
  let attributes = 0;
  wire.pos = start;
  wire.nodes = 0;
  while (wire.field(end)) {
    if (wire.number !== 1 || wire.type !== BYTES) continue;
    attributes += 1;
    if (attributes > wire.limits.attributes) wire.fail("too-many", "resource attributes");
    else readAnyAttribute(source);
  }
  return new ResourceAttributes(source, from, entries.length);
}

/** Status: code 3 (0 unset, 1 ok, 2 error). */
function readStatus(wire: Wire, item: ProtobufItem): void {
  const after = wire.pos;
  const end = wire.stop;
  wire.pos = wire.start;
  while (wire.field(end)) {
    if (wire.number !== 3 || wire.type !== VARINT) continue;
    const code = wire.bytes[wire.start];
    item.status = code === 2 ? "error" : code === 1 ? "ok" : "unset";
  }
  if (wire.problem === null) wire.pos = after;
}

/** Offset of an id of the right length; empty and all-zero ids count as absent, other lengths as a problem of the item. */
function idAt(wire: Wire, item: ProtobufItem, length: number, problem: ItemProblem): number {
  if (wire.type !== BYTES || wire.stop === wire.start) return -1;
  if (wire.stop - wire.start !== length) {
    item.problem ??= problem;
    return -1;
  }
  for (let at = wire.start; at < wire.stop; at += 1) if (wire.bytes[at] !== 0) return wire.start;
  return -1;
}

function isSet(wire: Wire, at: number): boolean {
  return at >= 0 && (wire.view.getUint32(at) !== 0 || wire.view.getUint32(at + 4) !== 0);
}

function seal(source: Source, item: ProtobufItem, from: number, attributes: number): void {
  if (attributes > source.wire.limits.attributes) item.problem ??= "too-many-attributes";
  const { values, length } = source.entries;
  item.from = from;
  item.to = length;
  for (let at = from; at < length; at += 3) item.slots |= 1 << values[at]!;
}
