import { type Approval, DEFAULT_GATE_POLICY, type GatePolicy } from "@tripline/model";
import { describe, expect, it } from "vitest";
import { type ApprovalChange, approve, cancelApproval, changedParts, claimApproval, expireApproval, refuseApproval, runsWithoutBackup, settleApproval, type Yes } from "./approval.ts";
import type { BoundAction } from "./bound-action.ts";
import { bypassGrant, type BypassRequest } from "./bypass.ts";

const HOUR = 3_600_000;
const T0 = 1_790_000_000_000;
const POLICY: GatePolicy = { ...DEFAULT_GATE_POLICY, undoWindowMs: 60_000 };
const WAITING: Approval = {
  v: 1, version: 1, id: "apr-1", tenant: "acme", agent: "coder", callId: "c1", actionDigest: "d".repeat(64), status: "waiting", rule: "irreversible.railway.volumeDelete",
  operation: "railway.volumeDelete", environment: "production", level: "standard", summary: "s", needed: 1, given: [], by: null, reason: "", executeAtMs: null, expiresAtMs: T0 + HOUR,
  policy: 1, atMs: T0,
};
const ann = { id: "ann", environments: [] };
const bob = { id: "bob", environments: [] };
const changed = (change: ApprovalChange): Approval => {
  if (change.kind !== "changed") throw new Error(change.reason);
  return change.approval;
};
const yes = (reason = "", over: Partial<Yes> = {}): Yes => ({ reason, withoutBackup: false, unbacked: null, ...over });
const APPROVED = changed(approve(WAITING, ann, yes("checked"), POLICY, T0 + 1_000));

