import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { classify, type Classifiable } from "../classify.ts";
import { severity } from "../compose.ts";
import { MAX_NESTED_INPUTS, MAX_TOOL_NESTING } from "../bounds.ts";
import { prepareClassifiers } from "../sql/prepare.ts";

await prepareClassifiers();

const captured = (text: string, truncated = false) => ({ text, fullBytes: text.length, truncated, digest: "0".repeat(64) });
const call = (tool: string, inputs: unknown, more: Partial<Classifiable> = {}): Classifiable => ({
  tool,
  request: null,
  inputs: inputs === null ? null : captured(typeof inputs === "string" ? inputs : JSON.stringify(inputs)),
  operation: null,
  resource: null,
  ...more,
});

type Golden = readonly [tool: string, inputs: unknown, operation: string, effect: string, reversibility: string];

const GOLDEN: readonly Golden[] = [
  ["Bash", { command: "rm -rf /etc" }, "shell.rm", "delete", "irreversible"],
  ["shell", { command: ["bash", "-lc", "rm -rf /etc"] }, "shell.rm", "delete", "irreversible"],
  ["exec_command", { cmd: "ls" }, "shell.read", "read", "reversible"],
  ["run_terminal_cmd", { command: "git status" }, "git.status", "read", "reversible"],
  ["Bash", "rm -rf /etc", "shell.rm", "delete", "irreversible"],
  ["Read", { file_path: "rm -rf /" }, "tool.Read", "read", "reversible"],
  ["Grep", { pattern: "DROP TABLE", path: "." }, "tool.Grep", "read", "reversible"],
  ["search", { query: "DROP TABLE users" }, "tool.search", "read", "reversible"],
  ["Write", { file_path: "a.sh", content: "rm -rf /" }, "tool.Write", "write", "recoverable"],
  ["Edit", { file_path: "a.sql", new_string: "DROP TABLE users" }, "tool.Edit", "write", "recoverable"],
  ["mcp__postgres__query", { sql: "DROP TABLE users" }, "sql.drop-table", "delete", "irreversible"],
  ["execute_sql", { query: "select 1" }, "sql.select", "read", "reversible"],
  ["run_query", { statement: "delete from users" }, "sql.delete-all", "delete", "irreversible"],
  ["graphql", { query: "mutation { volumeDelete(volumeId: \"v\") }", url: "https://backboard.railway.com/graphql/v2" }, "railway.volumeDelete", "delete", "irreversible"],
  ["http_request", { method: "DELETE", url: "https://api.github.com/repos/a/b" }, "github.deleteRepository", "delete", "irreversible"],
  ["fetch_api", { url: "https://backboard.railway.com/graphql/v2", body: { query: "mutation { projectDelete(id: \"p\") }" } }, "railway.projectDelete", "delete", "irreversible"],
  ["fetch", { url: "https://backboard.railway.com/graphql/v2", method: "POST", body: { query: "mutation { volumeDelete(volumeId: \"v\") }" } }, "railway.volumeDelete", "delete", "irreversible"],
  ["web_fetch", { url: "https://api.github.com/repos/a/b", init: { method: "DELETE" } }, "github.deleteRepository", "delete", "irreversible"],
  ["fetch", { url: "https://example.com/delete", prompt: "what is this?" }, "tool.fetch", "read", "reversible"],
  ["http_request", { url: "https://backboard.railway.com/graphql/v2", options: { method: "POST", body: "{\"query\":\"mutation { volumeDelete(volumeId: \\\"v\\\") }\"}" } }, "railway.volumeDelete", "delete", "irreversible"],
  ["run_command", { command: "rm", args: ["-rf", "/etc"] }, "shell.rm", "delete", "irreversible"],
  ["bash", { command: "ls", script: "rm -rf /etc" }, "shell.rm", "delete", "irreversible"],
  ["bash", { command: "cat", input: "rm -rf /etc" }, "shell.read", "read", "reversible"],
  ["execute_sql", { query: "select 1", sql: "drop table users" }, "sql.drop-table", "delete", "irreversible"],
  ["mcp__railway__volume_delete", { volumeId: "v" }, "tool.volume_delete", "delete", "irreversible"],
  ["volumeDelete", {}, "tool.volumeDelete", "delete", "irreversible"],
  ["drop_table", { table: "users" }, "tool.drop_table", "delete", "irreversible"],
  ["delete_file", { path: "a" }, "tool.delete_file", "delete", "irreversible"],
  ["remove_from_cart", {}, "tool.remove_from_cart", "delete", "recoverable"],
  ["remove_member", {}, "tool.remove_member", "delete", "unknown"],
  ["delete_cart", {}, "tool.delete_cart", "delete", "irreversible"],
  ["reset_filters", {}, "tool.reset_filters", "delete", "unknown"],
  ["terminate_instances", {}, "tool.terminate_instances", "delete", "irreversible"],
  ["list_volumes", {}, "tool.list_volumes", "read", "reversible"],
  ["list_delete_markers", {}, "tool.list_delete_markers", "read", "reversible"],
  ["get_deleted_items", {}, "tool.get_deleted_items", "read", "reversible"],
  ["issue_read", {}, "tool.issue_read", "read", "reversible"],
  ["pods_log", {}, "tool.pods_log", "read", "reversible"],
  ["ExitPlanMode", { plan: "rm -rf /" }, "tool.ExitPlanMode", "read", "reversible"],
  ["share_file", { file_id: "1" }, "tool.share_file", "admin", "recoverable"],
  ["create_issue", { title: "delete me" }, "tool.create_issue", "create", "recoverable"],
  ["update_issue", {}, "tool.update_issue", "write", "unknown"],
  ["send_email", { body: "rm -rf /" }, "tool.send_email", "publish", "unknown"],
  ["frobnicate", {}, "tool.frobnicate", "execute", "unknown"],
  // An argument picks what a general name leaves open, and no other.
  ["label_write", { method: "create" }, "tool.label_write", "create", "recoverable"],
  ["label_write", { method: "delete" }, "tool.label_write", "delete", "irreversible"],
  ["label_write", { method: "value" }, "tool.label_write", "write", "unknown"],
  ["manage_volume", { action: "list" }, "tool.manage_volume", "read", "reversible"],
  ["manage_volume", { action: "delete" }, "tool.manage_volume", "delete", "irreversible"],
  ["trigger_job", { action: "purge" }, "tool.trigger_job", "delete", "irreversible"],
  ["trigger_job", { action: "list" }, "tool.trigger_job", "execute", "unknown"],
  ["volumes", { action: "list" }, "tool.volumes", "read", "reversible"],
  ["volumes", { mode: "list" }, "tool.volumes", "execute", "unknown"],
  ["create_alert", { action: "delete" }, "tool.create_alert", "create", "recoverable"],
  ["list_events", { operation: "delete" }, "tool.list_events", "read", "reversible"],
  // What is searched for does not run; what is called a statement does.
  ["search_issues", { query: "delete from cart" }, "tool.search_issues", "read", "reversible"],
  ["search_issues", { sql: "delete from cart" }, "sql.delete-all", "delete", "irreversible"],
  ["search_sql", { query: "delete from cart" }, "sql.delete-all", "delete", "irreversible"],
  ["ledger_item_query", { sql: "vacuum mystery of" }, "sql.unknown", "execute", "unknown"],
  ["validate_statement", { sql: "drop table users" }, "tool.validate_statement", "read", "reversible"],
  // What runs lies deeper.
  ["call_tool", { name: "delete_volume", arguments: { id: "v" } }, "tool.delete_volume", "delete", "irreversible"],
  ["call_tool", { name: "list_volumes", arguments: {} }, "tool.list_volumes", "read", "reversible"],
  ["use_mcp_tool", { server_name: "db", tool_name: "query", arguments: '{"sql":"drop table users"}' }, "sql.drop-table", "delete", "irreversible"],
  ["use_mcp_tool", { tool_name: "Write", arguments: { content: "rm -rf /", path: "a" } }, "tool.Write", "write", "recoverable"],
  ["parallel", { tool_uses: [{ recipient_name: "functions.exec", parameters: { command: "ls" } }, { recipient_name: "functions.exec", parameters: { command: "rm -rf /etc" } }] }, "shell.rm", "delete", "irreversible"],
  ["run_query", { params: { sql: "drop table users" } }, "sql.drop-table", "delete", "irreversible"],
  ["frobnicate", { input: { statement: "drop table users" } }, "sql.drop-table", "delete", "irreversible"],
  ["create_document", { input: { statement: "drop table users" } }, "tool.create_document", "create", "recoverable"],
  ["run_commands", { commands: ["ls", "rm -rf /etc"] }, "shell.rm", "delete", "irreversible"],
  ["run_sql", { queries: ["select 1", "truncate t"] }, "sql.truncate", "delete", "irreversible"],
  ["call_tool", { name: "run", arguments: { command: "rm -rf /etc" } }, "shell.rm", "delete", "irreversible"],
  ["api_request", { method: "DELETE", path: "/v1/volumes/v1" }, "http.delete", "delete", "irreversible"],
  // A tool that stands for a program.
  ["kubectl", { command: "delete namespace shop" }, "kubectl.delete-namespace", "delete", "irreversible"],
  ["kubectl", { command: "kubectl get pods" }, "kubectl.get", "read", "reversible"],
  ["kubectl", { args: ["delete", "namespace", "shop"] }, "kubectl.delete-namespace", "delete", "irreversible"],
  ["ExecuteTerraformCommand", { command: "destroy -auto-approve" }, "terraform.destroy", "delete", "irreversible"],
  ["call_aws", { cli_command: "aws ec2 terminate-instances --instance-ids i-1" }, "aws.ec2.terminate", "delete", "irreversible"],
  ["git_commit", { message: "delete all" }, "tool.git_commit", "write", "unknown"],
  ["create_note", { command: "rm -rf /etc" }, "tool.create_note", "create", "recoverable"],
  ["frobnicate", { shell_command: "rm -rf /etc" }, "shell.rm", "delete", "irreversible"],
  // The step before a loss.
  ["modify_database", { id: "db", deletion_protection: false }, "tool.modify_database", "admin", "irreversible"],
  ["modify_database", { id: "db", deletion_protection: true }, "tool.modify_database", "write", "unknown"],
  ["create_database", { id: "db", deletion_protection: false }, "tool.create_database", "create", "recoverable"],
  ["mcp__aws__PutBucketVersioning", { Bucket: "b", VersioningConfiguration: { Status: "Suspended" } }, "tool.PutBucketVersioning", "admin", "irreversible"],
  ["disable_automated_backups", { id: "db" }, "tool.disable_automated_backups", "admin", "irreversible"],
  ["remove_branch_protection", { branch: "main" }, "tool.remove_branch_protection", "delete", "unknown"],
  ["", null, "tool.", "execute", "unknown"],
];

