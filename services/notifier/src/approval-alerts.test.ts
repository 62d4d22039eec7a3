import type { Approval } from "@tripline/model";
import { describe, expect, it } from "vitest";
import { approvalAlerts } from "./approval-alerts.ts";

const WAITING: Approval = {
  v: 1, version: 1, id: "apr-0-1", tenant: "acme", agent: "coder", callId: "c1", actionDigest: "d".repeat(64), status: "waiting", rule: "irreversible.railway.volumeDelete",
  operation: "railway.volumeDelete", environment: "production", level: "highest", summary: "s", needed: 2, given: [], by: null, reason: "", executeAtMs: null, expiresAtMs: 9, policy: 1, atMs: 5,
};

describe("an approval", () => {
  it("that begins to wait is told once, with how to look at it", () => {
    const [alert] = approvalAlerts(WAITING, null);
    expect(alert).toMatchObject({ type: "approval.waiting", atMs: 5, data: { approvalId: "apr-0-1", needed: 2, look: "tripline approvals apr-0-1" } });
    // A try to approve it with the agent's own token is a record that changes nothing.
    expect(approvalAlerts({ ...WAITING, by: "coder", reason: "Refused." }, null).map(({ id }) => id)).toEqual([alert!.id]);
    expect(approvalAlerts({ ...WAITING, id: "apr-0-2" }, null)[0]!.id).not.toBe(alert!.id);
  });

  it("comes with a link to the page where one is known, which names it and opens nothing by itself", () => {
    expect(approvalAlerts(WAITING, null)[0]!.data).not.toHaveProperty("link");
    for (const page of ["https://approve.example/tripline", "https://approve.example/tripline/"]) expect(approvalAlerts(WAITING, page)[0]!.data["link"]).toBe("https://approve.example/tripline/a/apr-0-1");
  });

  it("that somebody has decided on is not told again", () => {
    expect(approvalAlerts({ ...WAITING, version: 2, given: [{ by: "ann", atMs: 6 }] }, null)).toEqual([]);
    for (const status of ["approved", "executing", "executed", "unclear", "refused", "cancelled", "expired", "void"] as const) expect(approvalAlerts({ ...WAITING, status }, null)).toEqual([]);
  });
});
