/** Who decides: a human with a token of their own. A token that speaks for an agent decides nothing, whoever sends it, and that is on record. */
import { sha256Hex } from "@tripline/canonical";
import { agentKey, encode, TriplineError } from "@tripline/model";
import type { Approver, GateDeps } from "../deps.ts";
import type { Approvals } from "./approvals.ts";

export type IdentifyApprover = (token: string | null, approvalId: string | null) => Promise<Approver>;

/** A try is recorded once in so long for each agent and approval; all are counted. */
const RECORD_EVERY_MS = 60_000;
const REMEMBERED = 4_096;

type Deps = Pick<GateDeps, "approverOf" | "holderOf" | "eventLog" | "metrics" | "logger" | "clock"> & { readonly approvals: Pick<Approvals, "record"> };

/** Each call @throws TL_APPROVER_UNAUTHENTICATED */
export function createIdentifyApprover(deps: Deps): IdentifyApprover {
  const { approverOf, holderOf, metrics, clock } = deps;
  const refusals = metrics.counter("tripline_gate_approver_refused_total", "Requests at the approvers' door without an approver's token", ["reason"]);
  const recorded = new Map<string, number>();
  return async (token, approvalId) => {
    if (token === null) {
      refusals.add(1, { reason: "no-token" });
      throw new TriplineError("TL_APPROVER_UNAUTHENTICATED");
    }
    const holder = holderOf(token);
    if (holder !== null) {
      refusals.add(1, { reason: "agents-token" });
      const mark = `${holder.tenant}/${holder.agent}/${approvalId ?? ""}`;
      if (clock() - (recorded.get(mark) ?? Number.NEGATIVE_INFINITY) >= RECORD_EVERY_MS) {
        if (recorded.size >= REMEMBERED) recorded.clear();
        recorded.set(mark, clock());
        await recordTry(holder.agent, approvalId, deps);
      }
      throw new TriplineError("TL_APPROVER_UNAUTHENTICATED", `This is a token of agent "${holder.agent}", and no agent decides on what is held.`);
    }
    const approver = approverOf(sha256Hex(token));
    if (approver !== null) return approver;
    refusals.add(1, { reason: "unknown-token" });
    throw new TriplineError("TL_APPROVER_UNAUTHENTICATED");
  };
}

/** On the approval's own history, as a record that changes nothing. Only while it is open: a record of a later state could be taken for that state. */
async function recordTry(agent: string, approvalId: string | null, { approvals, eventLog, logger }: Deps): Promise<void> {
  logger.warn({ agent }, "a token of an agent was used at the approvers' door");
  const approval = approvalId === null ? null : await approvals.record(approvalId).catch(() => null);
  if (approval === null || (approval.status !== "waiting" && approval.status !== "approved")) return;
  const record = { ...approval, by: agent, reason: `Refused: agent ${agent} used its own token at the approvers' door.` };
  await eventLog.append("approvals", [{ key: agentKey(approval.tenant, approval.agent), value: encode("approvals", record) }]).catch(() => undefined);
}
