import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { COMMANDS } from "./commands.ts";
import { OPERATIONS } from "./operations.ts";
import type { Protocol } from "./protocol.ts";
import { PROTOCOLS } from "./protocols.ts";
import { allReached, besideText, figuresOf, humanReport } from "./report.ts";
import { LINES_TO_RECOGNISE } from "../data/recognised.ts";
import { type ProtocolResult, runClassification } from "./run.ts";
import { STATEMENTS } from "./statements.ts";
import { MAX_SETS } from "./tally.ts";

let data: string;
beforeEach(async () => {
  data = await mkdtemp(join(tmpdir(), "tripline-quality-"));
});
afterEach(() => rm(data, { recursive: true, force: true }));

async function put(name: string, rows: readonly unknown[]): Promise<void> {
  const text = rows.map((row) => (typeof row === "string" ? row : JSON.stringify(row))).join("\n");
  await writeFile(join(data, name), name.endsWith(".gz") ? gzipSync(text) : text);
}

async function measure(protocol: Protocol, dump: string | null = null): Promise<{ result: ProtocolResult; figures: Record<string, number> }> {
  const [result] = await runClassification({ data, protocols: [protocol], dump, progress: () => {} });
  return { result: result!, figures: figuresOf([result!]) };
}

const labelled = (cmd: string, label: string, more = {}) => ({ cmd, label, source: "book", category: "files", ...more });

describe("P3, command lines", () => {
  it("counts what is flagged by set and label, each at every setting", async () => {
    await put("c.ndjson.gz", [labelled("rm -rf /etc", "destructive"), labelled("git reset --hard", "destructive"), labelled("ls", "destructive"), labelled("ls -la", "safe"), labelled("rm -rf /srv", "safe", { source: "other.book" })]);
    const { figures, result } = await measure(COMMANDS);
    expect(figures).toMatchObject({
      "p3.calls": 5,
      "p3.book.destructive.irreversible.recall": 2 / 3,
      "p3.book.destructive.irreversible.recallHits": 2,
      "p3.book.destructive.irreversible.recallOf": 3,
      "p3.book.destructive.hard.recall": 1 / 3,
      "p3.book.safe.irreversible.flagged": 0,
      "p3.other-book.safe.irreversible.flagged": 1,
    });
    const recall = result.measured.find(({ name }) => name === "p3.book.destructive.irreversible.recall");
    expect(recall).toMatchObject({ goal: { atLeast: 0.97 }, reached: false });
    expect(recall!.low).toBeLessThan(2 / 3);
    expect(recall!.high).toBeGreaterThan(2 / 3);
    expect(allReached([result])).toBe(false);
  });

  it("takes recorded shell calls for real ones, and others for no commands", async () => {
    const event = { agent: "a", session: "s", tool: "Bash", kind: "exec", args: { description: "tidy up" } };
    await put("days.ndjson", [{ ...event, tool: "Read", kind: "read", args: { path: "rm -rf /" } }, { ...event, cmd: "git status" }, { ...event, cmd: "rm -rf /srv/data" }]);
    const { figures } = await measure(COMMANDS);
    expect(figures).toMatchObject({ "p3.days.real.hard.flagged": 0.5, "p3.notMeasured.no-command": 1, "p3.calls": 2 });
  });

  it("names commands known by their description after their file", async () => {
    await put("pages.jsonl", [{ cmd: "dropdb shop", desc: "Destroy a database", page: "dropdb", weak_destructive: true }, { cmd: "ls", desc: "List", page: "ls", weak_destructive: false }]);
    const { figures } = await measure(COMMANDS);
    expect(figures).toMatchObject({ "p3.pages.describedDestructive.irreversible.recall": 1, "p3.pages.describedOther.irreversible.flagged": 0 });
  });

  it("counts lines that it cannot read with the reason and goes on", async () => {
    await put("c.ndjson", ["{not json", labelled("ls", "safe"), labelled("ls", "harmless?"), { label: "safe" }, "[]", labelled("pwd", "safe")]);
    const { figures, result } = await measure(COMMANDS);
    expect(figures).toMatchObject({ "p3.calls": 2, "p3.unreadable.not-json": 1, "p3.unreadable.unknown-label": 1, "p3.unreadable.no-command": 1, "p3.unreadable.not-an-object": 1 });
    expect(result.firstUnreadable[0]).toBe("c line 1: not-json");
  });

  it("keeps no more sets apart than it has room for", async () => {
    await put("c.ndjson", Array.from({ length: MAX_SETS + 3 }, (_, index) => labelled("ls", "safe", { source: `set${index}` })));
    expect((await measure(COMMANDS)).figures).toMatchObject({ "p3.calls": MAX_SETS, "p3.unreadable.too-many-sets": 3 });
  });
});

describe("P4, SQL", () => {
  it("pools all that is not destructive, and watches what does not parse", async () => {
    const row = (sql: string, label: string) => ({ sql, label, source: "suite", stmt: "Stmt" });
    await put("s.ndjson", [row("drop table t", "destructive"), row("select 1", "read"), row("insert into t values (1)", "write"), row("create table t (a int)", "other"), row("frobnicate the table", "read")]);
    const { figures } = await measure(STATEMENTS);
    expect(figures).toMatchObject({
      "p4.suite.destructive.irreversible.recall": 1,
      "p4.suite.notDestructive.irreversible.flaggedOf": 4,
      "p4.suite.read.irreversible.flaggedOf": 2,
      "p4.suite.unparsable.approval.recall": 1,
      "p4.suite.unparsable.approval.recallOf": 1,
    });
  });
});

