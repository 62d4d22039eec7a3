/** The short form of `pnpm fuzz --requests`, and that the campaign would notice what it looks for. */
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { LOSSES, READS, SERVERS } from "@tripline/gate/hostile";
import { afterAll, describe, expect, it } from "vitest";
import { type HostileOptions, runHostile } from "./gate/campaign.ts";
import { Coverage, type Reached } from "./gate/coverage.ts";
import { lossOf } from "./gate/losses.ts";
import { hostileComplaints, hostileFigures } from "./gate/report.ts";

const dir = mkdtempSync(join(tmpdir(), "tripline-hostile-requests-"));
afterAll(() => rmSync(dir, { recursive: true, force: true }));
const run = (given: Partial<HostileOptions>) => runHostile({ requests: 600, seed: 20_261_121, violationsFile: join(dir, "violations.jsonl"), progress: () => undefined, ...given });

describe("a short campaign", () => {
  it("destroys nothing, leaves nothing undecided, and ends no process", async () => {
    const result = await run({});
    expect(result.violations).toEqual([]);
    expect(hostileFigures(result)).toMatchObject({ requests: 600, destroyedUnapproved: 0, undecidedAtUpstream: 0, crashes: 0, faults: 0, recordsLost: 0 });
    expect(result.reached).toBe(result.matchedById + result.matchedByContent);
    expect(result.reached).toBeGreaterThan(30);
  }, 60_000);

  it("says so where the gate lets a loss pass, and where a request comes past it", async () => {
    const result = await run({ letPass: "railway.volumeDelete", bypass: true });
    expect(result.losses).toBeGreaterThan(0);
    expect(result.undecided).toBe(1);
    expect(hostileComplaints(result).join("\n")).toMatch(/destroyed something(.|\n)*no decision on record/);
    const saved = readFileSync(join(dir, "violations.jsonl"), "utf8").trim().split("\n").map((line) => JSON.parse(line) as { kind: string; sent: string });
    expect(saved.filter(({ kind }) => kind === "lost").length).toBe(result.losses);
    expect(saved.find(({ kind }) => kind === "lost")?.sent).toContain("volumeDelete");
  }, 60_000);
});

describe("the upstream's own reading", () => {
  const arrived = ({ crafted: { method, path, query, headers, body } }: (typeof LOSSES)[number], base: string) => ({ method, url: `${base}${path}${query === null ? "" : `?${query}`}`, rawHeaders: headers.flat(), body: body ?? Buffer.alloc(0) });
  const serverOf = (name: string) => SERVERS.find((server) => server.name === name)!;

  it.each([...LOSSES, ...READS].map((seed) => ({ name: seed.name, seed })))("knows what is lost by $name", ({ seed }) => {
    const server = serverOf(seed.server);
    expect(lossOf(server, arrived(seed, server.base)) !== null).toBe(seed.destroys);
  });

  it.each([
    ["a member that is there twice, by its first", "railway", '{"query":"mutation { volumeDelete(volumeId: 1) }","query":"{ me { id } }"}'],
    ["a member that is there twice, by its last", "railway", '{"query":"{ me { id } }","query":"mutation { volumeDelete(volumeId: 1) }"}'],
    ["a comment in JSON", "railway", '/* a */{"query":"mutation { volumeDelete(volumeId: 1) }"}'],
    ["an alias in a fragment", "railway", '{"query":"mutation { ...F } fragment F on Mutation { a: volumeDelete(volumeId: 1) }"}'],
    ["a form", "railway", "query=mutation%7BvolumeDelete(volumeId%3A1)%7D"],
    ["the name of a stored document", "railway", '{"documentId":"delete-volume"}'],
    ["UTF-16", "tools", Buffer.from('{"jsonrpc":"2.0","method":"volumes.delete"}', "utf16le")],
  ])("finds %s", (_name, server, body) => {
    expect(lossOf(serverOf(server), { method: "POST", url: "/graphql/v2", rawHeaders: [], body: Buffer.from(body) })).not.toBeNull();
  });
});

describe("what reached an upstream", () => {
  const one: Reached = { caseId: "case-1-1", method: "GET", url: "http://a/b", target: null, body: "", loss: null };
  const record = (over: object = {}) => ({ callId: "case-1-1", request: { kind: "http" as const, method: "GET", url: "http://a/b", body: null, ...over }, decision: { outcome: "allow" as const, by: "gate", reason: "", rule: "read" } });

  it("is covered by the record of one allowed call that says the same, whichever comes first", () => {
    const coverage = new Coverage();
    coverage.record(record(), 0);
    coverage.reached(one, 1);
    coverage.reached(one, 2);
    coverage.record(record(), 3);
    expect(coverage.undecided(4, true)).toEqual([]);
    expect(coverage.matchedById).toBe(2);
  });

  it.each([["twice", [record()], [one, one]], ["with another method", [record({ method: "HEAD" })], [one]], ["with another body", [record({ body: "x" })], [one]], ["of a call that was held", [{ ...record(), decision: { ...record().decision, outcome: "hold" as const } }], [one]]] as const)("is not covered %s", (_name, records, all) => {
    const coverage = new Coverage();
    for (const each of records) coverage.record(each, 0);
    for (const each of all) coverage.reached(each, 0);
    expect(coverage.undecided(0, true)).toEqual([one]);
  });
});

it.each(SERVERS)("what $name loses can be told of lists in lists, however deep", (server) => {
  const body = Buffer.from(`${"[".repeat(20_000)}${"]".repeat(20_000)}`);
  expect(lossOf(server, { method: "POST", url: server.base || "/", rawHeaders: ["content-type", "application/json"], body })).toBeNull();
});
