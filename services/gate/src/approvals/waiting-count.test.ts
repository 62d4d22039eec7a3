import { agentKey } from "@tripline/model";
import { expect, it } from "vitest";
import { WaitingCount } from "./waiting-count.ts";

const CODER = agentKey("acme", "coder");
const approval = (id: string, status: "waiting" | "refused" | "expired" = "waiting", agent = "coder") => ({ tenant: "acme", agent, id, status, expiresAtMs: 60_000 });

function counting(most: number) {
  let nowMs = 0;
  return { count: new WaitingCount({ waitingPerAgent: most }, () => nowMs), at: (ms: number) => void (nowMs = ms) };
}

it("an agent has as many as it may, and another its own", () => {
  const { count } = counting(2);
  expect(["a", "b", "c"].map((id) => count.take(CODER, id))).toEqual([true, true, false]);
  expect(count.take(CODER, "b")).toBe(true);
  expect(count.take(agentKey("acme", "other"), "c")).toBe(true);
});

it("what another gate holds counts as well, until humans have answered", () => {
  const { count } = counting(1);
  count.heard(approval("theirs"));
  expect(count.take(CODER, "a")).toBe(false);
  count.heard(approval("theirs", "refused"));
  expect(count.take(CODER, "a")).toBe(true);
});

it("one that is over by the clock counts no longer, though nobody has said so yet", () => {
  const { count, at } = counting(1);
  count.heard(approval("a"));
  at(59_999);
  expect(count.take(CODER, "b")).toBe(false);
  at(60_000);
  expect(count.take(CODER, "b")).toBe(true);
});

it("one that never came to be counts no longer than the log takes to show it", () => {
  const { count, at } = counting(1);
  expect(count.take(CODER, "a")).toBe(true);
  at(10_000);
  expect(count.take(CODER, "b")).toBe(true);
});
