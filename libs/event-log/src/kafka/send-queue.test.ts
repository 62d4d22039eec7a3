import { describe, expect, it } from "vitest";
import { PartitionQueue, type PendingAppend } from "./send-queue.ts";

const append = (): PendingAppend => ({ topic: "actions", appended: [], expiresAtMs: 0, bytes: 0, left: 1, settled: false, resolve: () => undefined, reject: () => undefined });
const record = (key: string) => ({ key, value: new Uint8Array(1) });

describe("what waits for one partition", () => {
  it("lets go of what was given up, also of what comes back from a broker, and keeps the order of the rest", () => {
    const queue = new PartitionQueue("actions", 0);
    const appends = new Map(["a", "b", "c", "d"].map((key) => [key, append()] as const));
    const giveUp = (key: string): object => Object.assign(appends.get(key) ?? {}, { settled: true });
    for (const [key, one] of appends) queue.push({ append: one, index: 0, record: record(key) });
    giveUp("b");
    queue.forget();
    const taken = queue.take();
    expect(taken?.entries.map((entry) => entry.record.key)).toEqual(["a", "c", "d"]);
    giveUp("a");
    if (taken !== null) queue.putBack(taken);
    expect(queue.take()?.entries.map((entry) => entry.record.key)).toEqual(["c", "d"]);
    if (taken !== null) queue.putBack(taken);
    for (const key of appends.keys()) giveUp(key);
    expect(queue.empty).toBe(false);
    queue.forget();
    expect(queue.empty).toBe(true);
  });
});
