/** The short form of `pnpm faults --kafka`: each kind of fault at least once, on real brokers, and the whole account. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";
import { runKafkaCampaign } from "./kafka/campaign.ts";
import { startServers } from "./kafka/deployment.ts";
import { lastWords } from "./kafka/last-words.ts";
import { SHORT } from "./kafka/options.ts";
import { kafkaComplaints, kafkaFigures } from "./kafka/report.ts";

const WHAT = "keeps every promise while services and brokers are killed and paused";
/** Well before the test's own end, so that the campaign itself says what it waits for. Servers start before, and all is ended after it. */
const CAMPAIGN_MS = 210_000;

it(WHAT, { timeout: 300_000 }, async ({ skip }) => {
  const servers = await startServers(WHAT);
  if (servers === null) return skip();
  const dir = mkdtempSync(join(tmpdir(), "tripline-faults-test-"));
  const startMs = performance.now();
  const said: string[] = [];
  const say = (line: string): void => void said.push(`[${Math.round((performance.now() - startMs) / 1_000)} s] ${line}`);
  try {
    const options = { ...SHORT, seed: 20_260_424, json: true, keep: false, help: false };
    const campaign = await runKafkaCampaign({ options, servers, dir, say, boundMs: CAMPAIGN_MS }).catch((error: unknown) => {
      throw new Error([error instanceof Error ? error.message : "unknown", ...said, ...lastWords(dir)].join("\n"), { cause: error });
    });
    expect(kafkaComplaints(campaign, options), said.join("\n")).toEqual([]);
    const figures = kafkaFigures(campaign, 0);
    expect(figures).toMatchObject({ lost: 0, agentsWrong: 0, findingsMissing: 0, tripsDuplicated: 0, revocationsDuplicated: 0 });
    for (const figure of ["agentsChecked", "findings", "trips", "tripsVerified", "clientRetries"]) expect(figures[figure], figure).toBeGreaterThan(0);
  } finally {
    await servers.stop();
    rmSync(dir, { recursive: true, force: true });
  }
});
