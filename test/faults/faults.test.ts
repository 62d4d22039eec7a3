/** The short form of `pnpm faults`: nine lives of the real product, each ended by kill -9, and the same account at the end. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";
import { runCampaign } from "./campaign.ts";
import { complaints, figuresOf } from "./report.ts";

const KILLS = 9;
const MIN_ACKNOWLEDGED = 200;

it("keeps every promise over nine kill -9, inside and outside the windows that matter", { timeout: 240_000 }, async () => {
  const dir = mkdtempSync(join(tmpdir(), "tripline-faults-test-"));
  try {
    const asked = { kills: KILLS, minAcknowledged: MIN_ACKNOWLEDGED };
    const campaign = await runCampaign({ ...asked, seed: 20_260_424, dir, say: () => undefined });
    expect(complaints(campaign, null, asked)).toEqual([]);
    expect(figuresOf(campaign, null, 0)).toMatchObject({ lost: 0, duplicated: 0, tripsOpen: 0, conflicting: 0 });
    for (const figure of ["killsAppendAck", "killsIntentCall", "killsCallOutcome", "trips", "tripsVerified"]) expect(figuresOf(campaign, null, 0)[figure], figure).toBeGreaterThan(0);
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
});
