import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Action } from "./action.ts";
import { decode } from "./codec.ts";
import { LIMITS } from "./limits.ts";
import { FORMAT, digestOf, wholeAction, type StorableAction } from "./stored-action.ts";
import { ActionWriter } from "./write-action.ts";

const word = fc.oneof(fc.constantFrom("coder", "run_shell", "ünï-cødé ✓", "😀", "", "a".repeat(256)), fc.string({ unit: "binary", maxLength: 20 }));
const name = fc.option(word);
const id = fc.oneof(fc.constantFrom("acme", "é".repeat(256)), fc.string({ unit: "binary", minLength: 1, maxLength: 20 }));
const digest = fc.option(fc.constant("ab".repeat(32)));
const captured = fc.option(
  fc.record({ text: fc.oneof(word, fc.constant("x".repeat(16_384)), fc.constant("✓".repeat(9_000))), fullBytes: fc.nat(), truncated: fc.boolean(), digest }),
);
const hex = (chars: number) => fc.option(fc.constantFrom("0af7651916cd43dd8448eb211c80319c".slice(0, chars), "b7ad6b7169203331".slice(0, chars)));

const actions: fc.Arbitrary<StorableAction> = fc
  .record({
    v: fc.constant(1 as const),
    id,
    callId: id,
    tenant: id,
    agent: fc.record({ id, name, version: name, role: name, runtime: name }),
    assurance: fc.constantFrom("channel" as const, "relay" as const, "claimed" as const),
    claimedAgent: fc.option(id),
    session: fc.option(id),
    parentSession: fc.option(id),
    task: fc.option(id),
    phase: fc.constantFrom("attempt" as const, "decision" as const, "result" as const),
    eventMs: fc.nat({ max: Number.MAX_SAFE_INTEGER }),
    tool: word,
    operation: name,
    request: fc.option(fc.record({ kind: fc.constant("shell" as const), command: word })),
    inputs: captured,
    outputs: captured,
    provenance: fc.dictionary(fc.string({ maxLength: 8 }), fc.constantFrom("task" as const, "novel" as const), { maxKeys: 2, noNullPrototype: true }),
    resource: fc.option(fc.record({ kind: word, id, environment: name })),
    credentials: fc.array(fc.record({ fingerprint: digest, principal: fc.option(id), leaseId: fc.option(id) }), { maxLength: 2 }),
    environment: name,
    outcome: fc.option(fc.record({ status: fc.constantFrom("ok" as const, "error" as const, "refused" as const, "unknown" as const), errorType: name })),
    decision: fc.option(fc.record({ outcome: fc.constantFrom("allow" as const, "hold" as const), by: word, reason: word })),
    reasoning: name,
    workingDirectory: word,
    source: fc.record({ dialect: word, signal: fc.constantFrom("trace" as const, "log" as const, "gate" as const, "audit-log" as const), traceId: hex(32), spanId: hex(16), parentSpanId: hex(16) }),
  })
  .chain((action) =>
    fc.constantFrom<StorableAction>(action, { ...action, id: null, callId: null }),
  );

/** The record, written behind others by the same writer; null where only JSON can hold it. */
function written(action: StorableAction, writer = new ActionWriter()): Uint8Array | null {
  const bound = writer.bound(action);
  const memory = Buffer.alloc(bound + 7, 0xee);
  const end = writer.write(action, memory, 7);
  if (end < 0) return null;
  expect(end).toBeLessThanOrEqual(bound + 7);
  return Uint8Array.from(memory.subarray(7, end));
}

/** As it is told to others: a digest that is made when asked is no property of its own. */
const asJson = (value: unknown): unknown => JSON.parse(JSON.stringify(value));

const [sample] = fc.sample(actions, { numRuns: 1, seed: 5 }) as [StorableAction];

