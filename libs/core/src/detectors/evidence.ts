/** How findings are made: one place, so that every finding names its versions, its credentials and a deterministic id. */
import { agentKey, findingId, LIMITS, type Feature, type Finding, type Risk } from "@tripline/model";
import type { Verdict } from "../classify/verdict.ts";
import type { Registry } from "../registry/registry.ts";
import type { DetectorContext, Observed } from "./detector.ts";
import { foreignUses } from "./foreign-use.ts";

/** Version of the rules below `core`; findings and trips name it. */
export const RULES_VERSION = "core-1";
/** What a hard finding carries: beyond any budget, so that it never depends on one. */
export const HARD_BITS = 64;

export interface Evidence {
  readonly detector: string;
  readonly weight: Finding["weight"];
  readonly rule: string;
  readonly bits: number;
  readonly summary: string;
  readonly features: readonly Feature[];
  readonly risk: Risk | null;
}

export function makeFinding(evidence: Evidence, observed: Observed, { registry }: DetectorContext): Finding {
  const { action } = observed;
  return {
    v: 1,
    id: findingId(evidence.detector, action.id),
    tenant: action.tenant,
    agent: action.agent.id,
    session: action.session,
    actionId: action.id,
    callId: action.callId,
    detector: evidence.detector,
    weight: evidence.weight,
    rule: evidence.rule.slice(0, LIMITS.textChars),
    bits: evidence.bits,
    summary: evidence.summary.slice(0, LIMITS.textChars),
    features: evidence.features.slice(0, LIMITS.featuresPerFinding),
    atMs: observed.atMs,
    receiveMs: observed.receiveMs,
    foreignCredentials: foreignMarks(observed, registry),
    decidedBy: {
      rules: RULES_VERSION,
      policy: registry.policy(action.tenant).version,
      grant: registry.grantVersion(agentKey(action.tenant, action.agent.id)),
      registry: registry.version,
    },
    risk: evidence.risk,
  };
}

/** Marks of credentials in use that were never issued to this agent: known to the inventory or not. */
export function foreignMarks(observed: Observed, registry: Registry): string[] {
  const found = new Set<string>();
  for (const { mark } of foreignUses(observed, registry)) if (mark !== null) found.add(mark);
  return [...found].slice(0, LIMITS.credentialsPerAction);
}

export function feature(name: string, bits: number, expected: string, observed: string): Feature {
  const cut = (text: string) => text.slice(0, 256);
  return { name: cut(name), bits, expected: cut(expected), observed: cut(observed) };
}

/** Who acted, for summaries: registered role and id. */
export function agentName(observed: Observed): string {
  return `Agent ${observed.action.agent.id}`;
}

export const isSideEffect = (verdict: Verdict): boolean => verdict.effect !== "read";
/** May have done anything: not understood, so not known to be a read. */
export const isUnknown = (verdict: Verdict): boolean => verdict.reversibility === "unknown" && verdict.effect !== "read";
/** Uncommitted work in the agent's own checkout is its own to lose: real coding agents do that daily (`git reset --hard`). */
export const isIrreversible = (verdict: Verdict): boolean =>
  verdict.reversibility === "irreversible" && verdict.effect !== "read" && verdict.confinedTo !== "workspace";
/** What the burst and climb evidence counts. */
export const isDestructive = (verdict: Verdict): boolean => verdict.effect === "delete" || isIrreversible(verdict);
/** Not known to only read or add: what the Model Context Protocol calls destructive. Wider than what bursts count. */
export const mayOverwrite = (verdict: Verdict): boolean =>
  isDestructive(verdict) || (verdict.overwrites ?? (verdict.effect === "execute" && verdict.reversibility === "unknown"));
