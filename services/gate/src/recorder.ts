/** Writes decisions to the log: what waits must be in it within its time; the rest trails, up to a bound, and whatever is lost of it is counted. */
import type { GateDecision, Observed } from "@tripline/core";
import { agentKey, TriplineError } from "@tripline/model";
import { setTimeout as sleep } from "node:timers/promises";
import type { GateDeps } from "./deps.ts";
import type { GateLimits } from "./limits.ts";
import { decisionRecord, type KnownSecret } from "./record.ts";

export interface RecorderDeps extends Pick<GateDeps, "eventLog" | "metrics" | "logger"> {
  readonly limits: GateLimits;
  readonly isKnownSecret: (tenant: string) => KnownSecret;
}

export type Recorder = (observed: Observed, decision: GateDecision, approvalId: string | null, durableFirst: boolean) => Promise<void>;

/** @throws TL_GATE_UNAVAILABLE where what must be durable first is not */
export function createRecorder({ eventLog, limits, isKnownSecret, metrics, logger }: RecorderDeps): Recorder {
  const lost = metrics.counter("tripline_gate_records_lost_total", "Records of reads that the log did not take", ["reason"]);
  let trailing = 0;
  const append = (observed: Observed, decision: GateDecision, approvalId: string | null) => {
    const { action } = observed;
    return eventLog.append("actions", [{ key: agentKey(action.tenant, action.agent.id), value: decisionRecord(action, decision, approvalId, isKnownSecret(action.tenant)) }]);
  };
  const trail = (observed: Observed, decision: GateDecision, approvalId: string | null): void => {
    trailing += 1;
    // The read goes on its way first; making its record takes as long as deciding it.
    const appended = new Promise((resolve) => setImmediate(resolve)).then(() => append(observed, decision, approvalId));
    appended.catch((error: unknown) => {
      const reason = error instanceof TriplineError ? error.code : "unknown";
      lost.add(1, { reason });
      logger.warn({ reason }, "the record of a decision was not taken");
    }).finally(() => (trailing -= 1));
  };
  return async (observed, decision, approvalId, durableFirst) => {
    const isFull = trailing >= limits.trailingRecords;
    // A flood of reads that nobody can record is no reason to refuse them; it is counted.
    if (isFull && !durableFirst) return lost.add(1, { reason: "too-many-waiting" });
    if (!durableFirst) return trail(observed, decision, approvalId);
    const appended = append(observed, decision, approvalId);
    const late = sleep(limits.recordTimeoutMs, "late" as const, { ref: false });
    const outcome = await Promise.race([appended, late]).catch((error: unknown) => {
      throw new TriplineError("TL_GATE_UNAVAILABLE", error instanceof TriplineError ? `The event log said ${error.code}.` : "", { cause: error });
    });
    if (outcome !== "late") return;
    appended.catch(() => undefined);
    throw new TriplineError("TL_GATE_UNAVAILABLE", "The event log did not make the decision durable in time.");
  };
}
