/** The guard's dumps on a real PostgreSQL: what is dropped comes back row for row, and nothing that is not whole passes for a backup. */
import { chmodSync, cpSync, mkdirSync, readdirSync, readFileSync, statSync, symlinkSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type BackupDirectory, dumpDatabase, findDumps, findPostgresTools, type GuardedDatabase, openBackupDirectory, type PostgresTools, restoreBackup, testBackup } from "@tripline/credentials";
import { Client } from "pg";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ownDirectory } from "./own-directory.ts";
import { requirePostgresWithDump, startPostgres, type PostgresServer } from "./postgres.ts";

const PASSWORD = "guards-own-password-4711";
const ROWS = 5_000;
const signal = () => AbortSignal.timeout(60_000);
const installs = requirePostgresWithDump("the guard's dumps");

describe.each(installs)("the guard's dumps on $version", (binaries) => {
  let server: PostgresServer;
  let tools: PostgresTools;
  let directory: BackupDirectory;
  const kept = ownDirectory();

  const guarded = (over: Partial<GuardedDatabase> = {}): GuardedDatabase =>
    ({ database: "orders", host: server.host, port: server.port, user: "guard", password: PASSWORD, tls: "off", tlsCaFile: null, ...over });
  const deps = (over: { timeoutMs?: number; maxBytes?: number; directory?: BackupDirectory } = {}) => ({ directory, tools, clock: () => Date.now(), timeoutMs: 60_000, maxBytes: 1_000_000_000, ...over });
  const files = (): string[] => readdirSync(directory.path).toSorted();

  async function inDatabase(database: string, sql: string): Promise<Record<string, unknown>[]> {
    const client = new Client({ host: server.host, port: server.port, database, user: server.superuser, password: server.password });
    await client.connect();
    try {
      return (await client.query<Record<string, unknown>>(sql)).rows;
    } finally {
      await client.end();
    }
  }

  const CONTENTS = `SELECT (SELECT count(*)::int FROM shop.orders) AS orders, (SELECT md5(string_agg(o::text, '|' ORDER BY id)) FROM shop.orders o) AS sum,
    (SELECT count(*)::int FROM "odd ""name""") AS odd, (SELECT last_value::int FROM shop.orders_id_seq) AS next`;

  async function taken(over: Partial<GuardedDatabase> = {}): Promise<string> {
    const outcome = await dumpDatabase(deps(), guarded(over), signal());
    if (outcome.kind !== "taken") throw new Error(outcome.reason);
    return outcome.manifest.id;
  }

  beforeAll(async () => {
    server = await startPostgres(binaries);
    const found = await findPostgresTools(join(binaries.bin, "pg_dump"));
    const opened = await openBackupDirectory(join(kept.path, "dumps"));
    if (found.kind !== "found" || opened.kind !== "ready") throw new Error(JSON.stringify([found, opened]));
    ({ tools } = found);
    ({ directory } = opened);
    await server.query(`CREATE ROLE guard LOGIN CREATEDB PASSWORD '${PASSWORD}'; GRANT pg_read_all_data TO guard; CREATE ROLE owner; GRANT owner TO guard`);
    await server.query("CREATE DATABASE orders OWNER owner");
    await inDatabase("orders", `SET ROLE owner; CREATE SCHEMA shop;
      CREATE TABLE shop.orders (id serial PRIMARY KEY, note text, total numeric, at timestamptz, raw bytea, tags jsonb);
      INSERT INTO shop.orders (note, total, at, raw, tags) SELECT 'note ' || n, n / 7.0, timestamptz '2026-01-01' + n * interval '1 min', decode(md5(n::text), 'hex'), jsonb_build_object('n', n) FROM generate_series(1, ${ROWS}) n;
      CREATE TABLE "odd ""name""" (x int) PARTITION BY RANGE (x); CREATE TABLE odd_low PARTITION OF "odd ""name""" FOR VALUES FROM (0) TO (50);
      INSERT INTO "odd ""name""" SELECT n FROM generate_series(0, 49) n; CREATE TABLE no_rows (a int)`);
  }, 60_000);
  afterAll(async () => {
    await server.stop();
    kept.remove();
  });

  it("hold a database that is dropped, and bring it back row for row, by a role that is no superuser", async () => {
    const before = await inDatabase("orders", CONTENTS);
    expect(before).toMatchObject([{ orders: ROWS, odd: 50 }]);
    const id = await taken();
    await server.query("DROP DATABASE orders");
    await expect(inDatabase("orders", CONTENTS)).rejects.toMatchObject({ code: "3D000" });
    const outcome = await restoreBackup(deps(), guarded(), id, { into: null, owners: true }, signal());
    expect(outcome).toEqual({ kind: "restored", database: "orders", tables: 3, rows: ROWS + 50, warnings: [] });
    expect(await inDatabase("orders", CONTENTS)).toEqual(before);
    expect(await server.query("SELECT pg_get_userbyid(datdba) AS owner FROM pg_database WHERE datname = 'orders'")).toEqual([{ owner: "owner" }]);
  });

  it("are listed as outside the agent's reach, and as tested only once one was restored into a scratch database and counted", async () => {
    const id = await taken();
    const list = () => findDumps(directory, guarded());
    expect(await list()).toMatchObject({ kind: "found", backups: [{ id, outsideReach: true, restorable: "listed" }, {}] });
    expect(await testBackup(deps(), guarded(), id, signal())).toMatchObject({ kind: "restored", rows: ROWS + 50 });
    expect(await list()).toMatchObject({ backups: [{ id, restorable: "tested" }, { restorable: "listed" }] });
    expect(await server.query("SELECT datname FROM pg_database WHERE datname LIKE 'tripline_scratch%'")).toEqual([]);
    expect(await findDumps(directory, guarded({ database: "invoices" }))).toEqual({ kind: "none" });
    expect(await findDumps(directory, guarded({ port: 1 }))).toEqual({ kind: "none" });
  });

  it("count in the very snapshot that is dumped, while others write", async () => {
    const writing = new AbortController();
    const client = new Client({ host: server.host, port: server.port, database: "orders", user: server.superuser, password: server.password });
    await client.connect();
    const written = (async () => {
      while (!writing.signal.aborted) await client.query("INSERT INTO shop.orders (note) VALUES ('meanwhile'); UPDATE shop.orders SET note = note || '.' WHERE id = 1");
    })();
    const ids = [await taken(), await taken()];
    writing.abort();
    await written;
    await client.end();
    for (const id of ids) expect(await testBackup(deps(), guarded(), id, signal())).toMatchObject({ kind: "restored" });
  });

  it("are never restored over a database that exists", async () => {
    const id = await taken();
    expect(await restoreBackup(deps(), guarded(), id, { into: null, owners: true }, signal())).toEqual({ kind: "failed", reason: "a database of this name exists" });
    expect(await inDatabase("orders", CONTENTS)).toMatchObject([{ odd: 50 }]);
  });

  it("are refused when a byte of one was changed or is missing, before anything is made on the server", async () => {
    const id = await taken();
    const path = join(directory.path, `${id}.dump`);
    const bytes = readFileSync(path);
    bytes[Math.floor(bytes.byteLength / 2)]! ^= 1;
    writeFileSync(path, bytes);
    const restore = () => restoreBackup(deps(), guarded(), id, { into: "copy", owners: false }, signal());
    expect(await restore()).toEqual({ kind: "failed", reason: "its dump was changed since it was written: the digest differs" });
    truncateSync(path, bytes.byteLength - 1);
    expect(await restore()).toEqual({ kind: "failed", reason: "its dump has fewer bytes than were written" });
    expect(await findDumps(directory, guarded())).not.toMatchObject({ backups: expect.arrayContaining([expect.objectContaining({ id })]) });
    expect(await server.query("SELECT 1 FROM pg_database WHERE datname = 'copy'")).toEqual([]);
  });

  it("differ from what the manifest says when rows are missing, and say where", async () => {
    const id = await taken();
    const path = join(directory.path, `${id}.json`);
    const manifest = JSON.parse(readFileSync(path, "utf8")) as { tables: { name: string; rows: number; checksum: string }[] };
    writeFileSync(path, JSON.stringify({ ...manifest, tables: manifest.tables.map((table) => (table.name === "shop.orders" ? { ...table, rows: table.rows + 1 } : { ...table, checksum: "1" })) }));
    expect(await testBackup(deps(), guarded(), id, signal())).toMatchObject({ kind: "differs", differences: expect.arrayContaining([expect.stringMatching(/^shop\.orders: \d+ rows instead of \d+$/u), "public.odd_low: other contents in 50 rows"]) });
    expect((await directory.find(id))?.tested).toBeNull();
  });

  it("leave no half of a database, and none of a dump, where something fails or takes too long", async () => {
    const before = files();
    expect(await dumpDatabase(deps({ maxBytes: 1_000 }), guarded(), signal())).toEqual({ kind: "failed", reason: "the dump is larger than 1000 bytes" });
    expect(await dumpDatabase(deps({ timeoutMs: 1 }), guarded(), signal())).toEqual({ kind: "failed", reason: "it took too long, or was cancelled" });
    expect(await dumpDatabase(deps(), guarded(), AbortSignal.abort())).toMatchObject({ kind: "failed" });
    expect(await dumpDatabase(deps(), guarded({ database: "nowhere" }), signal())).toEqual({ kind: "failed", reason: "the database does not exist" });
    expect(await dumpDatabase(deps(), guarded({ database: "host=elsewhere" }), signal())).toMatchObject({ kind: "failed" });
    expect(await dumpDatabase({ ...deps(), tools: { ...tools, major: binaries.version - 1 } }, guarded(), signal())).toMatchObject({ kind: "failed", reason: expect.stringContaining("as new as the server") });
    expect(await dumpDatabase({ ...deps(), tools: { ...tools, pgDump: "/bin/false" } }, guarded(), signal())).toEqual({ kind: "failed", reason: "the program ended with code 1" });
    expect(files()).toEqual(before);
    const id = await taken();
    expect(await restoreBackup({ ...deps(), tools: { ...tools, pgRestore: "/bin/false" } }, guarded(), id, { into: "half", owners: false }, signal())).toMatchObject({ kind: "failed" });
    expect(await server.query("SELECT 1 FROM pg_database WHERE datname = 'half'")).toEqual([]);
  });

  it("fail where the guard's role may not read a table, rather than leave it out", async () => {
    await server.query(`CREATE ROLE half_blind LOGIN PASSWORD '${PASSWORD}'`);
    expect(await dumpDatabase(deps(), guarded({ user: "half_blind" }), signal())).toEqual({ kind: "failed", reason: "the guard's role may not do that" });
    await inDatabase("orders", "ALTER TABLE public.no_rows ENABLE ROW LEVEL SECURITY; ALTER TABLE public.no_rows FORCE ROW LEVEL SECURITY");
    expect(await dumpDatabase(deps(), guarded(), signal())).toMatchObject({ kind: "failed" });
    await inDatabase("orders", "ALTER TABLE public.no_rows NO FORCE ROW LEVEL SECURITY; ALTER TABLE public.no_rows DISABLE ROW LEVEL SECURITY");
  });

  it("never put the password on a command line, into an answer or a file", async () => {
    // A stand-in for pg_dump that writes down how it was called.
    const bin = join(kept.path, "bin");
    mkdirSync(bin);
    const seen = join(kept.path, "seen");
    writeFileSync(join(bin, "pg_dump"), `#!/bin/sh\nprintf '%s\\n' "$@" > ${seen}.arguments\nenv > ${seen}.environment\nexec ${tools.pgDump} "$@"\n`, { mode: 0o755 });
    process.env["TRIPLINE_TEST_SECRET"] = "another-secret-of-the-process";
    const outcome = await dumpDatabase({ ...deps(), tools: { ...tools, pgDump: join(bin, "pg_dump") } }, guarded(), signal());
    delete process.env["TRIPLINE_TEST_SECRET"];
    expect(outcome.kind).toBe("taken");
    expect(readFileSync(`${seen}.arguments`, "utf8")).toContain("--format=custom");
    expect(readFileSync(`${seen}.arguments`, "utf8")).not.toContain(PASSWORD);
    expect(readFileSync(`${seen}.environment`, "utf8")).toContain(`PGPASSWORD=${PASSWORD}`);
    expect(readFileSync(`${seen}.environment`, "utf8")).not.toContain("another-secret-of-the-process");
    const wrong = await dumpDatabase(deps(), guarded({ password: "wrong-password-0815" }), signal());
    expect(wrong).toEqual({ kind: "failed", reason: "the guard's password was refused" });
    const said = [JSON.stringify([outcome, wrong]), ...files().map((name) => readFileSync(join(directory.path, name)).toString("latin1"))].join();
    for (const password of [PASSWORD, "wrong-password-0815", server.password]) expect(said).not.toContain(password);
  });

  it("run no code of a table's owner as the guard while they are taken", async () => {
    await server.query("CREATE DATABASE hostile");
    await inDatabase("hostile", `CREATE TABLE seen (who text); CREATE TABLE lure (id int); INSERT INTO lure VALUES (1);
      CREATE FUNCTION caught() RETURNS text LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'ran as %', current_user; END $$;
      CREATE FUNCTION caught(lure) RETURNS text LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'ran as %', current_user; END $$;
      CREATE CAST (lure AS text) WITH FUNCTION caught(lure) AS IMPLICIT; CREATE VIEW trap AS SELECT caught() AS who`);
    await expect(inDatabase("hostile", "SELECT l::text FROM lure l")).rejects.toThrow("ran as");
    const outcome = await dumpDatabase(deps(), guarded({ database: "hostile" }), signal());
    expect(outcome).toMatchObject({ kind: "taken", manifest: { tables: [{ name: "public.lure", rows: 1 }, { name: "public.seen", rows: 0 }] } });
  });

  it("can be read by their owner alone", async () => {
    await taken();
    expect(statSync(directory.path).mode & 0o777).toBe(0o700);
    for (const name of files()) expect([name, statSync(join(directory.path, name)).mode & 0o777]).toEqual([name, 0o600]);
  });
});

