import { classify, prepareClassifiers } from "@tripline/core";
import { beforeAll, describe, expect, it } from "vitest";
import { Random } from "../quality/random.ts";
import { caseOf, type FuzzCase } from "./case.ts";
import { faultOf, outcomeOf } from "./judge.ts";
import { requoted } from "./mutations/quoting.ts";
import { respaced } from "./mutations/sql.ts";
import { exampleText, figuresOf, goalsOf } from "./report.ts";
import { runFuzz, runJob } from "./run.ts";
import { COMMAND_SEEDS, SCRIPT_SEEDS } from "./seeds/commands.ts";
import { GRAPHQL_SEEDS, SQL_SEEDS } from "./seeds/statements.ts";
import { add, count, newTally } from "./tally.ts";

beforeAll(prepareClassifiers);

const CASES = 4_000;
const bare = { request: null, inputs: null, operation: null, resource: null };

describe("the fuzzer in short form", () => {
  it("finds no loss that passes for safe, no crash, and few texts that become unknown", () => {
    const tally = runJob({ seed: 1, from: 0, to: CASES });
    const { crashed, flipped, leaked, unknown, alarmed } = tally.faults;
    const shown = tally.examples.filter(({ fault }) => fault !== "overBound").map((example) => exampleText(example, 1)).join("\n");
    expect({ crashed, flipped, leaked, alarmed }, shown).toEqual({ crashed: 0, flipped: 0, leaked: 0, alarmed: 0 });
    expect(unknown, shown).toBeLessThanOrEqual(0.01 * tally.valid);
    expect(tally.valid).toBeGreaterThan(0.85 * CASES);
  }, 120_000);

  it("answers the same in workers as without them", async () => {
    const progress: string[] = [];
    const tally = await runFuzz({ seed: 3, count: 3_000, workers: 2, progress: (line) => void progress.push(line) });
    const alone = runJob({ seed: 3, from: 0, to: 3_000 });
    const counts = ({ cases, valid, faults: { crashed, flipped, leaked, unknown, alarmed } }: typeof tally) => ({ cases, valid, crashed, flipped, leaked, unknown, alarmed });
    expect(counts(tally)).toEqual(counts(alone));
    expect(progress.length).toBeGreaterThan(0);
  }, 120_000);
});

describe("seeds", () => {
  it.each([...COMMAND_SEEDS, ...SCRIPT_SEEDS, ...SQL_SEEDS, ...GRAPHQL_SEEDS])("are known as they stand: %j", (seed) => {
    const text = seed.language === "command" ? requoted(seed.words, new Random(1)) : seed.language === "graphql" ? `${seed.type} { ${seed.fields.join(" ")} }` : seed.text;
    const request = seed.language === "sql" ? { kind: "sql" as const, system: "other_sql", text } : seed.language === "graphql" ? { kind: "graphql" as const, url: null, document: text, operationName: null, variables: null } : { kind: "shell" as const, command: text };
    expect(faultOf(seed.truth, classify({ ...bare, tool: "t", request }))).toBeNull();
  });
});

describe("cases", () => {
  it("follow from seed and number alone", () => {
    for (let number = 0; number < 200; number += 1) expect(caseOf(5, number)).toEqual(caseOf(5, number));
    expect(caseOf(5, 1).text).not.toEqual(caseOf(6, 1).text);
  });

  it("keep every token of a statement, and drop only its comments", () => {
    const tokens = (text: string) => text.replace(/--[^\n]*|\/\*[^]*?\*\/|[\s;]/g, "");
    for (let seed = 0; seed < 200; seed += 1) expect(tokens(respaced("delete from users where name like '%'", new Random(seed)))).toBe("deletefromuserswherenamelike'%'");
  });
});

describe("what counts as a fault", () => {
  const command = (text: string) => classify({ ...bare, tool: "Bash", request: { kind: "shell", command: text } });

  it("is a loss that passes for safe or becomes unknown, and an alarm over what is safe", () => {
    expect(faultOf("lost", command("ls"))).toBe("flipped");
    expect(faultOf("lost", command("frobnicate"))).toBe("unknown");
    expect(faultOf("lost", command("rm -rf /etc"))).toBeNull();
    expect(faultOf("safe", command("rm -rf /etc"))).toBe("alarmed");
    expect(faultOf("safe", command("frobnicate"))).toBe("unknown");
    expect(faultOf("safe", command("ls"))).toBeNull();
    expect(faultOf(null, command("ls"))).toBeNull();
  });

  it("is a call that throws", () => {
    const broken = { ...caseOf(1, 1), call: null } as unknown as FuzzCase;
    expect(outcomeOf(broken).fault).toBe("crashed");
  });

  it("is counted, added up and held against the goals", () => {
    const fuzzed = { number: 4, truth: "lost", language: "command", trail: ["quoting"], text: "ls", call: { ...bare, tool: "Bash" } } as const;
    const [one, two] = [newTally(), newTally()];
    count(one, fuzzed, { fault: "flipped", tookMs: 1, detail: "shell.ls" });
    count(two, fuzzed, { fault: null, tookMs: 3, detail: "" });
    add(one, two);
    expect(figuresOf(one)).toMatchObject({ "fuzz.cases": 2, "fuzz.valid": 2, "fuzz.safeFlips": 1, "fuzz.unknownShare": 0, "fuzz.maxMs": 3 });
    expect(goalsOf(one).filter(({ reached }) => !reached).map(({ name }) => name)).toEqual(["lost that passes for safe 1 of 2"]);
    expect(exampleText(one.examples[0]!, 9)).toContain("--seed 9 --case 4: quoting");
  });
});
