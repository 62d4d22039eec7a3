/** Puts decisions into the log: before the answer what must be durable first, after it the rest. */
import { type GateDecision, type Observed } from "@tripline/core";
import type { AppendRecord } from "@tripline/event-log";
import { agentKey, TriplineError } from "@tripline/model";
import { setTimeout as sleep } from "node:timers/promises";
import type { GateDeps } from "./deps.ts";
import type { GateLimits } from "./limits.ts";
import { decisionRecord, type KnownSecret } from "./record.ts";
import type { Trailing } from "./trailing.ts";

export interface RecorderDeps extends Pick<GateDeps, "eventLog" | "metrics" | "logger"> {
  readonly limits: GateLimits;
  readonly isKnownSecret: (tenant: string) => KnownSecret;
}

/** @throws TL_GATE_UNAVAILABLE where one that must be durable first cannot be; never for the others */
export type Recorder = (observed: Observed, decision: GateDecision, approvalId: string | null, durableFirst: boolean) => Promise<void>;

/** What waits must be in the log within its time; the rest trails, up to a bound, and whatever is lost of it is counted. */
export function createRecorder({ eventLog, limits, isKnownSecret, metrics, logger }: RecorderDeps, trailing: Trailing): Recorder {
  const lost = metrics.counter("tripline_gate_records_lost_total", "Records of reads that the log did not take", ["reason"]);
  /** Neither durable nor lost. */
  let open = 0;
  let batch: AppendRecord[] = [];
  const recordOf = (observed: Observed, decision: GateDecision, approvalId: string | null): AppendRecord => {
    const { action } = observed;
    return { key: agentKey(action.tenant, action.agent.id), value: decisionRecord(action, decision, approvalId, isKnownSecret(action.tenant)) };
  };
  const lose = (error: unknown, count: number): void => {
    const reason = error instanceof TriplineError ? error.code : "unknown";
    lost.add(count, { reason });
    logger.warn({ reason, count }, "records of decisions were not taken");
  };
  /** All that was made in one turn of the event loop: one append, one write to disk. */
  const appendBatch = (): void => {
    const records = batch;
    batch = [];
    eventLog
      .append("actions", records)
      .catch((error: unknown) => lose(error, records.length))
      .finally(() => (open -= records.length));
  };
  const trail = (observed: Observed, decision: GateDecision, approvalId: string | null): void => {
    try {
      if (batch.push(recordOf(observed, decision, approvalId)) === 1) queueMicrotask(appendBatch);
    } catch (error) {
      open -= 1;
      lose(error, 1);
    }
  };
  return async (observed, decision, approvalId, durableFirst) => {
    if (!durableFirst) {
      // A flood of reads that nobody can record is no reason to refuse them; it is counted.
      if (open >= limits.trailingRecords) return lost.add(1, { reason: "too-many-waiting" });
      open += 1;
      return trailing.later(() => trail(observed, decision, approvalId));
    }
    const appended = eventLog.append("actions", [recordOf(observed, decision, approvalId)]);
    const late = sleep(limits.recordTimeoutMs, "late" as const, { ref: false });
    const outcome = await Promise.race([appended, late]).catch((error: unknown) => {
      throw new TriplineError("TL_GATE_UNAVAILABLE", error instanceof TriplineError ? `The event log said ${error.code}.` : "", { cause: error });
    });
    if (outcome !== "late") return;
    appended.catch(() => undefined);
    throw new TriplineError("TL_GATE_UNAVAILABLE", "The event log did not make the decision durable in time.");
  };
}
