import { expect, it } from "vitest";
import { askedAt, pathAt } from "./gate/mix.ts";
import { run } from "./gate.ts";

it("measures the proxy beside a plain one, both doors of the decide API beside an empty route, and the decision alone", { timeout: 120_000 }, async () => {
  const figures = await run({ calls: 200, rounds: 1 });
  expect(figures["calls"]).toBe(200);
  for (const name of ["plainProxy", "httpProxy", "emptyRoute", "decideApi", "decideSocket", "decision"]) {
    expect(figures[`${name}P50Us`], name).toBeGreaterThan(0);
    expect(figures[`${name}P99Us`], name).toBeGreaterThanOrEqual(figures[`${name}P50Us`] ?? Infinity);
  }
  for (const [name, reference] of [["httpProxy", "plainProxy"], ["decideApi", "emptyRoute"], ["decideSocket", "emptyRoute"]] as const) {
    expect(figures[`${name}RatioP50`], name).toBeCloseTo((figures[`${name}P50Us`] ?? 0) / (figures[`${reference}P50Us`] ?? 1), 1);
  }
});

it("asks the same for the same number, half of it never asked before", () => {
  const texts = Array.from({ length: 520 }, (_, index) => JSON.stringify({ ...askedAt(index), callId: "" }));
  expect(JSON.stringify(askedAt(7))).toBe(JSON.stringify(askedAt(7)));
  expect(new Set(texts).size).toBe(13 + 260);
  const paths = Array.from({ length: 600 }, (_, index) => pathAt(index));
  expect(new Set(paths).size).toBe(3 + 300);
});
