/**
 * What the gate answers to one call before it runs. Pure: the doors, a replay and a simulation decide by this. The order of the rules is the
 * order of what may never be overruled: identity, breaker, environments; then what policy and humans may allow.
 */
import { agentKey, type BreakerRecord, DEFAULT_GATE_POLICY, type Finding, type GatePolicy, UNKNOWN_ENVIRONMENT } from "@tripline/model";
import { denied } from "../breaker/breaker.ts";
import type { Verdict } from "../classify/verdict.ts";
import type { Observed } from "../detectors/detector.ts";
import { isIrreversible, isSideEffect, isUnknown } from "../detectors/evidence.ts";
import { fitGrants } from "../detectors/grant-scope.ts";
import { inspectHardRules } from "../detectors/hard-rules.ts";
import { agentEnvironments, type Place, placeName, placesOf } from "../detectors/place.ts";
import { standingApproval } from "../detectors/standing-approval.ts";
import { matchesAny } from "../registry/pattern.ts";
import type { Registry } from "../registry/registry.ts";
import { isBypass } from "./bypass.ts";
import { type ApprovalLevel, levelOf } from "./level.ts";

export interface DecisionContext {
  readonly registry: Registry;
  /** The agent's breaker as the gate knows it. */
  readonly breaker: BreakerRecord;
  /** False where the gate cannot tell that registry and breaker are current: then nothing with a side effect passes. */
  readonly isCurrent: boolean;
  /** What the credential that the gate would inject reaches; null where it injects none. */
  readonly injected: { readonly id: string; readonly environment: string } | null;
}

/** `by`: stable id of the rule that decided; `verdict`: the operation that it decided on, null where none did. */
interface Decided {
  readonly by: string;
  readonly reason: string;
  readonly verdict: Verdict | null;
}

export type GateDecision =
  | (Decided & {
      readonly kind: "allow";
      /** Uses up one of the read-only actions of a breaker that is probing. */
      readonly probes: boolean;
      /** Its record must be durable before it may run. */
      readonly durableFirst: boolean;
    })
  | (Decided & { readonly kind: "deny"; readonly findings: readonly Finding[] })
  | (Decided & { readonly kind: "hold"; readonly level: ApprovalLevel; readonly environment: string; readonly needed: number });

export type Hold = Extract<GateDecision, { kind: "hold" }>;

/** Decides one call. Never throws; whatever is not understood counts as what it might be. */
export function decide(observed: Observed, context: DecisionContext): GateDecision {
  return refusedAgent(observed, context) ?? refusedPlace(observed, context) ?? refusedUncurrent(observed, context) ?? heldCall(observed, context) ?? allowed(observed, context);
}

function deny(by: string, reason: string, verdict: Verdict | null = null, findings: readonly Finding[] = []): GateDecision {
  return { kind: "deny", by, reason, verdict, findings };
}

const isRead = ({ classification }: Observed): boolean => !classification.verdicts.some(isSideEffect);

function refusedAgent(observed: Observed, { registry, breaker }: DecisionContext): GateDecision | null {
  const { action } = observed;
  const agent = registry.agent(agentKey(action.tenant, action.agent.id));
  if (action.assurance === "claimed") return deny("identity.claimed", "The caller's identity is only claimed.");
  if (agent?.status !== "active") return deny("identity.unregistered", "The agent is not registered, or was retired.");
  if (breaker.holds.length > 0) return deny("breaker.held", `A human holds ${action.agent.id}: ${breaker.holds[0]!.reason}`);
  if (denied(breaker)) return deny("breaker.open", `The breaker of ${action.agent.id} is open${breaker.trip === null ? "" : `: ${breaker.trip.summary}`}`);
  if (breaker.position.state === "probing" && !isRead(observed)) {
    return deny("breaker.probing", `After its reset ${action.agent.id} may only read; ${breaker.position.actionsLeft} such calls are left before its breaker closes.`, firstEffect(observed));
  }
  return null;
}

const firstEffect = ({ classification }: Observed): Verdict => classification.verdicts.find(isSideEffect) ?? classification.worst;

/** Environments are an invariant: no policy, grant of operations or approval lets a call across. */
function refusedPlace(observed: Observed, { registry, injected }: DecisionContext): GateDecision | null {
  const environments = [...agentEnvironments(observed, registry)];
  const works = environments.join(", ") || "no known environment";
  if (injected !== null && injected.environment !== UNKNOWN_ENVIRONMENT && !matchesAny(environments, injected.environment)) {
    return deny("environment.credential", `${observed.action.agent.id} works in ${works}; credential ${injected.id} reaches ${injected.environment} and is not injected for it.`);
  }
  const findings = inspectHardRules(observed, { registry });
  const crossing = findings.find(({ rule }) => rule === "environment.crossing" || rule.startsWith("credential."));
  if (crossing !== undefined) return deny(crossing.rule, crossing.summary, firstEffect(observed), findings);
  return null;
}

