import { beforeAll, describe, expect, it } from "vitest";
import type { Action, Finding } from "@tripline/model";
import { prepareClassifiers } from "../classify/sql/prepare.ts";
import { observe } from "../detectors/observe.ts";
import { Registry } from "../registry/registry.ts";
import { Assessor } from "../risk/assess.ts";
import { BaselineTable } from "./baseline-table.ts";
import { KnownOperations, MAX_NAMES, OPERATIONS_KEPT, ROWS } from "./known-operations.ts";
import { Population } from "./population.ts";

beforeAll(prepareClassifiers);

describe("ordinary operations", () => {
  it("are found by the words in common, the most alike first, and never the very same", () => {
    const known = new KnownOperations();
    for (const name of ["Bash git.push", "Bash git.commit", "Bash shell.ls", "shop getOrder", "shop delete-order"]) known.note(1, "t/a", name);
    expect(known.nearest(1, "t/a", "shop deleteOrder")).toEqual(["shop delete-order", "shop getOrder"]);
    expect(known.nearest(1, "t/a", "Bash git.push")).toEqual(["Bash git.commit", "Bash shell.ls"]);
    expect(known.nearest(1, "t/a", "mail send")).toEqual([]);
  });
  it("are those of the agent alone, also where two share a row or one takes the other's slot", () => {
    const known = new KnownOperations();
    known.note(1, "t/a", "Bash git.push");
    expect(known.nearest(1, "t/b", "Bash git.pull")).toEqual([]);
    known.note(1 + ROWS, "t/b", "Bash git.fetch");
    expect(known.nearest(1 + ROWS, "t/b", "Bash git.pull")).toEqual(["Bash git.fetch"]);
    expect(known.nearest(1, "t/a", "Bash git.pull")).toEqual([]);
  });
  it("are the last ones, and all are forgotten when agents have chosen too many names", () => {
    const known = new KnownOperations();
    for (let index = 0; index <= OPERATIONS_KEPT; index += 1) known.note(1, "t/a", `x n${index}`);
    expect(known.nearest(1, "t/a", "n0 y")).toEqual([]);
    expect(known.nearest(1, "t/a", `n${OPERATIONS_KEPT} y`)).toEqual([`x n${OPERATIONS_KEPT}`]);
    for (let index = 0; index < MAX_NAMES; index += 1) known.note(2, "t/b", `name ${index}`);
    expect(known.nearest(1, "t/a", "x y")).toEqual([]);
    expect(known.nearest(2, "t/b", "name a")).not.toEqual([]);
  });
});

describe("a finding on a new operation", () => {
  it("names what is most like it of what the agent ordinarily does", () => {
    const registry = new Registry();
    registry.apply("grants", { v: 1, version: 1, id: "g", tenant: "t", agent: "bot", task: null, environments: [], operations: ["git.*"], resources: [], effects: [], irreversible: [], expiresAtMs: null, atMs: 0 });
    const table = new BaselineTable();
    const assessor = new Assessor(table);
    const population = new Population();
    const slot = table.allocate()!;
    const judge = (index: number, command: string): Finding[] => {
      const atMs = Date.UTC(2026, 0, 5) + index * 60_000;
      const action: Action = {
        v: 1, id: `${index}`, callId: `${index}`, tenant: "t", agent: { id: "bot", name: null, version: null, role: null, runtime: null }, assurance: "channel", claimedAgent: null,
        session: "s", parentSession: null, task: null, phase: "result", eventMs: atMs, tool: "bash", operation: null, request: { kind: "shell", command }, inputs: null, outputs: null,
        provenance: {}, resource: null, credentials: [], environment: "staging", outcome: null, decision: null, reasoning: null,
        source: { dialect: "test", signal: "trace", traceId: null, spanId: null, parentSpanId: null },
      };
      return assessor.assess(observe(action, atMs, registry), slot, population, { registry }).findings;
    };
    for (let index = 0; index < 600; index += 1) expect(judge(index, index % 2 === 0 ? "git push" : `git commit -m x${index}`)).toEqual([]);
    const features = judge(600, "gh release create v1").flatMap((finding) => finding.features);
    expect(features.find(({ name }) => name === "operation")?.expected).toMatch(/in \S+ % of actions; nearest ordinary: bash git\./);
  });
});
