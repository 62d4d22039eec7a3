import type { ContainmentItem, CredentialRecord, Finding, ProbeOutcome, RevocationOutcome, Trip } from "@tripline/model";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Registry } from "../registry/registry.ts";
import { BEYOND_BOUND, ESCALATED_RETRY_MS, ESCALATE_AFTER_MS, MAX_PLANNED_ITEMS, MAX_RETRY_MS, afterProbe, afterRevocation, nextCall, ordered, planContainment, statusOf, waitMs } from "./containment.ts";
import { MassTripGuard } from "./mass-trip.ts";

const MARK = "a".repeat(64);

const trip = (foreignCredentials: string[], soft = false): Trip => ({
  id: "trip:acme/coder:0", tenant: "acme", agent: "coder", generation: 0, atMs: 1, cause: { kind: "hard-finding", findingId: "f" },
  findings: [], foreignCredentials, soft, summary: "",
});

const credential = (id: string, over: Partial<CredentialRecord> = {}): CredentialRecord => ({
  v: 1, version: 1, id, tenant: "acme", provider: "railway", providerRef: id, kind: "api-token", fingerprint: null, principal: null,
  environment: "production", reach: [], issuedTo: [], alsoUsedBy: [], autoRevoke: "yes", replacement: null, status: "active", atMs: 0, ...over,
});

function registryOf(...records: CredentialRecord[]): Registry {
  const registry = new Registry();
  for (const record of records) registry.apply("credentials", record);
  return registry;
}

const outcome: fc.Arbitrary<RevocationOutcome> = fc.oneof(
  fc.constant<RevocationOutcome>({ kind: "revoked", sessionsCut: 0 }),
  fc.constant<RevocationOutcome>({ kind: "already-gone" }),
  fc.constant<RevocationOutcome>({ kind: "revoked-but-sessions-open", sessionsOpen: 1, reason: "still there" }),
  fc.constant<RevocationOutcome>({ kind: "expires-at", expiresAtMs: 9e9, reason: "a JWT" }),
  fc.constant<RevocationOutcome>({ kind: "not-revocable", reason: "no such call" }),
  fc.constantFrom("none" as const, "unknown" as const).map((effect): RevocationOutcome => ({ kind: "failed", reason: "time-out", effect, retryAfterMs: null })),
);
const probe: fc.Arbitrary<ProbeOutcome> = fc.oneof(
  fc.constant<ProbeOutcome>({ kind: "refused", by: "used-and-refused" }),
  fc.constant<ProbeOutcome>({ kind: "still-works", by: "used-and-refused" }),
  fc.constant<ProbeOutcome>({ kind: "unknown", reason: "time-out" }),
);

