import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { argumentNamed, REMEMBERED_NAME_CHARS, REMEMBERED_NAMES, rememberNames, toolNamed } from "./names.ts";

const counted = () => {
  const made: string[] = [];
  const ask = rememberNames((name) => {
    made.push(name);
    return { name };
  });
  return { made, ask };
};

describe("remembered names", () => {
  it("are made once, and say what making them anew says", () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom("a", "", "__proto__", "constructor", "b".repeat(REMEMBERED_NAME_CHARS)), { minLength: 1 }), (names) => {
        const { made, ask } = counted();
        for (const name of names) expect(ask(name)).toEqual({ name });
        expect(made).toEqual([...new Set(names)]);
      }),
    );
  });
  it("are all forgotten when there is one more than the bound, and never before", () => {
    const { made, ask } = counted();
    for (let round = 0; round < 2; round += 1) for (let name = 0; name < REMEMBERED_NAMES; name += 1) ask(`tool-${name}`);
    expect(made).toHaveLength(REMEMBERED_NAMES);
    ask("one more");
    ask("tool-0");
    expect(made.slice(REMEMBERED_NAMES)).toEqual(["one more", "tool-0"]);
  });
  it("are not kept when longer than the bound", () => {
    const { made, ask } = counted();
    const long = "a".repeat(REMEMBERED_NAME_CHARS + 1);
    ask(long);
    ask(long);
    expect(made).toEqual([long, long]);
  });
});

describe("a tool's name", () => {
  it("is its last part, or all of it where there is none", () => {
    expect(["mcp__railway__volume_delete", "railway.volumeDelete", "a/b:", "./", ""].map((tool) => toolNamed(tool).base)).toEqual(["volume_delete", "volumeDelete", "b", "./", ""]);
  });
  it("says what the tool is for", () => {
    expect(toolNamed("mcp__box__Bash")).toMatchObject({ isShell: true, mayRunCommands: true, kind: null });
    expect(toolNamed("read_file")).toMatchObject({ isShell: false, mayRunCommands: false, kind: "read" });
    expect(toolNamed("http_request")).toMatchObject({ maySendRequests: true, isSql: false });
    expect(toolNamed("query_postgres")).toMatchObject({ isSql: true, meaning: { effect: "read", verb: "query" } });
  });
});

describe("an argument's name", () => {
  it("says what kind of thing its value names", () => {
    expect(["volume_id", "path", "id", "command", "clusterName"].map((name) => argumentNamed(name).targetKind)).toEqual(["volume", "path", "resource", null, "cluster"]);
  });
  it("says whether its value states an environment", () => {
    expect(["env", "stage_name", "cwd"].map((name) => argumentNamed(name).statesEnvironment)).toEqual([true, true, false]);
  });
});
