import { type ContainmentItem, decode, encode } from "@tripline/model";
import { describe, expect, it } from "vitest";
import { reportedItems } from "./containment-report.ts";
import { MAX_REPORTED_ITEMS } from "./containment.ts";

const item = (n: number, over: Partial<ContainmentItem> = {}): ContainmentItem => ({
  credentialId: `c${n}`, provider: "railway", reason: "registered", state: "verified", outcome: { kind: "revoked", sessionsCut: 0 }, probe: { kind: "refused", by: "used-and-refused" },
  attempts: 2, intendedAtMs: 1, revokedAtMs: 2, verifiedAtMs: 3, nextAttemptMs: null, escalation: null, ...over,
});
const many = (count: number, over: Partial<ContainmentItem> = {}): ContainmentItem[] => Array.from({ length: count }, (_, n) => item(n, over));
const readable = (items: ContainmentItem[]) => decode("containments", encode("containments", { v: 1, tripId: "t", tenant: "acme", agent: "coder", status: "escalated", items, startedAtMs: 1, endedAtMs: null })).ok;

describe("a containment's record", () => {
  it("shows every item unchanged while they fit", () => {
    expect(reportedItems(many(3, { escalation: "call the owner" }))).toEqual(many(3, { escalation: "call the owner" }));
  });

  it("can be written and read however long the texts of its items are", () => {
    const text = "\u0001".repeat(1_000);
    const worst = many(MAX_REPORTED_ITEMS, { escalation: text, outcome: { kind: "failed", reason: text, effect: "none", retryAfterMs: null }, probe: { kind: "unknown", reason: text } });
    expect(reportedItems(worst)).toHaveLength(MAX_REPORTED_ITEMS);
    expect(readable(reportedItems(worst))).toBe(true);
    expect(readable(reportedItems(many(MAX_REPORTED_ITEMS, { credentialId: "名".repeat(500), provider: "名".repeat(256), escalation: text })))).toBe(true);
  });

  it("leaves out verified items before any that a human needs", () => {
    const shown = reportedItems([...many(MAX_REPORTED_ITEMS), item(900, { state: "escalated" }), item(901, { state: "revoking" })]);
    expect(shown).toHaveLength(MAX_REPORTED_ITEMS);
    expect(shown.map(({ credentialId }) => credentialId)).toEqual(expect.arrayContaining(["c900", "c901"]));
  });
});