describe("an approval", () => {
  it("is approved by one human, and executed after the undo window, for as long as policy says", () => {
    expect(APPROVED).toMatchObject({ status: "approved", version: 2, given: [{ by: "ann", atMs: T0 + 1_000 }], executeAtMs: T0 + 61_000, expiresAtMs: T0 + 61_000 + HOUR });
    expect(claimApproval(APPROVED, T0 + 60_999)).toMatchObject({ kind: "refused", because: "too-early" });
    expect(changed(claimApproval(APPROVED, T0 + 61_000)).status).toBe("executing");
    expect(claimApproval(APPROVED, T0 + 61_000 + HOUR)).toMatchObject({ kind: "refused", because: "expired" });
  });

  it("of what destroys recovery waits for the long undo window", () => {
    expect(changed(approve({ ...WAITING, level: "highest" }, ann, yes(), POLICY, T0)).executeAtMs).toBe(T0 + 48 * HOUR);
  });

  it("that takes three approvers is not approved by two, nor by one of them twice", () => {
    const one = changed(approve({ ...WAITING, needed: 3 }, ann, yes(), POLICY, T0));
    expect(one).toMatchObject({ status: "waiting", executeAtMs: null });
    expect(approve(one, ann, yes(), POLICY, T0)).toMatchObject({ kind: "refused", because: "twice" });
    const two = changed(approve(one, bob, yes(), POLICY, T0));
    expect(two.status).toBe("waiting");
    expect(claimApproval(two, T0 + HOUR / 2)).toMatchObject({ kind: "refused", because: "status" });
    expect(changed(approve(two, { id: "cy", environments: ["production"] }, yes(), POLICY, T0))).toMatchObject({ status: "approved", given: [{ by: "ann" }, { by: "bob" }, { by: "cy" }] });
  });

  it("of what no backup would bring back takes that word of every approver, and each may say it later", () => {
    const [plain, without] = [yes("", { unbacked: "No backup is known." }), yes("", { unbacked: "No backup is known.", withoutBackup: true })];
    expect(approve(WAITING, ann, plain, POLICY, T0)).toMatchObject({ kind: "refused", because: "no-backup", reason: expect.stringMatching(/^No backup is known\. .*--without-backup/u) as string });
    const alone = changed(approve(WAITING, ann, without, POLICY, T0));
    expect(alone).toMatchObject({ status: "approved", given: [{ by: "ann", withoutBackup: true }] });
    expect([runsWithoutBackup(alone), runsWithoutBackup(APPROVED), runsWithoutBackup(WAITING)]).toEqual([true, false, false]);
    // There was one when ann approved it; there is none when bob does.
    const one = changed(approve({ ...WAITING, needed: 2 }, ann, yes(), POLICY, T0));
    expect(one.given).toEqual([{ by: "ann", atMs: T0 }]);
    expect(approve(one, bob, without, POLICY, T0)).toMatchObject({ kind: "refused", because: "no-backup", reason: expect.stringContaining("ann approved it with one") as string });
    const said = changed(approve(one, ann, without, POLICY, T0));
    expect(said).toMatchObject({ status: "waiting", given: [{ by: "ann", withoutBackup: true }] });
    expect(approve(said, ann, without, POLICY, T0)).toMatchObject({ kind: "refused", because: "twice" });
    expect(runsWithoutBackup(changed(approve(said, bob, without, POLICY, T0)))).toBe(true);
    // Of two approvers one alone does not speak for the other.
    expect(runsWithoutBackup(changed(approve(said, bob, yes(), POLICY, T0)))).toBe(false);
  });

  it("is decided on by nobody of the calling agent's name, whatever they order", () => {
    const self = { id: "coder", environments: [] };
    for (const change of [approve(WAITING, self, yes(), POLICY, T0), refuseApproval(WAITING, self, "", T0), cancelApproval(APPROVED, self, "", T0)]) {
      expect(change).toMatchObject({ kind: "refused", because: "own-call" });
    }
  });

  it("is decided on only by who may decide on its environment", () => {
    const staging = { id: "sam", environments: ["staging"] };
    for (const change of [approve(WAITING, staging, yes(), POLICY, T0), refuseApproval(WAITING, staging, "", T0), cancelApproval(APPROVED, staging, "", T0)]) {
      expect(change).toMatchObject({ kind: "refused", because: "environment" });
    }
    // Everywhere means everywhere; a list does not hold what nobody knows.
    expect(approve({ ...WAITING, environment: "unknown" }, staging, yes(), POLICY, T0).kind).toBe("refused");
    expect(approve({ ...WAITING, environment: "unknown" }, ann, yes(), POLICY, T0).kind).toBe("changed");
  });

  it("can be cancelled by any approver until a gate has claimed it, and not after", () => {
    expect(changed(cancelApproval(APPROVED, bob, "no", T0 + 2_000))).toMatchObject({ status: "cancelled", by: "bob", reason: "no" });
    const claimed = changed(claimApproval(APPROVED, T0 + 61_000));
    expect(cancelApproval(claimed, bob, "", T0 + 61_001)).toMatchObject({ kind: "refused", because: "status" });
  });

  it("expires by receive time, waiting or approved, and is then neither approved nor refused", () => {
    expect(expireApproval(WAITING, T0 + HOUR - 1)).toMatchObject({ kind: "refused", because: "too-early" });
    expect(changed(expireApproval(WAITING, T0 + HOUR)).status).toBe("expired");
    expect(changed(expireApproval(APPROVED, T0 + 61_000 + HOUR)).status).toBe("expired");
    expect(approve(WAITING, ann, yes(), POLICY, T0 + HOUR)).toMatchObject({ kind: "refused", because: "expired" });
    expect(refuseApproval(WAITING, ann, "", T0 + HOUR)).toMatchObject({ kind: "refused", because: "expired" });
  });

  it("that is over stays as it is", () => {
    const claimed = changed(claimApproval(APPROVED, T0 + 61_000));
    const ends = [changed(refuseApproval(WAITING, ann, "", T0)), changed(cancelApproval(WAITING, ann, "", T0)), changed(expireApproval(WAITING, T0 + HOUR)), ...(["executed", "unclear", "void"] as const).map((status) => changed(settleApproval(claimed, status, "", T0)))];
    for (const end of ends) {
      const tries = [approve(end, bob, yes(), POLICY, T0), refuseApproval(end, bob, "", T0), cancelApproval(end, bob, "", T0), claimApproval(end, T0 + 61_000), expireApproval(end, T0 + 99 * HOUR), settleApproval(end, "executed", "", T0), settleApproval(end, "void", "", T0)];
      expect(tries.map(({ kind }) => kind)).toEqual(tries.map(() => "refused"));
    }
  });

  it("was executed only where a gate had claimed it", () => {
    expect(settleApproval(APPROVED, "executed", "", T0)).toMatchObject({ kind: "refused" });
    expect(settleApproval(WAITING, "unclear", "", T0)).toMatchObject({ kind: "refused" });
  });

  it("never goes back in time when a clock does", () => {
    expect(changed(cancelApproval(APPROVED, bob, "", T0 - HOUR)).atMs).toBe(APPROVED.atMs);
  });
});

