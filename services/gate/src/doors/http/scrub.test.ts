import { randomBytes } from "node:crypto";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Scrubber } from "./scrub.ts";

const SECRET = "sk-live-9a77/cc1e+02b8_4d11~Zq\"x";
const percentOf = (text: string, which: (sign: string) => boolean, isLower = false): string =>
  Array.from(text, (sign) => (which(sign) ? `%${sign.charCodeAt(0).toString(16).padStart(2, "0")[isLower ? "toString" : "toUpperCase"]()}` : sign)).join("");
const unicodeOf = (text: string, every: number): string => Array.from(text, (sign, at) => (at % every === 0 ? `\\u${sign.charCodeAt(0).toString(16).padStart(4, "0")}` : sign)).join("");

/** How servers write back what they were sent. */
const ENCODINGS: readonly (readonly [string, (text: string) => string])[] = [
  ["as it is", (text) => text],
  ["hexadecimal", (text) => Buffer.from(text).toString("hex")],
  ["hexadecimal in capitals", (text) => Buffer.from(text).toString("hex").toUpperCase()],
  ["percent-encoded", encodeURIComponent],
  ["percent-encoded as a form", (text) => new URLSearchParams({ x: text }).toString().slice(2)],
  ["percent-encoded throughout", (text) => percentOf(text, () => true)],
  ["percent-encoded in small letters, every second sign", (text) => percentOf(text, (sign) => sign.charCodeAt(0) % 2 === 0, true)],
  ["as JSON", (text) => JSON.stringify(text).slice(1, -1)],
  ["as JSON with escaped slashes", (text) => JSON.stringify(text).slice(1, -1).replaceAll("/", "\\/")],
  ["as JSON in code points", (text) => unicodeOf(text, 1)],
  ["as JSON, some of it in code points", (text) => unicodeOf(text, 3).replaceAll('"', '\\"')],
];

function scrubbed(text: string, cuts: readonly number[], secret = SECRET): string {
  const data = Buffer.from(text);
  const places = [0, ...cuts.map((cut) => Math.min(cut, data.length)).toSorted((a, b) => a - b), data.length];
  const scrubber = new Scrubber(secret);
  const out = places.slice(1).map((end, at) => Buffer.from(scrubber.push(Buffer.from(data.subarray(places[at], end)))));
  return Buffer.concat([...out, scrubber.end() ?? Buffer.alloc(0)]).toString();
}
const cutsAt = fc.array(fc.nat({ max: 400 }), { maxLength: 12 });
const around = fc.string({ unit: fc.constantFrom("a", "b", "%", "2", "\\", "u", "0", "/", "+", '"', "s", "~"), maxLength: 12 });

describe("an injected secret that an upstream echoes", () => {
  it.each(ENCODINGS)("%s is covered wherever the answer is cut, and all else is as it was", (_name, encode) => {
    const echoed = encode(SECRET);
    fc.assert(
      fc.property(around, around, cutsAt, (before, after, cuts) => {
        // What stands right before it must not be a part of its first escape.
        const text = `${before.replaceAll(/[%\\]/gu, "_")}=${echoed}&${after}`;
        expect(scrubbed(text, cuts)).toBe(text.replace(echoed, "*".repeat(echoed.length)));
      }),
      { numRuns: 400 },
    );
    expect(new Scrubber(SECRET).text(`bearer ${echoed}`)).toBe(`bearer ${"*".repeat(echoed.length)}`);
  });

  it.each(["base64", "base64url"] as const)("in %s is covered with whatever it was encoded together, but for a sign at each end", (alphabet) => {
    fc.assert(
      fc.property(fc.string({ unit: "grapheme-ascii", maxLength: 7 }), fc.string({ unit: "grapheme-ascii", maxLength: 7 }), cutsAt, (before, after, cuts) => {
        const text = `{"authorization":"${Buffer.from(before + SECRET + after).toString(alphabet)}"}`;
        const out = scrubbed(text, cuts);
        expect(out).toHaveLength(text.length);
        const stars = /\*+/u.exec(out)![0].length;
        expect(stars).toBeGreaterThanOrEqual(Math.floor((SECRET.length * 4) / 3) - 1);
        expect(out.replaceAll("*", "")).toBe(text.slice(0, out.indexOf("*")) + text.slice(out.indexOf("*") + stars));
      }),
      { numRuns: 400 },
    );
  });

  it("is not found in what only looks like it, and nothing of an honest answer is changed or lost", () => {
    const pieces = fc.constantFrom("sk-live-9a77", "%73%6b", "\\u0073", "%", "\\", "\\u00", SECRET.slice(1), Buffer.from(SECRET).toString("hex").slice(0, -1), Buffer.from(SECRET).toString("base64").slice(0, 20), "\u00e9", "x");
    fc.assert(fc.property(fc.array(pieces, { maxLength: 10 }), cutsAt, (parts, cuts) => scrubbed(parts.join(" "), cuts) === parts.join(" ")), { numRuns: 2_000 });
  });

  it("holds nothing of a stream back but what may be its beginning", () => {
    const scrubber = new Scrubber(SECRET);
    for (const event of ['data: {"text":"a \\"quoted\\" word, 100%"}\n\n', "data: s-3\n\n"]) expect(scrubber.push(Buffer.from(event)).toString()).toBe(event);
    expect(scrubber.push(Buffer.from("data: sk-l")).toString()).toBe("data: ");
    expect(scrubber.push(Buffer.from("ong\n\n")).toString()).toBe("sk-long\n\n");
    expect(scrubber.end()).toBeNull();
  });

  it("costs time that grows with the answer alone, whatever the secret and the answer repeat", () => {
    const time = (secret: string, answer: string): number => {
      const scrubber = new Scrubber(secret);
      const data = Buffer.from(answer);
      const before = process.cpuUsage();
      for (let at = 0; at < data.length; at += 65_536) scrubber.push(Buffer.from(data.subarray(at, at + 65_536)));
      const { user, system } = process.cpuUsage(before);
      return user + system;
    };
    // The worst of it: escapes everywhere, of a secret that repeats itself.
    const repeated = "\\u0061".repeat(300_000);
    time(`${"a".repeat(63)}b`, repeated);
    const [short, long] = [time(`${"a".repeat(63)}b`, repeated), time(`${"a".repeat(4_095)}b`, repeated)];
    expect(long / short).toBeLessThan(8);
    const token = randomBytes(2_048).toString("base64");
    expect(time(token, "x".repeat(2_000_000))).toBeLessThan(2_000_000);
  });
});