/** What the gate knows may be out of date: the breaker may have opened since. */
function refusedUncurrent(observed: Observed, { registry, isCurrent }: DecisionContext): GateDecision | null {
  if (isCurrent) return null;
  if (!isRead(observed)) return deny("gate.stale", "The gate cannot tell that what it knows is current, so nothing with a side effect passes.", firstEffect(observed));
  return gatePolicy(registry, observed).staleReads === "deny" ? deny("gate.stale", "The gate cannot tell that what it knows is current, and policy refuses reads then.") : null;
}

function heldCall(observed: Observed, context: DecisionContext): GateDecision | null {
  const { registry } = context;
  for (const verdict of observed.classification.verdicts) {
    if (!isSideEffect(verdict) || isApprovedInAdvance(verdict, observed, registry)) continue;
    const why = asksBecause(verdict, observed, registry);
    if (why !== null) return holdOn(verdict, why, observed, registry);
  }
  const fit = fitGrants(observed, registry);
  if (fit.kind !== "outside") return null;
  return holdOn(fit.verdict, { by: `grant.${fit.verdict.operation}`, reason: `${fit.verdict.operation} is outside what ${observed.action.agent.id} was granted (${fit.expected}).` }, observed, registry);
}

/** A bypass stands in for an approval, but never where the means of recovery are at stake. */
function isApprovedInAdvance(verdict: Verdict, observed: Observed, registry: Registry): boolean {
  return standingApproval(verdict, observed, registry, levelOf(verdict) === "highest" ? (grant) => !isBypass(grant) : undefined) !== null;
}

interface Why {
  readonly by: string;
  readonly reason: string;
}

function asksBecause(verdict: Verdict, observed: Observed, registry: Registry): Why | null {
  if (levelOf(verdict) === "highest") return { by: verdict.rule.startsWith("protection.") ? verdict.rule : `irreversible.${verdict.operation}`, reason: verdict.reason };
  if (isIrreversible(verdict)) return { by: `irreversible.${verdict.operation}`, reason: verdict.reason };
  if (!isUnknown(verdict)) return null;
  const { unknownEffects } = gatePolicy(registry, observed);
  const place = gravest(placesOf(verdict, observed, registry));
  const isSafePlace = place.environment !== "production" && place.environment !== UNKNOWN_ENVIRONMENT;
  return isSafePlace && unknownEffects === "allow" ? null : { by: `unknown.${verdict.operation}`, reason: `Nobody can tell what it does in ${place.environment}: ${verdict.reason}` };
}

function holdOn(verdict: Verdict, { by, reason }: Why, observed: Observed, registry: Registry): Hold {
  const policy = gatePolicy(registry, observed);
  const { environment, ...place } = gravest(placesOf(verdict, observed, registry));
  const isGrave = environment === "production" || environment === UNKNOWN_ENVIRONMENT;
  const needed = isGrave ? policy.approversInProduction : policy.approversElsewhere;
  return { kind: "hold", by, reason: `${observed.action.agent.id} calls ${verdict.operation} on ${placeName({ environment, ...place })} (${environment}): ${reason}`, verdict, level: levelOf(verdict), environment, needed };
}

/** Production before what nobody knows, and that before all else. */
function gravest(places: readonly Place[]): Place {
  return places.find(({ environment }) => environment === "production") ?? places.find(({ environment }) => environment === UNKNOWN_ENVIRONMENT) ?? places[0]!;
}

function allowed(observed: Observed, { breaker }: DecisionContext): GateDecision {
  const read = isRead(observed);
  const standing = observed.classification.verdicts.some(isIrreversible);
  const by = read ? "read" : standing ? "grant.standing-approval" : "ordinary";
  const reason = read ? "It only reads." : standing ? "A grant approves it in advance." : "Nothing in it asks for approval.";
  return { kind: "allow", by, reason, verdict: null, probes: breaker.position.state === "probing", durableFirst: !read };
}

/** The tenant's policy of the gate, or the default. */
export function gatePolicy(registry: Registry, { action }: Observed): GatePolicy {
  return registry.policy(action.tenant).gate ?? DEFAULT_GATE_POLICY;
}
