export {
  READ_LIMITS,
  finish,
  type AttributeValue,
  type ItemView,
  type ReadLimits,
  type ReadProblem,
  type ReadResult,
  type Signal,
  type TextRange,
} from "./otlp/item.ts";
export { claimedAgents } from "./identity.ts";
export { traceContext } from "./context.ts";
export { ATTRIBUTES, DIALECTS, mapItem, readOtlp } from "./semconv.ts";
export type { ActionDraft, Dialect, DraftValue, DropReason, InvalidReason, Mapped, TraceContext } from "./dialect.ts";
