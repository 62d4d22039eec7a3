import { describe, expect, it } from "vitest";
import fc from "fast-check";
import { BoundedSet } from "./bounded-set.ts";
import { PROVENANCE_BOUNDS, ProvenanceTracker } from "./tracker.ts";

const KEY = new TextEncoder().encode("0123456789abcdef");
const make = (bounds = PROVENANCE_BOUNDS) => new ProvenanceTracker(KEY, bounds);

describe("provenance", () => {
  it("tells the task's values from a tool's and from new ones, by path", () => {
    const tracker = make();
    tracker.sawTask("Please migrate volume vol-orders-7 and mail ana@example.com about src/db/migrate.ts");
    tracker.sawToolOutput('{"token":"5b3c1e9a-7d42-4f7e-9c31-0a1b2c3d4e5f","see":"https://evil.example/collect?x=1","bucket":"acme-prod"}');
    expect(
      tracker.provenanceOf({
        volume: "vol-orders-7",
        to: ["ana@example.com", "eve@example.com"],
        file: { path: "src/db/migrate.ts" },
        token: "5b3c1e9a-7d42-4f7e-9c31-0a1b2c3d4e5f",
        url: "https://evil.example/collect?x=1",
        force: true,
        n: 3,
        empty: null,
      }),
    ).toEqual({ volume: "task", "to[0]": "task", "to[1]": "novel", "file.path": "task", token: "tool-output", url: "tool-output" });
  });

  it("lets the task outrank tool output", () => {
    const tracker = make();
    tracker.sawToolOutput("delete vol-orders-7");
    tracker.sawTask("what is vol-orders-7?");
    expect(tracker.provenanceOf(["vol-orders-7"])).toEqual({ "[0]": "task" });
  });

  it("takes a command for tool output as soon as it aims at a target out of it, and for novel when a plain word is new", () => {
    const tracker = make();
    tracker.sawTask("list the staging volumes");
    tracker.sawToolOutput("volume production-main is large");
    expect(tracker.provenanceOf("list staging")).toEqual({ "": "task" });
    expect(tracker.provenanceOf("list production-main")).toEqual({ "": "tool-output" });
    expect(tracker.provenanceOf("curl -X DELETE production-main --yes")).toEqual({ "": "tool-output" });
    expect(tracker.provenanceOf("large elsewhere")).toEqual({ "": "novel" });
    expect(tracker.provenanceOf("list elsewhere")).toEqual({ "": "novel" });
  });

  it("ignores case and finds numbers of four digits and more", () => {
    const tracker = make();
    tracker.sawTask("Ticket 48211 for ACME-Staging");
    expect(tracker.provenanceOf({ ticket: 48_211, tenant: "acme-staging", page: 12 })).toEqual({ ticket: "task", tenant: "task" });
  });

  it("finds any word of four characters or more that it was shown", () => {
    const word = fc.stringMatching(/^[a-z][a-z0-9]{3,20}$/);
    fc.assert(
      fc.property(fc.array(word, { minLength: 1, maxLength: 20 }), fc.constantFrom(" ", ", ", "\n", '","', "/", " = "), (words, gap) => {
        const tracker = make();
        tracker.sawToolOutput(words.join(gap));
        const origins = Object.values(tracker.provenanceOf(words));
        expect(origins.every((origin) => origin === "tool-output")).toBe(true);
      }),
      { numRuns: 500 },
    );
  });

  it("keeps no value, only keyed hashes", () => {
    const tracker = make();
    tracker.sawTask("the passphrase is opensesame");
    expect(JSON.stringify(tracker)).not.toContain("opensesame");
    expect(new ProvenanceTracker(KEY.map((byte) => byte + 1)).provenanceOf("opensesame")).toEqual({ "": "novel" });
  });

  it("forgets the least recently used values at its bound", () => {
    const tracker = make({ ...PROVENANCE_BOUNDS, values: 3 });
    tracker.sawTask("alpha");
    tracker.sawTask("bravo");
    tracker.sawTask("charlie");
    expect(tracker.provenanceOf("alpha")).toEqual({ "": "task" });
    tracker.sawTask("delta");
    expect(tracker.provenanceOf(["alpha", "bravo", "charlie", "delta"])).toEqual({ "[0]": "task", "[1]": "novel", "[2]": "task", "[3]": "task" });
  });

  it("answers with a bounded number of entries, of bounded depth and path", () => {
    const tracker = make();
    const wide = Object.fromEntries(Array.from({ length: 500 }, (_, i) => [`key${i}`, `value${i}`]));
    expect(Object.keys(tracker.provenanceOf(wide))).toHaveLength(PROVENANCE_BOUNDS.entries);
    const deep = Array.from({ length: 50 }).reduce<unknown>((inner) => ({ inner }), "value");
    expect(tracker.provenanceOf(deep)).toEqual({});
    expect(tracker.provenanceOf({ ["k".repeat(300)]: "value" })).toEqual({});
  });

  it("takes a bounded number of values from one text", () => {
    const tracker = make({ ...PROVENANCE_BOUNDS, valuesPerText: 10 });
    tracker.sawToolOutput(Array.from({ length: 20 }, (_, i) => `value${i}`).join(" "));
    expect(Object.values(tracker.provenanceOf(["value9", "value10"]))).toEqual(["tool-output", "novel"]);
  });

  it("reads the longest text within a moment, even one long token that is punctuation almost to its end", () => {
    const tracker = make();
    const start = process.cpuUsage().user;
    tracker.sawToolOutput(`a${".".repeat(PROVENANCE_BOUNDS.textChars - 2)}b`);
    // Tens of milliseconds on a slow machine; minutes, where a pattern is tried anew from every dot.
    expect(process.cpuUsage().user - start).toBeLessThan(2_000_000);
  });

  it("takes a word without the punctuation that follows it, and a path with its slash", () => {
    const tracker = make();
    tracker.sawToolOutput("Delete vol-9f8e7d6c... or /srv/backup/: never!");
    expect(tracker.provenanceOf(["vol-9f8e7d6c", "srv/backup/", "never"])).toEqual({ "[0]": "tool-output", "[1]": "tool-output", "[2]": "tool-output" });
  });

  it("never throws, and leaves out what cannot be read", () => {
    const hostile = { get bad(): string { throw new Error("getter"); } };
    expect(make().provenanceOf({ a: "value", hostile })).toEqual({ a: "novel" });
    fc.assert(fc.property(fc.anything({ withBigInt: true, withSparseArray: true, withMap: true }), (value) => typeof make().provenanceOf(value) === "object"));
  });

  it("refuses a short key", () => {
    expect(() => new ProvenanceTracker(KEY.slice(1))).toThrow("15 bytes");
  });
});

describe("the bounded set", () => {
  it("behaves as a list in order of use", () => {
    const operation = fc.record({ add: fc.boolean(), key: fc.constantFrom("a", "b", "c", "d", "e") });
    fc.assert(
      fc.property(fc.array(operation, { maxLength: 60 }), (operations) => {
        const set = new BoundedSet(3);
        let model: string[] = [];
        for (const { add, key } of operations) {
          const was = model.includes(key);
          if (add || was) model = [...model.filter((other) => other !== key), key].slice(-3);
          if (add) set.add(key);
          else expect(set.touch(key)).toBe(was);
          expect(set.size).toBe(model.length);
        }
      }),
    );
  });
});
