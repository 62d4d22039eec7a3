/** The short form of `pnpm faults --kafka`: each kind of fault at least once, on real brokers, and the whole account. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";
import { runKafkaCampaign } from "./kafka/campaign.ts";
import { startServers } from "./kafka/deployment.ts";
import { SHORT } from "./kafka/options.ts";
import { kafkaComplaints, kafkaFigures } from "./kafka/report.ts";

const WHAT = "keeps every promise while services and brokers are killed and paused";

it(WHAT, { timeout: 300_000 }, async ({ skip }) => {
  const servers = await startServers(WHAT);
  if (servers === null) return skip();
  const dir = mkdtempSync(join(tmpdir(), "tripline-faults-test-"));
  try {
    const options = { ...SHORT, seed: 20_260_424, json: true, keep: false, help: false };
    const campaign = await runKafkaCampaign({ options, servers, dir, say: () => undefined });
    expect(kafkaComplaints(campaign, options)).toEqual([]);
    const figures = kafkaFigures(campaign, 0);
    expect(figures).toMatchObject({ lost: 0, agentsWrong: 0, findingsMissing: 0, tripsDuplicated: 0, revocationsDuplicated: 0 });
    for (const figure of ["agentsChecked", "findings", "trips", "tripsVerified", "clientRetries"]) expect(figures[figure], figure).toBeGreaterThan(0);
  } finally {
    await servers.stop();
    rmSync(dir, { recursive: true, force: true });
  }
});
