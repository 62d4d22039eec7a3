/** Counts of a run, kept small enough to be sent between threads and added up. */
import type { FuzzCase } from "./case.ts";
import { type Fault, FAULTS, type Outcome } from "./judge.ts";

/** Examples kept of each fault, and of each group of it. */
const MAX_EXAMPLES = 40;
const MAX_PER_GROUP = 2;
/** Times are counted in classes 5 % apart, from a microsecond up. */
const STEP = Math.log(1.05);
const CLASSES = 400;

export interface Example {
  readonly fault: Fault;
  readonly number: number;
  readonly group: string;
  readonly trail: readonly string[];
  readonly detail: string;
  readonly text: string;
}

export interface Tally {
  cases: number;
  valid: number;
  readonly faults: Record<Fault, number>;
  /** By fault, deciding detail and last mutation. */
  readonly groups: Record<string, number>;
  readonly examples: Example[];
  readonly times: number[];
  maxMs: number;
}

export function newTally(): Tally {
  return { cases: 0, valid: 0, faults: Object.fromEntries(FAULTS.map((fault) => [fault, 0])) as Record<Fault, number>, groups: {}, examples: [], times: Array.from({ length: CLASSES }, () => 0), maxMs: 0 };
}

export function count(tally: Tally, fuzzed: FuzzCase, { fault, tookMs, detail }: Outcome): void {
  tally.cases += 1;
  if (fuzzed.truth !== null) tally.valid += 1;
  tally.maxMs = Math.max(tally.maxMs, tookMs);
  tally.times[Math.min(CLASSES - 1, Math.max(0, Math.floor(Math.log(tookMs * 1_000) / STEP)))]! += 1;
  if (fault === null) return;
  tally.faults[fault] += 1;
  const group = `${fault} ${fuzzed.language} ${fuzzed.truth ?? "garbage"}: ${fuzzed.trail.at(-1) ?? "as it was"} > ${detail.replace(/\d+(\.\d+)? ms/, "time").slice(0, 80)}`;
  const inGroup = (tally.groups[group] ?? 0) + 1;
  tally.groups[group] = inGroup;
  if (inGroup <= MAX_PER_GROUP) keep(tally, { fault, number: fuzzed.number, group, trail: fuzzed.trail, detail, text: fuzzed.text.slice(0, 600) });
}

function keep(tally: Tally, example: Example): void {
  if (tally.examples.filter(({ fault }) => fault === example.fault).length < MAX_EXAMPLES) tally.examples.push(example);
}

export function add(total: Tally, part: Tally): void {
  total.cases += part.cases;
  total.valid += part.valid;
  total.maxMs = Math.max(total.maxMs, part.maxMs);
  for (const fault of FAULTS) total.faults[fault] += part.faults[fault];
  for (const [group, times] of Object.entries(part.groups)) total.groups[group] = (total.groups[group] ?? 0) + times;
  for (const [at, times] of part.times.entries()) total.times[at]! += times;
  for (const example of part.examples) if (total.examples.filter(({ group }) => group === example.group).length < MAX_PER_GROUP) keep(total, example);
}

/** Upper edge of the class in which the share lies, in milliseconds. */
export function percentileMs({ times, cases }: Tally, share: number): number {
  let seen = 0;
  for (const [at, inClass] of times.entries()) {
    seen += inClass;
    if (seen >= share * cases) return Math.exp((at + 1) * STEP) / 1_000;
  }
  return 0;
}
