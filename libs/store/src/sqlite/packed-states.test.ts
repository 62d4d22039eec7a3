import fc from "fast-check";
import { expect, it } from "vitest";
import { packStates, unpackStates } from "./packed-states.ts";

it("gives back states and deletions of any keys and bytes", () => {
  const change = fc.record({ key: fc.string({ unit: "grapheme", maxLength: 30 }), value: fc.option(fc.uint8Array({ maxLength: 300 })) });
  fc.assert(
    fc.property(fc.array(change, { maxLength: 30 }), (changes) => {
      expect([...unpackStates(packStates(changes))]).toEqual(changes);
    }),
  );
});