describe("containment plan", () => {
  it("contains leases, registered and foreign credentials, each once", () => {
    const registry = registryOf(credential("own", { issuedTo: ["coder"] }), credential("found", { fingerprint: MARK }), credential("other"));
    registry.apply("leases", { v: 1, version: 1, id: "l1", tenant: "acme", agent: "coder", grantId: "g", credentialId: "leased", provider: "pg", status: "active", expiresAtMs: 1e6, atMs: 0 });
    const items = planContainment(trip([MARK, MARK]), registry, 10);
    expect(items.map((item) => [item.credentialId, item.reason])).toEqual([["found", "foreign"], ["leased", "lease"], ["own", "registered"]]);
  });

  it("says plainly that a credential outside the inventory cannot be contained", () => {
    const [item] = planContainment(trip(["b".repeat(64)]), registryOf(), 10);
    expect(item).toMatchObject({ state: "escalated", nextAttemptMs: null });
    expect(item?.escalation).toMatch(/not in the inventory/);
  });

  it("leaves a credential that others live on to a human, naming them and the replacement", () => {
    const shared = credential("ci", { fingerprint: MARK, autoRevoke: "page", alsoUsedBy: ["deploy-service"], replacement: "rotate it in CI" });
    expect(planContainment(trip([MARK]), registryOf(shared), 10)[0]).toMatchObject({ state: "escalated", escalation: expect.stringMatching(/deploy-service.*rotate it in CI/) });
  });

  it("looks again at a foreign credential that was contained before and is seen in use once more", () => {
    const again = credential("found", { fingerprint: MARK, status: "revoked" });
    const seen = (receiveMs: number) => ({ ...trip([MARK]), findings: [{ receiveMs, foreignCredentials: [MARK] } as unknown as Finding] });
    expect(planContainment(seen(again.atMs + 1), registryOf(again), 10)).toMatchObject([{ credentialId: "found", state: "intended" }]);
    // Remembered from before it was found refused: contained already, and its secret is gone.
    expect(planContainment(seen(again.atMs), registryOf(again), 10)).toEqual([]);
    expect(planContainment(trip([MARK]), registryOf(again), 10)).toEqual([]);
    expect(planContainment(trip([]), registryOf({ ...again, issuedTo: ["coder"] }), 10)).toEqual([]);
  });

  it("keeps apart unregistered principals whose names begin alike", () => {
    const items = planContainment(trip(["principal:app_user_1", "principal:app_user_2"]), registryOf(), 10);
    expect(items.map((item) => item.credentialId)).toEqual(["unregistered:principal:app_user_1", "unregistered:principal:app_user_2"]);
  });

  it("contains the found credential first, however many the agent holds, and tells how many lie beyond the bound", () => {
    const own = Array.from({ length: 10_000 }, (_, i) => credential(`own-${i}`, { issuedTo: ["coder"] }));
    const items = planContainment(trip([MARK]), registryOf(...own, credential("found", { fingerprint: MARK })), 10);
    expect(items).toHaveLength(MAX_PLANNED_ITEMS);
    expect(items[0]).toMatchObject({ credentialId: "found", reason: "foreign" });
    expect(items.at(-1)).toMatchObject({ credentialId: BEYOND_BOUND, state: "escalated", nextAttemptMs: null, escalation: expect.stringMatching(/At least 9810 more/) });
    const rest = items.slice(0, -1).map((item): ContainmentItem => ({ ...item, state: "verified" }));
    expect(statusOf([...rest, items.at(-1)!])).toBe("escalated");
  });

  it("says so when a trip names as many foreign credentials as it can hold, since there may be more", () => {
    const marks = Array.from({ length: 64 }, (_, i) => i.toString(16).padStart(64, "0"));
    expect(planContainment(trip(marks), registryOf(), 10).at(-1)).toMatchObject({ credentialId: BEYOND_BOUND, state: "escalated" });
    expect(planContainment(trip(marks.slice(1)), registryOf(), 10).at(-1)?.credentialId).not.toBe(BEYOND_BOUND);
  });

  it("revokes nothing on a soft trip", () => {
    expect(planContainment(trip([MARK], true), registryOf(credential("found", { fingerprint: MARK })), 10)[0]).toMatchObject({ state: "escalated" });
  });

  it("is not contained when there was nothing to revoke", () => {
    expect(statusOf([])).toBe("escalated");
  });
});

