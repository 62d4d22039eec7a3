/** One call, explained: what it does, and what would become of an agent that makes it. */
import { type Classification, inspectHardRules, isUnknown, observe, type Observed, placesOf, type Registry, remedyFor, standingApproval, type Verdict } from "@tripline/core";
import type { Action, AgentRegistration, Finding } from "@tripline/model";
import type { DescribedCall } from "./described-call.ts";

export interface ExplainedTarget {
  readonly kind: string;
  readonly id: string;
  readonly environment: string;
  /** Who said which environment: `inventory`, `call`, `credential`, `host`, or `nobody`. */
  readonly source: string;
}

export interface Ruling {
  readonly agent: string;
  readonly environment: string;
  /** `trip`: a hard rule fires, one is enough. `approval`: not known to be harmless or undoable; a person is to be asked. `pass`: neither. */
  readonly says: "trip" | "approval" | "pass";
  /** Each hard rule that fires, and which statement by a human would make the same call fine. */
  readonly rules: readonly { readonly rule: string; readonly summary: string; readonly remedy: string | null }[];
}

export interface Explanation {
  readonly form: string;
  readonly guessed: boolean;
  /** Of JSON: what in it told the form; null for all else. */
  readonly toldBy: string | null;
  /** Of a tool call, whose. */
  readonly tool: string | null;
  readonly cut: boolean;
  readonly parse: Classification["parse"];
  /** The one that decides. */
  readonly verdict: ExplainedVerdict;
  readonly verdicts: readonly ExplainedVerdict[];
  readonly agents: readonly Ruling[];
}

export interface ExplainedVerdict extends Omit<Verdict, "targets"> {
  /** The part of the text that it is about. */
  readonly text: string | null;
  readonly targets: readonly ExplainedTarget[];
}

/** Agents that the call is held against; each registered as such, without any grant, unless the registry says otherwise. */
export interface Subject {
  readonly agent: string;
  readonly environment: string;
}

export interface Explaining {
  readonly tenant: string;
  readonly registry: Registry;
  readonly subjects: readonly Subject[];
  readonly nowMs: number;
}

/** The verdict of the shipped classifier and of the hard rules, by the same code that judges recorded actions. */
export function explain(described: DescribedCall, { tenant, registry, subjects, nowMs }: Explaining): Explanation {
  const observed = subjects.map(({ agent, environment }) => observe(actionOf(described, tenant, agent, environment, nowMs), nowMs, registry));
  const [first] = observed;
  if (first === undefined) throw new RangeError("no agent to explain the call for");
  const { verdicts, worst, parse } = first.classification;
  const explained = verdicts.map((verdict) => explainedVerdict(verdict, described, first, registry));
  return {
    form: described.form,
    guessed: described.guessed,
    toldBy: described.toldBy,
    tool: described.form === "tool" ? described.call.tool : null,
    cut: described.cut,
    parse,
    verdict: explained[verdicts.indexOf(worst)] ?? explainedVerdict(worst, described, first, registry),
    verdicts: explained,
    agents: observed.map((one) => ruling(one, registry)),
  };
}

function explainedVerdict(verdict: Verdict, { text, hasSpans }: DescribedCall, observed: Observed, registry: Registry): ExplainedVerdict {
  const span = hasSpans ? verdict.span : null;
  const placed = placesOf(verdict, observed, registry);
  const targets = verdict.targets.map(({ kind, id, environment }) => {
    const place = placed.find((one) => one.kind === kind && one.id === id);
    // Of what lies on the agent's own machine the environment is the agent's: it differs from one to the other.
    return place === undefined || place.source === "host" ? { kind, id, environment: environment ?? "unknown", source: place === undefined ? "nobody" : "host" } : { kind, id, environment: place.environment, source: place.source };
  });
  return { ...verdict, span, text: span === null ? null : text.slice(span.start, span.end), targets };
}

function ruling(observed: Observed, registry: Registry): Ruling {
  const hard: Finding[] = inspectHardRules(observed, { registry });
  const { agent } = observed.action;
  const says = hard.length > 0 ? "trip" : observed.classification.verdicts.some((verdict) => needsApproval(verdict, observed, registry)) ? "approval" : "pass";
  return { agent: agent.id, environment: observed.agentEnvironment, says, rules: hard.map((finding) => ({ rule: finding.rule, summary: finding.summary, remedy: remedyOf(finding) })) };
}

function remedyOf(finding: Finding): string | null {
  const [first] = finding.features;
  return first === undefined ? null : remedyFor(finding, first);
}

/** Irreversible work in the agent's own checkout trips nothing, and is worth a question all the same. */
function needsApproval(verdict: Verdict, observed: Observed, registry: Registry): boolean {
  if (isUnknown(verdict)) return true;
  return verdict.reversibility === "irreversible" && verdict.effect !== "read" && standingApproval(verdict, observed, registry) === null;
}

function actionOf({ call }: DescribedCall, tenant: string, agent: string, environment: string, nowMs: number): Action {
  return {
    v: 1, id: "explained", callId: "explained", tenant, agent: { id: agent, name: null, version: null, role: null, runtime: null }, assurance: "channel", claimedAgent: null,
    session: null, parentSession: null, task: null, phase: "attempt", eventMs: nowMs, ...call, outputs: null, provenance: {}, environment, outcome: null, decision: null, reasoning: null,
    source: { dialect: "tripline", signal: "log", traceId: null, spanId: null, parentSpanId: null },
  };
}

/** A registry in which the subjects are registered, beside what it holds already. */
export function registerSubjects(registry: Registry, tenant: string, subjects: readonly Subject[]): void {
  for (const { agent, environment } of subjects) {
    const registration: AgentRegistration = { v: 1, version: 1, tenant, agent, role: null, owner: "nobody", environment, status: "active", atMs: 0 };
    registry.apply("agents", registration);
  }
}
