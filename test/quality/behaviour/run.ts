/** From a directory of data to the figures of behaviour, and what people read of them. */
import { prepareClassifiers } from "@tripline/core";
import type { Goal } from "../classification/protocol.ts";
import { filesOf } from "../data/data-set.ts";
import { DataError } from "../data/lines.ts";
import type { Figure } from "./figure.ts";
import type { BehaviourOptions, BehaviourProtocol, BehaviourResult } from "./protocol.ts";

/** @throws {DataError} where the data cannot be used, or holds nothing for a protocol. */
export async function runBehaviour(data: string, protocols: readonly BehaviourProtocol[], options: BehaviourOptions): Promise<BehaviourResult[]> {
  const files = await filesOf(data);
  await prepareClassifiers();
  const results: BehaviourResult[] = [];
  for (const protocol of protocols) {
    const result = await protocol.run(files, options);
    if (result === null) throw new DataError(`${data} holds nothing for ${protocol.name}: ${protocol.what}.`);
    results.push(result);
  }
  return results;
}

export function behaviourFigures(results: readonly BehaviourResult[]): Record<string, number> {
  const figures: Record<string, number> = {};
  for (const { name: protocol, figures: own, calls, reading } of results) {
    for (const { name, value, low, high, counts } of own) {
      figures[name] = value;
      if (low === high && Object.keys(counts).length === 0) continue;
      figures[`${name}Low`] = low;
      figures[`${name}High`] = high;
      for (const [ending, count] of Object.entries(counts)) figures[`${name}${ending}`] = count;
    }
    const prefix = protocol.toLowerCase();
    figures[`${prefix}.calls`] = calls;
    for (const [reason, lines] of reading.unreadable) figures[`${prefix}.unreadable.${reason}`] = lines;
  }
  return figures;
}

export function behaviourReached(results: readonly BehaviourResult[]): boolean {
  return results.every(({ figures }) => figures.every(({ reached }) => reached !== false));
}

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

function figureLine({ name, value, low, high, counts, goal, reached, reference }: Figure, width: number): string {
  const verdict = reached === null ? "       " : reached ? "reached" : "MISSED ";
  return `${verdict}  ${name.padEnd(width)}  ${`${value.toFixed(4)} (${countText(counts)}${low.toFixed(4)}-${high.toFixed(4)})`.padEnd(44)}  goal ${goalText(goal).padEnd(8)}  reference ${reference ?? "-"}`;
}

function countText(counts: Readonly<Record<string, number>>): string {
  const { Hits: hits, Of: of } = counts;
  if (hits !== undefined && of !== undefined) return `${hits} of ${of}; `;
  const named = Object.entries(counts).map(([name, count]) => `${count} ${name.toLowerCase()}`);
  return named.length === 0 ? "" : `${named.join(", ")}; `;
}

function goalText(goal: Goal | null): string {
  if (goal === null) return "-";
  return "atLeast" in goal ? `>= ${goal.atLeast}` : `<= ${goal.atMost}`;
}
