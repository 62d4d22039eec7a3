import { describe, expect, it } from "vitest";
import { encodeBatch } from "./batch-encoder.ts";
import { Lane } from "./lane.ts";

const batch = (base: number, ...texts: string[]): Buffer => {
  const bytes = encodeBatch(texts.map((text) => ({ key: "acme/a", value: Buffer.from(text) })), 1);
  bytes.writeBigInt64BE(BigInt(base), 0);
  return bytes;
};

function laneAt(next: number) {
  const told = { gaps: [] as number[][], damaged: 0, poison: [] as string[] };
  const lane = new Lane("actions", 0, { low: 0, high: 0 }, false, {
    gap: (_topic, _partition, from, to) => void told.gaps.push([from, to]),
    damaged: () => void (told.damaged += 1),
    poison: (_topic, _partition, _batch, reason) => void told.poison.push(reason),
  });
  lane.startAt(next);
  return { lane, told };
}

const changed = (bytes: Buffer, change: (copy: Buffer) => void): Buffer => {
  const copy = Buffer.from(bytes);
  change(copy);
  return copy;
};

describe("a lane", () => {
  it("gives what was fetched in order, from the middle of a batch too", () => {
    const { lane, told } = laneAt(6);
    lane.add(Buffer.concat([batch(5, "a", "b"), batch(7, "c")]));
    expect(lane.take(6).map(({ offset, value }) => `${offset} ${Buffer.from(value).toString()}`)).toEqual(["6 b", "7 c"]);
    expect(told).toEqual({ gaps: [], damaged: 0, poison: [] });
  });

  const damages: readonly [string, (bytes: Buffer) => void][] = [
    ["an offset below what was asked for", (bytes) => bytes.writeBigInt64BE(0n, 0)],
    ["a last offset below its first", (bytes) => bytes.writeInt32BE(-2_147_483_647, 23)],
    ["a length beyond its end", (bytes) => bytes.writeInt32BE(bytes.length + 1_000, 8)],
    ["a checksum that does not fit", (bytes) => bytes.writeUInt32BE(1, 17)],
  ];
  it.each(damages)("fetches a batch with %s again, skips nothing, and gives up for good when it stays so", (_what, change) => {
    const whole = batch(6, "x", "y", "z");
    const { lane, told } = laneAt(6);
    lane.add(changed(whole, change));
    expect(lane.take(6)).toEqual([]);
    expect([lane.next, told.damaged]).toEqual([6, 1]);
    lane.add(whole);
    expect(lane.take(6).map(({ offset }) => offset)).toEqual([6, 7, 8]);
    const { lane: again } = laneAt(6);
    const read = (): void => {
      again.add(changed(whole, change));
      again.take(6);
    };
    for (let time = 1; time <= 3; time += 1) read();
    expect(read).toThrow(/actions\/0 at 6/);
    expect(told.gaps).toEqual([]);
  });

  it("keeps what stands before a damaged batch, and fetches from there", () => {
    const { lane } = laneAt(0);
    lane.add(Buffer.concat([batch(0, "a"), changed(batch(1, "b"), (bytes) => bytes.writeBigInt64BE(0n, 0)), batch(2, "c")]));
    expect(lane.take(0).map(({ offset }) => offset)).toEqual([0]);
    expect(lane.next).toBe(1);
  });

  it("tells of a gap where the topic is not compacted", () => {
    const { lane, told } = laneAt(3);
    lane.add(batch(5, "a"));
    expect(lane.take(3).map(({ offset }) => offset)).toEqual([5]);
    expect(told.gaps).toEqual([[3, 5]]);
  });
});
