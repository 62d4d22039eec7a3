/** The guard around a real PostgreSQL, as it is configured and used: a dump before the call runs, the loss, and the command line that undoes it. */
import { execFile } from "node:child_process";
import { chmodSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { observe, prepareClassifiers, Registry } from "@tripline/core";
import { createGuard, type GuardSettings, touchedBy } from "@tripline/gate";
import { createMetrics, type Logger } from "@tripline/runtime";
import type { Action } from "@tripline/model";
import { Client } from "pg";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ownDirectory } from "./own-directory.ts";
import { requirePostgresWithDump, startPostgres, type PostgresServer } from "./postgres.ts";

const MAIN = fileURLToPath(new URL("../../services/launcher/src/main.ts", import.meta.url));
const PASSWORD = "guards-own-password-1147";
const run = promisify(execFile);
const installs = requirePostgresWithDump("the guard's restore").slice(0, 1);

/** A held call as a door would hand it over. */
function dropping(text: string) {
  const request = { kind: "sql", system: "postgresql", text } as const;
  const action: Action = {
    v: 1, id: "a", callId: "c", tenant: "acme", agent: { id: "coder", name: null, version: null, role: null, runtime: null }, assurance: "channel", claimedAgent: null, session: null, parentSession: null,
    task: null, phase: "decision", eventMs: 1, tool: "db", operation: null, request, inputs: null, outputs: null, provenance: {}, resource: null, credentials: [], environment: null, outcome: null,
    decision: null, reasoning: null, source: { dialect: "gate-decide", signal: "gate", traceId: null, spanId: null, parentSpanId: null },
  };
  const registry = new Registry();
  return touchedBy({ call: { request, resource: null, injected: null }, observed: observe(action, 1, registry) }, registry);
}

