/** One approval, used by many at once and by whoever changed something meanwhile: executed once, or not at all. */
import { sha256Hex } from "@tripline/canonical";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { approved, CALLER, deletion, hold, statusOf, type World, world } from "./approvals.fixture.ts";
import { BOUND_CHANGES, runChanges } from "./changes.fixture.ts";
import { runUses } from "./uses.fixture.ts";

const USES = 10_000;
/** `pnpm faults --gate` makes 100,000. */
const CHANGES = 400;

let here: World;
beforeEach(async () => void (here = await world()));
afterEach(() => here.close());

describe("one approval over three gates", () => {
  it(`lets exactly one of ${USES} concurrent uses through`, async () => {
    expect(await runUses(USES)).toEqual({ uses: USES, gates: 3, allowed: 1, denied: USES - 1, claims: 1 });
  }, 120_000);

  it("executes it once though all of them look for it at the same moment, fifty times over", async () => {
    const gates = [await here.gate({ limits: { approvalPollMs: 1 } }), await here.gate({ limits: { approvalPollMs: 1 } }), await here.gate({ limits: { approvalPollMs: 1 } })];
    for (let round = 0; round < 50; round += 1) {
      const id = await hold(gates[round % 3]!, deletion(here, `c${round}`, { payload: sha256Hex(String(round)) }));
      await approved(gates[(round + 1) % 3]!, id);
      here.clock.nowMs += 1_001;
      await expect.poll(() => statusOf(gates[0]!, id), { timeout: 10_000, interval: 5 }).toContain("executed");
    }
    expect(here.executed).toHaveLength(50);
    expect(new Set(here.executed.map(({ callId }) => callId)).size).toBe(50);
  }, 60_000);
});

describe("what changes between approval and execution", () => {
  it.each(BOUND_CHANGES)("$name: nothing is executed", async ({ change }) => {
    const gate = await here.gate();
    const id = await hold(gate, deletion(here, "c1"));
    await approved(gate, id);
    await change({ here, gate, id, random: 0.37, caller: CALLER, callId: "c1", volume: "vol-1" });
    here.clock.nowMs += 1_001;
    await expect.poll(() => statusOf(gate, id), { timeout: 10_000 }).toMatch(/^(?:void|altered)/u);
    await gate.approvals.stop();
    expect(here.executed).toEqual([]);
  });

  it("is executed where nothing changed: what the others show is not that nothing ever is", async () => {
    const gate = await here.gate();
    const id = await hold(gate, deletion(here, "c1"));
    await approved(gate, id);
    here.clock.nowMs += 1_001;
    await expect.poll(() => statusOf(gate, id)).toContain("executed");
    expect(here.executed).toHaveLength(1);
  });

  it(`${CHANGES} random changes to row, kept bytes, target, environment, policy, grant, resource or credential: nothing is executed`, async () => {
    const done = await runChanges(CHANGES, { seed: Number(process.env["TRIPLINE_SEED"] ?? 5) });
    expect(done.executed).toBe(0);
    expect(done.changes).toBe(CHANGES);
    // Each kind of change was among them, and what was not changed was executed.
    expect(Object.keys(done.kinds)).toHaveLength(BOUND_CHANGES.length);
    expect(done.unchangedExecuted).toBe(done.unchanged);
    expect(done.unchanged).toBeGreaterThan(0);
  }, 120_000);

  it("what changes nothing is executed, and told as a changed call that was", async () => {
    const done = await runChanges(20, { seed: 5, among: [{ name: "nothing", change: () => Promise.resolve() }] });
    expect([done.changes, done.executed]).toEqual([20, 20]);
  });
});
