/**
 * What happens to one record of `actions`, in order. The steps are synchronous: between two of them nothing else runs, so they
 * share one working view of the baseline.
 */
import { type Assessor, type Call, type CallMemory, countsAnew, gateCoverage, type GateMemory, inspectHardRules, observe, type Observed, type Population, type Registry, type SessionFiles } from "@tripline/core";
import type { LogRecord } from "@tripline/event-log";
import { agentKey, decode, type Action, type Finding, recordDigest } from "@tripline/model";
import { dead, drop, next, type SyncStep } from "@tripline/runtime";
import type { HotBaselines, Turn } from "./hot-baselines.ts";

/** A record on its way; each step fills in its part. In place: a copy at each step was a sixth of what a detector left to the garbage collector. */
export interface Judging {
  readonly record: LogRecord;
  /** Where its agent's baseline lies: key `at` of the turn in hand. Null where nothing is judged. */
  readonly turn: Turn | null;
  readonly at: number;
  action: Action | null;
  call: Call | null;
  /** What this record tells was judged with an earlier one of the call: only hard rules not reported yet remain. */
  later: boolean;
  observed: Observed | null;
  findings: readonly Finding[];
  /** Held against a baseline, and on which kind of day, for the account of the alarm budget. */
  assessed: "no" | "call" | "call-of-new-day";
}

export interface PipelineDeps {
  readonly registry: Registry;
  readonly calls: CallMemory;
  /** What sessions wrote and may run later. */
  readonly files: SessionFiles;
  /** What the gate said of calls. */
  readonly gates: GateMemory;
  readonly population: Population;
  readonly baselines: HotBaselines;
  readonly assessor: Assessor;
}

export type DetectorStep = SyncStep<Judging, PipelineDeps>;

export function received(record: LogRecord, turn: Turn | null = null, at = 0): Judging {
  return { record, turn, at, action: null, call: null, later: false, observed: null, findings: [], assessed: "no" };
}

const decodeAction: DetectorStep = {
  name: "decode",
  run(item) {
    const decoded = decode("actions", item.record.value);
    if (!decoded.ok) return dead("TL_RECORD_UNDECODABLE", `${decoded.reason} ${decoded.detail}`);
    item.action = decoded.value;
    return next(item);
  },
};

/** A claimed identity is recorded and shown, but neither trips nor teaches: anybody can claim anything. */
const identify: DetectorStep = {
  name: "identify",
  run: (item) => (item.action?.assurance === "claimed" ? drop("claimed") : next(item)),
};

const classify: DetectorStep = {
  name: "classify",
  run(item, { registry, files, gates }) {
    const action = item.action!;
    item.observed = observe(action, item.record.timestampMs, registry, files.classify(agentKey(action.tenant, action.agent.id), action.session ?? "", action), gates);
    return next(item);
  },
};

/** Attempt, decision and result of one call count once, in whatever order they come. */
const merge: DetectorStep = {
  name: "merge",
  run(item, { calls }) {
    const action = item.action!;
    const { kind, call } = calls.note(agentKey(action.tenant, action.agent.id), action.session ?? "", action.callId, action.id);
    const anew = countsAnew(call, item.observed!, kind === "repeat");
    if (kind === "repeat" && !anew) return drop("repeat");
    item.call = call;
    item.later = !anew;
    return next(item);
  },
};

/** Baseline, detectors, risk. A later phase may show what the attempt did not: a credential, a resource. */
const assess: DetectorStep = {
  name: "assess",
  run(item, { registry, baselines, assessor, population }) {
    const { observed, call } = item;
    const context = { registry };
    // Something else under the id of a call that the gate decided, and that was judged by what was asked.
    if (item.later && gateCoverage.inspect(observed!, null, context).length === 0) {
      item.findings = inspectHardRules(observed!, context).filter(({ detector }) => !call!.reported.includes(detector));
      return next(item);
    }
    const slot = item.turn === null ? null : baselines.touch(item.turn, item.at);
    if (slot === null) return dead("TL_ITEM_INVALID", "The record's partition has another owner.");
    const { findings, newDay } = assessor.assess(observed!, slot, population, context);
    item.assessed = newDay ? "call-of-new-day" : "call";
    item.findings = findings.filter(({ detector }) => !call!.reported.includes(detector));
    return next(item);
  },
};

const report: DetectorStep = {
  name: "report",
  run(item) {
    if (item.findings.length === 0) return next(item);
    const call = item.call!;
    for (const { detector, weight } of item.findings) if (weight === "hard" && !call.reported.includes(detector)) call.reported = [...call.reported, detector];
    const digest = recordDigest(item.record.value);
    item.findings = item.findings.map((finding) => ({ ...finding, digest }));
    return next(item);
  },
};

export const PIPELINE: readonly DetectorStep[] = [decodeAction, identify, classify, merge, assess, report];

/** What a restart repeats of the records before its checkpoint: who called what, and which rules reported. Judges nothing again. */
export const RECOVERY: readonly DetectorStep[] = [
  decodeAction,
  identify,
  classify,
  merge,
  {
    name: "recall",
    run(item, { registry }) {
      item.findings = inspectHardRules(item.observed!, { registry });
      return next(item);
    },
  },
  report,
];
