/** What of a containment's items one record can hold: all that is open or with a human before what is verified, texts cut to fit. */
import { type ContainmentItem, LIMITS } from "@tripline/model";
import { MAX_REPORTED_ITEMS } from "./containment.ts";

/** Bytes of JSON that the items of one record may take; the rest of the record needs little. */
const MAX_ITEMS_BYTES = LIMITS.recordBytes - 8_192;
/** Lengths that texts are cut to, one after the other, until the items fit; without any text they always do. */
const TEXT_CHARS = [LIMITS.textChars, 256, 64, 0];

/** The items as a record shows them, in the order given. */
export function reportedItems(items: readonly ContainmentItem[]): ContainmentItem[] {
  const shown = items.length <= MAX_REPORTED_ITEMS ? items : mostPressing(items);
  for (const chars of TEXT_CHARS) {
    const cut = shown.map((item) => withTexts(item, chars));
    if (encoder.encode(JSON.stringify(cut)).length <= MAX_ITEMS_BYTES) return cut;
  }
  // Ids and provider names alone: reached only by names of the longest kind in other alphabets.
  return shown.slice(0, MAX_REPORTED_ITEMS / 4).map((item) => withTexts(item, 0));
}

function mostPressing(items: readonly ContainmentItem[]): ContainmentItem[] {
  const rank = (item: ContainmentItem): number => (item.state === "escalated" ? 0 : item.state === "verified" ? 2 : 1);
  return items.toSorted((a, b) => rank(a) - rank(b)).slice(0, MAX_REPORTED_ITEMS);
}

function withTexts(item: ContainmentItem, chars: number): ContainmentItem {
  const { outcome, probe, escalation } = item;
  return {
    ...item,
    outcome: outcome !== null && "reason" in outcome ? { ...outcome, reason: outcome.reason.slice(0, chars) } : outcome,
    probe: probe?.kind === "unknown" ? { ...probe, reason: probe.reason.slice(0, chars) } : probe,
    escalation: escalation === null ? null : escalation.slice(0, chars),
  };
}

const encoder = new TextEncoder();
