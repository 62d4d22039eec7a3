/** P6: the rate baseline that runs in the detector, over series whose anomalies others labelled. */
import { measureRate, learnRate, newRateEvidence, newRateMemory, UNUSUAL_BITS, type RateStream } from "@tripline/core";
import { type DataFile, filesOf, rowsOf } from "../data/data-set.ts";
import { DataError, LINE_BOUNDS, type LineBounds } from "../data/lines.ts";
import { PROFILES, type ProfileName, Scored } from "./score.ts";
import { isSeries, readSeries, type Series } from "./series.ts";

export const NAB = { name: "P6", what: "series of numbers with labelled windows, through the rate baseline" } as const;

/** What the benchmark does not say of its series: neither which side is wrong nor how fine their values are. */
const STREAM: RateStream = { side: "both", rhythm: true, resolution: 0 };
const GOAL = 60;
export const MAX_SERIES = 1_000;
const LINES_TO_RECOGNISE = 100;

export interface NabOptions {
  readonly data: string;
  readonly bounds?: LineBounds;
  readonly progress: (line: string) => void;
}

export interface NabFigure {
  readonly name: string;
  readonly value: number;
  /** Absent: a figure for information. */
  readonly goal?: number;
  readonly reference?: string;
}

export interface NabResult {
  readonly figures: readonly NabFigure[];
  readonly unreadable: ReadonlyMap<string, number>;
}

/** A series, and for each point the bits of a fresh alarm; 0 where there is none. */
export type Judged = readonly [series: Series, evidence: Float64Array];

/** @throws {DataError} where there is nothing to measure. */
export async function runNab({ data, bounds = LINE_BOUNDS, progress }: NabOptions): Promise<NabResult> {
  const judged: Judged[] = [];
  const unreadable = new Map<string, number>();
  const skip = (reason: string): void => void unreadable.set(reason, (unreadable.get(reason) ?? 0) + 1);
  for (const file of await filesOf(data)) {
    const before = judged.length;
    for await (const series of seriesOf(file, bounds, skip)) {
      if (judged.length < MAX_SERIES) judged.push([series, judge(series)]);
      else skip("too-many-series");
    }
    if (judged.length > before) progress(`${NAB.name} ${file.stem}: ${judged.length - before} series judged`);
  }
  if (judged.length === 0) throw new DataError(`${data} holds nothing for ${NAB.name}: ${NAB.what}.`);
  const sets = [...new Set(judged.map(([{ set }]) => set))];
  return { figures: sets.flatMap((set) => setFigures(set, judged.filter(([series]) => series.set === set))), unreadable };
}

async function* seriesOf(file: DataFile, bounds: LineBounds, skip: (reason: string) => void): AsyncGenerator<Series> {
  let recognised = false;
  for await (const read of rowsOf(file, bounds)) {
    if (!recognised) {
      if (read.kind === "row" && !isSeries(read.row)) return;
      if (read.kind === "row") recognised = true;
      else if (read.number >= LINES_TO_RECOGNISE) return;
      else continue;
    }
    const reading = read.kind === "row" ? readSeries(read.row, file) : read;
    if (reading.kind === "series") yield reading.series;
    else skip(reading.reason);
  }
}

/** Point by point, each before it is learned. */
export function judge({ times, values, points }: Series): Float64Array {
  const memory = newRateMemory();
  const evidence = newRateEvidence();
  const bits = new Float64Array(points);
  for (let at = 0; at < points; at += 1) {
    measureRate(memory, 0, STREAM, values[at]!, times[at]!, evidence);
    if (evidence.fresh) bits[at] = evidence.bits;
    learnRate(memory, 0, STREAM, evidence);
  }
  return bits;
}

function setFigures(set: string, judged: readonly Judged[]): NabFigure[] {
  const prefix = `p6.${set}`;
  const figures: NabFigure[] = (Object.keys(PROFILES) as ProfileName[]).flatMap((profile) => profileFigures(`${prefix}.all.${profile}`, judged, profile));
  for (const group of new Set(judged.map(([series]) => series.group))) {
    const own = judged.filter(([series]) => series.group === group);
    if (own.every(([{ windows }]) => windows.length === 0)) continue;
    figures.push({ name: `${prefix}.${group}.standard.frozen`, value: new Scored(own, PROFILES.standard).at(UNUSUAL_BITS).score });
  }
  figures.push({ name: `${prefix}.series`, value: judged.length }, { name: `${prefix}.points`, value: judged.reduce((sum, [{ points }]) => sum + points, 0) });
  return figures;
}

function profileFigures(prefix: string, judged: readonly Judged[], profile: ProfileName): NabFigure[] {
  const scored = new Scored(judged, PROFILES[profile]);
  const best = scored.best();
  const frozen = scored.at(UNUSUAL_BITS);
  const standard = profile === "standard";
  const windows = judged.reduce((sum, [series]) => sum + series.windows.length, 0);
  return [
    { name: `${prefix}.score`, value: best.score, ...(standard ? { goal: GOAL, reference: "random cut forest 51.7, kNN-CAD 58.0, Numenta 70.1, on all 58 series" } : {}) },
    { name: `${prefix}.threshold`, value: best.threshold },
    { name: `${prefix}.splitHalf`, value: splitHalf(judged, profile) },
    { name: `${prefix}.frozen`, value: frozen.score, ...(standard ? { goal: GOAL, reference: `at the ${UNUSUAL_BITS} bits that the detector asks` } : {}) },
    { name: `${prefix}.found`, value: frozen.found },
    { name: `${prefix}.foundOf`, value: windows },
    { name: `${prefix}.falseAlarms`, value: frozen.falseAlarms },
  ];
}

/** Every other series' best threshold, asked of the others; the mean of both ways. */
function splitHalf(judged: readonly Judged[], profile: ProfileName): number {
  const halves = [0, 1].map((half) => new Scored(judged.filter((_, at) => at % 2 === half), PROFILES[profile]));
  const [one, other] = [halves[0]!, halves[1]!];
  return (one.at(other.best().threshold).score + other.at(one.best().threshold).score) / 2;
}

export function nabReport({ figures, unreadable }: NabResult): string {
  const width = Math.max(...figures.map(({ name }) => name.length));
  const lines = figures.map(({ name, value, goal, reference }) => {
    const verdict = goal === undefined ? "       " : value >= goal ? "reached" : "MISSED ";
    const asked = goal === undefined ? "" : `  goal >= ${goal}  reference ${reference ?? "-"}`;
    return `${verdict}  ${name.padEnd(width)}  ${String(Math.round(value * 100) / 100).padEnd(8)}${asked}`.trimEnd();
  });
  for (const [reason, count] of unreadable) lines.push(`unreadable: ${count} lines (${reason})`);
  return `${NAB.name}: ${NAB.what}\n${lines.join("\n")}\n`;
}

export function nabFigures({ figures, unreadable }: NabResult): Record<string, number> {
  // JSON knows no infinity: the threshold of a detector that is best silent.
  const named = figures.filter(({ value }) => Number.isFinite(value)).map(({ name, value }) => [name, value] as const);
  return Object.fromEntries([...named, ...[...unreadable].map(([reason, count]) => [`p6.unreadable.${reason}`, count] as const)]);
}

export function nabReached({ figures }: NabResult): boolean {
  return figures.every(({ value, goal }) => goal === undefined || value >= goal);
}
