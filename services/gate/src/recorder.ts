/** Puts decisions into the log: before the answer what must be durable first, after it the rest. */
import type { GateDecision } from "@tripline/core";
import type { AppendRecord } from "@tripline/event-log";
import { type Action, agentKey, TriplineError } from "@tripline/model";
import type { GateDeps } from "./deps.ts";
import type { GateLimits } from "./limits.ts";
import type { LookThrough } from "./look-through.ts";
import { decisionRecord } from "./record.ts";
import { TrailingRecords } from "./trailing-records.ts";
import { Trailing } from "./trailing.ts";

export interface RecorderDeps extends Pick<GateDeps, "eventLog" | "metrics" | "logger"> {
  readonly limits: GateLimits;
  readonly lookThrough: LookThrough;
}

/** Durable when it resolves. @throws TL_GATE_UNAVAILABLE where the log does not take it in time */
export type RecordFirst = (action: Action, decision: GateDecision, approvalId: string | null) => Promise<void>;

export interface Recorder {
  readonly durable: RecordFirst;
  /**
   * The record follows the answer. Null where that may be given at once; else once this has resolved, and never where it rejects: nothing more
   * can follow then (TL_GATE_UNAVAILABLE). A refusal never waits.
   */
  trail(action: Action, decision: GateDecision, approvalId: string | null): Promise<void> | null;
  /** What may follow the answer like the records that do. */
  readonly trailing: Trailing;
  /** Resolves once what follows its answer is in the log too, or at the bound of its time. */
  close(): Promise<void>;
}

function recordOf(action: Action, decision: GateDecision, approvalId: string | null, lookThrough: LookThrough): AppendRecord {
  return { key: agentKey(action.tenant, action.agent.id), value: decisionRecord(action, decision, approvalId, (text) => lookThrough(action.tenant, text)) };
}

export function createRecordFirst({ eventLog, limits, lookThrough }: Pick<RecorderDeps, "eventLog" | "limits" | "lookThrough">): RecordFirst {
  return (action, decision, approvalId) =>
    new Promise((resolve, reject) => {
      const appended = eventLog.append("actions", [recordOf(action, decision, approvalId, lookThrough)]);
      const timer = setTimeout(() => reject(new TriplineError("TL_GATE_UNAVAILABLE", "The event log did not make the decision durable in time.")), limits.recordTimeoutMs);
      timer.unref();
      appended.then(
        () => resolve(),
        (error: unknown) => reject(new TriplineError("TL_GATE_UNAVAILABLE", error instanceof TriplineError ? `The event log said ${error.code}.` : "", { cause: error })),
      ).finally(() => clearTimeout(timer));
    });
}

/** What waits must be in the log within its time; the rest follows, up to a bound, beyond which it waits for room as long. */
export function createRecorder(deps: RecorderDeps): Recorder {
  const records = new TrailingRecords(deps);
  const trailing = new Trailing();
  const follow = (action: Action, decision: GateDecision, approvalId: string | null): void => trailing.later(() => records.push(() => recordOf(action, decision, approvalId, deps.lookThrough)));
  return {
    durable: createRecordFirst(deps),
    trailing,
    close: () => records.close(),
    trail: (action, decision, approvalId) => {
      if (decision.kind !== "allow") {
        if (records.takeRefusal()) follow(action, decision, approvalId);
        return null;
      }
      const room = records.take();
      if (room !== null) return room.then(() => follow(action, decision, approvalId));
      follow(action, decision, approvalId);
      return null;
    },
  };
}
