/** What an item must look like, computed from protobufjs's reading of the same bytes. */
import { ATTRIBUTES, type AttributeValue, type ItemView } from "@tripline/semconv";
import type { ProtoItem, ProtoPair, ProtoRequest, ProtoValue } from "./otlp-schema.ts";

export interface PlainItem {
  traceId: string | null;
  spanId: string | null;
  parentSpanId: string | null;
  name: string;
  bodyText: string | null;
  startMs: number;
  endMs: number;
  status: string;
  scopeName: string;
  attributes: Record<string, unknown>;
  resource: Record<string, unknown>;
}

export function plainView(item: ItemView): PlainItem {
  const { traceId, spanId, parentSpanId, name, bodyText, startMs, endMs, status, scopeName } = item;
  const all = (get: (name: string) => AttributeValue | undefined) =>
    Object.fromEntries(ATTRIBUTES.names.map((key) => [key, get(key)] as const).filter(([, value]) => value !== undefined));
  return {
    traceId,
    spanId,
    parentSpanId,
    name,
    bodyText,
    startMs,
    endMs,
    status,
    scopeName,
    attributes: all((key) => item.attr(key)),
    resource: all((key) => item.resourceAttr(key)),
  };
}

export function plainItems(request: ProtoRequest): PlainItem[] {
  const groups = [...(request.resourceSpans ?? []), ...(request.resourceLogs ?? [])];
  return groups.flatMap((group) =>
    [...(group.scopeSpans ?? []), ...(group.scopeLogs ?? [])].flatMap((scope) =>
      [...(scope.spans ?? []).map((span) => plainSpan(span)), ...(scope.logRecords ?? []).map((record) => plainRecord(record))].map((item) => ({
        ...item,
        scopeName: scope.scope?.name ?? "",
        resource: needed(group.resource?.attributes ?? []),
      })),
    ),
  );
}

function plainSpan(span: ProtoItem): PlainItem {
  const startMs = millis(span.startTimeUnixNano);
  return {
    ...ids(span),
    parentSpanId: hex(span.parentSpanId),
    name: span.name ?? "",
    bodyText: null,
    startMs,
    endMs: span.endTimeUnixNano === undefined || isZero(span.endTimeUnixNano) ? startMs : millis(span.endTimeUnixNano),
    status: span.status?.code === 2 ? "error" : span.status?.code === 1 ? "ok" : "unset",
    scopeName: "",
    attributes: needed(span.attributes),
    resource: {},
  };
}

function plainRecord(record: ProtoItem): PlainItem {
  const time = record.timeUnixNano;
  const startMs = millis(time === undefined || isZero(time) ? record.observedTimeUnixNano : time);
  const body = record.body === null || record.body === undefined ? null : plainValue(record.body);
  return {
    ...ids(record),
    parentSpanId: null,
    name: record.eventName ?? "",
    bodyText: typeof body === "string" ? body : null,
    startMs,
    endMs: startMs,
    status: "unset",
    scopeName: "",
    attributes: needed(record.attributes),
    resource: {},
  };
}

const ids = (item: ProtoItem) => ({ traceId: hex(item.traceId), spanId: hex(item.spanId) });

function needed(pairs: readonly ProtoPair[]): Record<string, unknown> {
  const made: Record<string, unknown> = {};
  for (const pair of pairs) {
    if (ATTRIBUTES.slotOf(pair.key) < 0 || pair.value === null || pair.value === undefined || pair.key in made) continue;
    made[pair.key] = plainValue(pair.value);
  }
  return made;
}

function plainValue(value: ProtoValue): unknown {
  switch (value.value) {
    case "stringValue":
      return value.stringValue;
    case "boolValue":
      return value.boolValue;
    case "intValue": {
      const whole = wholeOf(value.intValue ?? 0);
      return Number.isSafeInteger(Number(whole)) ? Number(whole) : whole.toString();
    }
    case "doubleValue":
      return Number.isFinite(value.doubleValue) ? value.doubleValue : null;
    case "bytesValue":
      return Buffer.from(value.bytesValue ?? []).toString("base64");
    case "arrayValue":
      return (value.arrayValue?.values ?? []).map((one) => plainValue(one));
    case "kvlistValue": {
      const made = new Map<string, unknown>();
      for (const pair of value.kvlistValue?.values ?? []) if (!made.has(pair.key)) made.set(pair.key, pair.value ? plainValue(pair.value) : null);
      // Defined, not assigned: `__proto__` must come out as a key.
      const object = Object.create(null) as Record<string, unknown>;
      for (const [key, one] of made) object[key] = one;
      return object;
    }
    case undefined:
    default:
      return null;
  }
}

function wholeOf(value: NonNullable<ProtoValue["intValue"]>): bigint {
  return typeof value === "number" ? BigInt(value) : BigInt.asIntN(64, (BigInt(value.high) << 32n) | BigInt(value.low >>> 0));
}

type Nanos = NonNullable<ProtoItem["timeUnixNano"]>;

function isZero(value: Nanos): boolean {
  return value.low === 0 && value.high === 0;
}

function millis(value: Nanos | undefined): number {
  return value === undefined ? 0 : Number(((BigInt(value.high >>> 0) << 32n) | BigInt(value.low >>> 0)) / 1_000_000n);
}

function hex(bytes: Uint8Array | undefined): string | null {
  return bytes === undefined || bytes.every((byte) => byte === 0) ? null : Buffer.from(bytes).toString("hex");
}
