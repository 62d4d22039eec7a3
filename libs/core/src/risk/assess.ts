/**
 * One action, judged: hard rules, soft detectors against the agent's baseline, risk; then the baseline learns. The detector
 * service, the replay and the quality protocol all run this.
 */
import { agentKey, type Finding, type Risk } from "@tripline/model";
import type { BaselineTable, Page } from "../baseline/baseline-table.ts";
import { KnownOperations } from "../baseline/known-operations.ts";
import { acceptHistory, countTrip, isNovelOperation, learn, measure } from "../baseline/measure.ts";
import { F32 } from "../baseline/layout.ts";
import { learnAfresh, measureFrozen } from "../baseline/order.ts";
import type { Population } from "../baseline/population.ts";
import { learnHabits, measureHabits, statesOrigins } from "../baseline/habits/habits.ts";
import { learnRates, measureRates } from "../baseline/rate/agent-rates.ts";
import { newBaselineView } from "../baseline/view.ts";
import { destructiveBurst } from "../detectors/destructive-burst.ts";
import type { Detector, DetectorContext, Observed } from "../detectors/detector.ts";
import { isDestructive } from "../detectors/evidence.ts";
import { gateCoverage } from "../detectors/gate-bypass.ts";
import { inspectHardRules } from "../detectors/hard-rules.ts";
import { foreignCredentialUse, scopeDrift } from "../detectors/scope-drift.ts";
import { readSigns } from "../detectors/signs.ts";
import { unusualArguments } from "../detectors/unusual-arguments.ts";
import { readCallSigns, runaway, unusualRate } from "../detectors/unusual-rate.ts";
import { SCOPE } from "../baseline/scope.ts";
import type { BaselineView } from "../baseline/view.ts";
import { takeAlert } from "./alert-level.ts";
import { alertBits, budgetBits } from "./budget.ts";
import { combine } from "./risk.ts";

/** The detectors that weigh against the baseline. */
export const SOFT_DETECTORS: readonly Detector<BaselineView>[] = [destructiveBurst, scopeDrift, foreignCredentialUse];
/** What they find is told and adds nothing to risk: a loop or a busy hour is for a human to look at. */
export const ALERTING_DETECTORS: readonly Detector<BaselineView>[] = [runaway, unusualRate];
/** Soft findings are reported from this share of the budget on, or from where they may be alerts; below it they only add to risk. */
const REPORT_SHARE = 0.5;
/** What is less rare than this for the agent, in bits, is not worth a finding. Leaving the grant or a foreign credential is, from here on. */
const REPORT_BITS = 3;
const REPORT_ODDS = 2 ** REPORT_BITS;

/** Of ordinary actions that bring nothing new, one in so many is noted: after a restart that is how an agent's operations are known again. */
const NOTED_EVERY = 64;

export interface Assessment {
  readonly findings: Finding[];
  readonly risk: Risk;
  /** Evidence in the call's arguments: its score, how improbable that is among the agent's own calls, and from where on it is worth an alert; in bits. */
  readonly habits: { readonly score: number; readonly bits: number; readonly alertBits: number };
  /** Evidence of this one action that the agent left its scope, in bits; below zero for an ordinary one. */
  readonly scopeGain: number;
  /** The first action of a day of the agent's activity: by such days its hours are counted. */
  readonly newDay: boolean;
}

export class Assessor {
  readonly #table: BaselineTable;
  readonly #view = newBaselineView();
  readonly #known = new KnownOperations();
  #assessed = 0;

  constructor(table: BaselineTable) {
    this.#table = table;
  }

