import { describe, expect, it } from "vitest";
import type { RailwayAnswer } from "./client.ts";
import { listApiTokens, listProjectTokens, MAX_PROJECTS, type Admin } from "./listing.ts";

const signal = new AbortController().signal;
const pageOf = (ids: string[], endCursor: string | null, hasNextPage = endCursor !== null): RailwayAnswer => ({
  kind: "data",
  data: { apiTokens: { edges: ids.map((id) => ({ node: { id, name: `token ${id}` } })), pageInfo: { hasNextPage, endCursor } } },
});

describe("Railway's listings", () => {
  it("are read to their last page", async () => {
    const pages = [pageOf(["a", "b"], "b"), pageOf(["c"], null)];
    const asked: unknown[] = [];
    const admin: Admin = async (_query, variables) => {
      asked.push(variables["after"]);
      return pages[asked.length - 1] ?? pageOf([], null);
    };
    const listing = await listApiTokens(admin, signal);
    expect(listing.kind === "listed" && listing.credentials.map((one) => one.target.providerRef)).toEqual(["a", "b", "c"]);
    expect(asked).toEqual([null, "b"]);
  });

  it.each([
    ["a page that is refused", [pageOf(["a"], "a"), { kind: "refused" }]],
    ["a page that fails", [pageOf(["a"], "a"), { kind: "failed", effect: "unknown", reason: "HTTP 500", retryAfterMs: null }]],
    ["paging that stands still", [pageOf(["a"], "a"), pageOf(["a"], "a")]],
    ["a next page without a cursor", [pageOf(["a"], null, true)]],
    ["an answer that is no listing", [{ kind: "data", data: {} }]],
    ["an entry without an id", [{ kind: "data", data: { apiTokens: { edges: [{ node: {} }], pageInfo: { hasNextPage: false } } } }]],
  ] as [string, RailwayAnswer[]][])("are a failure, not a shorter listing, after %s", async (_what, answers) => {
    let n = 0;
    const admin: Admin = async () => answers[n++] ?? pageOf([], null);
    expect((await listApiTokens(admin, signal)).kind).toBe("failed");
  });

  it("end at a bound when the provider never ends", async () => {
    let n = 0;
    const admin: Admin = async () => pageOf([`t${n}`], `t${n++}`);
    expect(await listApiTokens(admin, signal)).toMatchObject({ kind: "failed", reason: "apiTokens: more than 10000 entries" });
    expect(n).toBe(100);
  });

  it("ask to name projects when there are too many", async () => {
    const projects = Array.from({ length: MAX_PROJECTS + 1 }, (_unused, index) => ({ node: { id: `p${index}` } }));
    const admin: Admin = async () => ({ kind: "data", data: { projects: { edges: projects, pageInfo: { hasNextPage: false, endCursor: null } } } });
    expect(await listProjectTokens(admin, [], signal)).toMatchObject({ kind: "failed" });
  });
});
