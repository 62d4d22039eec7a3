import { expect, it } from "vitest";
import { run } from "./contain.ts";

it("measures, with real processes, that a token is refused to somebody else after the first destructive call", { timeout: 120_000 }, async () => {
  const figures = await run({ runs: 2 });
  expect(figures).toMatchObject({ runs: 2, verifiedRuns: 2 });
  expect(figures["referenceSamples"]).toBeGreaterThanOrEqual(200);
  for (const figure of ["refusedMsMedian", "refusedMsMax", "referenceMs", "ratio"]) expect(figures[figure], figure).toBeGreaterThan(0);
  // Times of one machine's records, in the order in which the steps must come.
  expect(figures["tripMsMedian"]).toBeLessThanOrEqual(figures["revokedMsMedian"] ?? 0);
  expect(figures["revokedMsMedian"]).toBeLessThanOrEqual(figures["verifiedMsMedian"] ?? 0);
});
