/** Figures in words. */
import type { Goal } from "../classification/protocol.ts";
import { besideText } from "../classification/report.ts";
import type { Figure } from "./figure.ts";
import type { BehaviourResult } from "./protocol.ts";

export function behaviourReport(results: readonly BehaviourResult[]): string {
  return results.map((result) => `${linesOf(result).join("\n")}\n`).join("\n");
}

function linesOf({ name, what, figures, calls, reading }: BehaviourResult): string[] {
  const width = Math.max(0, ...figures.map((figure) => figure.name.length));
  const lines = [`${name}: ${what} (${calls} calls)`, ...figures.map((figure) => figureLine(figure, width))];
  for (const [reason, count] of reading.unreadable) lines.push(`unreadable: ${count} lines (${reason})`);
  for (const place of reading.firstUnreadable) lines.push(`  first: ${place}`);
  return lines;
}

function figureLine({ name, value, interval, counts, goal, reached, reference }: Figure, width: number): string {
  const verdict = reached === null ? "       " : reached ? "reached" : "MISSED ";
  return `${verdict}  ${name.padEnd(width)}  ${measuredText(value, interval, counts).padEnd(44)}  ${besideText(goal, reference)}`.trimEnd();
}

export function measuredText(value: number, interval: Figure["interval"], counts: Figure["counts"]): string {
  if (interval === null) return Number.isInteger(value) ? String(value) : value.toFixed(4);
  return `${value.toFixed(4)} (${countText(counts)}; ${interval[0].toFixed(4)}-${interval[1].toFixed(4)})`;
}

function countText(counts: Figure["counts"]): string {
  const { Hits: hits, Of: of } = counts;
  if (hits !== undefined && of !== undefined) return `${hits} of ${of}`;
  return Object.entries(counts).map(([name, count]) => `${count} ${name.toLowerCase()}`).join(", ");
}

export function goalText(goal: Goal | null): string {
  if (goal === null) return "";
  return "atLeast" in goal ? `>= ${goal.atLeast}` : `<= ${goal.atMost}`;
}
