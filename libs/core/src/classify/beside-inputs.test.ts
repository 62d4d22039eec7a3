import { describe, expect, it } from "vitest";
import type { Request } from "@tripline/model";
import { classify } from "./classify.ts";
import { classifyRemembered } from "./remembered.ts";
import { prepareClassifiers } from "./sql/prepare.ts";

await prepareClassifiers();

const HARMLESS: Request = { kind: "http", method: "GET", url: "https://api.example/volumes", body: null };
const call = (request: Request | null, inputs: unknown, truncated = false) => {
  const text = JSON.stringify(inputs);
  return { tool: "run", operation: null, resource: null, request, inputs: { text, fullBytes: text.length, truncated, digest: "0".repeat(64) } };
};

describe("a request that tells less than the inputs", () => {
  it("does not hide what the inputs show to be irreversible", () => {
    const judged = classify(call(HARMLESS, { command: 'psql -c "DROP TABLE users"' }));
    expect(judged.worst).toMatchObject({ reversibility: "irreversible", operation: "sql.drop-table" });
    expect(judged.verdicts[0]?.effect).toBe("read");
  });
  it("counts an operation that both tell once", () => {
    const judged = classify(call({ kind: "shell", command: 'psql -c "DROP TABLE users"' }, { command: 'psql -c "DROP TABLE users"' }));
    expect(judged.verdicts.filter(({ operation }) => operation === "sql.drop-table")).toHaveLength(1);
  });
  it("gains nothing from inputs that are only not understood", () => {
    expect(classify(call(HARMLESS, { volumes: ["a"], depth: 3 }))).toEqual(classify({ ...call(HARMLESS, {}), inputs: null }));
  });
  it("is remembered by both", () => {
    expect(classifyRemembered(call(HARMLESS, { command: "ls" })).worst.effect).toBe("read");
    expect(classifyRemembered(call(HARMLESS, { command: 'psql -c "DROP TABLE users"' })).worst.reversibility).toBe("irreversible");
  });
});
