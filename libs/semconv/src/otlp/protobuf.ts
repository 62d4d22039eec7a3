/**
 * ExportTraceServiceRequest and ExportLogsServiceRequest in protobuf, read lazily: the walk notes where needed values lie and
 * checks form and bounds of everything; values are made later, on demand, by the items. Field numbers are those of
 * opentelemetry-proto v1.11.0.
 */
import type { AttributeTable } from "./attribute-table.ts";
import { ITEMS_PER_PAUSE, READ_LIMITS, type ReadLimits, type ReadResult, type Signal } from "./item.ts";
import { readLogRecord, readResourceAttributes, readSpan } from "./protobuf-fields.ts";
import { EntryList } from "./entry-list.ts";
import { ProtobufItem, type Group, type Scope, type Source } from "./protobuf-item.ts";
import { StringCache } from "./string-cache.ts";
import { TraceIds } from "./trace-ids.ts";
import { BYTES, Wire } from "./wire.ts";

/** Lives as long as the collector: what repeats from request to request stays interned. */
const strings = new StringCache();

interface Reading extends Source {
  readonly items: ProtobufItem[];
  /** Fields of the envelope (resources, scopes, items, unknown), bounded apart from the fields inside items. */
  envelopeFields: number;
}

/**
 * Reads one request. Pauses (yields) every `ITEMS_PER_PAUSE` items so that the caller may let other work run. The result never
 * refers to anything but `bytes`, which must not change while the items are in use.
 */
export function* readProtobuf(
  signal: Signal,
  bytes: Uint8Array,
  table: AttributeTable,
  limits: ReadLimits = READ_LIMITS,
): Generator<void, ReadResult> {
  const wire = new Wire(bytes, limits);
  const reading: Reading = { signal, wire, table, strings, entries: new EntryList(table.names.length, bytes.length), traces: new TraceIds(), items: [], envelopeFields: 0 };
  while (envelopeField(reading, wire.end)) {
    if (wire.number !== 1 || wire.type !== BYTES) continue;
    const after = wire.pos;
    yield* readGroup(reading, wire.start, wire.stop);
    if (wire.problem === null) wire.pos = after;
  }
  if (wire.problem !== null) return { ok: false, reason: wire.problem, detail: wire.detail };
  return { ok: true, items: reading.items };
}

/** ResourceSpans or ResourceLogs: resource 1, scopes 2. The resource may come after its scopes. */
function* readGroup(reading: Reading, start: number, end: number): Generator<void, void> {
  const { wire } = reading;
  const group: Group = { source: reading, resource: null };
  wire.pos = start;
  while (envelopeField(reading, end)) {
    if (wire.type !== BYTES) continue;
    const after = wire.pos;
    if (wire.number === 1) group.resource = readResourceAttributes(reading, wire.start, wire.stop);
    else if (wire.number === 2) yield* readScope(reading, group, wire.start, wire.stop);
    if (wire.problem === null) wire.pos = after;
  }
}

/** ScopeSpans or ScopeLogs: scope 1, items 2. */
function* readScope(reading: Reading, group: Group, start: number, end: number): Generator<void, void> {
  const { wire, items, signal } = reading;
  const scope: Scope = { group, name: "" };
  wire.pos = start;
  while (envelopeField(reading, end)) {
    if (wire.type !== BYTES) continue;
    const after = wire.pos;
    if (wire.number === 1) readScopeName(reading, scope, wire.start, wire.stop);
    else if (wire.number === 2) {
      if (items.length >= wire.limits.items) return wire.fail("too-many", "items");
      const item = new ProtobufItem(scope);
      if (signal === "trace") readSpan(reading, item, wire.start, wire.stop);
      else readLogRecord(reading, item, wire.start, wire.stop);
      items.push(item);
      if (items.length % ITEMS_PER_PAUSE === 0) yield;
    }
    if (wire.problem === null) wire.pos = after;
  }
}

function readScopeName(reading: Reading, scope: { name: string }, start: number, end: number): void {
  const { wire } = reading;
  wire.pos = start;
  wire.nodes = 0;
  while (wire.field(end)) {
    if (wire.number === 1 && wire.type === BYTES) scope.name = reading.strings.text(wire.bytes, wire.view, wire.start, wire.stop);
  }
}

/** A request of 2-byte empty groups must end as soon as one of full items does. */
const ENVELOPE_FIELDS_PER_ITEM = 4;

function envelopeField(reading: Reading, end: number): boolean {
  const { wire } = reading;
  if (wire.pos >= end || wire.problem !== null) return false;
  reading.envelopeFields += 1;
  if (reading.envelopeFields > wire.limits.items * ENVELOPE_FIELDS_PER_ITEM) {
    wire.fail("too-many", "fields");
    return false;
  }
  wire.nodes = 0;
  return wire.field(end);
}
