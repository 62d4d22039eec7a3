/** The short form of `pnpm faults --gate`: each part at least once, counts alone. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";
import { runGateCampaign } from "./gate/campaign.ts";
import { type GateFaultsSize, PARTS } from "./gate/options.ts";
import { gateComplaints, gateReport } from "./gate/report.ts";

const SHORT: GateFaultsSize = { changes: 200, threads: 1, uses: 300, connections: 8, rounds: 1, kills: 1, withoutLog: 2, stale: 2, outageMs: 300, gates: 1, bounds: "shortened" };

it("lets nothing irreversible pass while approvals are changed, agents are tripped, the product is killed and its log taken away", { timeout: 120_000 }, async () => {
  const dir = mkdtempSync(join(tmpdir(), "tripline-faults-test-"));
  try {
    const report = gateReport(await runGateCampaign({ size: SHORT, parts: new Set(PARTS), seed: 20_260_424, dir, say: () => undefined }));
    expect(gateComplaints(report)).toEqual([]);
    const { changes, uses, trips, withoutLog, stale, log, kills } = report;
    expect(changes?.figures).toMatchObject({ changes: SHORT.changes, executed: 0 });
    expect(uses?.figures).toMatchObject({ allowed: 1, denied: SHORT.uses - 1 });
    expect(trips?.figures).toMatchObject({ notEnded: 0, othersEnded: 0 });
    for (const door of ["decideHttp", "decideSocket", "reverse", "forward", "approvals"]) expect(trips?.figures[`${door}Connections`], door).toBe(SHORT.connections);
    expect([withoutLog?.figures["outages"], stale?.figures["outages"], kills?.figures["outages"], log?.figures["unrecorded"]]).toEqual([2, 2, 1, 0]);
    // That nothing passed tells only where something was asked.
    expect(changes?.figures["unchangedExecuted"]).toBeGreaterThan(0);
    for (const part of [withoutLog, stale, kills]) for (const figure of ["reads", "irreversible"]) expect(part?.figures[figure], figure).toBeGreaterThan(0);
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
});
