/** Decode and extraction, by our lazy reader and by protobufjs: the same items, the same attributes, the same strings. */
import { finish, readOtlp, type ItemView } from "@tripline/semconv";
import { traceRequest, type ProtoGroup, type ProtoItem, type ProtoPair, type ProtoRequest, type ProtoScope, type ProtoValue } from "./otlp-schema.ts";

/** What an action needs of a tool span. */
export interface Extracted {
  traceId: string | null;
  spanId: string | null;
  parentSpanId: string | null;
  endMs: number;
  failed: boolean;
  values: (string | null)[];
}

export const ITEM_NAMES = [
  "gen_ai.operation.name",
  "gen_ai.tool.name",
  "gen_ai.tool.call.id",
  "gen_ai.conversation.id",
  "gen_ai.agent.name",
  "gen_ai.agent.id",
  "gen_ai.tool.call.arguments",
  "gen_ai.tool.call.result",
  "error.type",
] as const;
export const RESOURCE_NAMES = ["service.name", "service.version", "deployment.environment.name"] as const;

export function extractLazily(body: Uint8Array): Extracted[] {
  const result = finish(readOtlp("trace", "protobuf", body));
  if (!result.ok) throw new Error(result.reason);
  return result.items.map(fromView);
}

function fromView(item: ItemView): Extracted {
  const values: (string | null)[] = [];
  for (const name of ITEM_NAMES) values.push((item.attr(name) as string | undefined) ?? null);
  for (const name of RESOURCE_NAMES) values.push((item.resourceAttr(name) as string | undefined) ?? null);
  const { traceId, spanId, parentSpanId, endMs, status } = item;
  return { traceId, spanId, parentSpanId, endMs, failed: status === "error", values };
}

export function extractByProtobufjs(body: Uint8Array): Extracted[] {
  const request = traceRequest.decode(body) as unknown as ProtoRequest;
  const extracted: Extracted[] = [];
  for (const group of request.resourceSpans ?? []) for (const scope of group.scopeSpans ?? []) extractScope(group, scope, extracted);
  return extracted;
}

function extractScope(group: ProtoGroup, scope: ProtoScope, extracted: Extracted[]): void {
  const resource = pick(group.resource?.attributes ?? [], RESOURCE_NAMES);
  for (const span of scope.spans ?? []) {
    extracted.push({
      traceId: hexOf(span.traceId),
      spanId: hexOf(span.spanId),
      parentSpanId: hexOf(span.parentSpanId),
      endMs: endOf(span),
      failed: span.status?.code === 2,
      values: [...pick(span.attributes, ITEM_NAMES), ...resource],
    });
  }
}

function pick(attributes: readonly ProtoPair[], names: readonly string[]): (string | null)[] {
  return names.map((name) => textOf(attributes.find((pair) => pair.key === name)?.value));
}

function textOf(value: ProtoValue | null | undefined): string | null {
  return value === null || value === undefined || value.value !== "stringValue" ? null : (value.stringValue ?? null);
}

function hexOf(bytes: Uint8Array | undefined): string | null {
  return bytes === undefined || bytes.length === 0 ? null : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString("hex");
}

function endOf(span: ProtoItem): number {
  const nanos = span.endTimeUnixNano;
  return nanos === undefined ? 0 : Math.floor(nanos.high / 1e6 * 4_294_967_296 + (nanos.low >>> 0) / 1e6);
}
