/** The gate's path of one call: observe → decide → hold or claim → record → answer. Every door goes through here. */
import { boundDigest, type BoundAction, decide, type Denial, type GateDecision, type Hold, observe, type Observed, placesOf, refusedCaller } from "@tripline/core";
import { type Action, agentKey, type BreakerRecord } from "@tripline/model";
import type { Counter, Histogram } from "@tripline/runtime";
import type { GateAnswer } from "./answer.ts";
import type { Caller, GateCall } from "./call.ts";
import type { GateDeps } from "./deps.ts";
import type { HeldCall, Holds } from "./holds.ts";
import type { Probing } from "./probing.ts";
import { actionOf } from "./record.ts";
import type { Recorder } from "./recorder.ts";
import type { ShownCredentials } from "./shown-credentials.ts";
import type { GateState } from "./state.ts";

export interface DecideDeps extends Pick<GateDeps, "clock" | "metrics"> {
  readonly state: GateState;
  readonly holds: Holds;
  readonly recorder: Recorder;
  readonly shownCredentials: ShownCredentials;
  readonly probing: Probing;
}

/** At once where nothing is to be waited for, as with nearly every read. */
export type DecideCall = (caller: Caller, call: GateCall) => GateAnswer | Promise<GateAnswer>;

/** @throws TL_GATE_UNAVAILABLE where a decision that must be durable first cannot be; nothing may be executed then */
export function createDecideCall(deps: DecideDeps): DecideCall {
  const { metrics, state, clock, recorder } = deps;
  const decisions = metrics.counter("tripline_gate_decisions_total", "Decisions by door, answer and rule group", ["door", "decision", "rule"]);
  const duration = metrics.histogram("tripline_gate_decision_ms", "Time from the parsed call to the decision, without recording it", ["door"], MS_BUCKETS);
  const counted = (decided: GateDecision, call: GateCall, startMs: number): void => {
    const tookMs = performance.now() - startMs;
    recorder.trailing.later(() => count(decided, call, { decisions, duration, tookMs }));
  };
  const decideNow = (caller: Caller, call: GateCall, credentials: GateCall["credentials"]): GateAnswer | Promise<GateAnswer> => {
    const startMs = performance.now();
    const nowMs = clock();
    const action = actionOf(caller, call, nowMs, credentials);
    const context = contextOf(caller, call, state);
    // Of an agent that is contained nothing is looked at before it is refused: it may be asking as fast as it can.
    const refused = refusedCaller(action, context);
    if (refused !== null) {
      counted(refused, call, startMs);
      return denied(action, call, refused, null, recorder);
    }
    const observed = observe(action, nowMs, state.registry);
    const decided = withinProbing(refusedByDoor(call, decide(observed, context)), context.breaker, call.callId, deps.probing);
    counted(decided, call, startMs);
    if (decided.kind === "hold") return holdOrRefuse({ caller, call, observed, decided }, deps);
    if (decided.kind === "deny") return denied(action, call, decided, null, recorder);
    const answer: GateAnswer = { kind: "allow", callId: call.callId, decision: decided };
    if (!decided.durableFirst && !decided.probes) return recorder.trail(action, decided, null)?.then(() => answer) ?? answer;
    const recorded = recorder.durable(action, decided, null).then(() => answer);
    return decided.probes ? recorded.catch((error: unknown) => giveBack(error, context.breaker, call.callId, deps.probing)) : recorded;
  };
  return (caller, call) => {
    const credentials = deps.shownCredentials(caller.tenant, call);
    return credentials instanceof Promise ? credentials.then((shown) => decideNow(caller, call, shown)) : decideNow(caller, call, credentials);
  };
}

interface ToHold {
  readonly caller: Caller;
  readonly call: GateCall;
  readonly observed: Observed;
  readonly decided: Hold;
}

function holdOrRefuse({ caller, call, observed, decided }: ToHold, deps: DecideDeps): GateAnswer | Promise<GateAnswer> {
  const one = heldCall(caller, call, observed, decided, deps.state);
  if (one !== null) return call.approvalId === null ? hold(one, deps) : use(call.approvalId, one, deps);
  const reason = "The call is too large or not plain enough to be approved as it is.";
  return denied(observed.action, call, { kind: "deny", by: "approval.unbindable", reason, verdict: decided.verdict, findings: [] }, null, deps.recorder);
}

/** A refusal waits for nothing: its record follows. */
function denied(action: Action, call: GateCall, decision: Denial, approvalId: string | null, recorder: Recorder): GateAnswer {
  void recorder.trail(action, decision, approvalId);
  return { kind: "deny", callId: call.callId, decision };
}