describe("classify without a request", () => {
  it.each(GOLDEN)("%s %j", (tool, inputs, operation, effect, reversibility) => {
    const { worst } = classify(call(tool, inputs));
    expect({ operation: worst.operation, effect: worst.effect, reversibility: worst.reversibility }).toEqual({ operation, effect, reversibility });
  });

  it("names what the inputs name, in the environment they state", () => {
    const { worst } = classify(call("delete_volume", { volume_id: "vol-1", environment: "production", note: "x" }));
    expect(worst.targets).toEqual([{ kind: "volume", id: "vol-1", environment: "production" }]);
  });

  it("tells what overwrites from what adds", () => {
    const told = (tool: string) => classify(call(tool, {})).worst.overwrites;
    expect([told("edit_file"), told("update_volume"), told("manage_volume"), told("create_volume"), told("add_comment"), told("list_volumes")]).toEqual([true, true, true, false, false, false]);
  });

  it("counts the things of a list, and names the rule by which a protection goes", () => {
    const { worst } = classify(call("terminate_instances", { instance_ids: ["i-1", "i-2", "i-3"] }));
    expect(worst).toMatchObject({ blast: { extent: "named", count: 3 }, rule: "tool.verb.terminate", targets: [{ kind: "instance", id: "i-1" }, { id: "i-2" }, { id: "i-3" }] });
    expect(worst.saferAlternative).not.toBeNull();
    expect(classify(call("delete_all_volumes", {})).worst.blast).toMatchObject({ extent: "all" });
    expect(classify(call("delete_volume", { id: "v" })).worst.blast).toBeUndefined();
    expect(classify(call("modify_database", { deletion_protection: false })).worst.rule).toBe("protection.deletion");
  });

  it("is not sure of a call that holds more calls than are judged, nor of calls within calls past the bound", () => {
    const calls = (count: number) => ({ calls: Array.from({ length: count }, () => ({ tool: "list_volumes", arguments: {} })) });
    expect(classify(call("batch", calls(MAX_NESTED_INPUTS))).worst.effect).toBe("read");
    expect(classify(call("batch", calls(MAX_NESTED_INPUTS + 1))).worst.rule).toBe("tool.too-many");
    const nested = (depth: number): unknown => (depth === 0 ? { sql: "drop table users" } : { tool: "call_tool", arguments: nested(depth - 1) });
    expect(classify(call("call_tool", nested(MAX_TOOL_NESTING))).worst.operation).toBe("sql.drop-table");
    expect(classify(call("call_tool", nested(MAX_TOOL_NESTING + 1))).worst.reversibility).toBe("unknown");
  });

  it("takes inputs that were cut off for unknown at best, since the end is not seen", () => {
    const inputs = captured('{"command":"ls && echo', true);
    expect(classify({ ...call("Bash", null), inputs })).toMatchObject({ parse: "partial" });
    expect(classify({ ...call("Bash", null), inputs: captured("ls; ls", true) }).worst.reversibility).toBe("unknown");
  });
});

