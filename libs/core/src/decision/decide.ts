/**
 * What the gate answers to one call before it runs. Pure: the doors, a replay and a simulation decide by this. The order of the rules is the
 * order of what may never be overruled: identity, breaker, environments; then what policy and humans may allow.
 */
import { type Action, agentKey, type BreakerRecord, type Finding, UNKNOWN_ENVIRONMENT } from "@tripline/model";
import { denied } from "../breaker/breaker.ts";
import type { Verdict } from "../classify/verdict.ts";
import { decoyTouched } from "../detectors/decoy-touched.ts";
import type { Observed } from "../detectors/detector.ts";
import { isIrreversible, isSideEffect } from "../detectors/evidence.ts";
import { foreignCredential } from "../detectors/foreign-credential.ts";
import { inspectHardRules } from "../detectors/hard-rules.ts";
import { agentEnvironments, placeName } from "../detectors/place.ts";
import { matchesAny } from "../registry/pattern.ts";
import type { Registry } from "../registry/registry.ts";
import { type Decided, gatePolicy, heldCall, type Hold } from "./held.ts";
import { PRODUCTION, type Reached, reached, type Reaching, shownCredentials } from "./reach.ts";

export interface DecisionContext {
  readonly registry: Registry;
  /** The agent's breaker as the gate knows it. */
  readonly breaker: BreakerRecord;
  /** False where the gate cannot tell that registry and breaker are current: then nothing with a side effect passes. */
  readonly isCurrent: boolean;
  /** What the credential that the gate would inject reaches; null where it injects none. */
  readonly injected: { readonly id: string; readonly environment: string } | null;
}

export type GateDecision =
  | (Decided & {
      readonly kind: "allow";
      /** Uses up one of the read-only actions of a breaker that is probing. */
      readonly probes: boolean;
      /** Its record must be durable before it may run. */
      readonly durableFirst: boolean;
    })
  | Denial
  | Hold;

export type Denial = Decided & { readonly kind: "deny"; readonly findings: readonly Finding[] };

/** Decides one call. Never throws; whatever is not understood counts as what it might be. */
export function decide(observed: Observed, context: DecisionContext): GateDecision {
  return refusedCaller(observed.action, context) ?? refusedProbing(observed, context) ?? refusedDecoy(observed, context) ?? refusedPlace(observed, context) ?? refusedUncurrent(observed, context) ?? heldCall(reachingOf(observed, context)) ?? allowed(observed, context);
}

function deny(by: string, reason: string, verdict: Verdict | null = null, findings: readonly Finding[] = []): Denial {
  return { kind: "deny", by, reason, verdict, findings };
}

const isRead = ({ classification }: Observed): boolean => !classification.verdicts.some(isSideEffect);

/** What is refused whatever the call does: `decide` says the same of it, and nothing of the call has to be looked at. Null where that has to be. */
export function refusedCaller(action: Pick<Action, "tenant" | "agent" | "assurance">, { registry, breaker }: Pick<DecisionContext, "registry" | "breaker">): Denial | null {
  const agent = registry.profile(agentKey(action.tenant, action.agent.id));
  if (action.assurance === "claimed") return deny("identity.claimed", "The caller's identity is only claimed.");
  if (agent?.status !== "active") return deny("identity.unregistered", "The agent is not registered, or was retired.");
  if (breaker.holds.length > 0) return deny("breaker.held", `A human holds ${action.agent.id}: ${breaker.holds[0]!.reason}`);
  if (denied(breaker)) return deny("breaker.open", `The breaker of ${action.agent.id} is open${breaker.trip === null ? "" : `: ${breaker.trip.summary}`}`);
  return null;
}

function refusedProbing(observed: Observed, { breaker }: DecisionContext): GateDecision | null {
  if (breaker.position.state === "probing" && !isRead(observed)) {
    return deny("breaker.probing", `After its reset ${observed.action.agent.id} may only read; ${breaker.position.actionsLeft} such calls are left before its breaker closes.`, firstEffect(observed));
  }
  return null;
}