describe("the compact record of an action", () => {
  it("gives back every action that it holds, whatever was written before", () => {
    const writer = new ActionWriter();
    fc.assert(
      fc.property(actions, (action) => {
        const bytes = written(action, writer);
        expect(bytes?.[0]).toBe(FORMAT);
        expect(asJson(decode("actions", bytes!))).toEqual({ ok: true, value: asJson(wholeAction(action)) });
      }),
      { numRuns: 500 },
    );
  });

  it("is the same bytes for the same action, whatever was written before", () => {
    const writer = new ActionWriter();
    fc.assert(
      fc.property(actions, (action) => {
        expect(written(action, writer)).toEqual(written(action));
      }),
    );
  });

  it("is the same bytes whether a captured value is given as a text or as where its ASCII lies", () => {
    const asText = fc.string({ unit: "binary-ascii", maxLength: 300 });
    fc.assert(
      fc.property(asText, asText, fc.nat(9), (inputs, outputs, before) => {
        const lying = (text: string) => {
          const bytes = Buffer.from(`${"x".repeat(before)}${text}yy`);
          return { fullBytes: text.length, truncated: false, digest: null, ascii: { bytes, start: before, end: before + text.length }, get text(): string { throw new Error("asked for"); } };
        };
        const whole = (text: string) => ({ text, fullBytes: text.length, truncated: false, digest: null });
        expect(written({ ...sample, inputs: lying(inputs), outputs: lying(outputs) })).toEqual(written({ ...sample, inputs: whole(inputs), outputs: whole(outputs) }));
      }),
    );
  });

  it("makes the digest of a text when asked, and keeps one that was given", () => {
    const action = { ...sample, inputs: { text: "ls ✓", fullBytes: 4, truncated: false, digest: null }, outputs: { text: "cut", fullBytes: 9, truncated: true, digest: "cd".repeat(32) } };
    const decoded = decode("actions", written(action)!);
    const value = (decoded as { value: Action }).value;
    expect(value.inputs?.digest).toBe(digestOf("ls ✓"));
    expect(value.outputs?.digest).toBe("cd".repeat(32));
    expect(JSON.parse(JSON.stringify(value))).toMatchObject({ inputs: { digest: digestOf("ls ✓") } });
  });

  it.each<[string, Partial<StorableAction>]>([
    ["a lone surrogate", { tool: "\ud800" }],
    ["a lone surrogate in what all actions share", { session: "x\udfff" }],
    ["a name beyond its bound", { tool: "x".repeat(LIMITS.nameChars + 1) }],
    ["an id beyond its bound", { task: "x".repeat(LIMITS.idChars + 1) }],
    ["a phase of another release", { phase: "plan" as "attempt" }],
    ["a size that no 32 bits hold", { inputs: { text: "", fullBytes: 2 ** 32, truncated: true, digest: null } }],
  ])("leaves %s to JSON", (_what, change) => {
    const writer = new ActionWriter();
    expect(written({ ...sample, ...change }, writer)).toBeNull();
    expect(asJson(decode("actions", written(sample, writer)!))).toEqual(asJson({ ok: true, value: wholeAction(sample) }));
  });

  it("refuses a record that is cut anywhere or goes on after its end", () => {
    const bytes = written(sample)!;
    for (let length = 1; length < bytes.length; length += 1) expect(decode("actions", bytes.subarray(0, length)).ok, `${length}`).toBe(false);
    expect(decode("actions", Uint8Array.of(...bytes, 0)).ok).toBe(false);
  });

  it("answers, and never throws, whichever bytes are changed", () => {
    fc.assert(
      fc.property(actions, fc.array(fc.tuple(fc.nat(), fc.nat({ max: 255 })), { minLength: 1, maxLength: 4 }), (action, changes) => {
        const bytes = written(action)!;
        for (const [at, byte] of changes) bytes[1 + (at % (bytes.length - 1))] = byte;
        const decoded = decode("actions", bytes);
        if (decoded.ok) expect(JSON.stringify(decoded.value)).toBeTypeOf("string");
        else expect(decoded.reason).toBe("not-valid");
      }),
      { numRuns: 500 },
    );
  });

  it("refuses bytes that are not UTF-8, and a length that ends inside a character, instead of repairing them", () => {
    const bytes = written({ ...sample, tool: "Zé", operation: "Zé" })!;
    const at = Buffer.from(bytes).indexOf("ZéZé");
    const broken = Uint8Array.from(bytes);
    broken[at + 1] = 0xff;
    expect(decode("actions", broken).ok).toBe(false);
    const shifted = Uint8Array.from(bytes);
    const lengthAt = shifted.findIndex((byte, index) => index >= 12 && byte === 3 && shifted[index + 2] === 3);
    shifted[lengthAt] = 2;
    shifted[lengthAt + 2] = 4;
    expect(decode("actions", shifted)).toMatchObject({ ok: false, reason: "not-valid" });
  });
});
