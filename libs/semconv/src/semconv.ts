/** The dialects, in order: the first that matches an item maps it. Adding one is a folder and a line here. */
import type { Dialect, Mapped, TraceContext } from "./dialect.ts";
import { genAi } from "./dialects/gen-ai/gen-ai.ts";
import { tripline } from "./dialects/tripline/tripline.ts";
import { CLAIM_ATTRIBUTES } from "./identity.ts";
import { AttributeTable } from "./otlp/attribute-table.ts";
import type { ItemView, ReadLimits, ReadResult, Signal } from "./otlp/item.ts";
import { readJson } from "./otlp/json.ts";
import { readProtobuf } from "./otlp/protobuf.ts";

export const DIALECTS: readonly Dialect[] = [tripline, genAi];

/** All that any dialect or the identity step needs; the readers skip every other attribute unread. */
export const ATTRIBUTES = new AttributeTable([...CLAIM_ATTRIBUTES, ...DIALECTS.flatMap((dialect) => dialect.attributes)]);

/** Reads an OTLP request for these dialects. Pauses now and then; see `readProtobuf`. */
export function readOtlp(signal: Signal, encoding: "protobuf" | "json", bytes: Uint8Array, limits?: ReadLimits): Generator<void, ReadResult> {
  return encoding === "json" ? readJson(signal, bytes, ATTRIBUTES, limits) : readProtobuf(signal, bytes, ATTRIBUTES, limits);
}

/** What one item is: actions, nothing of ours (with the reason), or unusable (with the reason). */
export function mapItem(item: ItemView, context: TraceContext): Mapped {
  if (item.problem !== null) return { kind: "invalid", reason: item.problem };
  for (const dialect of DIALECTS) if (dialect.matches(item)) return dialect.map(item, context);
  return { kind: "drop", reason: "no-dialect" };
}
