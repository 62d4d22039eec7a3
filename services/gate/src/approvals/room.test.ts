import type { Approval } from "@tripline/model";
import { describe, expect, it } from "vitest";
import { LIMITS } from "../limits.ts";
import { Room } from "./room.ts";

const DAY_MS = LIMITS.keptMs;
const KEY = "acme/coder";
const approval = (id: string, over: Partial<Approval> = {}): Approval => ({
  v: 1, version: 1, id, tenant: "acme", agent: "coder", callId: id, actionDigest: "0".repeat(64), status: "waiting", rule: "r", operation: "o", environment: "production", level: "standard",
  summary: "", needed: 1, given: [], by: null, reason: "", executeAtMs: null, expiresAtMs: 1_000, keptBytes: 10, policy: 1, atMs: 0, ...over,
});

function roomOf(limits: Partial<Record<"waitingPerAgent" | "keptPerAgent" | "keptBytesPerAgent", number>> = {}) {
  const room = new Room({ ...LIMITS, ...limits });
  return { room, take: (id: string, bytes = 10, nowMs = 0) => room.take(KEY, id, bytes, { nowMs, expiresAtMs: nowMs + 1_000 }) };
}

describe("room for what is kept of an agent's held calls", () => {
  it("counts those that wait, by the log and by what was just taken, each once", () => {
    const { room, take } = roomOf({ waitingPerAgent: 3 });
    room.heard(approval("a"));
    expect(take("b").kind).toBe("taken");
    room.heard(approval("b"));
    expect(take("c").kind).toBe("taken");
    expect(take("d")).toMatchObject({ kind: "refused", because: "waiting" });
    room.heard(approval("a", { version: 2, status: "approved" }));
    expect(take("d").kind).toBe("taken");
  });

  it("takes no older record for news", () => {
    const { room, take } = roomOf({ waitingPerAgent: 1 });
    room.heard(approval("a", { version: 3, status: "refused" }));
    room.heard(approval("a"));
    expect(take("b").kind).toBe("taken");
  });

  it("is made by those that are over, the oldest first, and never by those that were executed or may yet be", () => {
    const { room, take } = roomOf({ keptPerAgent: 5 });
    for (const [id, status, atMs] of [["a", "executed", 1], ["b", "refused", 3], ["c", "expired", 2], ["d", "unclear", 1], ["e", "approved", 1]] as const) room.heard(approval(id, { version: 2, status, atMs }));
    expect(take("f")).toEqual({ kind: "taken", erase: ["c"] });
    expect(take("g")).toEqual({ kind: "taken", erase: ["b"] });
    expect(take("h")).toMatchObject({ kind: "refused", because: "kept" });
  });

  it("is bounded in bytes, and makes no room where that would not be enough", () => {
    const { room, take } = roomOf({ keptBytesPerAgent: 100 });
    room.heard(approval("a", { version: 2, status: "void", keptBytes: 60 }));
    expect(take("b", 30)).toEqual({ kind: "taken", erase: [] });
    expect(take("c", 101)).toMatchObject({ kind: "refused", because: "kept" });
    expect(take("c", 30)).toEqual({ kind: "taken", erase: ["a"] });
    expect(take("d", 41)).toMatchObject({ kind: "refused", because: "kept" });
  });

  it("comes back with time, when nothing was kept after all, and is each agent's own", () => {
    const { room, take } = roomOf({ keptPerAgent: 1 });
    take("a");
    expect(take("b").kind).toBe("refused");
    expect(room.take("acme/other", "c", 10, { nowMs: 0, expiresAtMs: 1 }).kind).toBe("taken");
    room.giveBack(KEY, "a");
    expect(take("b").kind).toBe("taken");
    room.heard(approval("b", { version: 2, status: "executed", atMs: 500 }));
    expect(take("d", 10, DAY_MS + 499).kind).toBe("refused");
    expect(take("d", 10, DAY_MS + 500).kind).toBe("taken");
  });
});
