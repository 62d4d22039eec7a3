import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { nabFigures, nabReached, nabReport, runNab } from "./run.ts";
import { type Labelled, type Profile, PROFILES, probation, Scored, type Window } from "./score.ts";

const labelled = (points: number, ...windows: Window[]): Labelled => ({ points, windows });
/** Evidence that is 1 at these points and nothing elsewhere. */
function flagged(points: number, ...at: number[]): Float64Array {
  const evidence = new Float64Array(points);
  for (const point of at) evidence[point] = 1;
  return evidence;
}
const score = (series: Labelled, evidence: Float64Array, profile: Profile = PROFILES.standard): number => new Scored([[series, evidence]], profile).at(1).score;

describe("the benchmark's score", () => {
  const series = labelled(1_000, [300, 399], [700, 749]);

  it("is 0 for a detector that says nothing and 100 for one that says only the first point of each window", () => {
    for (const profile of Object.values(PROFILES)) {
      expect(score(series, flagged(1_000), profile)).toBe(0);
      expect(score(series, flagged(1_000, 300, 700), profile)).toBeCloseTo(100, 9);
    }
  });
  it("counts the earliest detection of a window, once", () => {
    const early = score(series, flagged(1_000, 310));
    expect(score(series, flagged(1_000, 310, 350, 399))).toBe(early);
    expect(score(series, flagged(1_000, 350))).toBeLessThan(early);
    expect(score(series, flagged(1_000, 300))).toBeCloseTo(50, 9);
  });
  it("takes for half a window past what the sigmoid of the paper says", () => {
    // In the middle of a window 2 / (1 + e^-2.5) - 1, over what its first point gives, 2 / (1 + e^-5) - 1.
    const middle = (2 / (1 + Math.exp(-2.5)) - 1) / (2 / (1 + Math.exp(-5)) - 1);
    expect(score(labelled(1_000, [300, 399]), flagged(1_000, 350))).toBeCloseTo((100 * (middle + 1)) / 2, 9);
  });
  it("takes off more for a false alarm the further it lies after a window, and the whole before any", () => {
    const after = [400, 420, 460, 690].map((at) => score(labelled(1_000, [300, 399]), flagged(1_000, 300, at)));
    expect(after).toEqual(after.toSorted((one, other) => other - one));
    expect(after[3]).toBeGreaterThan(100 - (100 * 0.11) / 2 - 1e-9);
    expect(score(labelled(1_000, [300, 399]), flagged(1_000, 200, 300))).toBeCloseTo(100 - (100 * 0.11) / 2, 9);
    expect(score(labelled(1_000, [300, 399]), flagged(1_000, 200, 300), PROFILES.fewFalseAlarms)).toBeCloseTo(100 - (100 * 0.22) / 2, 9);
  });
  it("counts nothing in the first 15 %, and at most 750 points of them", () => {
    expect([probation(1_000), probation(4_032), probation(50_000)]).toEqual([150, 604, 750]);
    expect(score(series, flagged(1_000, 149, 300, 700))).toBeCloseTo(100, 9);
    expect(score(series, flagged(1_000, 150, 300, 700))).toBeLessThan(100);
  });
  it("finds the best of all thresholds, the same for every series", () => {
    const [one, other] = [flagged(1_000), flagged(1_000)];
    one.set([5, 3], 300);
    one[200] = 2;
    other[700] = 4;
    other[900] = 1;
    const scored = new Scored([[labelled(1_000, [300, 399]), one], [labelled(1_000, [700, 749]), other]], PROFILES.standard);
    expect(scored.best()).toMatchObject({ threshold: 4, found: 2, falseAlarms: 0 });
    expect(scored.best().score).toBe(scored.at(4).score);
    for (const threshold of [1, 2, 3, 5]) expect(scored.at(threshold).score).toBeLessThanOrEqual(scored.best().score);
    expect(scored.at(1).falseAlarms).toBe(2);
  });
});

describe("P6", () => {
  let data: string;
  beforeEach(async () => {
    data = await mkdtemp(join(tmpdir(), "tripline-quality-nab-"));
  });
  afterEach(() => rm(data, { recursive: true, force: true }));

  const stamp = (point: number): string => new Date(Date.UTC(2026, 0, 5) + point * 300_000).toISOString().slice(0, 19).replace("T", " ");
  /** A jagged line with one spike at 1,500, and a window about it. */
  const spike = (series: string, more = {}) => ({
    ds: "made", series, timestamps: Array.from({ length: 2_000 }, (_, point) => stamp(point)),
    values: Array.from({ length: 2_000 }, (_, point) => (point === 1_500 ? 900 : 50 + ((point * 7) % 11))),
    label: { windows: [[`${stamp(1_450)}.000000`, `${stamp(1_550)}.000000`]] }, ...more,
  });
  const put = (name: string, ...rows: unknown[]) => writeFile(join(data, name), rows.map((row) => (typeof row === "string" ? row : JSON.stringify(row))).join("\n"));
  const run = () => runNab({ data, progress: () => {} });

  it("finds a spike at its point through the baseline that runs live, and names its figures by set and group", async () => {
    await put("a.ndjson", spike("machines/one.csv"), spike("machines/two.csv"));
    const result = await run();
    const middle = (2 / (1 + Math.exp(-2.5 * (102 / 101))) - 1) / (2 / (1 + Math.exp(-5)) - 1);
    expect(nabFigures(result)).toMatchObject({ "p6.made.all.standard.found": 2, "p6.made.all.standard.foundOf": 2, "p6.made.all.standard.falseAlarms": 0, "p6.made.series": 2 });
    expect(nabFigures(result)["p6.made.machines.standard.frozen"]).toBeCloseTo((100 * (middle + 1)) / 2, 6);
    expect(nabReached(result)).toBe(true);
    expect(nabReport(result)).toMatch(/reached {2}p6\.made\.all\.standard\.frozen/);
  });
  it("misses its goal where nothing is found", async () => {
    await put("a.ndjson", spike("one.csv", { values: Array.from({ length: 2_000 }, () => 1) }));
    const result = await run();
    expect(nabFigures(result)).toMatchObject({ "p6.made.all.standard.score": 0, "p6.made.all.standard.frozen": 0 });
    expect(nabReached(result)).toBe(false);
  });
  it("counts rows that are no series with the reason, and leaves other files alone", async () => {
    await put("a.ndjson", spike("one.csv"), spike("short.csv", { values: [1] }), spike("late.csv", { label: { windows: [["2030-01-01 00:00:00", "2030-01-02 00:00:00"]] } }), spike("gap.csv", { values: [null, ...spike("").values.slice(1)] }), "{no json");
    await put("b.ndjson", { cmd: "ls", label: "safe" });
    expect(nabFigures(await run())).toMatchObject({ "p6.made.series": 1, "p6.unreadable.lengths-differ": 1, "p6.unreadable.windows": 1, "p6.unreadable.not-a-number": 1, "p6.unreadable.not-json": 1 });
  });
  it("refuses data without a series", async () => {
    await put("b.ndjson", { cmd: "ls", label: "safe" });
    await expect(run()).rejects.toThrow(/holds nothing for P6/);
  });
});
