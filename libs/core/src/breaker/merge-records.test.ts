import { agentKey, type BreakerRecord, type Command, type Finding, tripId } from "@tripline/model";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type BreakerContext, type BreakerInput, CLOCKS_APART_MS, denied, initialRecord, transition } from "./breaker.ts";
import { covers, mergeRecords } from "./merge-records.ts";

const KEY = agentKey("acme", "coder");
const context = (nowMs: number, over: Partial<BreakerContext> = {}): BreakerContext => ({ nowMs, probeActions: 3, foreignSeen: [], massTrip: false, ...over });

function finding(id: string, receiveMs: number, over: Partial<Finding> = {}): Finding {
  return {
    v: 1, id, tenant: "acme", agent: "coder", session: null, actionId: id, callId: id, detector: "irreversible-action", rule: "r", weight: "hard", bits: 30, summary: "s",
    features: [], foreignCredentials: [], risk: { bits: 1, budgetBits: 20, over: false }, decidedBy: { rules: "1", policy: 0, grant: 0, registry: 0 }, receiveMs, atMs: receiveMs, digest: id.padStart(64, "0"), ...over,
  };
}
const hard = (id: string, receiveMs: number, foreignCredentials: string[] = []): BreakerInput => ({ kind: "findings", findings: [finding(id, receiveMs, { foreignCredentials })], receiveMs });
const risky = (id: string, receiveMs: number): BreakerInput => ({
  kind: "findings", receiveMs, findings: [finding(id, receiveMs, { weight: "soft", risk: { bits: 40, budgetBits: 20, over: true } })],
});
const command = (id: string, kind: Command["kind"], receiveMs: number, holdId: string | null = null): BreakerInput => ({
  kind: "command", receiveMs, command: { v: 1, id, tenant: "acme", agent: "coder", kind, holdId, by: "soc", reason: "", atMs: receiveMs },
});

/** One instance: what it thinks, and what it would write. */
function apply(record: BreakerRecord, input: BreakerInput, nowMs: number, over: Partial<BreakerContext> = {}): BreakerRecord {
  const result = transition(record, input, context(nowMs, over));
  return result.kind === "unchanged" ? record : result.record;
}
const after = (...inputs: [BreakerInput, number?][]): BreakerRecord => inputs.reduce((record, [input, nowMs = input.receiveMs]) => apply(record, input, nowMs), initialRecord(KEY));

