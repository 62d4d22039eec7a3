import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { hintsOf } from "./prefilter.ts";

const WORDS =
  "pass pwd secret token key auth credential bearer cookie jwt connectionstring sessid sessionid sig= signature: sig\\\"= curl wget mysql mariadb redis-cli login identified".split(" ");

describe("prefilter", () => {
  it("sees every word that may announce a secret, in any case, wherever it stands", () => {
    const cased = fc.tuple(fc.constantFrom(...WORDS), fc.array(fc.boolean(), { minLength: 20, maxLength: 20 })).map(([word, upper]) => Array.from(word, (char, at) => (upper[at] === true ? char.toUpperCase() : char)).join(""));
    const around = fc.string({ unit: fc.oneof(fc.constantFrom(..."aeiosk rt\"-_1".split("")), fc.string({ minLength: 1, maxLength: 1 })), maxLength: 30 });
    fc.assert(
      fc.property(around, cased, around, (before, word, after) => {
        expect(hintsOf(`${before}${word}${after}`).word).toBe(true);
      }),
      { numRuns: 3_000 },
    );
  });

  it("sees an @ in every spelling", () => {
    for (const at of ["@", "%40", "%2540", "%252540"]) expect(hintsOf(`user${at}host`).userinfo).toBe(true);
    expect(hintsOf("100 % sure, 40 times").userinfo).toBe(false);
  });
});
