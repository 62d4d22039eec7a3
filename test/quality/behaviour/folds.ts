/** Which sessions an agent's baseline is learned from, and which are tested against it. */
import { sha256Hex } from "@tripline/canonical";
import type { TestedSession } from "./tested-sessions.ts";

export const SETTINGS = ["recurring", "new"] as const;
export type Setting = (typeof SETTINGS)[number];

/** Folds over the user tasks in the setting `new`. */
export const TASK_FOLDS = 5;

export interface Fold {
  /** Benign sessions, in the order in which they are learned. */
  readonly history: readonly TestedSession[];
  readonly tested: readonly TestedSession[];
}

/**
 * `recurring`: the tasks are known and the model is not: one model is tested against the others' benign sessions, each in turn.
 * `new`: the tasks are not known: the user tasks, dealt out in five folds by hash, are tested against the benign sessions of all others.
 */
export function foldsOf(sessions: readonly TestedSession[], setting: Setting): Fold[] {
  const group = setting === "recurring" ? (one: TestedSession): string => one.model : taskFolds(sessions);
  // Benign sessions alone make a fold: goals of attackers given as tasks are tasks of their own.
  const groups = [...new Set(sessions.filter(({ truth }) => truth.kind === "benign").map(group))];
  if (groups.length < 2) return [];
  const shuffled = inHashOrder(sessions, ({ session }) => session.id);
  return groups.map((tested) => ({
    history: shuffled.filter((one) => one.truth.kind === "benign" && group(one) !== tested),
    tested: shuffled.filter((one) => one.truth.kind !== "other" && group(one) === tested),
  }));
}

function taskFolds(sessions: readonly TestedSession[]): (one: TestedSession) => string {
  const tasks = new Set(sessions.filter(({ truth }) => truth.kind === "benign").map(({ taskId }) => taskId));
  const folds = new Map(inHashOrder([...tasks], (task) => task).map((task, index) => [task, String(index % TASK_FOLDS)]));
  // An attacked task that has no benign session is new to whatever fold it falls into.
  return ({ taskId }) => folds.get(taskId) ?? "0";
}

/** The order of recorded runs says nothing of real ones: by hash, tasks and models come mixed, and the same on every machine. */
export function inHashOrder<T>(items: readonly T[], idOf: (item: T) => string): T[] {
  return items.map((item) => ({ item, hash: sha256Hex(idOf(item)) })).toSorted((a, b) => (a.hash < b.hash ? -1 : 1)).map(({ item }) => item);
}
