/** Counts of what was flagged, and the figures that follow from them. */
import type { Classification } from "@tripline/core";
import { wilson } from "../figures.ts";
import type { Case, Goal, Protocol, Question } from "./protocol.ts";
import { isFlagged, type Setting, SETTINGS } from "./settings.ts";

/** Sets of one protocol: their names come from the data and become names of figures. */
export const MAX_SETS = 64;

/** Given to every call whose text the parser did not understand, beside the roles that the data gives. */
const UNPARSABLE = "unparsable";

export interface Measured {
  /** `p3.<set>.<role>.<setting>.<measure>` */
  readonly name: string;
  readonly share: number;
  readonly hits: number;
  readonly of: number;
  /** Wilson's 95 % interval. */
  readonly low: number;
  readonly high: number;
  readonly goal: Goal | null;
  readonly reached: boolean | null;
  readonly reference: string | null;
}

export interface Miss {
  readonly figure: string;
  readonly kind: "false-negative" | "false-positive" | "flagged";
}

interface Count {
  of: number;
  readonly flagged: Record<Setting, number>;
}

interface Cell {
  readonly set: string;
  readonly form: string | null;
  readonly roles: Map<string, Count>;
}

export class Tally {
  readonly #protocol: Protocol;
  readonly #cells = new Map<string, Cell>();
  readonly #sets = new Set<string>();

  constructor(protocol: Protocol) {
    this.#protocol = protocol;
  }

  /** False where the data names more sets than are kept apart. */
  hasRoomFor(set: string): boolean {
    return this.#sets.has(set) || this.#sets.size < MAX_SETS;
  }

  /** Counts one judged call and tells what it misses. */
  add(judged: Case, classification: Classification): Miss[] {
    const roles = classification.parse === "unparsable" ? [...judged.roles, UNPARSABLE] : judged.roles;
    const cell = this.#cell(judged);
    for (const role of roles) {
      const count = countIn(cell, role);
      count.of += 1;
      for (const setting of SETTINGS) if (isFlagged(setting, classification)) count.flagged[setting] += 1;
    }
    return this.#protocol.questions.flatMap((question) => missed(question, judged, roles, classification, this.#protocol.name));
  }

  /** Every question whose role occurs, set by set. */
  measure(): Measured[] {
    const cells = [...this.#cells.values()];
    return this.#protocol.questions.flatMap((question) => cells.filter((cell) => cell.roles.has(question.role) && asks(question, cell.form)).map((cell) => measured(question, cell, this.#protocol.name)));
  }

  #cell({ set, form }: Case): Cell {
    this.#sets.add(set);
    const key = `${set} ${form ?? ""}`;
    const cell = this.#cells.get(key) ?? { set, form, roles: new Map() };
    this.#cells.set(key, cell);
    return cell;
  }
}

function countIn({ roles }: Cell, role: string): Count {
  const count = roles.get(role) ?? { of: 0, flagged: { hard: 0, irreversible: 0, destructive: 0, overwrites: 0, approval: 0, sideEffect: 0 } };
  roles.set(role, count);
  return count;
}

function asks({ forms }: Question, form: string | null): boolean {
  return forms === undefined || forms.includes(form);
}

function measured(question: Question, cell: Cell, protocol: string): Measured {
  const own = cell.roles.get(question.role)!;
  const hits = own.flagged[question.setting];
  const others = question.against === undefined ? 0 : (cell.roles.get(question.against)?.flagged[question.setting] ?? 0);
  const of = question.measure === "precision" ? hits + others : own.of;
  const share = of === 0 ? 0 : hits / of;
  const [low, high] = wilson(hits, of);
  const goal = question.goal ?? null;
  return { name: figureName(question, cell, protocol), share, hits, of, low, high, goal, reached: goal === null ? null : reaches(share, goal), reference: question.reference ?? null };
}

function reaches(share: number, goal: Goal): boolean {
  return "atLeast" in goal ? share >= goal.atLeast : share <= goal.atMost;
}

function figureName({ role, setting, measure }: Question, { set, form }: Pick<Cell, "set" | "form">, protocol: string): string {
  return [protocol.toLowerCase(), set, role, form === null ? setting : `${form}-${setting}`, measure].join(".");
}

/** Where a goal is set, or a list is asked for: what keeps the figure from being perfect. */
function missed(question: Question, judged: Case, roles: readonly string[], classification: Classification, protocol: string): Miss[] {
  if ((question.goal === undefined && question.listed !== true) || !asks(question, judged.form)) return [];
  const flagged = isFlagged(question.setting, classification);
  const figure = figureName(question, judged, protocol);
  if (question.measure === "precision") return flagged && question.against !== undefined && roles.includes(question.against) ? [{ figure, kind: "false-positive" }] : [];
  if (!roles.includes(question.role) || flagged === (question.measure === "recall")) return [];
  // Where no goal is set, nobody said that a flag is false.
  if (question.measure === "flagged") return [{ figure, kind: question.goal === undefined ? "flagged" : "false-positive" }];
  return [{ figure, kind: "false-negative" }];
}
