import { describe, expect, it } from "vitest";
import { runSeed, runSeeds } from "./log-crashes.ts";

const SEEDS = Number(process.env["TRIPLINE_SEEDS"] ?? 200);

describe("event log that loses un-synced writes", () => {
  it(`keeps every acknowledged record, in order and without strangers, over crashes of ${SEEDS} seeds`, async () => {
    const report = await runSeeds(SEEDS);
    expect(report).toMatchObject({ seeds: SEEDS, lost: 0, phantom: 0, disordered: 0, unread: 0, failedSeeds: [] });
    // Otherwise nothing was tested: the crashes must have taken what was not acknowledged.
    expect(report.acked).toBeGreaterThan(100 * SEEDS);
    expect(report.unackedLost).toBeGreaterThan(SEEDS);
  }, 120_000);

  it("runs the same way for the same seed", async () => {
    expect(await runSeed(7)).toEqual(await runSeed(7));
  });
});
