/** The shipped code, call by call: the steps of the detector service on each record, then the breaker's rule. */
import { Assessor, countsAnew, initialRecord, inspectHardRules, isUnknown, newCallWeight, observe, Registry, SessionFiles, transition } from "@tripline/core";
import { agentKey, type Action, type BreakerRecord, type Finding } from "@tripline/model";
import { AgentState, type Snapshot } from "./agent-state.ts";
import { type Recorded, TENANT } from "./actions.ts";
import { asksApproval, isHeld, scoreOf } from "./score.ts";

/** From an attempt to its result, where the data does not tell. */
export const RUN_MS = 20;

export interface Judged {
  /** Evidence before execution, in bits. */
  readonly bits: number;
  /** How far from its habits the call alone is, in bits; 0 where it is ordinary. For telling agents apart. */
  readonly strangeness: number;
  /** A soft finding within the budget of alerts: somebody is told. */
  readonly alert: boolean;
  /** Held for an approval by what it does, whatever the score. */
  readonly asks: boolean;
  /** Held by what it does or by its evidence. */
  readonly held: boolean;
  /** Not known to be harmless or undoable: what a gate that holds whatever it does not know would hold as well. */
  readonly unknown: boolean;
  /** The breaker opened on the attempt: the call does not run. */
  readonly stopped: boolean;
  /** The breaker opened on it at all, its result included. */
  readonly tripped: boolean;
  /** Rules of all findings, for people. */
  readonly rules: readonly string[];
}

export interface JudgeSnapshot {
  readonly state: Snapshot;
  readonly breaker: BreakerRecord;
}

/** One agent under judgement. A trip is counted, reset as by a human who found nothing wrong, and the agent goes on. */
export class Judge {
  readonly #registry = new Registry();
  readonly #state = new AgentState();
  readonly #assessor = new Assessor(this.#state.table);
  #files = new SessionFiles();
  #breaker: BreakerRecord;

  constructor(agent: string) {
    this.#breaker = initialRecord(agentKey(TENANT, agent));
  }

  take(): JudgeSnapshot {
    return { state: this.#state.take(), breaker: this.#breaker };
  }

  put({ state, breaker }: JudgeSnapshot): void {
    this.#state.put(state);
    // What tested sessions write is theirs: nothing of it is put back.
    this.#files = new SessionFiles();
    this.#breaker = breaker;
  }

  /** Judges a call before it runs, and then what came of it. */
  judge({ attempt, result }: Recorded, atMs: number): Judged {
    const context = { registry: this.#registry };
    const before = observe({ ...attempt, eventMs: atMs }, atMs, this.#registry, this.#files.classify(attempt.agent.id, attempt.session ?? "", attempt));
    const weight = newCallWeight();
    countsAnew(weight, before, false);
    const assessment = this.#assessor.assess(before, this.#state.slot, this.#state.population, context);
    const { findings } = assessment;
    const stopped = this.#trips(findings, atMs);
    const late = this.#late({ ...result, eventMs: atMs + RUN_MS }, weight, findings);
    const tripped = this.#trips(late, atMs + RUN_MS) || stopped;
    return {
      bits: scoreOf(assessment),
      strangeness: Math.max(0, assessment.scopeGain),
      alert: findings.some((finding) => finding.alert === true),
      asks: asksApproval(before.classification),
      held: isHeld(assessment, before.classification),
      unknown: before.classification.verdicts.some(isUnknown),
      stopped,
      tripped,
      rules: [...findings, ...late].map(({ rule }) => rule),
    };
  }

  /** What the result shows beyond the attempt: as in the service, hard rules that have not reported on the call yet. */
  #late(result: Action, weight: ReturnType<typeof newCallWeight>, before: readonly Finding[]): Finding[] {
    const context = { registry: this.#registry };
    const after = observe(result, result.eventMs, this.#registry, this.#files.classify(result.agent.id, result.session ?? "", result));
    const found = countsAnew(weight, after, false)
      ? this.#assessor.assess(after, this.#state.slot, this.#state.population, context).findings
      : inspectHardRules(after, context);
    return found.filter(({ detector }) => !before.some((earlier) => earlier.weight === "hard" && earlier.detector === detector));
  }

  #trips(findings: readonly Finding[], receiveMs: number): boolean {
    if (findings.length === 0) return false;
    const { probeActions } = this.#registry.policy(TENANT);
    const change = transition(this.#breaker, { kind: "findings", findings, receiveMs }, { nowMs: receiveMs, probeActions, foreignSeen: [], massTrip: false });
    if (change.kind !== "changed" || change.tripped === null) return false;
    const { tenant, agent, generation } = change.record;
    this.#breaker = { ...initialRecord(agentKey(tenant, agent)), generation: generation + 1, resetAtMs: receiveMs + 1 };
    this.#assessor.accept(this.#state.slot);
    return true;
  }
}
