/** What is to be provable is in the log before it counts: without the log nothing is executed. */
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { ANN, approved, CALLER, deletion, hold, runtimesOwn, statusOf, told, type World, world } from "./approvals.fixture.ts";

let here: World;
beforeEach(async () => void (here = await world()));
afterEach(() => here.close());

const statuses = async (): Promise<string[]> => (await here.records("approvals")).map(({ status }) => status);

describe("while the log takes nothing", () => {
  it("of a held call, the agent is told to try again, and no second approval comes of it", async () => {
    const gate = await here.gate();
    here.refuses = (topic) => topic === "approvals";
    await expect(hold(gate, deletion(here, "c1"))).rejects.toMatchObject({ code: "TL_GATE_UNAVAILABLE" });
    here.refuses = () => false;
    const id = await hold(gate, deletion(here, "c2"));
    expect((await gate.approvals.list()).map((one) => one.id)).toEqual([id]);
    expect(await statuses()).toEqual(["waiting"]);
  });

  it("of an approver's word, the approver is told, and it is in the log before anything is executed", async () => {
    const gate = await here.gate();
    const id = await hold(gate, deletion(here, "c1"));
    here.refuses = (_topic, text) => text.includes('"status":"approved"');
    await expect(gate.approvals.order("approve", id, ANN, "")).rejects.toMatchObject({ code: "TL_GATE_UNAVAILABLE" });
    here.refuses = () => false;
    here.clock.nowMs += 1_001;
    await expect.poll(() => statusOf(gate, id)).toContain("executed");
    expect(await statuses()).toEqual(["waiting", "approved", "executing", "executed"]);
  });

  it("of that word until the end, nothing is executed", async () => {
    const gate = await here.gate();
    const id = await hold(gate, deletion(here, "c1"));
    here.refuses = (_topic, text) => text.includes('"status":"approved"');
    await gate.approvals.order("approve", id, ANN, "").catch(() => null);
    here.clock.nowMs += 1_001;
    await expect.poll(() => statusOf(gate, id)).toContain("void");
    expect(here.executed).toEqual([]);
  });

  it("of a claim, nothing is executed, by the gate or by the runtime", async () => {
    const gate = await here.gate();
    const [own, runtimes] = [await hold(gate, deletion(here, "c1")), await hold(gate, runtimesOwn(here, "c2"))];
    await approved(gate, own);
    await approved(gate, runtimes);
    here.refuses = (_topic, text) => text.includes('"status":"executing"');
    here.clock.nowMs += 1_001;
    expect(told(await gate.decide(CALLER, runtimesOwn(here, "c3", { approvalId: runtimes })))).toContain("does not confirm this use");
    await expect.poll(() => statusOf(gate, own)).toContain("void The log does not confirm");
    here.refuses = () => false;
    expect(told(await gate.decide(CALLER, runtimesOwn(here, "c4", { approvalId: runtimes })))).toContain("It is void");
    expect(here.executed).toEqual([]);
  });

  it("of the record of the execution, nothing is executed", async () => {
    const gate = await here.gate();
    const id = await hold(gate, deletion(here, "c1"));
    await approved(gate, id);
    here.refuses = (topic, text) => topic === "actions" && text.includes("approval.used");
    here.clock.nowMs += 1_001;
    await expect.poll(() => statusOf(gate, id)).toContain("void The log did not take");
    expect(here.executed).toEqual([]);
  });
});

describe("an approval that the runtime would use", () => {
  it("is void once its row was changed by somebody else, put back, or its call decides otherwise", async () => {
    const gate = await here.gate({ running: false });
    await gate.approvals.start();
    const id = await hold(gate, runtimesOwn(here, "c1"));
    await approved(gate, id);
    here.clock.nowMs += 1_001;
    const [before] = await here.store.workOfGroup("approval", id);
    expect(told(await gate.decide(CALLER, runtimesOwn(here, "c2", { approvalId: id })))).toContain("allow");
    const [after] = await here.store.workOfGroup("approval", id);
    await here.store.updateWork({ ...after!, payload: before!.payload });
    expect(told(await gate.decide(CALLER, runtimesOwn(here, "c3", { approvalId: id })))).toContain("does not confirm this use");
    const [now] = await here.store.workOfGroup("approval", id);
    await here.store.updateWork({ ...now!, payload: before!.payload.replace('"needed":1', '"needed":2') });
    expect(told(await gate.decide(CALLER, runtimesOwn(here, "c4", { approvalId: id })))).toContain("it is void");
  });
});
