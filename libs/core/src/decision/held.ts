/** What of a call waits for a human: why, how grave it is, and how many approvers it takes. */
import { DEFAULT_GATE_POLICY, type GatePolicy, UNKNOWN_ENVIRONMENT } from "@tripline/model";
import type { Verdict } from "../classify/verdict.ts";
import type { Observed } from "../detectors/detector.ts";
import { isIrreversible, isSideEffect, isUnknown } from "../detectors/evidence.ts";
import { placeName } from "../detectors/place.ts";
import type { Registry } from "../registry/registry.ts";
import { approvedInAdvance, outsideGrants } from "./granted.ts";
import { type ApprovalLevel, levelOf } from "./level.ts";
import { PRODUCTION, type Reached, reached, type Reaching } from "./reach.ts";

/** `by`: stable id of the rule that decided; `verdict`: the operation that it decided on, null where none did. */
export interface Decided {
  readonly by: string;
  readonly reason: string;
  readonly verdict: Verdict | null;
}

export interface Hold extends Decided {
  readonly kind: "hold";
  readonly level: ApprovalLevel;
  readonly environment: string;
  readonly needed: number;
}

/** Why each side effect of the call asks for approval; the hold counts for the gravest of all of them, since the call is carried out whole. */
export function heldCall(reaching: Reaching): Hold | null {
  const { observed } = reaching;
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

/** The tenant's policy of the gate, or the default. */
export function gatePolicy(registry: Registry, { action }: Observed): GatePolicy {
  return registry.policy(action.tenant).gate ?? DEFAULT_GATE_POLICY;
}