describe("containment of one credential", () => {
  const fresh = (): ContainmentItem => {
    const [item] = planContainment(trip([MARK]), registryOf(credential("found", { fingerprint: MARK })), 0);
    if (item === undefined) throw new Error("no item planned");
    return item;
  };

  it("is verified only by a refused probe, and ends verified or with a human whatever the provider answers", () => {
    fc.assert(
      fc.property(fc.array(outcome, { minLength: 200, maxLength: 200 }), fc.array(probe, { minLength: 200, maxLength: 200 }), fc.boolean(), (outcomes, probes, recovered) => {
        let item = fresh();
        for (let i = 0; i < 200 && item.nextAttemptMs !== null; i += 1) {
          const nowMs = item.nextAttemptMs;
          const answer = probes[i] ?? probes[0]!;
          if (nextCall(item, recovered && i === 0) === "probe") {
            item = afterProbe(item, answer, nowMs);
            expect(item.state === "verified").toBe(answer.kind === "refused");
          } else item = afterRevocation(item, outcomes[i] ?? outcomes[0]!, nowMs);
          expect(item.state === "verified" ? item.probe?.kind : "open").not.toBe("still-works");
          if (item.state !== "verified") expect(item.nextAttemptMs).not.toBeNull();
          if (nowMs > ESCALATE_AFTER_MS * 2) expect(["verified", "escalated"]).toContain(item.state);
        }
      }),
    );
  });

  it("asks a probe before revoking again when a call may have taken effect", () => {
    const item = afterRevocation(fresh(), { kind: "failed", reason: "time-out", effect: "unknown", retryAfterMs: null }, 1);
    expect(nextCall(item, false)).toBe("probe");
    expect(nextCall(afterProbe(item, { kind: "still-works", by: "used-and-refused" }, 2), false)).toBe("revoke");
  });

  it("reconciles an intent found after a crash: probes first, revokes if it still works", () => {
    expect(nextCall(fresh(), true)).toBe("probe");
    expect(nextCall(afterProbe(fresh(), { kind: "still-works", by: "used-and-refused" }, 2), false)).toBe("revoke");
  });

  it("revokes again what was reported as revoked and still works, even after a human was called", () => {
    let item = fresh();
    let revocations = 0;
    for (let nowMs = 0; nowMs < 10 * ESCALATE_AFTER_MS; nowMs = item.nextAttemptMs ?? Number.POSITIVE_INFINITY) {
      if (nextCall(item, false) === "revoke") {
        item = afterRevocation(item, { kind: "revoked", sessionsCut: 0 }, nowMs);
        if (nowMs > ESCALATE_AFTER_MS) revocations += 1;
      } else item = afterProbe(item, { kind: "still-works", by: "used-and-refused" }, nowMs);
    }
    expect(item.state).toBe("escalated");
    expect(revocations).toBeGreaterThan(1);
  });

  it("never revokes what a human must decide, however long it still works", () => {
    let [item] = planContainment(trip([MARK]), registryOf(credential("ci", { fingerprint: MARK, autoRevoke: "page" })), 0);
    for (let i = 0; i < 20 && item !== undefined; i += 1) {
      expect(nextCall(item, i === 0)).toBe("probe");
      item = afterProbe(item, { kind: "still-works", by: "used-and-refused" }, item.nextAttemptMs ?? 0);
    }
  });

  it("revokes at once what a human ordered, calls them again if that fails, and is told once", () => {
    const [waiting] = planContainment(trip([MARK]), registryOf(credential("ci", { fingerprint: MARK, autoRevoke: "page" })), 0);
    const still = afterProbe(waiting!, { kind: "still-works", by: "used-and-refused" }, 60_000);
    const item = ordered(still, 61_000, 61_001)!;
    expect(item).toMatchObject({ state: "revoking", nextAttemptMs: 61_001, escalation: null, orderedAtMs: 61_000 });
    expect([nextCall(item, false), nextCall(item, true)]).toEqual(["revoke", "revoke"]);
    expect(ordered(item, 62_000, 62_000)).toBeNull();
    const refused = afterProbe(afterRevocation(item, { kind: "revoked", sessionsCut: 0 }, 61_010), { kind: "refused", by: "used-and-refused" }, 61_020);
    expect(refused.state).toBe("verified");
    expect(ordered(refused, 62_000, 62_000)).toBeNull();
    let failing = item;
    for (let nowMs = 61_001; failing.state !== "escalated"; nowMs = failing.nextAttemptMs ?? 0) failing = afterRevocation(failing, { kind: "failed", reason: "503", effect: "none", retryAfterMs: null }, nowMs);
    expect(failing.nextAttemptMs).toBeGreaterThan(61_000 + ESCALATE_AFTER_MS);
  });

  it("has nothing to order where Tripline cannot revoke, or was refused to", () => {
    const [unknown] = planContainment(trip([MARK]), registryOf(), 0);
    expect(ordered(unknown!, 1, 1)).toBeNull();
    expect(ordered(afterRevocation(fresh(), { kind: "not-revocable", reason: "no call" }, 1), 1, 1)).toBeNull();
  });

  it("does not wait an hour because the clock stepped back by one", () => {
    const item = afterRevocation(fresh(), { kind: "revoked", sessionsCut: 0 }, 3_600_000);
    expect(waitMs(item, 0)).toBe(MAX_RETRY_MS);
    expect(waitMs(afterRevocation(fresh(), { kind: "not-revocable", reason: "no call" }, 3_600_000), 0)).toBe(ESCALATED_RETRY_MS);
    expect(waitMs(afterRevocation(fresh(), { kind: "failed", reason: "429", effect: "none", retryAfterMs: 7_000 }, 1), 1)).toBe(7_000);
  });

  it("honours Retry-After", () => {
    expect(afterRevocation(fresh(), { kind: "failed", reason: "429", effect: "none", retryAfterMs: 7_000 }, 1).nextAttemptMs).toBe(7_001);
  });

  it("goes on probing after escalation, so that a human's own revocation is seen", () => {
    const escalated = afterRevocation(fresh(), { kind: "not-revocable", reason: "no call" }, 1);
    expect(escalated.state).toBe("escalated");
    expect(afterProbe(escalated, { kind: "refused", by: "provider-listing" }, 2).state).toBe("verified");
  });
});

describe("mass-trip guard", () => {
  const policy = { ...new Registry().policy("acme"), massTripShare: 0.3, massTripMinimum: 5, massTripWindowMs: 60_000 };

  it("lets a few trips through and stops when more than the share of the fleet trips within the window", () => {
    const guard = new MassTripGuard();
    let hard = 0;
    for (let i = 0; i < 100; i += 1) {
      if (guard.active("acme", 1_000, 20, policy)) break;
      guard.noted("acme", 1_000);
      hard += 1;
    }
    expect(hard).toBe(6);
    expect(guard.active("acme", 62_000, 20, policy)).toBe(false);
  });
});
