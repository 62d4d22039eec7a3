import { describe, expect, it } from "vitest";
import { MAX_SHARED_LISTS, SharedLists } from "./shared-lists.ts";

describe("shared lists", () => {
  it("keeps what says the same once, and what differs in words or order apart", () => {
    const lists = new SharedLists();
    const first = lists.of(["a", "b"]);
    expect(lists.of(["a", "b"])).toBe(first);
    expect(lists.of(["b", "a"])).toEqual(["b", "a"]);
    expect(lists.of(["a,b"])).toEqual(["a,b"]);
  });

  it("shares no more than its bound, and still answers what it was given", () => {
    const lists = new SharedLists();
    for (let n = 0; n < MAX_SHARED_LISTS; n += 1) lists.of([`word-${n}`]);
    const late = ["late"];
    expect(lists.of(late)).toBe(late);
    expect(lists.of(["late"])).not.toBe(late);
    expect(lists.of(["word-1"])).toBe(lists.of(["word-1"]));
  });
});
