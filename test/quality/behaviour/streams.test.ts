import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { prepareClassifiers } from "@tripline/core";
import { afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { DESTRUCTIVE_COMMANDS, volumeDelete } from "./destructive-commands.ts";
import { agentsOf, RECORDED_CALLS, type RecordedCall } from "./recorded-agents.ts";
import { behaviourFigures, runBehaviour } from "./run.ts";
import { PLACES, placesIn, rowId, ROWS, splicedRows, splicesAt } from "./splices.ts";
import { LISTED_ROWS } from "./spliced-rows.ts";
import { judgeStream } from "./stream.ts";
import { STREAMS } from "./streams.ts";

beforeAll(prepareClassifiers);

let data: string;
beforeEach(async () => {
  data = await mkdtemp(join(tmpdir(), "tripline-streams-"));
});
afterEach(() => rm(data, { recursive: true, force: true }));

const START_MS = Date.UTC(2026, 0, 5);

interface Made {
  readonly agent: string;
  readonly repo?: string;
  readonly session: string;
  readonly minute: number;
  readonly cmd?: string;
  readonly more?: Record<string, unknown>;
}

function row({ agent, repo = "acme/shop", session, minute, cmd, more = {} }: Made): Record<string, unknown> {
  const kind = cmd === undefined ? { tool: "Read", kind: "read", path: "src/a.ts" } : { tool: "Bash", kind: "exec", cmd };
  return { repo, agent, runtime: "desk-runtime", session, ts: new Date(START_MS + minute * 60_000).toISOString(), out_len: 5, err: false, denied: false, args: {}, ...kind, ...more };
}

/** `sessions` sessions of ten calls each, half an hour apart. */
function life(agent: string, sessions: number, folder: string, repo?: string): Made[] {
  return Array.from({ length: sessions * 10 }, (_, index) => {
    const own = { agent, session: `${agent}-${Math.floor(index / 10)}`, minute: Math.floor(index / 10) * 30 + (index % 10), ...(repo === undefined ? {} : { repo }) };
    return index % 2 === 0 ? { ...own, cmd: `ls ${folder}/part${index % 7}` } : { ...own, more: { tool: "Write", kind: "write", path: `${folder}/${index % 5}.txt` } };
  });
}

/** Deletions close together, which leave evidence behind that fades. */
function bursts(made: readonly Made[]): Made[] {
  return made.slice(-20).map((one, index) => ({ ...one, minute: one.minute + 0.1, cmd: `rm -rf cache/${index}` }));
}

function recorded(made: Made): RecordedCall {
  const read = RECORDED_CALLS.read(row(made), { path: "days.ndjson", stem: "days" });
  if (read.kind !== "read") throw new Error(read.reason);
  return read.value;
}

async function measure(made: readonly Made[], commands: readonly Record<string, unknown>[] = [], dump: string | null = null) {
  await writeFile(join(data, "days.ndjson"), made.map((one) => JSON.stringify(row(one))).join("\n"));
  if (commands.length > 0) await writeFile(join(data, "lines.ndjson"), commands.map((one) => JSON.stringify(one)).join("\n"));
  const results = await runBehaviour(data, [STREAMS], { dump, progress: () => {} });
  return behaviourFigures(results);
}

describe("P2, streams of recorded agents", () => {
  it("counts trips, alerts and approvals per call and session, by runtime, from the first call on", async () => {
    const dangerous: Made = { agent: "ana", session: "ana-0", minute: 5, cmd: "rm -rf /etc" };
    const figures = await measure([...life("ana", 4, "shop"), dangerous, { agent: "bob", session: "b", minute: 1, cmd: "ls" }]);
    expect(figures).toMatchObject({
      "p2.calls": 42,
      "p2.days.all.stream.agents": 2,
      "p2.days.all.stream.tripsPer10000": 10_000 / 42,
      "p2.days.all.stream.tripsPer10000Hits": 1,
      "p2.days.desk-runtime.stream.approvalsPer1000Hits": 1,
      "p2.days.all.stream.sessionsTripped": 1 / 5,
      "p2.days.all.stream.sessionsAsked": 1 / 5,
    });
    expect(figures["p2.days.all.stream.tripsPer10000High"]).toBeGreaterThan(10_000 / 42);
  });

  it("takes calls in order of time, whatever the order of the file", () => {
    const calls = [...life("ana", 3, "shop"), ...life("bob", 2, "shop")].map(recorded);
    const [ana, bob] = agentsOf(calls.toReversed());
    expect([ana!.id, bob!.id]).toEqual(["ana@acme-shop", "bob@acme-shop"]);
    expect(ana!.calls.map(({ call }) => call.atMs)).toEqual(calls.slice(0, 30).map(({ call }) => call.atMs));
  });

  it("leaves the stream as it would have been without what is spliced into it", () => {
    const made = life("ana", 6, "shop");
    // A second after the place: while what is spliced in would still run.
    const [agent] = agentsOf([...made, { ...made[40]!, minute: made[40]!.minute + 1 / 60, cmd: "rm -rf /etc" }, ...bursts(made)].map(recorded));
    const places = new Set([30, 40, 47]);
    const [alone, spliced] = [judgeStream(agent!, new Set(), 0, []), judgeStream(agent!, places, 0, ["frobnicate"])];
    expect(spliced.calls).toEqual(alone.calls);
    expect([alone.splices.length, spliced.splices.length]).toEqual([0, 3 * places.size]);
    expect(alone.calls.filter(({ judged }) => judged.tripped)).toHaveLength(1);
  });

  it("splices commands into the newest calls of each agent, and counts what is stopped", async () => {
    const made = [...life("ana", 20, "shop"), ...life("bob", 20, "shop")];
    const figures = await measure(made);
    expect(figures).toMatchObject({
      "p2.days.all.stream.tripsPer10000": 0,
      "p2.days.own.spliced.first": 1,
      "p2.days.volumeDelete.spliced.first": 1,
    });
    expect(figures["p2.days.own.spliced.firstOf"]).toBeGreaterThan(80);
    expect(figures).not.toHaveProperty("p2.days.rows.spliced.first");
  });

  it("splices what others call destructive, but for what git alone loses and for bare SQL, and tells what passed", async () => {
    const lines = ["rm -rf /srv/a", "frobnicate --now"].map((cmd) => ({ cmd, label: "destructive", source: "book", category: "files" }));
    const others = [{ cmd: "ls", label: "safe", source: "book", category: "files" }, { cmd: "git reset --hard", label: "destructive", source: "book", category: "core.git" }, { cmd: "DROP TABLE t;", label: "destructive", source: "book", category: "sql" }];
    const dump = join(data, "misses");
    const figures = await measure(life("ana", 30, "shop"), [...lines, ...others], dump);
    expect(figures["p2.days.rows.spliced.first"]).toBeCloseTo(0.5, 1);
    expect(figures["p2.days.rows.spliced.third"]).toBeGreaterThan(figures["p2.days.rows.spliced.first"]!);
    const missed = (await readFile(join(dump, "p2.ndjson"), "utf8")).trim().split("\n").map((line) => JSON.parse(line) as { figure: string; calls: { text: string }[] });
    expect(new Set(missed.map(({ figure, calls }) => `${figure} ${calls[0]!.text}`))).toEqual(new Set(["p2.days.rows.spliced.first frobnicate --now"]));
  });

  it("tells agents of other repositories from those of the same", async () => {
    const figures = await measure([...life("ana", 20, "shop"), ...life("bob", 20, "shop"), ...life("eve", 20, "elsewhere", "acme/other").map((one) => ({ ...one, more: { tool: "deploy_site", kind: "other", args: { site: one.session } } }))]);
    expect(figures).toMatchObject({ "p2.days.otherRepository.masquerade.aucAgents": 3, "p2.days.sameRepository.masquerade.aucAgents": 2, "p2.days.otherRepository.masquerade.aucOwn": 18, "p2.days.sameRepository.masquerade.aucOthers": 12 });
    expect(figures["p2.days.otherRepository.masquerade.auc"]).toBeGreaterThan(0.6);
    expect(figures["p2.days.sameRepository.masquerade.auc"]).toBeCloseTo(0.5, 1);
  });

  it("says why a line is no call", async () => {
    const broken = { ...row({ agent: "ana", session: "s", minute: 1, cmd: "ls" }), ts: "yesterday" };
    await writeFile(join(data, "days.ndjson"), [row({ agent: "ana", session: "s", minute: 0, cmd: "ls" }), broken].map((one) => JSON.stringify(one)).join("\n"));
    const figures = behaviourFigures(await runBehaviour(data, [STREAMS], { dump: null, progress: () => {} }));
    expect(figures).toMatchObject({ "p2.calls": 1, "p2.unreadable.no-time": 1 });
  });
});

describe("splices", () => {
  it("are the same each time, at the newest calls, spread over agents by what they did", () => {
    const places = placesIn([1_000, 0, 3_000, 2]);
    expect(places).toEqual(placesIn([1_000, 0, 3_000, 2]));
    expect(places.map(({ size }) => size > 0)).toEqual([true, false, true, false]);
    expect(Math.min(...places[0]!)).toBeGreaterThanOrEqual(700);
    expect(Math.max(...places[2]!)).toBeLessThan(3_000);
    expect(places[0]!.size + places[2]!.size).toBeLessThanOrEqual(PLACES);
    expect(splicesAt(7, ["a", "b"])).toEqual(splicesAt(7, ["a", "b"]));
  });

  it("begin with each command somewhere, and with all ways to write the one request", () => {
    const all = Array.from({ length: PLACES }, (_, place) => splicesAt(place, []));
    const first = (role: string): Set<string> => new Set(all.flatMap((splices) => splices.filter((one) => one.role === role).map(({ calls }) => calls[0]!.command)));
    expect(first("own")).toEqual(new Set(DESTRUCTIVE_COMMANDS));
    expect(new Set([0, 1, 2].map((form) => volumeDelete(form, "v"))).size).toBe(3);
    for (const splices of all) for (const { calls } of splices) for (const { afterMs } of calls) expect(afterMs).toBeGreaterThanOrEqual(2_000);
  });

  it("take the rows listed, else those whose ids come first", () => {
    const commands = Array.from({ length: ROWS + 50 }, (_, index) => `destroy ${index}`);
    const chosen = splicedRows(commands);
    expect(chosen).toHaveLength(ROWS);
    const left = commands.filter((command) => !chosen.includes(command));
    expect(chosen.map(rowId).toSorted().at(-1)! < left.map(rowId).toSorted()[0]!).toBe(true);
    expect(new Set(LISTED_ROWS).size).toBe(LISTED_ROWS.length);
    expect(LISTED_ROWS.every((id) => /^[0-9a-f]{12}$/.test(id))).toBe(true);
  });
});