describe("what two breakers know together", () => {
  it("is one trip where both tripped, told by neither again", () => {
    const [a, b] = [after([hard("f", 10), 11]), after([hard("f", 10), 14])];
    expect(mergeRecords(a, b)).toEqual(mergeRecords(b, a));
    expect(mergeRecords(a, b).trip).toMatchObject({ id: tripId(KEY, 0), atMs: 11 });
    expect([covers(a, mergeRecords(a, b)), covers(b, mergeRecords(b, a))]).toEqual([true, true]);
  });

  it("is every foreign credential that either saw", () => {
    const [a, b] = [after([hard("f", 10, ["aa"]), 11]), after([hard("g", 10, ["bb"]), 14])];
    const merged = mergeRecords(a, b);
    expect(merged.trip?.foreignCredentials.toSorted()).toEqual(["aa", "bb"]);
    expect([covers(a, merged), covers(b, merged), covers(merged, merged)]).toEqual([false, false, true]);
  });

  it("is all evidence that either judged, so that neither trips on it again after the reset", () => {
    const [a, b] = [after([hard("f", 10), 11]), after([hard("g", 12), 14])];
    const merged = mergeRecords(a, b);
    expect(merged.judged?.map(({ receiveMs }) => receiveMs)).toEqual([10, 12]);
    expect(mergeRecords(b, a).judged).toEqual(merged.judged);
    expect([covers(a, merged), covers(merged, merged)]).toEqual([false, true]);
    const reset = apply(merged, command("r", "reset", 20), 20);
    for (const id of ["f", "g"]) expect(transition(reset, hard(id, 30), context(30))).toEqual({ kind: "unchanged", reason: "judged-before" });
  });

  it("is a hold and a trip where one heard of the one and the other of the other", () => {
    const merged = mergeRecords(after([command("h1", "hold", 5)]), after([hard("f", 10)]));
    expect(merged).toMatchObject({ position: { state: "open" }, holds: [{ id: "h1" }] });
  });

  it("has no hold that one has released, and every one that it never heard of", () => {
    const held = after([command("h1", "hold", 5)], [command("h2", "hold", 6)]);
    const released = apply(held, command("r", "release", 7, "h1"), 7);
    for (const merged of [mergeRecords(held, released), mergeRecords(released, held)]) expect(merged.holds.map(({ id }) => id)).toEqual(["h2"]);
    expect(mergeRecords(released, after([command("h3", "hold", 8)])).holds.map(({ id }) => id)).toEqual(["h2", "h3"]);
  });

  it("is the reset that only one has heard of", () => {
    const tripped = after([hard("f", 10)]);
    const merged = mergeRecords(tripped, apply(tripped, command("r", "reset", 20), 20));
    expect(merged).toMatchObject({ generation: 1, position: { state: "probing" }, resetAtMs: 20 });
  });

  it("is a trip where one took for more evidence what came after the reset that the other has heard of", () => {
    const tripped = after([hard("f", 10, ["aa"])]);
    const behind = apply(apply(tripped, hard("g", 15, ["bb"]), 15), hard("h", 30, ["cc"]), 31);
    const reset = apply(tripped, command("r", "reset", 20), 22);
    const [merged, same] = [mergeRecords(reset, behind), mergeRecords(behind, reset)];
    expect(merged).toEqual(same);
    expect(merged).toMatchObject({
      generation: 1, position: { state: "open", tripId: tripId(KEY, 1), receiveMs: 30 }, trip: { id: tripId(KEY, 1), generation: 1, findings: [{ id: "h" }], foreignCredentials: ["cc"] },
    });
    expect([covers(behind, merged), covers(reset, merged), covers(merged, mergeRecords(merged, behind))]).toEqual([false, false, true]);
    // Whoever reads it in turn makes the same trip of it, and the reset that follows ends it for both.
    expect(mergeRecords(apply(reset, hard("h", 30, ["cc"]), 33), behind).trip).toMatchObject({ id: tripId(KEY, 1), cause: merged.trip?.cause, findings: [{ id: "h" }] });
    expect(mergeRecords(apply(merged, command("s", "reset", 40), 41), behind)).toMatchObject({ generation: 2, position: { state: "probing" } });
  });

  it("is the reset of the evidence that it was given for, though an earlier release dated it by a clock that was behind", () => {
    const tripped = after([hard("f", 30, ["aa"])]);
    const reset = { ...apply(tripped, command("r", "reset", 30), 31), resetAtMs: 28 };
    for (const merged of [mergeRecords(reset, tripped), mergeRecords(tripped, reset)]) expect(merged).toMatchObject({ generation: 1, position: { state: "probing" } });
  });

  it("is all evidence of a trip that both tell of, each piece once", () => {
    const [a, b] = [after([hard("f", 10), 11]), after([hard("f", 10), 11], [hard("g", 12, ["bb"])])];
    for (const merged of [mergeRecords(a, b), mergeRecords(b, a)]) expect(merged.trip?.findings.map(({ id }) => id)).toEqual(["f", "g"]);
  });

  it("says what happened last, with that order last, even if it changed nothing", () => {
    const refused = after([command("c1", "hold", 5)], [command("c2", "reset", 9)]);
    const merged = mergeRecords(after([command("c1", "hold", 5)]), refused);
    expect(merged).toMatchObject({ change: "order-refused", atMs: 9, commandIds: ["c1", "c2"] });
    expect(mergeRecords(refused, initialRecord(KEY))).toEqual(refused);
  });

  it("is a trip of the next generation where one tripped softly and the other on a hard finding: it must revoke", () => {
    const soft = apply(initialRecord(KEY), risky("f", 10), 11, { massTrip: true });
    const [ab, ba] = [mergeRecords(soft, after([hard("g", 10), 12])), mergeRecords(after([hard("g", 10), 12]), soft)];
    expect(soft.trip?.soft).toBe(true);
    for (const merged of [ab, ba]) expect(merged).toMatchObject({ generation: 1, position: { state: "open", tripId: tripId(KEY, 1) }, trip: { soft: false, id: tripId(KEY, 1), generation: 1 } });
  });
});

const input = fc.oneof(
  fc.record({ at: fc.constant("evidence" as const), marks: fc.subarray(["aa", "bb", "cc"]), soft: fc.boolean() }),
  fc.record({ at: fc.constant("order" as const), kind: fc.constantFrom("hold" as const, "release" as const, "reset" as const, "trip" as const) }),
  fc.record({ at: fc.constant("probe" as const), readOnly: fc.boolean() }),
);

