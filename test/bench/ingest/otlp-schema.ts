/** OTLP messages for protobufjs, the independent encoder and decoder. Field numbers of opentelemetry-proto v1.11.0. */
import protobuf from "protobufjs";

const field = (type: string, id: number, rule?: string) => (rule === undefined ? { type, id } : { type, id, rule });
const many = (type: string, id: number) => field(type, id, "repeated");

const schema = {
  nested: {
    AnyValue: {
      oneofs: { value: { oneof: ["stringValue", "boolValue", "intValue", "doubleValue", "arrayValue", "kvlistValue", "bytesValue"] } },
      fields: {
        stringValue: field("string", 1),
        boolValue: field("bool", 2),
        intValue: field("int64", 3),
        doubleValue: field("double", 4),
        arrayValue: field("ArrayValue", 5),
        kvlistValue: field("KeyValueList", 6),
        bytesValue: field("bytes", 7),
      },
    },
    ArrayValue: { fields: { values: many("AnyValue", 1) } },
    KeyValueList: { fields: { values: many("KeyValue", 1) } },
    KeyValue: { fields: { key: field("string", 1), value: field("AnyValue", 2) } },
    Resource: { fields: { attributes: many("KeyValue", 1) } },
    Scope: { fields: { name: field("string", 1), version: field("string", 2), attributes: many("KeyValue", 3) } },
    Status: { fields: { message: field("string", 2), code: field("int32", 3) } },
    Event: { fields: { timeUnixNano: field("fixed64", 1), name: field("string", 2), attributes: many("KeyValue", 3) } },
    Span: {
      fields: {
        traceId: field("bytes", 1),
        spanId: field("bytes", 2),
        traceState: field("string", 3),
        parentSpanId: field("bytes", 4),
        name: field("string", 5),
        kind: field("int32", 6),
        startTimeUnixNano: field("fixed64", 7),
        endTimeUnixNano: field("fixed64", 8),
        attributes: many("KeyValue", 9),
        droppedAttributesCount: field("uint32", 10),
        events: many("Event", 11),
        status: field("Status", 15),
        flags: field("fixed32", 16),
      },
    },
    LogRecord: {
      fields: {
        timeUnixNano: field("fixed64", 1),
        severityNumber: field("int32", 2),
        severityText: field("string", 3),
        body: field("AnyValue", 5),
        attributes: many("KeyValue", 6),
        droppedAttributesCount: field("uint32", 7),
        flags: field("fixed32", 8),
        traceId: field("bytes", 9),
        spanId: field("bytes", 10),
        observedTimeUnixNano: field("fixed64", 11),
        eventName: field("string", 12),
      },
    },
    ScopeSpans: { fields: { scope: field("Scope", 1), spans: many("Span", 2), schemaUrl: field("string", 3) } },
    ResourceSpans: { fields: { resource: field("Resource", 1), scopeSpans: many("ScopeSpans", 2), schemaUrl: field("string", 3) } },
    ScopeLogs: { fields: { scope: field("Scope", 1), logRecords: many("LogRecord", 2), schemaUrl: field("string", 3) } },
    ResourceLogs: { fields: { resource: field("Resource", 1), scopeLogs: many("ScopeLogs", 2), schemaUrl: field("string", 3) } },
    ExportTraceServiceRequest: { fields: { resourceSpans: many("ResourceSpans", 1) } },
    ExportLogsServiceRequest: { fields: { resourceLogs: many("ResourceLogs", 1) } },
    PartialSuccess: { fields: { rejected: field("int64", 1), errorMessage: field("string", 2) } },
    ExportServiceResponse: { fields: { partialSuccess: field("PartialSuccess", 1) } },
    RpcStatus: { fields: { code: field("int32", 1), message: field("string", 2) } },
  },
};

const root = protobuf.Root.fromJSON(schema);

export const traceRequest = root.lookupType("ExportTraceServiceRequest");
export const logsRequest = root.lookupType("ExportLogsServiceRequest");
export const exportResponse = root.lookupType("ExportServiceResponse");
export const rpcStatus = root.lookupType("RpcStatus");

// What protobufjs makes of a message, as far as the tests and the benchmark look at it.
export interface ProtoValue {
  stringValue?: string;
  boolValue?: boolean;
  intValue?: protobuf.Long | number;
  doubleValue?: number;
  arrayValue?: { values?: ProtoValue[] };
  kvlistValue?: { values?: ProtoPair[] };
  bytesValue?: Uint8Array;
  /** Name of the member that is set; of several on the wire, the last. */
  value?: string;
}
export interface ProtoPair {
  key: string;
  value?: ProtoValue | null;
}
export interface ProtoItem {
  traceId?: Uint8Array;
  spanId?: Uint8Array;
  parentSpanId?: Uint8Array;
  name?: string;
  eventName?: string;
  body?: ProtoValue | null;
  timeUnixNano?: protobuf.Long;
  observedTimeUnixNano?: protobuf.Long;
  startTimeUnixNano?: protobuf.Long;
  endTimeUnixNano?: protobuf.Long;
  attributes: ProtoPair[];
  status?: { code: number } | null;
}
export interface ProtoScope {
  scope?: { name: string } | null;
  spans?: ProtoItem[];
  logRecords?: ProtoItem[];
}
export interface ProtoGroup {
  resource?: { attributes: ProtoPair[] } | null;
  scopeSpans?: ProtoScope[];
  scopeLogs?: ProtoScope[];
}
export interface ProtoRequest {
  resourceSpans?: ProtoGroup[];
  resourceLogs?: ProtoGroup[];
}
