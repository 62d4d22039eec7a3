import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { assign, type Member } from "./assignment.ts";

const PARTITIONS = 48;
type Shares = ReadonlyMap<string, readonly number[]>;

/** Members as they come back after a round: they hold what they were given. */
const after = (ids: readonly string[], shares: Shares, generation: number): Member[] => ids.map((id) => ({ id, owned: shares.get(id) ?? [], generation }));

/** Rounds until nothing changes hands any more. */
function settle(ids: readonly string[], start: readonly Member[]): { shares: Shares; rounds: number } {
  let members = start;
  for (let rounds = 1; ; rounds++) {
    const shares = assign(members, PARTITIONS);
    const next = after(ids, shares, rounds + 100);
    const same = JSON.stringify(members.map(({ owned }) => owned)) === JSON.stringify(next.map(({ owned }) => owned));
    if (same || rounds > 5) return { shares, rounds };
    members = next;
  }
}

const names = fc.uniqueArray(fc.string({ minLength: 1, maxLength: 4 }), { minLength: 1, maxLength: 9 });
const claims = names.chain((ids) =>
  fc.tuple(...ids.map((id) => fc.record({ id: fc.constant(id), owned: fc.uniqueArray(fc.nat(PARTITIONS - 1)), generation: fc.integer({ min: -1, max: 4 }) }))),
);

describe("who owns which partition", () => {
  it("never gives one to two members, nor to another than the one that holds it", () => {
    fc.assert(
      fc.property(claims, (members) => {
        const shares = assign(members, PARTITIONS);
        const given = [...shares.values()].flat();
        expect(new Set(given).size).toBe(given.length);
        for (const [id, own] of shares) {
          for (const partition of own) {
            const holders = members.filter(({ owned }) => owned.includes(partition));
            const newest = Math.max(...holders.map(({ generation }) => generation));
            if (holders.length > 0) expect(holders.filter(({ generation }) => generation === newest).map((holder) => holder.id)).toContain(id);
          }
        }
      }),
    );
  });

  it("gives all of them, in even shares, within three rounds", () => {
    fc.assert(
      fc.property(claims, (members) => {
        const { shares, rounds } = settle(members.map(({ id }) => id), members);
        expect([...shares.values()].flat().toSorted((a, b) => a - b)).toEqual(Array.from({ length: PARTITIONS }, (_, partition) => partition));
        const sizes = [...shares.values()].map((own) => own.length);
        expect(Math.max(...sizes) - Math.min(...sizes)).toBeLessThanOrEqual(1);
        // The last one only finds that nothing changed.
        expect(rounds).toBeLessThanOrEqual(4);
      }),
    );
  });

  it("moves nothing between those that stay when one leaves", () => {
    fc.assert(
      fc.property(fc.integer({ min: 2, max: 8 }), fc.nat(7), (count, leaver) => {
        const ids = Array.from({ length: count }, (_, n) => `m${n}`);
        const { shares } = settle(ids, ids.map((id) => ({ id, owned: [], generation: -1 })));
        const staying = ids.filter((_, n) => n !== leaver % count);
        const next = assign(after(staying, shares, 1), PARTITIONS);
        for (const id of staying) for (const partition of shares.get(id) ?? []) expect(next.get(id)).toContain(partition);
        expect([...next.values()].flat().length).toBe(PARTITIONS);
      }),
    );
  });

  it("believes the later of two claims: the other was thought dead", () => {
    const shares = assign([{ id: "zombie", owned: [5], generation: 3 }, { id: "owner", owned: [5], generation: 4 }], PARTITIONS);
    expect(shares.get("owner")).toContain(5);
    expect(shares.get("zombie")).not.toContain(5);
  });
});
