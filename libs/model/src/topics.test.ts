import { describe, expect, it } from "vitest";
import { Action } from "./action.ts";
import { DeadLetter } from "./dead-letter.ts";
import { ERRORS, TriplineError, type ErrorCode } from "./errors.ts";
import { DEFAULT_PARTITIONS, FACT_TOPICS, TOPICS, type FactTopic } from "./topics.ts";

const facts = Object.keys(FACT_TOPICS) as FactTopic[];

describe("the table of topics", () => {
  it.each(facts)("has for %s a dead-letter topic of the same key, which expires and is not compacted", (name) => {
    const dead = TOPICS.get(`${name}.dead`);
    expect(dead?.payload).toBe(DeadLetter);
    expect(dead?.key).toBe(FACT_TOPICS[name].key);
    expect(dead?.retentionDays).toBeGreaterThan(0);
    expect(dead?.compacted).toBe(false);
  });

  it("has nothing but facts and their dead letters", () => {
    expect([...TOPICS.keys()].toSorted()).toEqual([...facts, ...facts.map((name) => `${name}.dead`)].toSorted());
  });

  it("keys everything about one agent by that agent, so that it meets in one partition in order", () => {
    const perAgent = facts.filter((name) => FACT_TOPICS[name].key === "agent");
    expect(perAgent).toEqual(expect.arrayContaining(["actions", "findings", "breakers", "containments", "commands", "agents", "grants", "leases", "approvals"]));
    expect(DEFAULT_PARTITIONS).toBe(48);
  });

  it("keeps for ever what others decide by, so that a replay reaches the same verdict", () => {
    for (const name of ["agents", "grants", "leases", "credentials", "resources", "policies", "approvals", "commands", "containments"] as const) {
      expect(FACT_TOPICS[name], name).toMatchObject({ retentionDays: null, compacted: false });
    }
  });

  it("compacts only the current state of breakers", () => {
    expect(facts.filter((name) => FACT_TOPICS[name].compacted)).toEqual(["breakers"]);
  });

  it("holds no opinion in an action: classification and score belong to readers", () => {
    const fields = Object.keys(Action.properties);
    for (const opinion of ["effect", "reversibility", "risk", "score", "severity", "verdict"]) expect(fields).not.toContain(opinion);
  });
});

describe("errors", () => {
  const codes = Object.keys(ERRORS) as ErrorCode[];
  it.each(codes)("say of %s what it means and what to do, under a status that HTTP knows", (code) => {
    const { status, text, next } = ERRORS[code];
    expect(code).toMatch(/^TL(?:_[A-Z]+)+$/);
    expect(text).toMatch(/^[A-Z`].*\.$/);
    expect(next).toMatch(/^[A-Z`].*\.$/);
    expect(status === 200 || (status >= 400 && status <= 599)).toBe(true);
  });

  it("advise for a full queue as for a full disk, and for Kafka as for a data directory, where one code stands for both", () => {
    for (const code of ["TL_LOG_FULL", "TL_STORE_FULL"] as const) expect(ERRORS[code].next).toMatch(/if the disk is full; else .* keep up/);
    expect(ERRORS.TL_LOG_CORRUPT.next).toMatch(/In a data directory: .* On Kafka: /);
  });

  it("carry code, detail and cause, and put all of it in the message", () => {
    const cause = new Error("disk");
    const error = new TriplineError("TL_LOG_FULL", "3 records.", { cause });
    expect(error).toMatchObject({ name: "TriplineError", code: "TL_LOG_FULL", status: 503, detail: "3 records.", cause });
    const { text, next } = ERRORS.TL_LOG_FULL;
    expect(error.message).toBe(`TL_LOG_FULL: ${text} 3 records. ${next}`);
    expect(new TriplineError("TL_LOG_FULL").message).toBe(`TL_LOG_FULL: ${text} ${next}`);
  });
});