describe("two breakers that read the same, each in an order of its own", () => {
  it("end at one record, whatever was told to whom and when; no hold is lost, and hard evidence after the last reset stands", () => {
    fc.assert(
      fc.property(fc.array(input, { minLength: 1, maxLength: 14 }), fc.infiniteStream(fc.nat(7)), (inputs, choices) => {
        const made = inputs.map((one, index): { topic: string; value: BreakerInput } => {
          // Orders and evidence are told apart by when they came.
          const receiveMs = (index + 1) * 2 * CLOCKS_APART_MS;
          if (one.at === "evidence") return { topic: "actions", value: one.soft ? risky(`f${index}`, receiveMs) : hard(`f${index}`, receiveMs, one.marks) };
          if (one.at === "probe") return { topic: "actions", value: { kind: "action", actionId: `a${index}`, readOnly: one.readOnly, receiveMs } };
          const holds = inputs.slice(0, index).flatMap((earlier, at) => (earlier.at === "order" && earlier.kind === "hold" ? [`c${at}`] : []));
          return { topic: "commands", value: command(`c${index}`, one.kind, receiveMs, one.kind === "release" ? (holds[0] ?? "none") : null) };
        });
        const replicas = [0, 1].map(() => ({ record: initialRecord(KEY), queues: { actions: made.filter(({ topic }) => topic === "actions"), commands: made.filter(({ topic }) => topic === "commands") } }));
        const written: BreakerRecord[] = [];
        for (let step = 0; replicas.some(({ queues }) => queues.actions.length + queues.commands.length > 0); step += 1) {
          const choice = choices.next().value as number;
          const replica = replicas[choice % 2]!;
          const queue = choice % 4 < 2 ? replica.queues.actions : replica.queues.commands;
          const next = queue.shift() ?? replica.queues.actions.shift() ?? replica.queues.commands.shift();
          if (next !== undefined) {
            const before = replica.record;
            replica.record = apply(before, next.value, 1_000 + step);
            if (replica.record !== before) written.push(replica.record);
          }
          const heard = written[choice * step];
          if (choice > 3 && heard !== undefined) replica.record = mergeRecords(replica.record, heard);
        }
        // Everything that was written is read by both in the end, and what a reader finds missing in it is written again.
        for (let at = 0; at < written.length; at += 1) {
          expect(written.length, "they go on telling each other").toBeLessThan(200);
          for (const replica of replicas) {
            const merged = mergeRecords(replica.record, written[at]!);
            replica.record = merged;
            if (!covers(written[at]!, merged)) written.push(merged);
          }
        }
        const [a, b] = replicas.map(({ record }) => record) as [BreakerRecord, BreakerRecord];
        const known = mergeRecords(a, b);
        for (const record of [a, b]) {
          expect(covers(record, known)).toBe(true);
          expect(denied(record)).toBe(denied(known));
        }
        const released = new Set(made.flatMap(({ value }) => (value.kind === "command" && value.command.kind === "release" ? [value.command.holdId] : [])));
        const holds = made.flatMap(({ value }) => (value.kind === "command" && value.command.kind === "hold" ? [value.command.id] : []));
        for (const id of holds.filter((hold) => !released.has(hold))) expect(known.holds.map((hold) => hold.id)).toContain(id);
        const lastReset = made.findLastIndex(({ value }) => value.kind === "command" && value.command.kind === "reset");
        const evidence = made.slice(lastReset + 1).some(({ value }) => value.kind === "findings" && value.findings[0]?.weight === "hard");
        if (evidence) expect(known.position.state).toBe("open");
      }),
      { numRuns: 500 },
    );
  });

  it("is idempotent and the same from both sides for records that can be reached", () => {
    fc.assert(
      fc.property(fc.subarray([0, 1, 2, 3, 4, 5], { minLength: 0 }), fc.subarray([0, 1, 2, 3, 4, 5], { minLength: 0 }), (mine, theirs) => {
        const inputs = [command("h", "hold", 10), hard("f", 20, ["aa"]), command("r", "release", 30, "h"), command("x", "reset", 40), hard("g", 50, ["bb"]), command("i", "hold", 60)];
        const [a, b] = [mine, theirs].map((chosen, side) => chosen.reduce((record, at) => apply(record, inputs[at]!, inputs[at]!.receiveMs + side), initialRecord(KEY))) as [BreakerRecord, BreakerRecord];
        const [ab, ba] = [mergeRecords(a, b), mergeRecords(b, a)];
        expect([covers(ab, ba), covers(ba, ab)]).toEqual([true, true]);
        expect(covers(ab, mergeRecords(ab, a))).toBe(true);
        expect(covers(ab, mergeRecords(ab, ab))).toBe(true);
      }),
      { numRuns: 300 },
    );
  });
});
