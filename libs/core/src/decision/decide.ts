/**
 * What the gate answers to one call before it runs. Pure: the doors, a replay and a simulation decide by this. The order of the rules is the
 * order of what may never be overruled: identity, breaker, environments; then what policy and humans may allow.
 */
import { agentKey, type BreakerRecord, DEFAULT_GATE_POLICY, type Finding, type GatePolicy, UNKNOWN_ENVIRONMENT } from "@tripline/model";
import { denied } from "../breaker/breaker.ts";
import type { Verdict } from "../classify/verdict.ts";
import { decoyTouched } from "../detectors/decoy-touched.ts";
import type { Observed } from "../detectors/detector.ts";
import { isIrreversible, isSideEffect, isUnknown } from "../detectors/evidence.ts";
import { foreignCredential } from "../detectors/foreign-credential.ts";
import { inspectHardRules } from "../detectors/hard-rules.ts";
import { agentEnvironments, placeName } from "../detectors/place.ts";
import { matchesAny } from "../registry/pattern.ts";
import type { Registry } from "../registry/registry.ts";
import { approvedInAdvance, outsideGrants } from "./granted.ts";
import { type ApprovalLevel, levelOf } from "./level.ts";
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
  return refusedAgent(observed, context) ?? refusedDecoy(observed, context) ?? refusedPlace(observed, context) ?? refusedUncurrent(observed, context) ?? heldCall(observed, context) ?? allowed(observed, context);
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

/** Why each side effect of the call asks for approval; the hold counts for the gravest of all of them, since the call is carried out whole. */
function heldCall(observed: Observed, context: DecisionContext): GateDecision | null {
  const reaching = reachingOf(observed, context);
  for (const verdict of observed.classification.verdicts) {
    if (!isSideEffect(verdict) || approvedInAdvance(verdict, reaching)) continue;
    const why = asksBecause(verdict, reaching);
    if (why !== null) return holdOn(verdict, why, reaching);
  }
  const outside = outsideGrants(reaching);
  if (outside === null) return null;
  const { operation } = outside.verdict;
  return holdOn(outside.verdict, { by: `grant.${operation}`, reason: `${operation} is outside what ${observed.action.agent.id} was granted (${outside.expected}).` }, reaching);
}

interface Why {
  readonly by: string;
  readonly reason: string;
}

function asksBecause(verdict: Verdict, reaching: Reaching): Why | null {
  const { operation, rule, reason } = verdict;
  if (levelOf(verdict) === "highest") return { by: rule.startsWith("protection.") ? rule : `irreversible.${operation}`, reason };
  if (isIrreversible(verdict)) return { by: `irreversible.${operation}`, reason };
  if (!isUnknown(verdict)) return null;
  const { environment } = gravest(reached(verdict, reaching));
  const isAllowed = !isGrave(environment) && !isUnreadRequest(reaching.observed) && gatePolicy(reaching.registry, reaching.observed).unknownEffects === "allow";
  return isAllowed ? null : { by: `unknown.${operation}`, reason: `Nobody can tell what it does in ${environmentName(environment)}: ${reason}` };
}

/** A request whose body could not be read whole may hold anything, and whoever sends it can choose that: no policy lets it through unseen. */
function isUnreadRequest({ action: { request }, classification }: Observed): boolean {
  return (request?.kind === "http" || request?.kind === "graphql") && classification.parse !== "parsed";
}

/** By what was found first; level and number of approvers by the gravest effect of the whole call. */
function holdOn(verdict: Verdict, { by, reason }: Why, reaching: Reaching): Hold {
  const { observed, registry } = reaching;
  const policy = gatePolicy(registry, observed);
  const effects = observed.classification.verdicts.filter(isSideEffect);
  const { environment } = gravest(effects.flatMap((effect) => reached(effect, reaching)));
  const place = gravest(reached(verdict, reaching));
  return {
    kind: "hold", by, verdict, environment,
    reason: `${observed.action.agent.id} calls ${verdict.operation} on ${placeName(place)} (${environmentName(place.environment)}): ${reason}`,
    level: effects.some((effect) => levelOf(effect) === "highest") ? "highest" : "standard",
    needed: isGrave(environment) ? Math.max(policy.approversInProduction, policy.approversElsewhere) : policy.approversElsewhere,
  };
}

const isGrave = (environment: string): boolean => environment === PRODUCTION || environment === UNKNOWN_ENVIRONMENT;
const environmentName = (environment: string): string => (environment === UNKNOWN_ENVIRONMENT ? "an unknown environment" : environment);

/** Production before what nobody knows, and that before all else. */
function gravest(places: readonly Reached[]): Reached {
  return places.find(({ environment }) => environment === PRODUCTION) ?? places.find(({ environment }) => environment === UNKNOWN_ENVIRONMENT) ?? places[0]!;
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
