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
