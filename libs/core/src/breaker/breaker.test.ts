import { agentKey, type BreakerRecord, type Command, decode, encode, type Finding } from "@tripline/model";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type BreakerInput, CLOCKS_APART_MS, denied, initialRecord, JUDGED_MS, MAX_JUDGED, transition } from "./breaker.ts";

const KEY = agentKey("acme", "coder");
const PROBE_ACTIONS = 3;
const at = (nowMs: number) => ({ nowMs, probeActions: PROBE_ACTIONS, foreignSeen: [], massTrip: false });

function finding(weight: "hard" | "soft", over = false, foreignCredentials: string[] = []): Finding {
  return {
    v: 1, id: `d:${weight}`, tenant: "acme", agent: "coder", session: null, actionId: "a1", callId: "c1",
    detector: "irreversible-action", weight, rule: "r", bits: 30, summary: "Deleted a volume.", features: [], atMs: 10, receiveMs: 100,
    foreignCredentials, decidedBy: { rules: "1", policy: 0, grant: 0, registry: 0 },
    risk: { bits: over ? 40 : 1, budgetBits: 20, over },
  };
}

function command(kind: Command["kind"], id: string, holdId: string | null = null): Command {
  return { v: 1, id, tenant: "acme", agent: "coder", kind, holdId, by: "soc", reason: "because", atMs: 1 };
}

function apply(record: BreakerRecord, input: BreakerInput, nowMs: number): BreakerRecord {
  const result = transition(record, input, at(nowMs));
  return result.kind === "unchanged" ? record : result.record;
}

const order = (kind: Command["kind"], id: string, receiveMs = 200, holdId: string | null = null): BreakerInput => ({ kind: "command", command: command(kind, id, holdId), receiveMs });
const mark = (n: number): string => n.toString(16).padStart(64, "0");

const findings = (list: Finding[], receiveMs = 100): BreakerInput => ({ kind: "findings", findings: list, receiveMs });
const read = (receiveMs: number): BreakerInput => ({ kind: "action", actionId: "a", readOnly: true, receiveMs });

