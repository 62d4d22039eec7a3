/** Puts decisions into the log: before the answer what must be durable first, after it the rest. */
import type { GateDecision, Observed } from "@tripline/core";
import type { AppendRecord } from "@tripline/event-log";
import { agentKey, TriplineError } from "@tripline/model";
import { setTimeout as sleep } from "node:timers/promises";
import type { GateDeps } from "./deps.ts";
import type { GateLimits } from "./limits.ts";
import { decisionRecord, type KnownSecret } from "./record.ts";
import { TrailingRecords } from "./trailing-records.ts";
import { Trailing } from "./trailing.ts";

export interface RecorderDeps extends Pick<GateDeps, "eventLog" | "metrics" | "logger"> {
  readonly limits: GateLimits;
  readonly isKnownSecret: (tenant: string) => KnownSecret;
}

/** @throws TL_GATE_UNAVAILABLE where the log does not take it in time */
export type RecordFirst = (observed: Observed, decision: GateDecision, approvalId: string | null) => Promise<void>;

export interface Recorder {
  /** @throws TL_GATE_UNAVAILABLE where it must be durable first and cannot be, and where nothing more can follow its answer; never for a refusal */
  record(observed: Observed, decision: GateDecision, approvalId: string | null, durableFirst: boolean): Promise<void>;
  /** What may follow the answer like the records that do. */
  readonly trailing: Trailing;
  /** Resolves once what follows its answer is in the log too, or at the bound of its time. */
  close(): Promise<void>;
}

function recordOf(observed: Observed, decision: GateDecision, approvalId: string | null, isKnownSecret: RecorderDeps["isKnownSecret"]): AppendRecord {
  const { action } = observed;
  return { key: agentKey(action.tenant, action.agent.id), value: decisionRecord(action, decision, approvalId, isKnownSecret(action.tenant)) };
}

export function createRecordFirst({ eventLog, limits, isKnownSecret }: Pick<RecorderDeps, "eventLog" | "limits" | "isKnownSecret">): RecordFirst {
  return async (observed, decision, approvalId) => {
    const appended = eventLog.append("actions", [recordOf(observed, decision, approvalId, isKnownSecret)]);
    const late = sleep(limits.recordTimeoutMs, "late" as const, { ref: false });
    const outcome = await Promise.race([appended, late]).catch((error: unknown) => {
      throw new TriplineError("TL_GATE_UNAVAILABLE", error instanceof TriplineError ? `The event log said ${error.code}.` : "", { cause: error });
    });
    if (outcome !== "late") return;
    appended.catch(() => undefined);
    throw new TriplineError("TL_GATE_UNAVAILABLE", "The event log did not make the decision durable in time.");
  };
}

/** What waits must be in the log within its time; the rest follows, up to a bound, beyond which it waits for room as long. */
export function createRecorder(deps: RecorderDeps): Recorder {
  const first = createRecordFirst(deps);
  const records = new TrailingRecords(deps);
  const trailing = new Trailing();
  const follow = (observed: Observed, decision: GateDecision, approvalId: string | null): void => trailing.later(() => records.push(() => recordOf(observed, decision, approvalId, deps.isKnownSecret)));
  return {
    trailing,
    close: () => records.close(),
    record: async (observed, decision, approvalId, durableFirst) => {
      if (durableFirst) return first(observed, decision, approvalId);
      if (decision.kind !== "allow") {
        if (records.takeRefusal()) follow(observed, decision, approvalId);
        return;
      }
      const room = records.take();
      if (room !== null) await room;
      follow(observed, decision, approvalId);
    },
  };
}
