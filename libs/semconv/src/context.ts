import type { TraceContext } from "./dialect.ts";
import type { ItemView } from "./otlp/item.ts";

/** Relations among the items of one request. The index is built when first asked for: most requests never ask. */
export function traceContext(items: readonly ItemView[]): TraceContext {
  let spans: Map<string, ItemView> | null = null;
  const keyOf = (traceId: string | null, spanId: string | null) => `${traceId}:${spanId}`;
  return {
    parentOf(item) {
      if (item.parentSpanId === null) return null;
      spans ??= new Map(items.filter((one) => one.signal === "trace" && one.problem === null).map((one) => [keyOf(one.traceId, one.spanId), one]));
      return spans.get(keyOf(item.traceId, item.parentSpanId)) ?? null;
    },
  };
}

/** Ancestors looked at; also ends a hostile cycle of parents. */
export const MAX_ANCESTORS = 16;

/** The nearest ancestor in the same request for which `wanted` holds. */
export function ancestor(item: ItemView, context: TraceContext, wanted: (span: ItemView) => boolean): ItemView | null {
  let current = context.parentOf(item);
  for (let i = 0; i < MAX_ANCESTORS && current !== null; i += 1) {
    if (wanted(current)) return current;
    current = context.parentOf(current);
  }
  return null;
}
