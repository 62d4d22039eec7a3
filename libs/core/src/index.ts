// What an action does.
export * from "./classify/verdict.ts";
export { classify, type Classifiable } from "./classify/classify.ts";
export { prepareClassifiers } from "./classify/sql/prepare.ts";
export { verbMeaning } from "./classify/verbs.ts";
export { SessionFiles, WrittenFiles } from "./classify/written-files.ts";
export { restoreFiles, serializeFiles } from "./classify/stored-files.ts";

// What is known, and what is seen.
export * from "./registry/known-secrets.ts";
export { ENDPOINT_KIND } from "./registry/decoys.ts";
export * from "./registry/registry.ts";
export * from "./detectors/detector.ts";
export { observe } from "./detectors/observe.ts";
export { gateCoverage } from "./detectors/gate-bypass.ts";
export { wasRefusedAtGate } from "./detectors/gate-answer.ts";
export { GateMemory, type GateMark } from "./gate-memory/gate-memory.ts";
export { inspectHardRules } from "./detectors/hard-rules.ts";
export { isDestructive, isIrreversible, isSideEffect, isUnknown, mayOverwrite } from "./detectors/evidence.ts";
export { remedyFor } from "./detectors/remedies.ts";
export { placeName, placesOf, type Place } from "./detectors/place.ts";
export { standingApproval } from "./detectors/standing-approval.ts";
export { matchesAny } from "./registry/pattern.ts";

// How usual it is, and how much that weighs.
export { BaselineTable, type Page } from "./baseline/baseline-table.ts";
export { RATES_AT, STRIDE_BYTES } from "./baseline/layout.ts";
export { learn, measure } from "./baseline/measure.ts";
export { accountOf, type BaselineAccount } from "./baseline/account.ts";
export { baseRateFor, fastestBeforeDoubling, slowestWithinRing, type Steady } from "./baseline/drift-power.ts";
export { Population } from "./baseline/population.ts";
export { newBaselineView, type BaselineView } from "./baseline/view.ts";
export { learnRates, measureRates, newRatesView, type RatesView } from "./baseline/rate/agent-rates.ts";
export { newRateMemory, type RateMemory } from "./baseline/rate/layout.ts";
export { learnRate, measureRate, newRateEvidence, UNUSUAL_BITS, type RateEvidence, type RateStream } from "./baseline/rate/rate.ts";
export { Assessor, type Assessment } from "./risk/assess.ts";
export { classifyRemembered } from "./classify/remembered.ts";
export { CALL_RECORDS, type Call, CallMemory } from "./risk/call-memory.ts";
export { countsAnew, newCallWeight, type CallWeight } from "./risk/call-weight.ts";
export { budgetBits, climbBitsPerDay } from "./risk/budget.ts";
export { combine } from "./risk/risk.ts";

// What follows.
export * from "./breaker/breaker.ts";
export { covers, mergeRecords } from "./breaker/merge-records.ts";
export * from "./breaker/containment.ts";
export * from "./breaker/containment-report.ts";
export * from "./breaker/mass-trip.ts";

// What the gate answers.
export { decide, type DecisionContext, type Denial, type GateDecision, refusedCaller } from "./decision/decide.ts";
export { gatePolicy, type Hold } from "./decision/held.ts";
export { type ApprovalLevel, levelOf } from "./decision/level.ts";
export { approve, type ApprovalChange, type ApprovalRefusal, type ApprovingHuman, cancelApproval, changedParts, claimApproval, expireApproval, isSettled, openApproval, refuseApproval, runsWithoutBackup, settleApproval, undoWindowMs, type Yes } from "./decision/approval.ts";
export { bypassGrant, type BypassOutcome, type BypassRequest, isBypass, MAX_BYPASS_MINUTES } from "./decision/bypass.ts";
export { type BoundAction, type BoundDigest, boundDigest } from "./decision/bound-action.ts";

// What would have followed.
export { type Judged, type PolicyChange, replay, Replayer, type RegistryFact, type Replayed, type ReplayOptions, type ReplayRecord } from "./replay/replay.ts";
export { countsOf, type Damage, INCIDENT_MS, MAX_TRIPS, type ReplayCounts, type ReplayedTrip, ReplayTally } from "./replay/tally.ts";
export { compareTrips, type Comparison, type Matched, type RecordedTrip, SAME_INCIDENT_MS } from "./replay/comparison.ts";
export { type Interval, poissonInterval, wilsonInterval } from "./replay/intervals.ts";