describe("classify whatever a tool is called and given", () => {
  const words = fc.constantFrom("delete", "list", "run", "call_tool", "manage", "query", "Bash", "http_request", "kubectl", "search", "batch", "__proto__", "constructor");
  const keys = fc.constantFrom("command", "sql", "query", "arguments", "tool", "name", "calls", "method", "url", "body", "deletion_protection", "ids", "__proto__", "x");
  const { inputs } = fc.letrec((tie) => ({
    inputs: fc.dictionary(keys, fc.oneof({ maxDepth: 4 }, fc.constantFrom("drop table t", "rm -rf /", "ls", "DELETE", "/v1/x", "false", "{", '{"sql":"drop table t"}'), fc.boolean(), fc.constant(null), fc.integer(), tie("inputs"), fc.array(tie("inputs"), { maxLength: 4 })), { maxKeys: 5 }),
  }));

  it("never throws, always answers, and puts the most severe first", () => {
    fc.assert(
      fc.property(words, inputs, (tool, given) => {
        const { verdicts, worst } = classify(call(tool, given));
        expect(verdicts).toContain(worst);
        for (const verdict of verdicts) expect(severity(verdict)).toBeLessThanOrEqual(severity(worst));
      }),
      { numRuns: 1_000 },
    );
  });

  it("finds a loss however deep the calls lie around it, up to the bound", () => {
    const loss = { tool: "execute_sql", arguments: { sql: "drop table t" } };
    fc.assert(
      fc.property(fc.array(fc.constantFrom("list", "inner", "text"), { maxLength: MAX_TOOL_NESTING - 1 }), (wrappings) => {
        const given = wrappings.reduce<unknown>((inner, kind) => (kind === "list" ? { calls: [{ tool: "list_volumes", arguments: {} }, inner] } : { tool: "call_tool", arguments: kind === "text" ? JSON.stringify(inner) : inner }), loss);
        expect(classify(call("call_tool", given)).worst.operation).toBe("sql.drop-table");
      }),
    );
  });
});

