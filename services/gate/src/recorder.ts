/** Puts decisions into the log: before the answer what must be durable first, after it the rest. */
import type { GateDecision } from "@tripline/core";
import type { AppendRecord } from "@tripline/event-log";
import { type Action, agentKey, TriplineError } from "@tripline/model";
import type { GateDeps } from "./deps.ts";
import type { GateLimits } from "./limits.ts";
import type { LookThrough } from "./look-through.ts";
import { decisionRecord } from "./record.ts";
import type { Trailing } from "./trailing.ts";

export interface RecorderDeps extends Pick<GateDeps, "eventLog" | "metrics" | "logger"> {
  readonly limits: GateLimits;
  readonly lookThrough: LookThrough;
}

export interface Recorder {
  /** Follows the answer; never throws. */
  trail(action: Action, decision: GateDecision, approvalId: string | null): void;
  /** Durable when it resolves. @throws TL_GATE_UNAVAILABLE where it cannot be in time */
  durable(action: Action, decision: GateDecision, approvalId: string | null): Promise<void>;
}

/** What waits must be in the log within its time; the rest trails, up to a bound, and whatever is lost of it is counted. */
export function createRecorder({ eventLog, limits, lookThrough, metrics, logger }: RecorderDeps, trailing: Trailing): Recorder {
  const lost = metrics.counter("tripline_gate_records_lost_total", "Records of reads that the log did not take", ["reason"]);
  /** Neither durable nor lost. */
  let open = 0;
  let batch: AppendRecord[] = [];
  const recordOf = (action: Action, decision: GateDecision, approvalId: string | null): AppendRecord => ({
    key: agentKey(action.tenant, action.agent.id),
    value: decisionRecord(action, decision, approvalId, (text) => lookThrough(action.tenant, text)),
  });
  const lose = (error: unknown, count: number): void => {
    const reason = error instanceof TriplineError ? error.code : "unknown";
    lost.add(count, { reason });
    logger.warn({ reason, count }, "records of decisions were not taken");
  };
  /** One append, one write to disk. */
  const appendBatch = (): void => {
    const records = batch;
    batch = [];
    eventLog
      .append("actions", records)
      .catch((error: unknown) => lose(error, records.length))
      .finally(() => (open -= records.length));
  };
  const make = (action: Action, decision: GateDecision, approvalId: string | null): void => {
    try {
      // Together with all that waits already to be made.
      if (batch.push(recordOf(action, decision, approvalId)) === 1) trailing.later(appendBatch);
    } catch (error) {
      open -= 1;
      lose(error, 1);
    }
  };
  return {
    trail: (action, decision, approvalId) => {
      // A flood of reads that nobody can record is no reason to refuse them; it is counted.
      if (open >= limits.trailingRecords) return lost.add(1, { reason: "too-many-waiting" });
      open += 1;
      trailing.later(() => make(action, decision, approvalId));
    },
    durable: (action, decision, approvalId) =>
      new Promise((resolve, reject) => {
        const appended = eventLog.append("actions", [recordOf(action, decision, approvalId)]);
        const timer = setTimeout(() => reject(new TriplineError("TL_GATE_UNAVAILABLE", "The event log did not make the decision durable in time.")), limits.recordTimeoutMs);
        timer.unref();
        appended.then(
          () => resolve(),
          (error: unknown) => reject(new TriplineError("TL_GATE_UNAVAILABLE", error instanceof TriplineError ? `The event log said ${error.code}.` : "", { cause: error })),
        ).finally(() => clearTimeout(timer));
      }),
  };
}
