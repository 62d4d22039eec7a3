/** Arbitrary OTLP messages for fast-check: what exporters write, and what only the specification allows. */
import fc from "fast-check";
import { ATTRIBUTES } from "@tripline/semconv";

const HOSTILE_KEYS = ["__proto__", "constructor", "constructor.prototype", "hasOwnProperty", "", "é", "x".repeat(200)];
const key = fc.oneof(
  { weight: 6, arbitrary: fc.constantFrom(...ATTRIBUTES.names) },
  { weight: 1, arbitrary: fc.constantFrom(...HOSTILE_KEYS) },
  { weight: 1, arbitrary: fc.string({ maxLength: 40 }) },
);
/** Lengths on both sides of one and two length bytes. */
const text = fc.oneof(
  fc.string({ unit: "binary", maxLength: 60 }),
  fc.constantFrom("", "ok", "ünï-cødé ✓", "a".repeat(127), "b".repeat(128), "c".repeat(16_383), "d".repeat(16_384)),
);

const { value } = fc.letrec<{ value: object }>((tie) => ({
  value: fc.oneof(
    { depthSize: "small", withCrossShrink: true },
    text.map((stringValue) => ({ stringValue })),
    fc.boolean().map((boolValue) => ({ boolValue })),
    fc.oneof(fc.integer({ min: -3, max: 300 }).map(String), fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }).map(String)).map((intValue) => ({ intValue })),
    // Negative zero has no JSON text of its own.
    fc.double().map((doubleValue) => ({ doubleValue: Object.is(doubleValue, -0) ? 0 : doubleValue })),
    fc.uint8Array({ maxLength: 20 }).map((bytesValue) => ({ bytesValue })),
    fc.array(tie("value"), { maxLength: 4 }).map((values) => ({ arrayValue: { values } })),
    fc.array(fc.record({ key, value: tie("value") }), { maxLength: 4 }).map((values) => ({ kvlistValue: { values } })),
    fc.constant({}),
  ),
}));

const attributes = fc.array(fc.record({ key, value }, { requiredKeys: ["key"] }), { maxLength: 12 });
const nanos = fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }).map(String);
const id = (length: number) => fc.oneof(fc.uint8Array({ minLength: length, maxLength: length }), fc.constant(new Uint8Array()), fc.constant(new Uint8Array(length)));
const resource = fc.record({ attributes });
const scope = fc.record({ name: fc.string({ maxLength: 20 }), version: fc.string({ maxLength: 5 }) });

const span = fc.record(
  {
    traceId: id(16),
    spanId: id(8),
    parentSpanId: id(8),
    name: text,
    kind: fc.integer({ min: 0, max: 5 }),
    startTimeUnixNano: nanos,
    endTimeUnixNano: nanos,
    attributes,
    events: fc.array(fc.record({ name: fc.string(), attributes }), { maxLength: 2 }),
    status: fc.record({ message: fc.string(), code: fc.constantFrom(0, 1, 2) }, { requiredKeys: [] }),
    flags: fc.nat(),
  },
  { requiredKeys: [] },
);

const record = fc.record(
  {
    timeUnixNano: nanos,
    observedTimeUnixNano: nanos,
    severityNumber: fc.integer({ min: 0, max: 24 }),
    severityText: fc.string(),
    body: value,
    attributes,
    flags: fc.nat(),
    traceId: id(16),
    spanId: id(8),
    eventName: text,
  },
  { requiredKeys: [] },
);

const few = { maxLength: 3 };
const optional = { requiredKeys: [] };
export const traceMessages = fc.record({
  resourceSpans: fc.array(
    fc.record({ resource, scopeSpans: fc.array(fc.record({ scope, spans: fc.array(span, { maxLength: 5 }), schemaUrl: fc.string() }, optional), few) }, optional),
    few,
  ),
});
export const logMessages = fc.record({
  resourceLogs: fc.array(
    fc.record({ resource, scopeLogs: fc.array(fc.record({ scope, logRecords: fc.array(record, { maxLength: 5 }), schemaUrl: fc.string() }, optional), few) }, optional),
    few,
  ),
});