describe("breaker", () => {
  it("trips on one hard finding and names it as the cause", () => {
    const result = transition(initialRecord(KEY), findings([finding("hard")]), at(100));
    expect(result).toMatchObject({ kind: "changed", tripped: { id: "trip:acme/coder:0", cause: { kind: "hard-finding", findingId: "d:hard" } } });
  });

  it("trips on risk over budget, and not on soft findings below it", () => {
    expect(transition(initialRecord(KEY), findings([finding("soft")]), at(100))).toEqual({ kind: "unchanged", reason: "no-trip-due" });
    expect(transition(initialRecord(KEY), findings([finding("soft", true)]), at(100))).toMatchObject({ tripped: { cause: { kind: "risk" } } });
  });

  it("does not trip twice for the same evidence, but adds a foreign credential first seen while open", () => {
    const open = apply(initialRecord(KEY), findings([finding("hard")]), 100);
    expect(transition(open, findings([finding("hard")]), at(101))).toEqual({ kind: "unchanged", reason: "already-open" });
    const more = transition(open, findings([finding("hard", false, ["f".repeat(64)])]), at(102));
    expect(more).toMatchObject({ kind: "changed", record: { change: "evidence-added" }, tripped: { id: "trip:acme/coder:0" } });
  });

  it("keeps what else is found on the record that tripped, once, when it comes with a credential to contain", () => {
    const of = (id: string, marks: string[]): Finding => ({ ...finding("hard", false, marks), id, digest: "d".repeat(64) });
    const open = apply(initialRecord(KEY), findings([of("one", [])]), 100);
    const more = apply(open, findings([of("one", [mark(1)]), of("two", [mark(1)])]), 102);
    expect(more.trip?.findings.map(({ id }) => id)).toEqual(["one", "two"]);
  });

  describe("read again by a breaker that is far behind, its id long forgotten", () => {
    const LATER = 10 * CLOCKS_APART_MS;
    const forgotten = (record: BreakerRecord, fromMs: number): BreakerRecord =>
      Array.from({ length: 40 }).reduce<BreakerRecord>((before, _, n) => apply(apply(before, order("hold", `h${n}`, fromMs), fromMs), order("release", `r${n}`, fromMs, `h${n}`), fromMs), record);
    const drilled = forgotten(apply(apply(initialRecord(KEY), order("trip", "drill", 100), 100), order("reset", "after-drill", 200), 200), 300);

    it("an order to reset does not undo what tripped since", () => {
      const incident = forgotten(apply(drilled, findings([finding("hard")], LATER), LATER), LATER);
      expect(transition(incident, order("reset", "after-drill", 200), at(LATER + 1))).toMatchObject({ kind: "refused", reason: "before-trip" });
      expect(apply(incident, order("reset", "after-drill", 200), LATER + 1).position.state).toBe("open");
      expect(apply(incident, order("reset", "now", LATER + 2), LATER + 2).position.state).toBe("probing");
    });

    it("an order to trip is not carried out again after the reset that followed it", () => {
      const later = apply(apply(drilled, order("trip", "second", LATER), LATER), order("reset", "after-second", LATER), LATER);
      expect(transition(forgotten(later, LATER), order("trip", "drill", 100), at(LATER + 1))).toEqual({ kind: "unchanged", reason: "before-reset" });
      expect(transition(forgotten(later, LATER), order("panic", "new", LATER + 1), at(LATER + 1))).toMatchObject({ kind: "changed" });
    });

    it("clocks of brokers that are a little apart do not keep a human from resetting", () => {
      const open = apply(initialRecord(KEY), findings([finding("hard")], LATER), LATER);
      expect(apply(open, order("reset", "r", LATER - CLOCKS_APART_MS + 1), LATER).position.state).toBe("probing");
    });
  });

  it("lets read-only actions through after a reset and closes after the agreed number", () => {
    let record = apply(initialRecord(KEY), findings([finding("hard")]), 100);
    record = apply(record, order("reset", "r1"), 200);
    expect(record.position).toMatchObject({ state: "probing", actionsLeft: PROBE_ACTIONS });
    for (let i = 0; i < PROBE_ACTIONS; i += 1) record = apply(record, read(201 + i), 201 + i);
    expect(record.position).toEqual({ state: "closed" });
  });

  it("opens again with a new trip when a probing agent has a side effect", () => {
    let record = apply(initialRecord(KEY), findings([finding("hard")]), 100);
    record = apply(record, order("reset", "r1"), 200);
    const result = transition(record, { kind: "action", actionId: "a9", readOnly: false, receiveMs: 201 }, at(201));
    expect(result).toMatchObject({ tripped: { id: "trip:acme/coder:1", cause: { kind: "probe-violation", actionId: "a9" } } });
  });

  it("ignores evidence that was received before a human's reset, so that a recovery cannot trip twice for it", () => {
    let record = apply(initialRecord(KEY), findings([finding("hard")], 100), 100);
    record = apply(record, order("reset", "r1"), 200);
    expect(transition(record, findings([finding("hard")], 150), at(300))).toEqual({ kind: "unchanged", reason: "before-reset" });
    expect(transition(record, findings([finding("hard")], 250), at(300))).toMatchObject({ kind: "changed" });
  });

  describe("after the reset that judged it", () => {
    const bytes = (name: string): string => name.padEnd(64, "0");
    const seen = (name: string, receiveMs: number): BreakerInput => findings([{ ...finding("hard"), digest: bytes(name), receiveMs }], receiveMs);
    const tripped = apply(initialRecord(KEY), seen("attempt", 100), 100);

    it("does not trip when the very record comes again, in any generation, and does on another deed under the same ids", () => {
      let record = apply(tripped, order("reset", "r1"), 200);
      expect(transition(record, seen("attempt", 250), at(250))).toEqual({ kind: "unchanged", reason: "judged-before" });
      const again = apply(record, seen("other", 260), 260);
      expect(again).toMatchObject({ position: { state: "open" }, generation: 1 });
      record = apply(again, order("reset", "r2"), 300);
      expect(transition(record, seen("attempt", 350), at(350))).toEqual({ kind: "unchanged", reason: "judged-before" });
    });

    it("trips on it when senders have long given up: then it was done again", () => {
      const record = apply(tripped, order("reset", "r1"), 200);
      expect(transition(record, seen("attempt", 100 + JUDGED_MS), at(300))).toMatchObject({ kind: "unchanged" });
      expect(transition(record, seen("attempt", 101 + JUDGED_MS), at(300))).toMatchObject({ kind: "changed", tripped: { id: "trip:acme/coder:1" } });
    });

    it("counts neither its side effect while probing, nor what was seen beside it while open", () => {
      const beside = transition(tripped, seen("result", 110), at(110));
      expect(beside).toMatchObject({ kind: "changed", tripped: null, record: { change: "evidence-noted" } });
      expect(transition(apply(tripped, seen("result", 110), 110), seen("result", 120), at(120))).toEqual({ kind: "unchanged", reason: "already-open" });
      const record = apply(apply(tripped, seen("result", 110), 110), order("reset", "r1"), 200);
      for (const name of ["attempt", "result"]) {
        expect(transition(record, seen(name, 250), at(250)), name).toEqual({ kind: "unchanged", reason: "judged-before" });
        expect(transition(record, { kind: "action", actionId: "a", readOnly: false, receiveMs: 250, digest: bytes(name) }, at(250)), name).toEqual({ kind: "unchanged", reason: "judged-before" });
      }
      const violated = apply(record, { kind: "action", actionId: "b", readOnly: false, receiveMs: 260, digest: bytes("write") }, 260);
      const anew = apply(violated, order("reset", "r2"), 300);
      expect(transition(anew, { kind: "action", actionId: "b", readOnly: false, receiveMs: 310, digest: bytes("write") }, at(310))).toEqual({ kind: "unchanged", reason: "judged-before" });
    });

    it("is no evidence of a later trip either, though a credential seen with it is contained there", () => {
      const marked = (name: string, receiveMs: number, marks: string[]): BreakerInput => findings([{ ...finding("hard", false, marks), id: name, digest: bytes(name), receiveMs }], receiveMs);
      const first = apply(initialRecord(KEY), marked("attempt", 100, [mark(1)]), 100);
      const again = apply(apply(first, order("reset", "r1"), 200), marked("other", 260, [mark(2)]), 260);
      for (const late of [marked("attempt", 100, [mark(1)]), marked("attempt", 270, [mark(1)]), marked("unread", 110, [mark(3)])]) {
        const { trip } = apply(again, late, 300);
        expect([trip?.findings.map(({ id }) => id), trip?.foreignCredentials.length]).toEqual([["other"], 2]);
      }
      expect(apply(again, marked("beside", 270, [mark(4)]), 300).trip?.findings.map(({ id }) => id)).toEqual(["other", "beside"]);
    });

    it("trips on what came after the reset but was read before it, as it would have in turn: with or without a credential that is new", () => {
      const marked = (name: string, receiveMs: number, marks: string[]): BreakerInput => findings([{ ...finding("hard", false, marks), id: name, digest: bytes(name), receiveMs }], receiveMs);
      for (const marks of [[], [mark(2)]]) {
        const behind = apply(apply(tripped, marked("before", 150, marks), 150), marked("second", 250, [...marks, ...marks.map(() => mark(3))]), 250);
        expect(behind).toMatchObject({ generation: 0, position: { state: "open" } });
        const result = transition(behind, order("reset", "r1"), at(260));
        expect(result).toMatchObject({ kind: "changed", tripped: { id: "trip:acme/coder:1", cause: { kind: "hard-finding", findingId: "second" }, foreignCredentials: marks.length === 0 ? [] : [mark(2), mark(3)] } });
        const again = apply(behind, order("reset", "r1"), 260);
        expect(again).toMatchObject({ change: "reset-tripped", position: { state: "open", receiveMs: 250 }, resetAtMs: 200, trip: { findings: [{ id: "second" }] } });
        // Sent once more it stands there once; after the reset that judged it, it does not trip.
        expect(apply(again, marked("second", 270, [mark(4)]), 270).trip?.findings.map(({ id }) => id)).toEqual(["second"]);
        expect(transition(apply(again, order("reset", "r2", 300), 300), marked("second", 310, []), at(310))).toEqual({ kind: "unchanged", reason: "judged-before" });
      }
    });

    it("trips on what another breaker, that had not heard of the reset, took for evidence of the trip before", () => {
      const record = apply({ ...tripped, judged: [...(tripped.judged ?? []), { digest: bytes("second"), receiveMs: 250 }] }, order("reset", "r1"), 260);
      expect(record.position.state).toBe("probing");
      expect(transition(record, seen("second", 250), at(270))).toMatchObject({ kind: "changed", tripped: { id: "trip:acme/coder:1" } });
    });

    it("does not trip on what came before the reset and was read after it, not even when it is sent again", () => {
      const record = apply(tripped, order("reset", "r1"), 200);
      const late = transition(record, seen("late", 150), at(250));
      expect(late).toMatchObject({ kind: "changed", tripped: null, record: { change: "evidence-noted", position: { state: "probing" } } });
      const noted = apply(record, seen("late", 150), 250);
      expect(transition(noted, seen("late", 150), at(260))).toEqual({ kind: "unchanged", reason: "judged-before" });
      expect(transition(noted, seen("late", 270), at(270))).toEqual({ kind: "unchanged", reason: "judged-before" });
      expect(transition(noted, seen("second", 270), at(270))).toMatchObject({ tripped: { id: "trip:acme/coder:1" } });
      const later = apply(apply(noted, seen("third", 2 * JUDGED_MS), 2 * JUDGED_MS), order("reset", "r2", 3 * JUDGED_MS), 3 * JUDGED_MS);
      expect(transition(later, seen("late", 150), at(3 * JUDGED_MS)), "too old to be remembered").toEqual({ kind: "unchanged", reason: "before-reset" });
    });

    it("does not trip again on what opened it, though the clock that dates the order is behind", () => {
      const record = apply(apply(initialRecord(KEY), seen("attempt", 300), 300), order("reset", "r1", 200), 310);
      expect(record).toMatchObject({ generation: 1, position: { state: "probing" } });
      expect(transition(record, seen("attempt", 300), at(320))).toEqual({ kind: "unchanged", reason: "judged-before" });
      expect(transition(record, seen("second", 301), at(320))).toMatchObject({ tripped: { id: "trip:acme/coder:1" } });
    });

    it("remembers no more than its bound, and writes no more for it while open", () => {
      let record = tripped;
      for (let number = 0; number < MAX_JUDGED * 2; number += 1) record = apply(record, seen(`flood${number}.`, 101 + number), 101 + number);
      expect(record.judged).toHaveLength(MAX_JUDGED);
      expect(record.atMs).toBe(101 + MAX_JUDGED - 2);
      expect(apply(apply(record, order("reset", "r1"), 500), seen("new", 600), 600).judged?.at(-1)).toEqual({ digest: bytes("new"), receiveMs: 600 });
    });
  });

  it("applies a command once, though it is read again after a crash", () => {
    let record = apply(initialRecord(KEY), findings([finding("hard")]), 100);
    record = apply(record, order("reset", "r1"), 200);
    record = apply(record, findings([finding("hard")], 250), 250);
    expect(transition(record, order("reset", "r1"), at(300))).toEqual({ kind: "unchanged", reason: "applied-before" });
  });

  it("remembers an order that it refused, so that a crash cannot apply it later", () => {
    let record = apply(initialRecord(KEY), order("hold", "h1"), 100);
    record = apply(record, order("trip", "t1"), 110);
    record = apply(record, order("reset", "refused"), 120);
    record = apply(record, order("release", "x", 130, "h1"), 130);
    expect(transition(record, order("reset", "refused"), at(140))).toEqual({ kind: "unchanged", reason: "applied-before" });
    expect(denied(record)).toBe(true);
  });

  it("judges evidence received after a reset though the wall clock stepped back meanwhile", () => {
    let record = apply(initialRecord(KEY), findings([finding("hard")], 1_000), 1_000);
    // The log's clock never goes back; the process's clock ran ahead when the order was applied.
    record = apply(record, order("reset", "r1", 2_000), 3_600_000);
    expect(transition(record, findings([finding("hard")], 2_001), at(2_001))).toMatchObject({ kind: "changed", tripped: { generation: 1 } });
    expect(transition(record, { kind: "action", actionId: "a", readOnly: false, receiveMs: 2_001 }, at(2_001))).toMatchObject({ tripped: { cause: { kind: "probe-violation" } } });
  });

  it("revokes after all when a hard finding or a human's order follows a soft trip, and keeps its evidence", () => {
    const context = { ...at(100), massTrip: true };
    const soft = transition(initialRecord(KEY), findings([finding("soft", true, [mark(1)])]), context);
    if (soft.kind !== "changed") throw new Error("no soft trip");
    const onFinding = transition(soft.record, findings([finding("hard", false, [mark(2)])]), context);
    expect(onFinding).toMatchObject({ tripped: { id: "trip:acme/coder:1", soft: false, cause: { kind: "hard-finding" }, foreignCredentials: [mark(1), mark(2)] } });
    expect(transition(soft.record, order("trip", "t1"), context)).toMatchObject({ tripped: { soft: false, cause: { kind: "command" }, foreignCredentials: [mark(1)] } });
    expect(transition(soft.record, findings([finding("soft", true)]), context)).toMatchObject({ reason: "already-open" });
  });

  it("keeps a registered foreign credential though made-up ones came first and fill the record", () => {
    let record = initialRecord(KEY);
    for (let i = 0; i < 10; i += 1) record = apply(record, findings([finding("hard", false, Array.from({ length: 8 }, (_, j) => mark(i * 8 + j)))]), 100 + i);
    expect(record.trip?.foreignCredentials).toHaveLength(64);
    const late = transition(record, findings([finding("hard")]), { ...at(200), foreignSeen: ["f".repeat(64)] });
    expect(late).toMatchObject({ kind: "changed", tripped: { foreignCredentials: expect.arrayContaining(["f".repeat(64)]) } });
  });

  it("keeps every record writable and readable, whatever the size of its evidence, names and holds", () => {
    const id = "i".repeat(256);
    const wide = "\u0001".repeat(1_000);
    const big: Finding = { ...finding("hard"), tenant: id, agent: id, summary: wide, features: Array.from({ length: 24 }, () => ({ name: "n", bits: 1, expected: "-", observed: wide })) };
    let record = initialRecord(agentKey(id, id));
    for (let i = 0; i < 64; i += 1) record = apply(record, { kind: "command", command: { ...command("hold", `h${i}`), by: wide.slice(0, 256), reason: wide }, receiveMs: 1 }, 50 + i);
    for (let i = 0; i < 40; i += 1) record = apply(record, findings([{ ...big, id: `d:${i}`, foreignCredentials: [mark(i)] }]), 200 + i);
    expect(record.trip?.findings.length).toBeGreaterThan(0);
    expect(decode("breakers", encode("breakers", record))).toMatchObject({ ok: true });
  });

  it("denies without revoking when the mass-trip guard is active and risk alone is the cause", () => {
    const context = { ...at(100), massTrip: true };
    expect(transition(initialRecord(KEY), findings([finding("soft", true)]), context)).toMatchObject({ tripped: { soft: true } });
    expect(transition(initialRecord(KEY), findings([finding("hard")]), context)).toMatchObject({ tripped: { soft: false } });
  });

  it("refuses a reset while any hold stands, and releases holds one by one by name", () => {
    let record = apply(initialRecord(KEY), findings([finding("hard")]), 100);
    record = apply(record, order("hold", "h1"), 110);
    record = apply(record, order("hold", "h2"), 111);
    const reset: BreakerInput = order("reset", "r1");
    expect(transition(record, reset, at(120))).toMatchObject({ kind: "refused", reason: "held" });
    record = apply(record, order("release", "x", 130, "h1"), 130);
    expect(transition(record, reset, at(131))).toMatchObject({ kind: "refused", reason: "held" });
    record = apply(record, order("release", "y", 140, "h2"), 140);
    expect(transition(record, reset, at(141))).toMatchObject({ kind: "changed" });
  });

  it("never leaves an agent undenied between a trip and a human's reset, whatever else arrives", () => {
    const input = fc.oneof(
      fc.constant(findings([finding("hard")])),
      fc.constant(findings([finding("soft")])),
      fc.constant(findings([finding("soft", true)])),
      fc.boolean().map((readOnly): BreakerInput => ({ kind: "action", actionId: "a", readOnly, receiveMs: 1e6 })),
      fc.constantFrom("trip" as const, "panic" as const, "hold" as const).map((kind): BreakerInput => order(kind, kind)),
      fc.constant<BreakerInput>(order("release", "r", 200, "hold")),
    );
    fc.assert(
      fc.property(fc.array(input, { maxLength: 40 }), (inputs) => {
        let record = apply(initialRecord(KEY), findings([finding("hard")]), 100);
        inputs.forEach((next, index) => {
          record = apply(record, next, 200 + index);
          expect(denied(record)).toBe(true);
          expect(record.generation).toBe(0);
        });
      }),
    );
  });
});
