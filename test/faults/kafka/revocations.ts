/** What the provider says of revocations: its own journal, and what containments claim beside it. */
import type { Containment } from "@tripline/model";
import type { RailwayStandIn } from "../../stand-ins/railway/index.ts";

const DELETIONS: ReadonlySet<string> = new Set(["apiTokenDelete", "projectTokenDelete"]);

/** Deletions asked for, by token, and how many were beyond the first of each. */
export function revocationCalls(railway: Pick<RailwayStandIn, "events">): { readonly executed: ReadonlyMap<string, number>; readonly repeated: number } {
  const asked = new Map<string, number>();
  const executed = new Map<string, number>();
  for (const { operation, target, result } of railway.events()) {
    if (target === null || !DELETIONS.has(operation)) continue;
    asked.set(target, (asked.get(target) ?? 0) + 1);
    if (result === "executed") executed.set(target, (executed.get(target) ?? 0) + 1);
  }
  return { executed, repeated: [...asked.values()].reduce((sum, count) => sum + count - 1, 0) };
}

/** Tokens deleted twice, and credentials that two containments both claim to have revoked. */
export function repeatedRevocations(railway: Pick<RailwayStandIn, "events">, containments: ReadonlyMap<string, Containment>): string[] {
  const twice = [...revocationCalls(railway).executed].flatMap(([token, count]) => (count > 1 ? [`${token} was deleted ${count} times`] : []));
  const by = new Map<string, string>();
  for (const { tripId, items } of containments.values()) {
    for (const { credentialId, outcome } of items) {
      if (outcome?.kind !== "revoked") continue;
      const other = by.get(credentialId);
      if (other !== undefined) twice.push(`${credentialId} was revoked for ${other} and for ${tripId}`);
      by.set(credentialId, tripId);
    }
  }
  return twice;
}