describe.each(installs)("the guard on PostgreSQL $version", (binaries) => {
  let server: PostgresServer;
  let config: string;
  let settings: GuardSettings;
  const kept = ownDirectory();
  const lines: string[] = [];
  const write = (...line: unknown[]): void => void lines.push(JSON.stringify(line));
  const guard = (over: Partial<GuardSettings> = {}) =>
    createGuard({ settings: { ...settings, ...over }, finders: [], metrics: createMetrics(), logger: { info: write, warn: write, error: write } as unknown as Logger, clock: () => Date.now() });
  const cli = async (...args: string[]): Promise<unknown> => {
    const { stdout } = await run(process.execPath, [MAIN, "--config", config, "--json", ...args], { env: { ...process.env, GUARD_PASSWORD: PASSWORD } });
    return JSON.parse(stdout);
  };
  const refused = (...args: string[]): Promise<string> => cli(...args).then((answer) => `answered ${JSON.stringify(answer)}`, (error: { stderr: string }) => error.stderr);

  async function contents(database: string): Promise<unknown> {
    const client = new Client({ host: server.host, port: server.port, database, user: server.superuser, password: server.password });
    await client.connect();
    try {
      return (await client.query("SELECT count(*)::int AS rows, md5(string_agg(o::text, '|' ORDER BY id)) AS sum FROM orders o")).rows;
    } finally {
      await client.end();
    }
  }

  beforeAll(async () => {
    await prepareClassifiers();
    server = await startPostgres(binaries);
    await server.query(`CREATE ROLE guard LOGIN CREATEDB PASSWORD '${PASSWORD}'; GRANT pg_read_all_data TO guard`);
    await server.query("CREATE DATABASE shop");
    const client = new Client({ host: server.host, port: server.port, database: "shop", user: server.superuser, password: server.password });
    await client.connect();
    await client.query("CREATE TABLE orders (id int PRIMARY KEY, note text); INSERT INTO orders SELECT n, md5(n::text) FROM generate_series(1, 1000) n");
    await client.end();
    const place = { database: "shop", host: server.host, port: server.port, user: "guard", tls: "off" } as const;
    const pgDump = join(binaries.bin, "pg_dump");
    settings = { directory: join(kept.path, "dumps"), pgDump, timeoutMs: 60_000, maxBytes: 1e9, before: ["sql.*"], databases: [{ ...place, password: PASSWORD, tlsCaFile: null, environment: null, resources: [] }] };
    config = join(kept.path, "tripline.yaml");
    writeFileSync(config, JSON.stringify({ gate: { guard: { directory: settings.directory, pgDump, postgres: [{ ...place, passwordEnv: "GUARD_PASSWORD" }] } } }));
  }, 60_000);
  afterAll(async () => {
    await server.stop();
    kept.remove();
  });

  it("tells that there is no backup yet, takes one before the call, tells of it, and brings the database back from it", async () => {
    const touched = dropping("DROP DATABASE shop");
    expect(await guard().backupStateOf(touched)).toMatchObject({ kind: "none", takenFirst: true, targets: [{ target: { kind: "database", id: "shop" } }] });
    expect(await cli("backups")).toEqual([]);
    const before = await contents("shop");
    const taken = await guard().beforeExecution(touched, false, AbortSignal.timeout(60_000));
    if (taken.kind !== "taken") throw new Error(JSON.stringify(taken));
    const [id = ""] = taken.backupIds;
    await server.query("DROP DATABASE shop");
    expect(await guard().backupStateOf(touched)).toMatchObject({ kind: "exists", targets: [{ restorable: "listed" }] });
    expect(await cli("backups", "--test", id)).toMatchObject({ id, tested: true, tables: 1, rows: 1000 });
    expect(await guard().backupStateOf(touched)).toMatchObject({ kind: "exists", targets: [{ restorable: "tested" }] });
    expect(await cli("restore", "--list")).toMatchObject([{ id, database: "shop", rows: 1000, state: "tested" }]);
    expect(await refused("restore", id)).toContain("TL_BACKUP_NOT_RESTORED");
    expect(await cli("restore", id, "--no-owners")).toMatchObject({ kind: "restored", database: "shop", tables: 1, rows: 1000 });
    expect(await contents("shop")).toEqual(before);
    expect(await refused("restore", id)).toContain("a database of this name exists");
    expect(await cli("restore", id, "--into", "shop_copy", "--no-owners")).toMatchObject({ kind: "restored", database: "shop_copy" });
    expect(await contents("shop_copy")).toEqual(before);
  }, 60_000);

  it("keeps calls apart that come at once: each gets a dump of its own, whole", async () => {
    const one = guard();
    const outcomes = await Promise.all([1, 2, 3].map(() => one.beforeExecution(dropping("DROP TABLE orders"), false, AbortSignal.timeout(60_000))));
    const ids = outcomes.flatMap((outcome) => (outcome.kind === "taken" ? outcome.backupIds : []));
    expect(new Set(ids).size).toBe(3);
    for (const id of ids) expect(await cli("backups", "--test", id)).toMatchObject({ tested: true });
  }, 60_000);

  it("does not let the call run where the dump cannot be taken, cannot be taken in time, or its directory is open to others", async () => {
    const touched = dropping("DROP TABLE orders");
    const signal = AbortSignal.timeout(30_000);
    const files = readdirSync(settings.directory).length;
    expect(await guard({ maxBytes: 10 }).beforeExecution(touched, false, signal)).toMatchObject({ kind: "failed" });
    expect(await guard({ timeoutMs: 1 }).beforeExecution(touched, false, signal)).toMatchObject({ kind: "failed" });
    expect(await guard({ databases: settings.databases.map((one) => ({ ...one, password: "wrong" })) }).beforeExecution(touched, false, signal)).toMatchObject({ kind: "failed" });
    chmodSync(settings.directory, 0o770);
    expect(await guard().beforeExecution(touched, false, signal)).toMatchObject({ kind: "failed", reason: expect.stringContaining("chmod 700") });
    expect(await guard().backupStateOf(touched)).toMatchObject({ kind: "unknown", takenFirst: false });
    expect(await refused("backups")).toContain("TL_BACKUP_UNUSABLE");
    chmodSync(settings.directory, 0o700);
    expect(readdirSync(settings.directory)).toHaveLength(files);
  });

  it("names what is missing on the command line, and no secret", async () => {
    const said = [await refused("restore"), await refused("restore", "../../etc/passwd"), await refused("restore", "shop-20260101T000000000Z-00000000"), await refused("backups", "--test", "x")];
    expect(said[0]).toContain("TL_INPUT_INVALID");
    for (const one of said.slice(1)) expect(one).toContain("TL_BACKUP_UNKNOWN");
    expect([...said, ...lines].join()).not.toContain(PASSWORD);
  });
});

if (installs.length === 0) it.skip("SKIPPED: the guard's restore needs a PostgreSQL server with pg_dump", () => undefined);
