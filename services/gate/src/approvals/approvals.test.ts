import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { AGENT, ANN, approved, BOB, CALLER, deletion, grant, hold, runtimesOwn, statusOf, TENANT, told, type World, world } from "./approvals.fixture.ts";

let here: World;
beforeEach(async () => void (here = await world()));
afterEach(() => here.close());
const later = (ms: number): void => void (here.clock.nowMs += ms);
const settled = (gate: Awaited<ReturnType<World["gate"]>>, id: string, status: string) => expect.poll(() => statusOf(gate, id), { timeout: 10_000 }).toContain(status);

const TAKEN_FIRST = { kind: "none", summary: "", atMs: 1, targets: [], takenFirst: true, isCovered: true } as const;

describe("a held call", () => {
  it("is executed once, after the undo window, when a human approved it, and its answer is the agent's", async () => {
    const gate = await here.gate();
    const id = await hold(gate, deletion(here, "c1"));
    later(5_000);
    expect(await statusOf(gate, id)).toBe("waiting");
    expect(here.executed).toEqual([]);
    await approved(gate, id);
    expect(await gate.approvals.ofAgent(CALLER, id)).toMatchObject({ approval: { status: "approved", executeAtMs: here.clock.nowMs + 1_000 }, answer: null });
    later(1_001);
    await settled(gate, id, "executed");
    expect(here.executed).toHaveLength(1);
    expect(await gate.approvals.ofAgent(CALLER, id)).toMatchObject({ answer: { status: 200, body: '{"data":{"volumeDelete":true}}' } });
    const history = (await here.records("approvals")).map(({ status, version, given }) => `${version} ${status} ${given.map(({ by }) => by).join()}`);
    expect(history).toEqual(["1 waiting ", "2 approved ann", "3 executing ann", "4 executed ann"]);
    const actions = (await here.records("actions")).map(({ phase, decision, outcome, callId }) => [callId, phase, decision?.outcome, decision?.approvalId, outcome?.status ?? null]);
    expect(actions).toEqual([["c1", "decision", "hold", id, null], ["c1", "decision", "allow", id, null], ["c1", "result", "allow", id, "ok"]]);
  });

  it("asks once, however often the agent tries again under other call ids, and again only when it is over", async () => {
    const [one, two] = [await here.gate(), await here.gate()];
    const ids = new Set(await Promise.all(Array.from({ length: 20 }, (_, at) => hold(at % 2 === 0 ? one : two, deletion(here, `c${at}`)))));
    expect(ids.size).toBe(1);
    const [id] = ids;
    expect((await one.approvals.list()).length).toBe(1);
    expect(await hold(one, deletion(here, "other", { payload: "f".repeat(64) }))).not.toBe(id);
    await one.approvals.order("refuse", id!, ANN, "no");
    // A human's no stands for its time.
    expect(await hold(two, deletion(here, "again"))).toBe(id);
    later(3_600_001);
    const next = await hold(two, deletion(here, "much later"));
    expect(next).not.toBe(id);
    expect(await statusOf(one, next)).toBe("waiting");
  });

  it("that comes again and again over weeks is found by its newest approval", async () => {
    const gate = await here.gate({ limits: { approvalPollMs: 60_000 } });
    for (let time = 1; time <= 13; time += 1) {
      expect(await hold(gate, deletion(here, `c${time}`))).toMatch(new RegExp(`-${time}$`, "u"));
      expect(await hold(gate, deletion(here, `again ${time}`))).toMatch(new RegExp(`-${time}$`, "u"));
      later(3_600_001);
    }
  });

  it("of another agent is none of this one's", async () => {
    const gate = await here.gate();
    const id = await hold(gate, deletion(here, "c1"));
    expect(await gate.approvals.ofAgent({ ...CALLER, agent: "other" }, id)).toBeNull();
    expect(await gate.approvals.ofAgent({ ...CALLER, tenant: "other" }, id)).toBeNull();
    expect(await hold(gate, deletion(here, "c1"), { ...CALLER, agent: "other" })).not.toBe(id);
    const own = await hold(gate, runtimesOwn(here, "c2"));
    await approved(gate, own);
    later(1_001);
    expect(told(await gate.decide({ ...CALLER, agent: "other" }, runtimesOwn(here, "c2", { approvalId: own })))).toContain("No such approval of this agent");
  });

  it("is not executed while one of two approvers is missing", async () => {
    await here.policy({ approversInProduction: 2 }, 2);
    const gate = await here.gate();
    const id = await hold(gate, deletion(here, "c1"));
    await approved(gate, id);
    expect(await gate.approvals.order("approve", id, ANN, "")).toMatchObject({ kind: "refused", because: "twice" });
    later(10_000);
    await gate.approvals.order("approve", id, BOB, "");
    later(1_001);
    await settled(gate, id, "executed");
    expect((await here.records("approvals")).map(({ status, given }) => [status, given.length])).toEqual([["waiting", 0], ["waiting", 1], ["approved", 2], ["executing", 2], ["executed", 2]]);
  });

  it("that is cancelled within its undo window is never executed", async () => {
    const gate = await here.gate();
    const id = await hold(gate, deletion(here, "c1"));
    await approved(gate, id);
    later(999);
    expect(await gate.approvals.order("cancel", id, BOB, "wait")).toMatchObject({ kind: "changed" });
    later(60_000);
    await new Promise((resolve) => setTimeout(resolve, 60));
    expect(await statusOf(gate, id)).toBe("cancelled wait");
    expect(here.executed).toEqual([]);
  });

  it("expires, waiting or approved for the runtime, and is executed by nobody then", async () => {
    const gate = await here.gate();
    const [waiting, given] = [await hold(gate, deletion(here, "c1")), await hold(gate, runtimesOwn(here, "c2"))];
    await approved(gate, given);
    later(3_600_000 + 1_000);
    await settled(gate, waiting, "expired");
    await settled(gate, given, "expired");
    expect(await gate.approvals.order("approve", waiting, ANN, "")).toMatchObject({ kind: "refused" });
    expect(told(await gate.decide(CALLER, runtimesOwn(here, "c3", { approvalId: given })))).toContain("It is expired");
    expect(here.executed).toEqual([]);
  });

  it("of the runtime's own is used by one retry, under its new call id, after the undo window", async () => {
    const gate = await here.gate();
    const id = await hold(gate, runtimesOwn(here, "c1"));
    expect(told(await gate.decide(CALLER, runtimesOwn(here, "c2", { approvalId: id })))).toMatch(/^hold /u);
    await approved(gate, id);
    expect(told(await gate.decide(CALLER, runtimesOwn(here, "c3", { approvalId: id })))).toMatch(/^hold /u);
    later(1_001);
    expect(told(await gate.decide(CALLER, runtimesOwn(here, "c4", { approvalId: id, payload: "e".repeat(64) })))).toContain("not the call that was approved");
    expect(told(await gate.decide(CALLER, runtimesOwn(here, "c5", { approvalId: id })))).toContain("allow approval.used");
    expect(told(await gate.decide(CALLER, runtimesOwn(here, "c6", { approvalId: id })))).toContain("It is executed");
  });

  it("is backed up before it is claimed, and what the guard found is shown to approvers, without a secret in it", async () => {
    const asked: string[] = [];
    here.guard = {
      backupStateOf: ({ operations }) => Promise.resolve({ kind: "none", summary: `No backup of ${operations[0]?.targets[0]?.id} password=hunter2-hunter2-hunter2`, atMs: 1, targets: [], takenFirst: true, isCovered: true }),
      beforeExecution: ({ operations }, withoutBackup) => {
        asked.push(`${operations[0]?.operation} ${withoutBackup} ${here.executed.length}`);
        return Promise.resolve({ kind: "taken", backupIds: ["b1"], detail: "" });
      },
    };
    const gate = await here.gate();
    const id = await hold(gate, deletion(here, "c1"));
    expect((await gate.approvals.show(id))?.backup).toMatchObject({ kind: "none", text: expect.stringMatching(/^No backup of vol-1 /u), takenAtMs: null });
    expect(JSON.stringify(await gate.approvals.show(id))).not.toContain("hunter2");
    expect(asked).toEqual([]);
    await approved(gate, id);
    later(1_001);
    await settled(gate, id, "executed");
    expect(asked).toEqual(["railway.volumeDelete false 0"]);
  });

  it("is void, and never executed, where the backup that must come first cannot be taken", async () => {
    here.guard = { backupStateOf: () => Promise.resolve(TAKEN_FIRST), beforeExecution: () => Promise.resolve({ kind: "failed", reason: "pg_dump is missing" }) };
    const gate = await here.gate();
    const [id, own] = [await hold(gate, deletion(here, "c1")), await hold(gate, runtimesOwn(here, "c2", { payload: "f".repeat(64) }))];
    for (const one of [id, own]) await approved(gate, one);
    later(1_001);
    await settled(gate, id, "void It was not executed: pg_dump is missing");
    expect(told(await gate.decide(CALLER, runtimesOwn(here, "c3", { payload: "f".repeat(64), approvalId: own })))).toContain("It was not used: pg_dump is missing");
    expect(here.executed).toEqual([]);
  });

  it("of what no backup would bring back is approved only by whoever says so, whose word nothing can change, and is run without one", async () => {
    const asked: boolean[] = [];
    here.guard = {
      backupStateOf: () => Promise.reject(new Error("out of order")),
      beforeExecution: (_touched, withoutBackup) => {
        asked.push(withoutBackup);
        return Promise.resolve({ kind: "not-needed", reason: "" });
      },
    };
    const gate = await here.gate();
    const id = await hold(gate, deletion(here, "c1"));
    expect((await gate.approvals.show(id))?.backup).toMatchObject({ kind: "unknown", mustBeSaid: true });
    await expect(approved(gate, id)).rejects.toThrow("Count on none. Say that it may run without one");
    expect((await gate.approvals.show(id))?.approval).toMatchObject({ status: "waiting", given: [] });
    expect(await approved(gate, id, true)).toMatchObject({ status: "approved", given: [{ by: "ann", withoutBackup: true }] });
    later(1_001);
    await settled(gate, id, "executed");
    expect([asked, here.executed.length]).toEqual([[true], 1]);
    expect((await here.records("approvals")).filter(({ status }) => status === "approved")).toMatchObject([{ given: [{ by: "ann", withoutBackup: true }] }]);
    // Put into the store by whoever may write there, it is nobody's word.
    const other = await hold(gate, deletion(here, "c2", { payload: "e".repeat(64) }));
    const [work] = await here.store.workOfGroup("approval", other);
    await here.store.updateWork({ ...work!, payload: work!.payload.replace('"given":[]', '"given":[{"by":"ann","atMs":1,"withoutBackup":true}]') });
    expect(await gate.approvals.order("approve", other, ANN, "", true)).toMatchObject({ kind: "refused", because: "altered" });
  });

  it("needs no such word where it destroys nothing", async () => {
    here.guard = { backupStateOf: () => Promise.reject(new Error("out of order")), beforeExecution: () => Promise.resolve({ kind: "not-needed", reason: "" }) };
    const gate = await here.gate();
    const request = { kind: "shell", command: "./deploy.sh" } as const;
    const id = await hold(gate, runtimesOwn(here, "c1", { tool: "shell", request, resource: null }));
    expect((await gate.approvals.show(id))?.backup.mustBeSaid).toBe(false);
    expect(await approved(gate, id)).toMatchObject({ status: "approved" });
  });

  it("of the runtime's own is backed up once at a time, and only when it could be used", async () => {
    let release = (): void => undefined;
    let asked = 0;
    here.guard = {
      backupStateOf: () => Promise.resolve(TAKEN_FIRST),
      beforeExecution: async () => {
        asked += 1;
        await new Promise<void>((resolve) => (release = resolve));
        return { kind: "taken", backupIds: ["b1"], detail: "" };
      },
    };
    const gate = await here.gate();
    const id = await hold(gate, runtimesOwn(here, "c1"));
    const use = (callId: string) => gate.decide(CALLER, runtimesOwn(here, callId, { approvalId: id }));
    expect(told(await use("c2"))).toMatch(/^hold /u);
    await approved(gate, id);
    expect(told(await use("c3"))).toMatch(/^hold /u);
    expect(asked).toBe(0);
    later(1_001);
    const first = use("c4");
    await expect.poll(() => asked).toBe(1);
    expect(told(await use("c5"))).toContain("A backup is being taken");
    release();
    expect(told(await first)).toContain("allow approval.used");
    expect([asked, told(await use("c6"))]).toEqual([1, expect.stringContaining("It is executed")]);
  });

  it("is kept from being used by the runtime where the gate executes it", async () => {
    const gate = await here.gate();
    const id = await hold(gate, deletion(here, "c1"));
    await approved(gate, id);
    expect(told(await gate.decide(CALLER, deletion(here, "c2", { approvalId: id })))).toContain("The gate executes this call itself");
  });

  it("is refused beyond what may wait of one agent, and others are still heard", async () => {
    const gate = await here.gate({ limits: { waitingPerAgent: 3 } });
    for (let at = 0; at < 3; at += 1) await hold(gate, deletion(here, `c${at}`, { payload: String(at).repeat(64) }));
    await expect(hold(gate, deletion(here, "c4", { payload: "4".repeat(64) }))).rejects.toThrow("deny approval.crowded Too many calls");
    // That it was tried is on record all the same.
    await vi.waitFor(async () => expect((await here.records("actions")).find(({ callId }) => callId === "c4")).toMatchObject({ decision: { outcome: "deny", rule: "approval.crowded" } }));
    await hold(gate, deletion(here, "c5"), { ...CALLER, agent: "other" });
  });

  it("makes room for new ones by what is over, oldest first, and is refused with a reason where that is not enough", async () => {
    const gate = await here.gate({ limits: { keptPerAgent: 2 } });
    const kept = async (id: string): Promise<boolean> => (await gate.approvals.show(id))?.details !== null;
    const [first, second] = [await hold(gate, deletion(here, "c1", { payload: "1".repeat(64) })), await hold(gate, deletion(here, "c2", { payload: "2".repeat(64) }))];
    await expect(hold(gate, deletion(here, "c3", { payload: "3".repeat(64) }))).rejects.toThrow("deny approval.crowded As much is kept");
    await gate.approvals.order("refuse", first, ANN, "no");
    const third = await vi.waitFor(() => hold(gate, deletion(here, "c3", { payload: "3".repeat(64) })));
    expect([await kept(first), await kept(second), await kept(third)]).toEqual([false, true, true]);
    // What was refused is so still, and asked again it is not a new one.
    expect(await statusOf(gate, first)).toContain("refused");
    expect(await hold(gate, deletion(here, "c4", { payload: "1".repeat(64) }))).toBe(first);
  });

  it("counts for its agent though the log did not take it, and with other gates and after a restart too", async () => {
    const gate = await here.gate({ limits: { keptPerAgent: 1 } });
    here.refuses = (topic) => topic === "approvals";
    await expect(hold(gate, deletion(here, "c1", { payload: "1".repeat(64) }))).rejects.toMatchObject({ code: "TL_GATE_UNAVAILABLE" });
    here.refuses = () => false;
    await expect(hold(gate, deletion(here, "c2", { payload: "2".repeat(64) }))).rejects.toThrow("deny approval.crowded");
    await hold(gate, deletion(here, "c3", { payload: "1".repeat(64) }));
    await gate.stop();
    const next = await here.gate({ limits: { keptPerAgent: 1 } });
    await expect(hold(next, deletion(here, "c4", { payload: "4".repeat(64) }))).rejects.toThrow("deny approval.crowded");
  });

  it("shows approvers what it does, and no secret", async () => {
    const gate = await here.gate();
    const id = await hold(gate, deletion(here, "c1", { inputs: { text: '{"token":"a-known-secret"}', truncated: false, digest: null, chars: 26 } as never }));
    const shown = await gate.approvals.show(id);
    expect(shown).toMatchObject({ details: { task: "task-1", operations: [{ operation: "railway.volumeDelete", places: ["volume vol-1 (production)"] }] }, target: { addresses: ["192.0.2.10"] }, credential: { id: "rw" } });
    expect(JSON.stringify(shown)).not.toContain("a-known-secret");
    expect(JSON.stringify(shown)).toContain("volumeDelete");
  });
});

