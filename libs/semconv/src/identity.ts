/** Which agent an item says it is from. A claim only: the channel's identity always outranks it. */
import type { AttributeValue, ItemView } from "./otlp/item.ts";

/** Explicit ids, in order of weight. Display names are no claims. */
export const CLAIM_ATTRIBUTES = ["tripline.agent.id", "gen_ai.agent.id"] as const;

/**
 * Every agent id that the item itself or its resource names, without repetition, strongest first. Empty where none is named.
 * Values that are not text are claims too (as JSON), so that a nested form cannot slip past the mismatch counter.
 */
export function claimedAgents(item: ItemView): readonly string[] {
  const claims: string[] = [];
  for (const name of CLAIM_ATTRIBUTES) {
    addClaim(claims, item.attr(name));
    addClaim(claims, item.resourceAttr(name));
  }
  return claims;
}

function addClaim(claims: string[], value: AttributeValue | undefined): void {
  if (value === undefined || value === null || value === "") return;
  const text = typeof value === "string" ? value : JSON.stringify(value);
  if (!claims.includes(text)) claims.push(text);
}