describe("P5, tools and APIs", () => {
  it("holds MCP tools against their servers' hints", async () => {
    const tool = (name: string, readOnlyHint: boolean | null, destructiveHint: boolean | null) => ({ server: "shop", tool: name, desc: "", readOnlyHint, destructiveHint, args: ["id"] });
    await put("tools.ndjson", [tool("delete_order", false, true), tool("create_order", false, null), tool("get_order", true, null), tool("frobnicate", true, true), tool("purge_cache", false, false), tool("edit_order", false, true), tool("unknown", null, null)]);
    const { figures } = await measure(OPERATIONS);
    expect(figures).toMatchObject({
      "p5.tools.write.sideEffect.recall": 1,
      "p5.tools.write.sideEffect.precision": 4 / 5,
      "p5.tools.write.sideEffect.precisionOf": 5,
      "p5.tools.destructive.destructive.recall": 1 / 2,
      "p5.tools.destructive.destructive.precision": 1 / 2,
      "p5.tools.destructive.overwrites.recall": 1,
      "p5.tools.destructive.overwrites.precision": 2 / 4,
      "p5.notMeasured.no-hint": 1,
    });
  });

  it("holds actions of an API against their access level, as a command line and as a tool", async () => {
    const action = (op: string, access: string) => ({ api: "aws", service: "rds", op, access, desc: "" });
    await put("api.ndjson", [action("DeleteDBCluster", "Write"), action("CreateDBCluster", "Permissions management, Write"), action("DescribeDBClusters", "List"), action("ListTags", "Read"), action("X", "Sideways")]);
    const { figures } = await measure(OPERATIONS);
    expect(figures).toMatchObject({ "p5.aws.write.cli-sideEffect.recall": 1, "p5.aws.write.cli-sideEffect.precision": 1, "p5.aws.write.tool-sideEffect.recallOf": 2, "p5.unreadable.unknown-access": 1, "p5.calls": 8 });
  });

  it("tells mutations that delete by name or description, and asks for an approval of each", async () => {
    const mutation = (op: string, desc = "") => ({ api: "shop.graphql", service: "graphql", op, access: "mutation", desc });
    await put("api.ndjson", [mutation("orderDelete"), mutation("unlinkOrder", "Deletes a link."), mutation("removeStar"), mutation("createOrder"), mutation("not a name")]);
    const { figures } = await measure(OPERATIONS);
    expect(figures).toMatchObject({
      "p5.shop-graphql.deletes.curl-approval.recallHits": 2,
      "p5.shop-graphql.deletes.http-approval.recallHits": 2,
      "p5.shop-graphql.deletes.document-approval.recallHits": 2,
      "p5.shop-graphql.removes.http-approval.recallOf": 1,
      "p5.shop-graphql.other.document-irreversible.flagged": 0,
      "p5.unreadable.no-mutation-name": 1,
    });
  });
});

describe("a directory of several kinds of data", () => {
  it("gives each protocol its own files by what they hold, whatever they are called", async () => {
    await put("1.ndjson", [{ sql: "select 1", label: "read" }]);
    await put("2.ndjson", [{ server: "s", tool: "get_x", readOnlyHint: true }]);
    await put("3.ndjson", [labelled("ls", "safe")]);
    await put("4.ndjson", [{ series: [1, 2, 3] }, "no json at all"]);
    await put("5.ndjson", Array.from({ length: LINES_TO_RECOGNISE + 5 }, () => "no json at all"));
    const results = await runClassification({ data, protocols: PROTOCOLS, dump: null, progress: () => {} });
    expect(results.map(({ calls, unreadable }) => [calls, unreadable.size])).toEqual([[1, 0], [1, 0], [1, 0]]);
  });

  it("says so where it holds nothing for a protocol", async () => {
    await put("3.ndjson", [labelled("ls", "safe")]);
    await expect(measure(STATEMENTS)).rejects.toThrow(/holds nothing for P4/);
  });
});

describe("a figure as a line", () => {
  it("names goal and reference where there are any, in columns, and nothing where there are none", () => {
    expect(besideText({ atLeast: 0.9 }, "0.5 (regex)")).toBe("goal >= 0.9    reference 0.5 (regex)");
    expect(besideText(null, "0.5 (regex)")).toBe("               reference 0.5 (regex)");
    expect(besideText({ atMost: 0.01 }, null)).toBe("goal <= 0.01");
    expect(besideText(null, null)).toBe("");
  });
});

describe("misses", () => {
  it("are written one by one, and gathered by what they have in common", async () => {
    await put("c.ndjson", [labelled("rm -rf /srv", "safe"), labelled("ls", "destructive"), labelled("cat a", "destructive"), labelled("rm -rf /etc", "destructive")]);
    const dump = join(data, "misses", "new");
    const { result } = await measure(COMMANDS, dump);
    const lines = (await readFile(join(dump, "p3.ndjson"), "utf8")).trim().split("\n");
    const missed = lines.map((line) => JSON.parse(line) as { kind: string; text: string; line: number; judged: { operation: string } });
    expect(missed.map(({ kind, text, line }) => [kind, text, line])).toEqual([["false-positive", "rm -rf /srv", 1], ["false-negative", "ls", 2], ["false-negative", "cat a", 3]]);
    expect(missed[0]!.judged.operation).toBe("shell.rm");
    expect(result.groups.map(([, misses]) => misses)).toEqual([2, 1]);
    expect(humanReport([result])).toMatch(/MISSED {3}p3\.book\.destructive\.irreversible\.recall .*1 of 3.*goal >= 0\.97/);
  });

  it("that cannot be written are an error that names the option", async () => {
    await put("c.ndjson", [labelled("ls", "safe")]);
    await expect(measure(COMMANDS, join(data, "c.ndjson"))).rejects.toThrow(/Name another directory with --dump/);
  });
});
