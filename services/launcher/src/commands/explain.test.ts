import { execFile, spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterAll, describe, expect, it } from "vitest";
import type { Explanation } from "../explain/explanation.ts";

const MAIN = fileURLToPath(new URL("../main.ts", import.meta.url));
const run = promisify(execFile);
const folder = mkdtempSync(join(tmpdir(), "tripline-explain-"));
afterAll(() => rmSync(folder, { recursive: true }));

const text = async (...args: string[]): Promise<string> => (await run(process.execPath, [MAIN, ...args])).stdout;
const json = async (...args: string[]): Promise<Explanation> => JSON.parse(await text("--json", "explain", ...args)) as Explanation;
const refusal = (...args: string[]): Promise<string> => text(...args).then(() => "explained", (error: unknown) => (error as { stderr: string }).stderr);

function piped(input: string, ...args: string[]): Promise<{ code: number | null; out: string; error: string }> {
  const child = spawn(process.execPath, [MAIN, ...args]);
  let out = "";
  let error = "";
  child.stdout.on("data", (chunk: Buffer) => (out += chunk.toString()));
  child.stderr.on("data", (chunk: Buffer) => (error += chunk.toString()));
  // It may refuse before all is read.
  child.stdin.on("error", () => undefined);
  child.stdin.end(input);
  return new Promise((resolve) => child.on("close", (code) => resolve({ code, out, error })));
}

describe("tripline explain", () => {
  it("shows rule, effect, reversibility, the part of the text, targets with their environment and a safer way", async () => {
    const shown = await text("explain", 'cd app && psql -h db.prod.example.com -c "DROP TABLE users"');
    expect(shown).toContain("IRREVERSIBLE: sql.drop-table");
    expect(shown).toMatch(/rule {5}sql\.drop-table/);
    expect(shown).toMatch(/effect {3}delete/);
    expect(shown).toContain("table users (production, says the call)");
    expect(shown).toMatch(/safer {4}\S/);
    const lines = shown.split("\n");
    const marks = lines.findIndex((line) => line.includes("^^^"));
    expect(lines[marks - 1]!.slice(lines[marks]!.indexOf("^"))).toBe('psql -h db.prod.example.com -c "DROP TABLE users"');
  });

  it("says what becomes of a staging and of a production agent", async () => {
    const says = async (command: string): Promise<string[]> => (await json(command)).agents.map((agent) => `${agent.environment} ${agent.says}`);
    expect(await says("kubectl --context prod apply -f app.yaml")).toEqual(["staging trip", "production pass"]);
    expect(await says("ls -la")).toEqual(["staging pass", "production pass"]);
    expect(await says("$CMD --now")).toEqual(["staging approval", "production approval"]);
    expect((await json("kubectl --context prod apply -f app.yaml")).agents[0]).toMatchObject({ rules: [{ rule: "environment.crossing", remedy: expect.stringContaining("include production") as string }] });
  });

  it("takes GraphQL, requests, tool calls and recorded actions alike", async () => {
    expect((await json("--url", "https://backboard.railway.com/graphql/v2", 'mutation { volumeDelete(volumeId: "v1") }')).verdict).toMatchObject({ operation: "railway.volumeDelete", text: 'volumeDelete(volumeId: "v1")' });
    expect((await json("DELETE https://api.example.com/v1/projects/7")).verdict).toMatchObject({ effect: "delete", reversibility: "irreversible" });
    expect((await json("--tool", "Bash", '{"command":"git push --force"}')).verdict).toMatchObject({ text: "git push --force" });
    const recorded = { topic: "actions", value: { not: "an action" } };
    expect((await piped(JSON.stringify(recorded), "explain", "-")).error).toContain("TL_INPUT_INVALID");
  });

  it("holds the call against a configured agent, with its grants and the inventory, and reads no secret for that", async () => {
    const config = join(folder, "tripline.yaml");
    writeFileSync(config, JSON.stringify({
      agents: [{ id: "cleaner", owner: "ops", environment: "staging", grants: [{ id: "g", environments: ["staging"], resources: ["scratch"], irreversible: ["sql.drop-table"] }] }],
      resources: [{ kind: "table", id: "scratch", environment: "staging" }, { kind: "table", id: "orders", environment: "production" }],
      credentials: [{ id: "c", provider: "p", providerRef: "r", kind: "token", secretEnv: "NOT_SET_ANYWHERE" }],
    }));
    const explained = async (statement: string): Promise<Explanation> => JSON.parse(await text("--json", "--config", config, "explain", "--agent", "cleaner", statement)) as Explanation;
    expect((await explained("DROP TABLE scratch")).agents).toMatchObject([{ agent: "cleaner", says: "pass" }]);
    const { agents, verdict } = await explained("DROP TABLE orders");
    expect(agents).toMatchObject([{ says: "trip" }]);
    expect(verdict.targets).toMatchObject([{ id: "orders", environment: "production", source: "inventory" }]);
    expect(await refusal("--config", config, "explain", "--agent", "nobody", "ls")).toContain("TL_AGENT_UNKNOWN");
  });

  it("reads standard input up to a record's size, and refuses more, and what is no text", async () => {
    expect((await piped("DROP TABLE x;\n", "explain", "-")).out).toContain("sql.drop-table");
    expect(await piped("x".repeat(262_145), "explain", "-")).toMatchObject({ code: 1, error: expect.stringContaining("262144 bytes") as string });
    expect((await piped("", "explain", "-")).error).toContain("empty");
    expect(await refusal("explain")).toContain("in quotes");
    expect(await refusal("explain", "--url", "nonsense", "query { me }")).toContain("https://");
    expect(await refusal("explain", "--as", "poem", "roses")).toContain("graphql");
  });

  it("lets no text move a cursor", async () => {
    expect((await text("explain", "echo '\u001b[2J' > a; rm -rf '/\u202e'")).replaceAll("\n", "")).not.toMatch(/[\p{Cc}\p{Cf}]/u);
  });
});
