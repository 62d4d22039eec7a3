/** The short form of `pnpm faults --gate`: each part at least once, counts alone. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";
import { runGateCampaign } from "./gate/campaign.ts";
import { type GateFaultsSize, PARTS } from "./gate/options.ts";
import { gateComplaints, gateFigures } from "./gate/report.ts";

const SHORT: GateFaultsSize = { changes: 200, threads: 1, uses: 300, connections: 8, rounds: 1, kills: 1, shortBreaks: 4, longBreaks: 0, shortMs: 300, longMs: 0 };

it("lets nothing irreversible pass while approvals are changed, agents are tripped, the product is killed and its log taken away", { timeout: 120_000 }, async () => {
  const dir = mkdtempSync(join(tmpdir(), "tripline-faults-test-"));
  try {
    const campaign = await runGateCampaign({ size: SHORT, parts: new Set(PARTS), seed: 20_260_424, dir, say: () => undefined });
    expect(gateComplaints(campaign)).toEqual([]);
    const figures = gateFigures(campaign, 0);
    expect(figures).toMatchObject({ changes: SHORT.changes, changesExecuted: 0, usesAllowed: 1, usesDenied: SHORT.uses - 1, tripsNotEnded: 0, tripsOthersEnded: 0, kills: 1, shortBreaks: 4 });
    for (const door of ["decideHttp", "decideSocket", "reverse", "forward", "approvals"]) expect(figures[`${door}Connections`], door).toBe(SHORT.connections);
    // That nothing passed tells only where something was asked.
    for (const figure of ["unchangedExecuted", "killReads", "killIrreversible", "shortBreakReads", "shortBreakIrreversible"]) expect(figures[figure], figure).toBeGreaterThan(0);
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
});
