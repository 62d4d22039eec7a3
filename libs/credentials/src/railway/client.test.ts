import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Exchange } from "../http/json-client.ts";
import { sortAnswer } from "./client.ts";

const answered = (status: number, text = "", retryAfterMs: number | null = null): Exchange => ({ kind: "answered", status, retryAfterMs, text });
const errors = (...messages: string[]) => JSON.stringify({ errors: messages.map((message) => ({ message })), data: null });

/** What every status means for a deletion that was asked for. */
function meaningOf(status: number): string {
  if (status === 429) return "rate-limited";
  if (status === 401 || status === 403) return "refused";
  if ([400, 404, 405, 411, 413, 414, 415, 422, 431].includes(status)) return "failed:none";
  return "failed:unknown";
}

describe("sorting Railway's answers", () => {
  it("knows for every status whether the work can have been done", () => {
    for (let status = 200; status <= 599; status += 1) {
      const answer = sortAnswer(answered(status, "<html>"));
      expect([status, answer.kind === "failed" ? `failed:${answer.effect}` : answer.kind]).toEqual([status, meaningOf(status)]);
    }
  });

  it.each([
    [errors("Not Authorized"), "refused"],
    [errors("Unauthorized"), "refused"],
    [errors("something", "Not Authorized"), "refused"],
    [errors("ApiToken not found"), "not-found"],
    [errors("Token does not exist"), "not-found"],
    [errors("Too many requests"), "rate-limited"],
    [errors('Cannot query field "apiTokenDelete" on type "Mutation".'), "failed"],
    [errors("Problem processing request"), "failed"],
    [errors(), "failed"],
    ['{"data":{"a":true}}', "data"],
    ['{"data":null}', "failed"],
    ["[]", "failed"],
    ["null", "failed"],
    ["", "failed"],
  ])("reads %s as %s", (text, kind) => {
    expect(sortAnswer(answered(200, text)).kind).toBe(kind);
  });

  it("never takes a partial answer with errors for success", () => {
    const partial = JSON.stringify({ data: { apiTokenDelete: true }, errors: [{ message: "Problem processing request" }] });
    expect(sortAnswer(answered(200, partial))).toMatchObject({ kind: "failed", effect: "unknown" });
  });

  it("repeats nothing of what the API said, which may quote a token", () => {
    fc.assert(
      fc.property(fc.string({ minLength: 8 }), fc.integer({ min: 200, max: 599 }), (quoted, status) => {
        fc.pre(!/^\d+$/.test(quoted.trim()));
        const answer = sortAnswer(answered(status, errors(`Token ${quoted}-secret-value was refused`)));
        expect(JSON.stringify(answer)).not.toContain("secret-value");
      }),
    );
  });

  it("says what a broken exchange allows to say", () => {
    expect(sortAnswer({ kind: "not-sent", reason: "ECONNREFUSED" })).toMatchObject({ kind: "failed", effect: "none" });
    expect(sortAnswer({ kind: "no-answer", reason: "ECONNRESET" })).toMatchObject({ kind: "failed", effect: "unknown" });
  });
});