const firstEffect = ({ classification }: Observed): Verdict => classification.verdicts.find(isSideEffect) ?? classification.worst;

/** Reads too: whoever is here was looking for something that is not theirs. */
function refusedDecoy(observed: Observed, { registry }: DecisionContext): GateDecision | null {
  const findings = decoyTouched.inspect(observed, null, { registry });
  return findings[0] === undefined ? null : deny(findings[0].rule, findings[0].summary, observed.classification.worst, findings);
}

/** Environments are an invariant: no policy, grant of operations or approval lets a call across. */
function refusedPlace(observed: Observed, context: DecisionContext): GateDecision | null {
  const { registry, injected } = context;
  const environments = [...agentEnvironments(observed, registry)];
  const works = `${observed.action.agent.id} works in ${environments.join(", ") || "no known environment"}`;
  if (injected !== null && isOutside(injected.environment, environments)) {
    return deny("environment.credential", `${works}; credential ${injected.id} reaches ${injected.environment} and is not injected for it.`);
  }
  const shown = shownCredentials(observed, registry).find(({ environment }) => isOutside(environment, environments));
  const findings = (): Finding[] => inspectHardRules(observed, { registry });
  if (shown !== undefined) return deny("environment.credential", `${works}; the call shows credential ${shown.id}, which reaches ${shown.environment}.`, firstEffect(observed), findings());
  const crossing = findCrossing(observed, context, environments);
  if (crossing !== null) {
    const { verdict, place, environment } = crossing;
    return deny("environment.crossing", `${works}, but ${verdict.operation} is for ${placeName(place)} in ${environment}.`, verdict, findings());
  }
  const [foreign] = foreignCredential.inspect(observed, null, { registry });
  return foreign === undefined ? null : deny(foreign.rule, foreign.summary, firstEffect(observed), findings());
}

const isOutside = (environment: string, environments: readonly string[]): boolean => environment !== UNKNOWN_ENVIRONMENT && !matchesAny(environments, environment);

interface Crossing {
  readonly verdict: Verdict;
  readonly place: Reached;
  readonly environment: string;
}

/** Any side effect outside the agent's environments, and even a read of production. An agent whom nobody placed reaches everything but production. */
function findCrossing(observed: Observed, context: DecisionContext, environments: readonly string[]): Crossing | null {
  for (const verdict of observed.classification.verdicts) {
    const onlyProduction = !isSideEffect(verdict) || environments.length === 0;
    for (const place of reached(verdict, reachingOf(observed, context))) {
      const environment = [place.environment, ...place.said].find((one) => isOutside(one, environments) && (!onlyProduction || one === PRODUCTION));
      if (environment !== undefined) return { verdict, place, environment };
    }
  }
  return null;
}

function reachingOf(observed: Observed, { registry, injected }: DecisionContext): Reaching {
  return { observed, registry, injected: injected?.environment ?? null };
}

/** What the gate knows may be out of date: the breaker may have opened since. */
function refusedUncurrent(observed: Observed, { registry, isCurrent }: DecisionContext): GateDecision | null {
  if (isCurrent) return null;
  if (!isRead(observed)) return deny("gate.stale", "The gate cannot tell that what it knows is current, so nothing with a side effect passes.", firstEffect(observed));
  return gatePolicy(registry, observed).staleReads === "deny" ? deny("gate.stale", "The gate cannot tell that what it knows is current, and policy refuses reads then.") : null;
}

function allowed(observed: Observed, { breaker }: DecisionContext): GateDecision {
  const read = isRead(observed);
  const standing = observed.classification.verdicts.some(isIrreversible);
  const by = read ? "read" : standing ? "grant.standing-approval" : "ordinary";
  const reason = read ? "It only reads." : standing ? "A grant approves it in advance." : "Nothing in it asks for approval.";
  return { kind: "allow", by, reason, verdict: null, probes: breaker.position.state === "probing", durableFirst: !read };
}
