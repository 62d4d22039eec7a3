/** The short form of `pnpm bench agents`: few agents and the smallest budget, so that most baselines leave memory and come back from the store. */
import { DETECTOR_LIMITS } from "@tripline/detector";
import { expect, it } from "vitest";
import { requireKafka } from "../servers/kafka.ts";
import { requirePostgres } from "../servers/postgres.ts";
import { run } from "./agents.ts";

const WHAT = "keeps the detector within its memory and every baseline what the log says, killed while it judges and when it has judged";

it(WHAT, { timeout: 240_000 }, async ({ skip }) => {
  const [kafka] = await requireKafka(WHAT, { ours: true });
  if (kafka === undefined || requirePostgres(WHAT).length === 0) return skip();
  const memory = DETECTOR_LIMITS.leastMemoryBytes / 1_048_576;
  const figures = await run({ agents: 5_000, sample: 500, memory, seed: 20_260_424 }, () => undefined);
  expect(figures).toMatchObject({ agents: 5_000, events: 15_500, sampled: 500, baselinesWrong: 0, restarted: 2 });
  // Not half of the agents fit, so that most baselines have left and come back.
  expect(figures["hotAgentsMax"]).toBeLessThan(2_500);
  expect(figures["hotAgentsMax"]).toBeGreaterThan(0);
  expect(figures["rssRatio"]).toBeLessThanOrEqual(1.1);
});
