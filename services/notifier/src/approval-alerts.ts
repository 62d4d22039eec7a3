/** Which approvals are told: each held call once, when it begins to wait. What becomes of it, whoever decides on it sees. */
import type { Alert } from "@tripline/alerts";
import type { Approval } from "@tripline/model";
import { alertId } from "./alert-id.ts";

/** `page`: where approvers reach the gate's page. The link to it shows nothing without an approver's token. */
export function approvalAlerts(approval: Approval, page: string | null): Alert[] {
  const { id, tenant, agent, status, rule, operation, environment, level, summary, needed, given, expiresAtMs, atMs } = approval;
  if (status !== "waiting" || given.length > 0) return [];
  return [
    {
      id: alertId("approval", tenant, id),
      type: "approval.waiting",
      atMs,
      title: `A call of agent ${agent} is held and waits for approval: nothing of it runs until then`,
      data: { tenant, agent, approvalId: id, rule, operation, environment, level, summary, needed, expiresAtMs, look: `tripline approvals ${id}`, ...(page === null ? {} : { link: `${page.replace(/\/$/u, "")}/a/${encodeURIComponent(id)}` }) },
    },
  ];
}
