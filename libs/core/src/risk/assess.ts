/**
 * One action, judged: hard rules, soft detectors against the agent's baseline, risk; then the baseline learns. The detector
 * service, the replay and the quality protocol all run this.
 */
import { agentKey, DEFAULT_ALERTS_PER_CALL, type Finding, type Risk } from "@tripline/model";
import type { BaselineTable } from "../baseline/baseline-table.ts";
import { acceptHistory, countTrip, isNovelOperation, learn, measure } from "../baseline/measure.ts";
import { F32 } from "../baseline/layout.ts";
import { learnAfresh, measureFrozen } from "../baseline/order.ts";
import type { Population } from "../baseline/population.ts";
import { newBaselineView } from "../baseline/view.ts";
import { destructiveBurst } from "../detectors/destructive-burst.ts";
import type { Detector, DetectorContext, Observed } from "../detectors/detector.ts";
import { isDestructive } from "../detectors/evidence.ts";
import { inspectHardRules } from "../detectors/hard-rules.ts";
import { foreignCredentialUse, scopeDrift } from "../detectors/scope-drift.ts";
import { readSigns } from "../detectors/signs.ts";
import { SCOPE } from "../baseline/scope.ts";
import type { BaselineView } from "../baseline/view.ts";
import { takeAlert } from "./alert-level.ts";
import { budgetBits } from "./budget.ts";
import { combine } from "./risk.ts";

/** The detectors that weigh against the baseline. */
export const SOFT_DETECTORS: readonly Detector<BaselineView>[] = [destructiveBurst, scopeDrift, foreignCredentialUse];
/** Soft findings are reported from this share of the budget on, or from where they may be alerts; below it they only add to risk. */
const REPORT_SHARE = 0.5;
/** What is less rare than this for the agent, in bits, is not worth a finding. Leaving the grant or a foreign credential is, from here on. */
const REPORT_BITS = 3;
const REPORT_ODDS = 2 ** REPORT_BITS;

export interface Assessment {
  readonly findings: Finding[];
  readonly risk: Risk;
  /** The first action of a day of the agent's activity: by such days its hours are counted. */
  readonly newDay: boolean;
}

export class Assessor {
  readonly #table: BaselineTable;
  readonly #view = newBaselineView();

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
    if (profile?.baseline !== undefined) learnAfresh(page, word, profile.baseline);
    const frozen = profile?.baseline?.frozen === true;
    const hard = inspectHardRules(observed, context);
    view.destructive = observed.classification.verdicts.some(isDestructive);
    readSigns(observed, context.registry, population, role, view.scope);
    const days = page.f32[word + F32.rateDays];
    if (frozen) measureFrozen(page, word, () => measure(page, word, observed.atMs, receiveMs, view));
    else measure(page, word, observed.atMs, receiveMs, view);
    const newDay = days !== page.f32[word + F32.rateDays];
    const risk = combine(page, word, receiveMs, view, budgetBits(policy, view.actionsPerHour));
    const alertsPerCall = policy.budget.alertsPerCall ?? DEFAULT_ALERTS_PER_CALL;
    const soft = this.#soft(observed, risk, Math.min(risk.budgetBits * REPORT_SHARE, -Math.log2(alertsPerCall)), context);
    const ordinary = hard.length === 0 && !risk.over;
    if (ordinary && !frozen && isNovelOperation(view)) population.learn(role, view.scope.signs.operationHash);
    learn(page, word, receiveMs, view, ordinary && !frozen);
    if (hard.length === 0 && soft.length === 0) return { findings: soft, risk, newDay };
    if (ordinary && takeAlert(page, word, risk.bits, alertsPerCall)) soft[0] = { ...soft[0]!, alert: true };
    const merged = [...hard, ...soft.filter(({ detector }) => !hard.some((other) => other.detector === detector))];
    return { findings: merged.map((finding) => ({ ...finding, risk })), risk, newDay };
  }

  /** A human reset the agent's breaker: what led to the trip was judged, and must not trip again. */
  accept(slot: number): void {
    acceptHistory(this.#table.page(slot), this.#table.wordAt(slot));
  }

  /** The breaker opened on risk: it counts against the alarm budget, whoever turns out to have been right. */
  noteTrip(slot: number): void {
    countTrip(this.#table.page(slot), this.#table.wordAt(slot));
  }

  #soft(observed: Observed, risk: Risk, reportBits: number, context: DetectorContext): Finding[] {
    if (risk.bits < reportBits && !leavesScope(this.#view)) return [];
    const found = SOFT_DETECTORS.flatMap((detector) => detector.inspect(observed, this.#view, context)).toSorted((one, other) => other.bits - one.bits);
    // Strongest first, so that a trip's summary opens with its cause; while over budget the strongest is kept however weak.
    return found.filter(({ bits }, index) => bits >= REPORT_BITS || (risk.over && index === 0));
  }
}

const LEAVING = [SCOPE.grant, SCOPE.foreign, SCOPE.unregistered];

function leavesScope({ scope }: BaselineView): boolean {
  return LEAVING.some((at) => scope.signs.shown[at] === 1 && scope.featureOdds[at]! >= REPORT_ODDS);
}