  /** Judges a first-seen call. `population` is that of the agent's partition. Not for claimed identities: they teach nothing. */
  assess(observed: Observed, slot: number, population: Population, context: DetectorContext): Assessment {
    const view = this.#view;
    const page = this.#table.page(slot);
    const word = this.#table.wordAt(slot);
    const { action, receiveMs } = observed;
    const policy = context.registry.policy(action.tenant);
    const profile = context.registry.profile(agentKey(action.tenant, action.agent.id));
    const role = profile?.role ?? action.agent.role;
    if (profile?.baseline !== undefined && learnAfresh(page, word, profile.baseline, receiveMs)) this.#table.forgetHabits(slot);
    const frozen = profile?.baseline?.frozen === true;
    const hard = inspectHardRules(observed, context);
    view.destructive = observed.classification.verdicts.some(isDestructive);
    readSigns(observed, context.registry, population, role, view.scope);
    const days = page.f32[word + F32.rateDays];
    if (frozen) measureOfFrozen(page, word, observed, view);
    else measure(page, word, observed.atMs, receiveMs, view);
    readCallSigns(observed, view.rates);
    measureRates(page, word, observed.atMs, view.rates);
    const newDay = days !== page.f32[word + F32.rateDays];
    const risk = combine(page, word, receiveMs, view, budgetBits(policy, view.actionsPerHour));
    const told = alertBits(policy);
    const soft = this.#soft(observed, slot, risk, Math.min(risk.budgetBits * REPORT_SHARE, told), context);
    const ordinary = hard.length === 0 && !risk.over;
    const taught = ordinary && !frozen;
    const beside = joined(this.#inspectRates(observed, context), this.#inspectArguments(observed, slot, { ordinary, frozen, alertsFrom: told }, context), gateCoverage.inspect(observed, null, context));
    if (taught) this.#note(observed, slot, role, population);
    learn(page, word, receiveMs, view, taught);
    learnRates(page, word, view.rates, taught);
    const raised = soft.length === 0 ? beside : joined(soft, beside, NOTHING);
    const at = strongestOf(raised, soft.length, risk.bits);
    if (ordinary && at !== -1 && takeAlert(page, word, at === 0 && soft.length > 0 ? risk.bits : raised[at]!.bits, 2 ** -told)) raised[at] = { ...raised[at]!, alert: true };
    const findings = hard.length === 0 && raised.length === 0 ? raised : merged(hard, raised, risk);
    return { findings, risk, newDay, habits: { score: view.habits.score, bits: view.habits.bits, alertBits: told }, scopeGain: view.scope.gain };
  }

  /** A human reset the agent's breaker: what led to the trip was judged, and must not trip again. */
  accept(slot: number): void {
    acceptHistory(this.#table.page(slot), this.#table.wordAt(slot));
  }

  /** The breaker opened on risk: it counts against the alarm budget, whoever turns out to have been right. */
  noteTrip(slot: number): void {
    countTrip(this.#table.page(slot), this.#table.wordAt(slot));
  }

  /** What an ordinary action tells beyond its agent: of a name new to it, its population; of its operations, whoever reads findings. */
  #note(observed: Observed, slot: number, role: string | null, population: Population): void {
    const novel = isNovelOperation(this.#view);
    if (novel) population.learn(role, this.#view.scope.signs.operationHash);
    this.#assessed += 1;
    const { tenant, agent } = observed.action;
    if (novel || this.#assessed % NOTED_EVERY === 0) this.#known.note(slot, agentKey(tenant, agent.id), operationName(observed));
  }

  /**
   * Apart from risk: held against the alert budget, by the agent's own past. It asks for a look, or for an approval where a gate
   * stands; by itself it never trips.
   */
  #inspectArguments(observed: Observed, slot: number, { ordinary, frozen, alertsFrom }: { ordinary: boolean; frozen: boolean; alertsFrom: number }, context: DetectorContext): Finding[] {
    const { habits } = this.#view;
    habits.score = 0;
    habits.bits = 0;
    if (!statesOrigins(observed.action)) return [];
    const block = this.#table.habits(slot);
    measureHabits(block, observed.action, habits);
    const isUnusual = habits.bits >= alertsFrom;
    if (!frozen) learnHabits(block, observed.action, habits, ordinary && !isUnusual);
    return isUnusual ? unusualArguments.inspect(observed, this.#view, context) : [];
  }

  #soft(observed: Observed, slot: number, risk: Risk, reportBits: number, context: DetectorContext): Finding[] {
    if (risk.bits < reportBits && !leavesScope(this.#view)) return [];
    const { tenant, agent } = observed.action;
    this.#view.scope.nearest = isNovelOperation(this.#view) ? this.#known.nearest(slot, agentKey(tenant, agent.id), operationName(observed)).join(", ") : "";
    const found = SOFT_DETECTORS.flatMap((detector) => detector.inspect(observed, this.#view, context)).toSorted((one, other) => other.bits - one.bits);
    // Strongest first, so that a trip's summary opens with its cause; while over budget the strongest is kept however weak.
    return found.filter(({ bits }, index) => bits >= REPORT_BITS || (risk.over && index === 0));
  }

  #inspectRates(observed: Observed, context: DetectorContext): Finding[] {
    const { rates } = this.#view;
    if (rates.bits === 0 && rates.loop.bits === 0) return [];
    return ALERTING_DETECTORS.flatMap((detector) => detector.inspect(observed, this.#view, context));
  }
}

const NOTHING: readonly Finding[] = [];

/** Apart from the path of every action: a function that holds one of its values in a closure keeps all of them on the heap. */
function measureOfFrozen(page: Page, word: number, { atMs, receiveMs }: Observed, view: BaselineView): void {
  measureFrozen(page, word, () => measure(page, word, atMs, receiveMs, view));
}

/** Nearly always nothing: then no list is copied. */
function joined(one: Finding[], two: readonly Finding[], three: readonly Finding[]): Finding[] {
  return two.length === 0 && three.length === 0 ? one : [...one, ...two, ...three];
}

/** What a hard rule of a detector found stands for what else that detector found. */
function merged(hard: readonly Finding[], raised: readonly Finding[], risk: Risk): Finding[] {
  const all = [...hard, ...raised.filter(({ detector }) => !hard.some((other) => other.detector === detector))];
  return all.map((finding) => ({ ...finding, risk }));
}

/** Where the finding lies that is told first: of those that weigh in risk the first stands for the risk, the others for themselves. −1 for none. */
function strongestOf(raised: readonly Finding[], weighing: number, riskBits: number): number {
  let strongest = weighing > 0 ? 0 : -1;
  let most = weighing > 0 ? riskBits : 0;
  for (let at = weighing; at < raised.length; at += 1) {
    if (raised[at]!.bits <= most) continue;
    strongest = at;
    most = raised[at]!.bits;
  }
  return strongest;
}

/** As the feature of a finding names it. */
function operationName({ action, classification }: Observed): string {
  return `${action.tool} ${classification.worst.operation}`;
}

const LEAVING = [SCOPE.grant, SCOPE.foreign, SCOPE.unregistered];

function leavesScope({ scope }: BaselineView): boolean {
  return LEAVING.some((at) => scope.signs.shown[at] === 1 && scope.featureOdds[at]! >= REPORT_ODDS);
}
