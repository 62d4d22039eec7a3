/** From counts to figures and goals. */
import { FAULTS } from "./judge.ts";
import { type Example, percentileMs, type Tally } from "./tally.ts";

const MAX_UNKNOWN_SHARE = 0.01;
const MAX_SHOWN = 10;

export const figuresOf = (tally: Tally): Readonly<Record<string, number>> => ({
  "fuzz.cases": tally.cases,
  "fuzz.valid": tally.valid,
  "fuzz.crashes": tally.faults.crashed,
  "fuzz.overBound": tally.faults.overBound,
  "fuzz.safeFlips": tally.faults.flipped,
  "fuzz.unparsableReads": tally.faults.leaked,
  "fuzz.unknown": tally.faults.unknown,
  "fuzz.unknownShare": tally.valid === 0 ? 0 : tally.faults.unknown / tally.valid,
  "fuzz.falseAlarms": tally.faults.alarmed,
  "fuzz.p50Ms": percentileMs(tally, 0.5),
  "fuzz.p99Ms": percentileMs(tally, 0.99),
  "fuzz.p9999Ms": percentileMs(tally, 0.9999),
  "fuzz.maxMs": tally.maxMs,
});

interface Goal {
  readonly name: string;
  readonly goal: string;
  readonly reached: boolean;
}

const none = (name: string, tally: Tally, fault: keyof Tally["faults"]): Goal => ({ name: `${name} ${tally.faults[fault]} of ${tally.cases}`, goal: "0", reached: tally.faults[fault] === 0 });

export const goalsOf = (tally: Tally): readonly Goal[] => [
  none("crashes", tally, "crashed"),
  none("over the bound of 20 ms", tally, "overBound"),
  none("lost that passes for safe", tally, "flipped"),
  none("unparsable that passes for a read", tally, "leaked"),
  { name: `unknown ${tally.faults.unknown} of ${tally.valid} valid (${((100 * tally.faults.unknown) / Math.max(1, tally.valid)).toFixed(3)} %)`, goal: "<= 1 %", reached: tally.faults.unknown <= MAX_UNKNOWN_SHARE * tally.valid },
];

export function humanReport(tally: Tally, seed: number): string {
  const goals = goalsOf(tally).map(({ name, goal, reached }) => `${reached ? "reached" : "MISSED "}  ${name.padEnd(56)} goal ${goal}`);
  const times = `times     p50 ${percentileMs(tally, 0.5).toFixed(3)} ms, p99 ${percentileMs(tally, 0.99).toFixed(2)} ms, longest ${tally.maxMs.toFixed(1)} ms, pauses of the machine included`;
  const alarms = `          safe that passes for lost: ${tally.faults.alarmed} of ${tally.valid} valid (no goal)`;
  const groups = Object.entries(tally.groups).toSorted(([, a], [, b]) => b - a).slice(0, 3 * MAX_SHOWN);
  const shown = FAULTS.flatMap((fault) => tally.examples.filter((example) => example.fault === fault).slice(0, MAX_SHOWN));
  return [...goals, alarms, times, ...(groups.length === 0 ? [] : ["largest groups:"]), ...groups.map(([group, times_]) => `${String(times_).padStart(8)}  ${group}`), ...shown.map((example) => exampleText(example, seed)), ""].join("\n");
}

export function exampleText({ fault, number, trail, detail, text }: Example, seed: number): string {
  return `${fault}: --seed ${seed} --case ${number}: ${trail.join(" > ")}: ${detail}\n    ${JSON.stringify(text)}`;
}