describe("classify with a request", () => {
  it("goes by the request, whatever the tool is called", () => {
    expect(classify(call("read_file", null, { request: { kind: "shell", command: "rm -rf /etc" } })).worst.operation).toBe("shell.rm");
    expect(classify(call("x", null, { request: { kind: "sql", system: "postgresql", text: "truncate t" } })).worst.operation).toBe("sql.truncate");
    const graphql = { kind: "graphql", url: null, document: "mutation { volumeDelete(volumeId: \"v\") }", operationName: null, variables: null } as const;
    expect(classify(call("x", null, { request: graphql })).worst.operation).toBe("railway.volumeDelete");
    expect(classify(call("x", null, { request: { kind: "http", method: "DELETE", url: "https://x.dev/a", body: null } })).worst.operation).toBe("http.delete");
  });

  it("gives the action's resource to verdicts that name no target", () => {
    const resource = { kind: "database", id: "shop", environment: "production" };
    expect(classify(call("x", null, { request: { kind: "sql", system: "postgresql", text: "drop owned by a" }, resource })).worst.targets).toEqual([resource]);
  });

  it("does not trust a body cut off at the capture limit", () => {
    const body = `{"query":"mutation { ${" ".repeat(17_000)}`.slice(0, 16_384);
    expect(classify(call("x", null, { request: { kind: "http", method: "POST", url: "https://backboard.railway.com/graphql/v2", body } })).worst.reversibility).toBe("unknown");
  });
});