/** A refusal by the rules says more than the door's own. */
function refusedByDoor({ refused }: GateCall, decided: GateDecision): GateDecision {
  return refused === undefined || decided.kind === "deny" ? decided : { kind: "deny", ...refused, verdict: decided.verdict, findings: [] };
}

/** The breaker counts the reads after a reset by their records, which come to it later than the calls: what passes meanwhile is counted here. */
function withinProbing(decided: GateDecision, breaker: BreakerRecord, callId: string, probing: Probing): GateDecision {
  if (decided.kind !== "allow" || !decided.probes || probing.take(breaker, callId)) return decided;
  const reason = `After its reset ${breaker.agent} has used up its read-only actions, or uses a call id twice; it goes on once its breaker has closed.`;
  return { kind: "deny", by: "breaker.probing", reason, verdict: null, findings: [] };
}

/** Not recorded is not counted by the breaker either, and the call does not run. */
function giveBack(error: unknown, breaker: BreakerRecord, callId: string, probing: Probing): never {
  probing.giveBack(breaker, callId);
  throw error;
}

/** In milliseconds. */
const MS_BUCKETS = [0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50];

export function contextOf(caller: Caller, call: Pick<GateCall, "injected">, state: GateState) {
  return { registry: state.registry, breaker: state.breaker(caller.tenant, caller.agent), isCurrent: state.isCurrent(), injected: call.injected };
}

function count(decided: GateDecision, { door }: GateCall, { decisions, duration, tookMs }: { decisions: Counter; duration: Histogram; tookMs: number }): void {
  duration.observe(tookMs, { door });
  decisions.add(1, { door, decision: decided.kind, rule: decided.by.split(".")[0] ?? "" });
}

async function hold(held: HeldCall, { holds, recorder }: DecideDeps): Promise<GateAnswer> {
  const { action } = held.observed;
  const opened = await holds.open(held);
  if (opened.kind === "refused") return denied(action, held.call, { kind: "deny", by: "approval.crowded", reason: opened.reason, verdict: held.decision.verdict, findings: [] }, null, recorder);
  await recorder.durable(action, held.decision, opened.held.approvalId);
  return { kind: "hold", callId: held.call.callId, decision: held.decision, held: opened.held };
}

async function use(approvalId: string, held: HeldCall, { holds, recorder }: DecideDeps): Promise<GateAnswer> {
  const claim = await holds.claim(approvalId, held);
  // Recorded when it was held; a caller that asks every second would fill the log with it.
  if (claim.kind === "waiting") return { kind: "hold", callId: held.call.callId, decision: held.decision, held: claim.held };
  if (claim.kind === "refused") {
    const refused: Denial = { kind: "deny", by: "approval.refused", reason: claim.reason, verdict: held.decision.verdict, findings: [] };
    return denied(held.observed.action, held.call, refused, approvalId, recorder);
  }
  const allowed: GateDecision = { kind: "allow", by: "approval.used", reason: `Approved: ${approvalId}.`, verdict: held.decision.verdict, probes: false, durableFirst: true };
  await recorder.durable(held.observed.action, allowed, approvalId);
  return { kind: "allow", callId: held.call.callId, decision: allowed };
}

/** Null where the call has no canonical text to bind an approval to. */
export function heldCall(caller: Caller, call: GateCall, observed: Observed, decision: Extract<GateDecision, { kind: "hold" }>, state: GateState): HeldCall | null {
  const bound = boundAction(caller, call, observed, state);
  const made = boundDigest(bound);
  return made.kind === "digest" ? { caller, call, observed, decision, bound, digest: made.digest } : null;
}

/** From what is true now: computed again before execution, it must come out the same. */
export function boundAction(caller: Caller, call: GateCall, observed: Observed, { registry }: GateState): BoundAction {
  const { tenant, agent } = caller;
  const { callId, tool, payload, target, injected, resourceVersion } = call;
  return {
    tenant, agent, callId, tool, payload, resourceVersion,
    target: target === null ? null : { origin: target.origin, addresses: target.within ?? target.addresses },
    operations: observed.classification.verdicts.map((verdict) => ({
      operation: verdict.operation, rule: verdict.rule, places: placesOf(verdict, observed, registry).map(({ kind, id, environment }) => `${kind} ${id} (${environment})`),
    })),
    agentEnvironment: observed.agentEnvironment,
    credential: injected === null ? null : { id: injected.id, version: injected.version, environment: injected.environment },
    policy: registry.policy(tenant).version,
    grant: registry.grantVersion(agentKey(tenant, agent)),
  };
}
