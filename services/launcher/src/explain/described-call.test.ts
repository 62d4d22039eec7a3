import { LIMITS } from "@tripline/model";
import { describe, expect, it } from "vitest";
import { describeCall, type Describing } from "./described-call.ts";

const GUESS: Describing = { form: null, tool: null, url: null, system: "postgresql" };
const formOf = (text: string): string => describeCall(text, GUESS).form;

describe("what a text is", () => {
  it("is told from its first words, and is a command line where nothing else fits", () => {
    const texts: Record<string, string[]> = {
      sql: ["DELETE FROM orders", "select * from t", "-- why\nDROP TABLE x", "WITH a AS (SELECT 1) DELETE FROM a"],
      graphql: ["mutation { volumeDelete(volumeId: \"v\") }", "# note\nquery Q { me { id } }", JSON.stringify({ query: "mutation { x }" })],
      http: ["DELETE https://api.example.com/v1/projects/7", "POST /v1/refunds\n{\"charge\":\"c\"}", JSON.stringify({ method: "PUT", url: "https://h/x", body: { a: 1 } })],
      shell: ["rm -rf build", "update-alternatives --all", "with-env prod rm x", "get pods", "drop it", "{ rm -rf a; }"],
      tool: [JSON.stringify({ tool: "delete_branch", arguments: { branch: "main" } }), JSON.stringify({ tool_name: "Bash", tool_input: { command: "ls" } })],
    };
    for (const [form, given] of Object.entries(texts)) for (const text of given) expect(`${formOf(text)}: ${text}`).toBe(`${form}: ${text}`);
  });

  it("is a tool call where MCP writes one", () => {
    const text = JSON.stringify({ jsonrpc: "2.0", id: 1, method: "tools/call", params: { name: "volume_delete", arguments: { volumeId: "v" } } });
    expect(describeCall(text, GUESS).call).toMatchObject({ tool: "volume_delete", inputs: { text: '{"volumeId":"v"}' } });
  });

  it("is never guessed where it is stated", () => {
    expect(describeCall("DELETE FROM orders", { ...GUESS, form: "shell" }).call.request).toEqual({ kind: "shell", command: "DELETE FROM orders" });
    expect(describeCall('{"command":"ls"}', { ...GUESS, tool: "Bash" })).toMatchObject({ form: "tool", guessed: false, text: "ls" });
  });
});

describe("JSON", () => {
  it("is what its keys say, which is told", () => {
    const told = (json: unknown, over: Partial<Describing> = {}): string => {
      const { form, toldBy } = describeCall(JSON.stringify(json), { ...GUESS, ...over });
      return `${form} ${toldBy}`;
    };
    expect(told({ name: "send_money", input: { to: "x" } })).toBe('tool by its keys "name" and "input"');
    expect(told({ tool: "restart" })).toBe('tool by its key "tool"');
    expect(told({ type: "function", function: { name: "drop", arguments: '{"id":1}' } })).toBe('tool by its keys "name" and "arguments"');
    expect(told({ url: "https://h/x" })).toBe('http by its key "url"');
    expect(told({ query: "{ me { id } }" })).toBe('graphql by its key "query"');
    expect(told({ query: "me" }, { url: "https://h/graphql" })).toBe('graphql by its key "query"');
  });

  it("that says nothing of itself, or several things, is refused with what to do, and never taken for a command line", () => {
    const bare = [{ command: "rm -rf /" }, {}, { name: "prod-db", region: "eu" }, { query: "DELETE FROM orders" }, { path: "a", content: "b" }];
    for (const json of bare) expect(() => describeCall(JSON.stringify(json), GUESS)).toThrow(/TL_INPUT_INVALID.*does not say what it is.*--tool <name>/);
    const several = [{ tool: "fetch", arguments: {}, url: "https://h/x" }, { url: "https://h/graphql", query: "mutation { x }" }];
    for (const json of several) expect(() => describeCall(JSON.stringify(json), GUESS)).toThrow(/may be .*, or .*--tool <name>/);
    for (const text of ['{"command": "rm -rf /"', '["rm", "-rf", "/"]', "{}}", '[{"tool":"x"}']) expect(() => describeCall(text, GUESS)).toThrow(/begins like JSON/);
    expect(describeCall('{"command":"ls"}', { ...GUESS, form: "shell" }).form).toBe("shell");
    for (const text of ["[ -f x ] && rm x", '[ "$x" = y ] && rm x', '{ "$CMD" a; }', "12"]) expect(formOf(text)).toBe("shell");
    expect(formOf('[[ -n "$x" ]] && rm x')).toBe("shell");
  });

  it("is what a named tool takes: anything else is an error, and so is another form stated beside it", () => {
    for (const text of ["not json", "rm -rf /", '["a"]', '"text"', '{"a":']) expect(() => describeCall(text, { ...GUESS, tool: "delete_branch" })).toThrow(/TL_INPUT_INVALID.*--tool: the arguments are an object in JSON/);
    expect(() => describeCall("{}", { ...GUESS, tool: "t", form: "sql" })).toThrow(/Give one of them/);
    expect(() => describeCall("rm -rf /", { ...GUESS, url: "https://h/graphql" })).toThrow(/--url says where GraphQL is sent to, and the text was read as a command line/);
  });
});

describe("what cannot be explained", () => {
  it("is refused with what would be right", () => {
    expect(() => describeCall(" \n", GUESS)).toThrow(/TL_INPUT_INVALID.*empty/);
    expect(() => describeCall("no request", { ...GUESS, form: "http" })).toThrow(/METHOD URL/);
    expect(() => describeCall("{]", { ...GUESS, form: "tool" })).toThrow(/--tool/);
    expect(() => describeCall(JSON.stringify({ callId: "c", phase: "attempt", v: 1 }), GUESS)).toThrow(/recorded action.*not-valid/);
  });

  it("is cut where a record is, and says so", () => {
    const described = describeCall(`echo ${"x".repeat(LIMITS.captureChars)}`, GUESS);
    expect(described).toMatchObject({ cut: true });
    expect(described.text).toHaveLength(LIMITS.captureChars);
  });
});