describe("an approved call", () => {
  it("goes on after a restart, with another gate over the same store and log", async () => {
    const first = await here.gate();
    const id = await hold(first, deletion(here, "c1"));
    await approved(first, id);
    await first.stop();
    later(1_001);
    const second = await here.gate();
    await settled(second, id, "executed");
    expect(here.executed).toHaveLength(1);
  });

  it("whose gate died after claiming becomes unclear, and nobody executes it again", async () => {
    const first = await here.gate();
    const id = await hold(first, deletion(here, "c1"));
    await approved(first, id);
    here.outcome = () => new Promise(() => undefined);
    later(1_001);
    await settled(first, id, "executing");
    await expect.poll(() => here.executed.length).toBe(1);
    // The first gate hangs for ever; another one looks.
    const second = await here.gate();
    later(599_000);
    expect(await statusOf(second, id)).toBe("executing");
    later(2_000);
    await settled(second, id, "unclear");
    later(3_600_000);
    await new Promise((resolve) => setTimeout(resolve, 60));
    expect(here.executed).toHaveLength(1);
    here.outcome = () => Promise.resolve({ kind: "unclear", reason: "" });
  }, 30_000);

  it("is void when the agent's breaker opened, and says so", async () => {
    const gate = await here.gate();
    const id = await hold(gate, deletion(here, "c1"));
    await approved(gate, id);
    await here.fact("breakers", { v: 1, tenant: TENANT, agent: AGENT, generation: 0, position: { state: "open", tripId: "t", sinceMs: 1 }, holds: [], trip: null, atMs: 1, resetAtMs: 0, commandIds: [], change: "trip" });
    await expect.poll(() => gate.state.breaker(TENANT, AGENT).position.state).toBe("open");
    later(1_001);
    await settled(gate, id, "void");
    expect(await statusOf(gate, id)).toContain("breaker.open");
    expect(here.executed).toEqual([]);
  });

  it("that is under way is cut by its own agent's trip, and by no other's", async () => {
    const gate = await here.gate();
    const trip = (agent: string) => here.fact("breakers", { v: 1, tenant: TENANT, agent, generation: 0, position: { state: "open", tripId: "t", sinceMs: 1 }, holds: [], trip: null, atMs: 1, resetAtMs: 0, commandIds: [], change: "trip" });
    const cut: string[] = [];
    here.outcome = ({ callId }, signal) => new Promise((resolve) => signal.addEventListener("abort", () => resolve({ kind: "unclear", reason: `cut ${cut.push(callId)}` })));
    const id = await hold(gate, deletion(here, "c1"));
    await approved(gate, id);
    later(1_001);
    await expect.poll(() => here.executed.length).toBe(1);
    await trip("other");
    await expect.poll(() => gate.state.breaker(TENANT, "other").position.state).toBe("open");
    expect(cut).toEqual([]);
    await trip(AGENT);
    await settled(gate, id, "unclear cut 1");
  });

  it("waits while the gate cannot tell that what it knows is current", async () => {
    const gate = await here.gate();
    const id = await hold(gate, deletion(here, "c1"));
    await approved(gate, id);
    const blind = await here.gate({ limits: { currentForMs: -1 } });
    await gate.stop();
    later(1_001);
    await new Promise((resolve) => setTimeout(resolve, 80));
    expect(await statusOf(blind, id)).toContain("approved");
    expect(here.executed).toEqual([]);
  });

  it("that nothing reached the upstream of is void, and one that nobody can tell of unclear", async () => {
    const gate = await here.gate();
    here.outcome = () => Promise.resolve({ kind: "not-sent", reason: "Connection refused." });
    const one = await hold(gate, deletion(here, "c1"));
    await approved(gate, one);
    later(1_001);
    await settled(gate, one, "void Connection refused.");
    here.outcome = () => Promise.reject(new Error("broken"));
    const two = await hold(gate, deletion(here, "c2"));
    expect(two).not.toBe(one);
    await approved(gate, two);
    later(1_001);
    await settled(gate, two, "unclear");
  });

  it("keeps its answer within bounds, and erases it and the call after a day", async () => {
    const gate = await here.gate({ limits: { answerBytes: 10 } });
    here.outcome = () => Promise.resolve({ kind: "answered", status: 500, contentType: null, body: "ääääää", truncated: false });
    const id = await hold(gate, deletion(here, "c1"));
    await approved(gate, id);
    later(1_001);
    await settled(gate, id, "executed");
    expect((await gate.approvals.ofAgent(CALLER, id))?.answer).toEqual({ status: 500, contentType: null, body: "äääää", truncated: true });
    later(86_400_001);
    await expect.poll(async () => (await gate.approvals.ofAgent(CALLER, id))?.answer).toBeNull();
    expect((await gate.approvals.show(id))?.details).toBeNull();
    expect(await gate.approvals.list()).toEqual([]);
  });

  it("is not executed again from a store that was put back to before it was", async () => {
    const gate = await here.gate();
    const id = await hold(gate, deletion(here, "c1"));
    await approved(gate, id);
    const before = (await here.store.openWork("approval", 10)).find((work) => work.id === id)!;
    const sealed = { ...before };
    later(1_001);
    await settled(gate, id, "executed");
    expect(here.executed).toHaveLength(1);
    const now = (await here.store.openWork("approval", 10)).find((work) => work.id === id)!;
    await here.store.updateWork({ ...now, payload: sealed.payload, nextAttemptMs: sealed.nextAttemptMs });
    await settled(gate, id, "void The log does not confirm");
    expect(here.executed).toHaveLength(1);
  });

  it("is void when a policy, grant or resource decides otherwise by then, and names what changed", async () => {
    const gate = await here.gate();
    const id = await hold(gate, deletion(here, "c1"));
    await approved(gate, id);
    await here.fact("grants", grant({ version: 4 }));
    await expect.poll(() => gate.state.registry.grantVersion(`${TENANT}/${AGENT}`)).toBe(4);
    later(1_001);
    await settled(gate, id, "void");
    expect(await statusOf(gate, id)).toContain("changed: grant.");
  });
});
