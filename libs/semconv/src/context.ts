import type { TraceContext } from "./dialect.ts";
import type { ItemView } from "./otlp/item.ts";

/** Relations among the items of one request. The index is built when first asked for: most requests never ask. */
export function traceContext(items: readonly ItemView[]): TraceContext {
  let spans: Map<string, ItemView> | null = null;
  return {
    parentOf(item) {
      const { parentSpanId } = item;
      if (parentSpanId === null) return null;
      spans ??= bySpanId(items);
      const parent = spans.get(parentSpanId);
      return parent !== undefined && parent.traceId === item.traceId ? parent : null;
    },
  };
}

/** Span ids are random, so one key is enough; the trace is compared when one is found. */
function bySpanId(items: readonly ItemView[]): Map<string, ItemView> {
  const spans = new Map<string, ItemView>();
  for (const item of items) if (item.signal === "trace" && item.problem === null && item.spanId !== null) spans.set(item.spanId, item);
  return spans;
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