if (installs.length === 0) it.skip("SKIPPED: the guard's dumps need a PostgreSQL server with pg_dump", () => undefined);

describe("the guard's directory", () => {
  const kept = ownDirectory();
  const at = (name: string): string => join(kept.path, name);
  const opening = (path: string) => openBackupDirectory(path);
  afterAll(() => kept.remove());

  it("is made where it is missing, for its owner alone", async () => {
    expect(await opening(at("new"))).toMatchObject({ kind: "ready" });
    expect(statSync(at("new")).mode & 0o777).toBe(0o700);
    expect(await opening(at("new"))).toMatchObject({ kind: "ready" });
  });

  it.each([0o755, 0o750, 0o777, 0o701, 0o1777])("is refused with mode %o: others could enter", async (mode) => {
    mkdirSync(at(`mode-${mode}`));
    chmodSync(at(`mode-${mode}`), mode);
    expect(await opening(at(`mode-${mode}`))).toMatchObject({ kind: "refused" });
  });

  it("is refused below one in which others may write, however deep, sticky or not", async () => {
    mkdirSync(at("open/inner/own"), { recursive: true, mode: 0o700 });
    chmodSync(at("open"), 0o777);
    expect(await opening(at("open/inner/own"))).toMatchObject({ kind: "refused", reason: expect.stringContaining("others may write") });
    chmodSync(at("open"), 0o1777);
    expect(await opening(at("open/inner/own"))).toMatchObject({ kind: "refused" });
    chmodSync(at("open"), 0o770);
    expect(await opening(at("open/inner/own"))).toMatchObject({ kind: "refused" });
    chmodSync(at("open"), 0o700);
    expect(await opening(at("open/inner/own"))).toMatchObject({ kind: "ready" });
  });

  it("is refused behind a symbolic link, as a file, at a relative path and below nothing", async () => {
    mkdirSync(at("real"), { mode: 0o700 });
    symlinkSync(at("real"), at("link"));
    writeFileSync(at("file"), "", { mode: 0o600 });
    for (const path of [at("link"), at("file"), "dumps", at("none/at/all")]) expect(await opening(path)).toMatchObject({ kind: "refused" });
  });

  it.runIf(process.getuid?.() === 0)("is refused where it belongs to somebody else", async () => {
    mkdirSync(at("theirs"), { mode: 0o700 });
    const { chownSync } = await import("node:fs");
    chownSync(at("theirs"), 65_534, 65_534);
    expect(await opening(at("theirs"))).toMatchObject({ kind: "refused", reason: "it belongs to another user" });
    mkdirSync(join(at("theirs"), "own"), { mode: 0o700 });
    expect(await opening(join(at("theirs"), "own"))).toMatchObject({ kind: "refused" });
  });

  it("finds nothing under an id that is a path, and no manifest that is none or another's", async () => {
    const opened = await opening(at("reading"));
    if (opened.kind !== "ready") throw new Error(opened.reason);
    const id = "orders-20260101T000000000Z-0000000a";
    for (const text of ["", "{", "null", "{}", `{"v":1,"id":"${id}"}`, "[".repeat(100_000)]) {
      writeFileSync(join(at("reading"), `${id}.json`), text);
      expect(await opened.directory.find(id)).toBeNull();
    }
    for (const path of ["../real", `../reading/${id}`, `${id}/..`, "", "."]) expect(await opened.directory.find(path)).toBeNull();
    cpSync("/etc/passwd", join(at("reading"), "passwd.json"));
    expect(await opened.directory.list(() => true, 10)).toEqual([]);
  });
});

describe("finding pg_dump", () => {
  it("says clearly where the configured one is none, and uses no other in its place", async () => {
    for (const path of ["/nowhere/pg_dump", "pg_dump", "/bin/true", "/etc/passwd"]) expect(await findPostgresTools(path)).toMatchObject({ kind: "missing", reason: expect.stringContaining("configured pg_dump") });
  });
});