describe("what changed between approval and execution", () => {
  it("is named", () => {
    const bound: BoundAction = { tenant: "acme", agent: "coder", callId: "c", tool: "t", operations: [], payload: "p", target: { origin: "https://a", addresses: ["192.0.2.1"] }, agentEnvironment: "staging", credential: null, policy: 1, grant: 0, resourceVersion: null };
    expect(changedParts(bound, { ...bound, policy: 2, target: { origin: "https://a", addresses: ["192.0.2.2"] } })).toEqual(["target", "policy"]);
    expect(changedParts(bound, { ...bound, target: { addresses: ["192.0.2.1"], origin: "https://a" } })).toEqual([]);
  });
});

describe("a bypass", () => {
  const request: BypassRequest = { agent: "coder", operations: ["railway.serviceDelete"], resources: ["svc-*"], environments: ["staging"], minutes: 60, reason: "clearing test services" };
  const context = { tenant: "acme", id: "bypass-1", human: ann, agentEnvironments: new Set(["staging"]), policy: DEFAULT_GATE_POLICY, nowMs: T0 };
  const refusal = (over: Partial<BypassRequest>, more: Partial<Parameters<typeof bypassGrant>[1]> = {}): string => {
    const outcome = bypassGrant({ ...request, ...over }, { ...context, ...more });
    return outcome.kind === "refused" ? outcome.reason : "granted";
  };

  it("is a grant of named operations for a while, with its author and reason", () => {
    expect(bypassGrant(request, context)).toMatchObject({ kind: "granted", grant: { irreversible: ["railway.serviceDelete"], operations: [], resources: ["svc-*"], environments: ["staging"], expiresAtMs: T0 + HOUR, bypass: { by: "ann", reason: "clearing test services" } } });
  });

  it("never lets an agent across environments, nor into one that nobody knows", () => {
    expect(refusal({ environments: ["production"] })).toContain("does not work in production");
    expect(refusal({ environments: ["stag*"] })).toContain("each by its own name");
    expect(refusal({ environments: ["unknown"] }, { agentEnvironments: new Set(["unknown"]) })).toContain("known");
    expect(refusal({ environments: [] })).toContain("names its environments");
  });

  it("is bounded in time and in what it names, and is nobody's for themselves", () => {
    for (const minutes of [0, 481, 1.5, Number.NaN, Number.POSITIVE_INFINITY]) expect(refusal({ minutes })).toContain("480 minutes");
    expect(refusal({ operations: ["*"] })).toContain("names its operations");
    expect(refusal({ operations: [] })).toContain("names its operations");
    expect(refusal({ reason: "  " })).toContain("reason");
    expect(refusal({}, { human: { id: "coder", environments: [] } })).toContain("their own");
    expect(refusal({}, { human: { id: "pat", environments: ["production"] } })).toContain("does not decide on staging");
  });

  it("does not stand in for several approvers", () => {
    expect(refusal({}, { policy: { ...DEFAULT_GATE_POLICY, approversElsewhere: 2 } })).toContain("2 approvers");
  });
});
