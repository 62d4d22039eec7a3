/** Items that can never become actions, kept with their reason: what was asked of them, redacted. */
import { cut, redact, sha256Hex } from "@tripline/canonical";
import { agentKey, encode, type DeadLetter } from "@tripline/model";
import { ATTRIBUTES, type AttributeValue, type ItemView } from "@tripline/semconv";
import type { AppendRecord } from "@tripline/event-log";
import type { Batch, Rejected, StepDeps } from "./batch.ts";
import { DEAD_PAYLOAD_BYTES, VALUE_CHARS } from "./limits.ts";

/** One record for each rejected item. The id follows from the content, so an item sent again gives the same id. */
export function deadLetters(batch: Batch, deps: Pick<StepDeps, "knownSecret">): AppendRecord[] {
  if (batch.rejected.length === 0) return [];
  const { tenant, agent } = batch.caller;
  const known = (text: string) => deps.knownSecret(tenant, text);
  return batch.rejected.map((one) => {
    const payload = payloadOf(one.item, known);
    const letter: DeadLetter = {
      v: 1,
      id: `dead:${sha256Hex(`${one.reason}\n${payload}`)}`,
      reason: one.code,
      detail: detailOf(one),
      topic: "actions",
      payload: Buffer.from(payload).toString("base64"),
      // The item's own time, not ours: sent again, the record must be the same byte for byte.
      atMs: one.item.startMs,
    };
    return { key: agentKey(tenant, agent), value: encode("actions.dead", letter) };
  });
}

function detailOf(one: Rejected): string {
  return `${one.reason} (${one.item.signal})`;
}

/** The item as JSON: its place and the attributes that dialects know, redacted and cut to the bound. */
function payloadOf(item: ItemView, known: (text: string) => boolean): string {
  const attributes: Record<string, AttributeValue> = {};
  for (const name of ATTRIBUTES.names) {
    const value = item.attr(name);
    if (value !== undefined) attributes[name] = typeof value === "string" ? cut(value, VALUE_CHARS) : value;
  }
  const { signal, traceId, spanId, name, startMs } = item;
  const text = redact(cut(JSON.stringify({ signal, traceId, spanId, name, startMs, attributes }), VALUE_CHARS), { known }).text;
  const bytes = Buffer.from(text);
  return bytes.length <= DEAD_PAYLOAD_BYTES ? text : bytes.toString("utf8", 0, DEAD_PAYLOAD_BYTES);
}
