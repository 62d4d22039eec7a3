import { describe, expect, it } from "vitest";
import { classifyGraphql } from "./graphql.ts";
import { REVIEWED } from "./railway-mutations.ts";

const judge = (field: string, url: string) => classifyGraphql({ url, document: `mutation { ${field} }`, operationName: null, variables: null }).worst;

const ROWS = REVIEWED.flatMap(({ rows, effect, reversibility }) => rows.map(([field, reason]) => ({ field, effect, reversibility, reason })));
const TAKES = /(Delete|Remove|Purge|Wipe|Force|Reset|Clear|Destroy|Revoke|Erase|Terminate)(?=[A-Z]|$)/;

describe("the review of Railway's mutations", () => {
  it.each(ROWS)("is what the classifier answers: $field", ({ field, effect, reversibility, reason }) => {
    expect(judge(field, "https://backboard.railway.com/graphql/v2")).toMatchObject({ operation: `railway.${field}`, effect, reversibility, reason });
  });

  it("names each mutation once", () => {
    expect(new Set(ROWS.map(({ field }) => field)).size).toBe(ROWS.length);
  });

  it("asks for an approval of all that take something away, by the table and by the verb alone", () => {
    const taking = ROWS.filter(({ field }) => TAKES.test(field));
    expect(taking.length).toBeGreaterThan(40);
    expect(taking.filter(({ reversibility }) => reversibility !== "irreversible" && reversibility !== "unknown")).toEqual([]);
    const byVerb = taking.map(({ field }) => [field, judge(field, "https://api.example.com/graphql").reversibility] as const);
    expect(byVerb.filter(([, reversibility]) => reversibility !== "irreversible" && reversibility !== "unknown")).toEqual([]);
  });

  it("lets no loss pass where its verb alone is known", () => {
    const losses = ROWS.filter(({ reversibility }) => reversibility === "irreversible").map(({ field }) => [field, judge(field, "https://api.example.com/graphql").reversibility] as const);
    expect(losses.filter(([, reversibility]) => reversibility === "recoverable" || reversibility === "reversible")).toEqual([]);
  });
});
