import { createHash } from "node:crypto";
import { describe, expect, it } from "vitest";
import { combine } from "../risk/risk.ts";
import { BaselineTable } from "./baseline-table.ts";
import { STRIDE_WORDS } from "./layout.ts";
import { learn, measure } from "./measure.ts";
import { hashName } from "./sketch.ts";
import { STORED_WORDS } from "./stored.ts";
import { newBaselineView } from "./view.ts";

const START_MS = Date.UTC(2026, 0, 5);
const HOUR_MS = 3_600_000;

/** The baseline that `tellHistory` leaves, as it was stored when memory still had the order of format 1. */
const STORED_BEFORE = [
  "Af/8///H44P/////f2mq1J9PCWCgQAAAQBCAIQAGSAAAAABWlLHCeUIAAPDay7h5QgAAVpSxwnlCAABWlLHCeUIgAIVAeE7HQIKV20B6jd9APQHgQCUuX0Bf",
  "75NASuOdQHHJn0Dz9p9AV5hRP0z2dT+MTH4/U9R/P8+Enj8AAN5CAAACQwAA+EEAAPpCAABgQQAA8EEAAKBAAADgQAAAgD8AAIA/AAACQwAAgkIAAAJDAAAC",
  "QwAAgEAAAGBBAAAgQbdLiEAPmn1BYBNeGgAAYEEAAGBBAABgQQAAYEEAAGBBlqbaQNzQE0Fj4h1BbskfQQb3H0EAAKBAAACgQAAAoEAAAKBAAACgQAAAgEAA",
  "AIBAAACAQAAAgEAAAIBAAACAQAAAIEEAAIBAAACAQAAAgEAAAIBAAACAQAAAgEAAAIBAAACAQAAAgEAAAIBAAACAQAAAgEAAAIBAAACAQAAAgEAAAIBAAACA",
  "QAAAgD8AAIA/AADAQAAAgD8AAIA/AACAPwAAgD8AAIA/AACAPwAAgD8AAIA/AADgQQAAQEAAAOBAeHf3QLdt2z0AAAAQAAEAAAAAACAAIAAAAAAAEQABAAAA",
  "AAABAAIAAAAAABAAAAAQAAAAAggAAAAAAAABBAAAAAAAAAEQAAAAYAAAAEAAAAAAAAgABAAAAAAAIAEAAAABEAAAAA==",
].join("");

/** A month of an agent that ends in a burst and outside its grant: every level, both rings and the reference are in use. */
function tellHistory(table: BaselineTable, slot: number): void {
  const view = newBaselineView();
  const { signs } = view.scope;
  const page = table.page(slot);
  const word = table.wordAt(slot);
  let atMs = START_MS;
  for (let call = 0; call < 130; call += 1) {
    atMs += call < 124 ? 6 * HOUR_MS : 400;
    view.destructive = call % 9 === 4 || call > 124;
    signs.operationHash = hashName(`op${call % 5}`, 1);
    signs.resourceHash = call % 2 === 0 ? 0 : hashName(`res${call % 7}`, 2);
    signs.environmentHash = hashName("staging", 3);
    signs.shown.fill(-1);
    signs.shown[3] = Number(call === 129);
    measure(page, word, atMs, atMs, view);
    const risk = combine(page, word, atMs, view, 20);
    learn(page, word, atMs, view, !risk.over);
  }
}

/** Low, so that some actions are over it. */
const BUDGET_BITS = 6;

/** Many agents at any pace: clusters of deletions, days of silence, new names, what is outside the grant. Answers digests of risks and of stored bytes. */
function tellMany(agents: number, events: number): { risks: string; stored: string } {
  const table = new BaselineTable(agents);
  const slots = Array.from({ length: agents }, () => table.allocate()!);
  const times = new Float64Array(agents).fill(START_MS);
  const view = newBaselineView();
  const { signs } = view.scope;
  const risks = createHash("sha256");
  let random = 2_463_534_242;
  const next = (): number => {
    random ^= random << 13;
    random ^= random >>> 17;
    random ^= random << 5;
    return (random >>>= 0);
  };
  for (let event = 0; event < events; event += 1) {
    const [agent, one, other] = [next() % agents, next(), next()];
    times[agent]! += other % 97 === 0 ? other % (72 * HOUR_MS) : other % (one % 3 === 0 ? 900 : HOUR_MS / 2);
    view.destructive = one % (3 + agent) === 0;
    signs.operationHash = one % 200 === 0 ? other : 1 + (one % 12);
    signs.resourceHash = one % 2 === 0 ? 0 : 1 + (one % 400);
    signs.environmentHash = 7;
    signs.shown.fill(-1);
    signs.shown[3] = one % 90 === 0 ? 1 : 0;
    const page = table.page(slots[agent]!);
    const word = table.wordAt(slots[agent]!);
    measure(page, word, times[agent]!, times[agent]!, view);
    const risk = combine(page, word, times[agent]!, view, BUDGET_BITS);
    learn(page, word, times[agent]!, view, !risk.over);
    risks.update(`${Math.fround(risk.bits)} ${risk.over}\n`);
  }
  const stored = createHash("sha256");
  for (const slot of slots) stored.update(table.serialize(slot));
  return { risks: risks.digest("hex"), stored: stored.digest("hex") };
}

describe("stored baselines", () => {
  it("are read and written byte for byte as before memory was laid out by cache lines", () => {
    const before = Uint8Array.from(Buffer.from(STORED_BEFORE, "base64"));
    const table = new BaselineTable(2);
    const [told, restored] = [table.allocate()!, table.allocate()!];
    tellHistory(table, told);
    expect(table.serialize(told)).toEqual(before);
    expect(table.restore(restored, before)).toBe("restored");
    expect(table.serialize(restored)).toEqual(before);
    // What both lie in is the same in memory too, so they go on alike.
    const words = (slot: number): Uint32Array => table.page(slot).u32.slice(table.wordAt(slot), table.wordAt(slot) + STRIDE_WORDS);
    expect(words(restored)).toEqual(words(told));
  });
  it("and every risk of thirty thousand actions stay to the byte what they were when last changed on purpose", () => {
    expect(tellMany(60, 30_000)).toEqual({ risks: "b5b3c2218d3a75f7ac3a71dc78b55d542dc5cb4ceb57151d804ee572ef20df16", stored: "c35e93a5463bc8dc459db49e717a058bcc3d38a6ca8eb7792f0f6e9b99284270" });
  });
  it("hold every word once", () => {
    expect(new Set(STORED_WORDS).size).toBe(STORED_WORDS.length);
    expect(Math.max(...STORED_WORDS)).toBeLessThan(STRIDE_WORDS);
  });
});
