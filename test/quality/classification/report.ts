/** Figures by name, and the same for people: each beside its goal and what simpler means reach. */
import type { ProtocolResult } from "./run.ts";
import type { Goal } from "./protocol.ts";
import type { Measured } from "./tally.ts";

/** Share, its interval and its counts; what was read and what was not, by reason. */
export function figuresOf(results: readonly ProtocolResult[]): Record<string, number> {
  const figures: Record<string, number> = {};
  for (const { protocol, measured, calls, unreadable, notMeasured } of results) {
    for (const { name, share, low, high, hits, of } of measured) {
      figures[name] = share;
      figures[`${name}Low`] = low;
      figures[`${name}High`] = high;
      figures[`${name}Hits`] = hits;
      figures[`${name}Of`] = of;
    }
    const prefix = protocol.name.toLowerCase();
    figures[`${prefix}.calls`] = calls;
    for (const [reason, lines] of unreadable) figures[`${prefix}.unreadable.${reason}`] = lines;
    for (const [reason, lines] of notMeasured) figures[`${prefix}.notMeasured.${reason}`] = lines;
  }
  return figures;
}

export function allReached(results: readonly ProtocolResult[]): boolean {
  return results.every(({ measured }) => measured.every(({ reached }) => reached !== false));
}

export function humanReport(results: readonly ProtocolResult[]): string {
  return results.map((result) => `${protocolReport(result).join("\n")}\n`).join("\n");
}

function protocolReport({ protocol, measured, calls, unreadable, firstUnreadable, notMeasured, groups, notWritten }: ProtocolResult): string[] {
  const width = Math.max(...measured.map(({ name }) => name.length));
  const lines = [`${protocol.name}: ${protocol.what} (${calls} calls)`, ...measured.map((figure) => figureLine(figure, width))];
  for (const [reason, count] of notMeasured) lines.push(`not measured: ${count} rows (${reason})`);
  for (const [reason, count] of unreadable) lines.push(`unreadable: ${count} lines (${reason})`);
  for (const place of firstUnreadable) lines.push(`  first: ${place}`);
  if (groups.length > 0) lines.push("largest groups of misses, by figure, group and deciding rule:");
  for (const [group, misses] of groups) lines.push(`${String(misses).padStart(6)}  ${group}`);
  if (notWritten > 0) lines.push(`${notWritten} more misses are counted and not written.`);
  return lines;
}

function figureLine({ name, share, low, high, hits, of, goal, reached, reference }: Measured, width: number): string {
  const verdict = reached === null ? "       " : reached ? "reached" : "MISSED ";
  const counted = `${share.toFixed(4)} (${hits} of ${of}; ${low.toFixed(4)}-${high.toFixed(4)})`;
  return `${verdict}  ${name.padEnd(width)}  ${counted.padEnd(40)}  ${besideText(goal, reference)}`.trimEnd();
}

/** What a figure stands beside; nothing where no goal is set and no reference is known. */
export function besideText(goal: Goal | null, reference: string | number | null): string {
  return `${(goal === null ? "" : `goal ${goalText(goal)}`).padEnd(13)}  ${reference === null ? "" : `reference ${reference}`}`.trimEnd();
}

function goalText(goal: Goal): string {
  return "atLeast" in goal ? `>= ${goal.atLeast}` : `<= ${goal.atMost}`;
}
