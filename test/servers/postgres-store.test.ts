/** The PostgreSQL store: the battery and the model of every store, and what only a server can show, on each installed version. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createMetrics } from "@tripline/runtime";
import { openStore, type PostgresStoreOptions, type Store } from "@tripline/store";
import { bytes, describeStore, matchesModel, work } from "@tripline/store/battery";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { makeCertificates } from "./certificates.ts";
import { type PostgresServer, requirePostgres, startPostgres } from "./postgres.ts";
import { startTcpProxy } from "./tcp-proxy.ts";

const installs = requirePostgres("the PostgreSQL store");
const PASSWORD_ENV = "TRIPLINE_TEST_STORE_PASSWORD";
const at = (offset: number) => new Map([["actions", offset]] as const);

describe.each(installs)("on PostgreSQL $version", (binaries) => {
  let server: PostgresServer;
  let schemas = 0;
  beforeAll(async () => {
    server = await startPostgres(binaries);
    process.env[PASSWORD_ENV] = server.password;
  });
  afterAll(() => server.stop());

  const open = (schema: string, options: Partial<PostgresStoreOptions> = {}, metrics = createMetrics()): Promise<Store> =>
    openStore(
      { kind: "postgres", host: server.host, port: server.port, database: server.database, user: server.superuser, passwordEnv: PASSWORD_ENV, schema, ...options },
      { metrics },
    );
  const fresh = () => {
    const schema = `store_${++schemas}`;
    return Promise.resolve({ schema, open: () => open(schema), dispose: async () => void (await server.query(`DROP SCHEMA ${schema} CASCADE`)) });
  };

  /** Makes writes to a table, or their COMMIT, last for a moment in which a test can step in. */
  const slow = (schema: string, when: string): Promise<unknown> =>
    server.query(`CREATE FUNCTION ${schema}.slow() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM pg_sleep(0.4); RETURN NEW; END $$;
      CREATE ${when.startsWith("AFTER") ? "CONSTRAINT" : ""} TRIGGER slow ${when.replace(" ON ", ` ON ${schema}.`)} EXECUTE FUNCTION ${schema}.slow()`);
  const untilActive = (query: string) =>
    expect.poll(() => server.query(`SELECT 1 FROM pg_stat_activity WHERE application_name = 'tripline' AND state = 'active' AND query LIKE '${query}'`)).not.toEqual([]);

  describeStore("postgres", fresh);

  it("does what a few maps would do, whatever waits together and whenever it restarts", () => matchesModel(fresh, 25), 60_000);

  it("is migrated once by instances that start together, and refuses a newer release's tables untouched", async () => {
    const { schema } = await fresh();
    const stores = await Promise.all(Array.from({ length: 6 }, () => open(schema, { maxConnections: 2 })));
    const epochs = await Promise.all(stores.map((store) => store.claim("g", 0)));
    expect(new Set(epochs)).toEqual(new Set([1, 2, 3, 4, 5, 6]));
    await Promise.all(stores.map((store) => store.close()));
    await server.query(`UPDATE ${schema}.store_version SET version = 99`);
    await expect(open(schema)).rejects.toMatchObject({ code: "TL_STORE_VERSION", detail: expect.stringMatching(/^It has version 99, this release reads \d+\.$/u) });
    expect(await server.query(`SELECT version FROM ${schema}.store_version`)).toEqual([{ version: 99 }]);
  });

  it("needs no more than the rights on a schema that exists, and says plainly what is refused", async () => {
    await server.query(`CREATE ROLE narrow LOGIN PASSWORD 'narrows-password'; CREATE SCHEMA narrow AUTHORIZATION narrow`);
    process.env["NARROW_PASSWORD"] = "narrows-password";
    const narrow = { user: "narrow", passwordEnv: "NARROW_PASSWORD" };
    const store = await open("narrow", narrow);
    expect(await store.claim("g", 0)).toBe(1);
    await store.close();
    await expect(open("elsewhere", narrow)).rejects.toMatchObject({ code: "TL_STORE_FAILED", detail: "PostgreSQL refused: 42501 (the role lacks a right on the database or the schema)." });
  });

  it("refuses a database whose encoding loses characters", async () => {
    await server.query("CREATE DATABASE bytes ENCODING 'SQL_ASCII' TEMPLATE template0");
    await expect(open("s", { database: "bytes" })).rejects.toMatchObject({ code: "TL_STORE_FAILED", detail: "The database's encoding must be UTF8." });
  });

  it("commits durably though server and role are set not to", async () => {
    const { schema } = await fresh();
    await server.query(`CREATE FUNCTION public.note_commit_setting() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
      NEW.payload = current_setting('synchronous_commit'); RETURN NEW; END $$`);
    const store = await open(schema);
    expect(await server.query("SELECT current_setting('synchronous_commit') AS here")).toEqual([{ here: "off" }]);
    await server.query(`CREATE TRIGGER note BEFORE INSERT ON ${schema}.work FOR EACH ROW EXECUTE FUNCTION public.note_commit_setting()`);
    expect((await store.recordWork([work("r1")]))[0]?.payload).toBe("on");
    await store.close();
    await server.query(`DROP FUNCTION public.note_commit_setting CASCADE`);
  });

  it("takes any key that telemetry can bring", async () => {
    const { schema } = await fresh();
    const store = await open(schema);
    const epoch = await store.claim("g", 0);
    const keys = ["nul\0nul", "\\x41", "'; DROP TABLE states; --", "{a,b}", "NULL", ""];
    expect(await store.commitCheckpoint("g", 0, epoch, { offsets: at(1), states: keys.map((key) => ({ key, value: bytes(key) })) })).toBe("committed");
    expect(await store.loadStates("g", keys)).toEqual(new Map(keys.map((key) => [key, bytes(key)])));
    expect((await store.scanStates("g", null, 10)).length).toBe(keys.length);
    await store.close();
  });

  it("fails alone for content that PostgreSQL cannot hold", async () => {
    const { schema } = await fresh();
    const store = await open(schema);
    const outcomes = await Promise.allSettled([store.recordWork([work("r1")]), store.recordWork([work("r2"), work("r\0")]), store.recordWork([work("r3")])]);
    expect(outcomes.map(({ status }) => status)).toEqual(["fulfilled", "rejected", "fulfilled"]);
    expect((await store.openWork("revocation", 10)).map(({ id }) => id)).toEqual(["r1", "r3"]);
    await store.close();
  });

  describe("two owners of a partition", () => {
    it("never both write: the older is fenced, also while the newer's claim is in the middle of its commit", async () => {
      const { schema } = await fresh();
      const [older, newer] = await Promise.all([open(schema), open(schema)]);
      for (let round = 0; round < 40; round += 1) {
        const mine = await older.claim("g", 0);
        const states = Array.from({ length: 50 }, (_, i) => ({ key: `k${i}`, value: bytes(`older ${round}`) }));
        const committing = older.commitCheckpoint("g", 0, mine, { offsets: at(2 * round), states });
        const claiming = newer.claim("g", 0);
        const [outcome, theirs] = await Promise.all([committing, claiming]);
        expect(theirs).toBe(mine + 1);
        // Whoever came first: what the newer owner loads right after its claim is final.
        const loaded = await newer.loadStates("g", ["k0", "k49"]);
        const seen = Buffer.from(loaded.get("k0") ?? []).toString();
        expect(seen === `older ${round}`).toBe(outcome === "committed");
        expect(loaded.get("k49")).toEqual(loaded.get("k0"));
        expect(await older.commitCheckpoint("g", 0, mine, { offsets: at(999), states })).toBe("fenced");
        expect((await newer.loadCheckpoint("g", 0))?.offsets.get("actions") ?? -1).toBeLessThan(999);
      }
      await Promise.all([older.close(), newer.close()]);
    });

    it("do not wait for long for one that stands still in the middle of its commit", async () => {
      const { schema } = await fresh();
      const proxy = await startTcpProxy(server);
      const [paused, newer] = await Promise.all([open(schema, { port: proxy.port }), open(schema)]);
      await slow(schema, "BEFORE INSERT ON states FOR EACH ROW");
      const mine = await paused.claim("g", 0);
      const committing = paused.commitCheckpoint("g", 0, mine, { offsets: at(1), states: [{ key: "a", value: bytes("paused") }] });
      await untilActive("%INTO%.states%");
      // From here on it hears nothing, as if it did not run; the server has its transaction, and in it the partition's row.
      proxy.swallowAnswers(true);
      const startedMs = performance.now();
      expect(await newer.claim("g", 0)).toBe(2);
      expect(performance.now() - startedMs).toBeGreaterThan(1_000);
      expect(performance.now() - startedMs).toBeLessThan(6_000);
      proxy.swallowAnswers(false);
      expect(await committing).toBe("fenced");
      expect(await newer.loadStates("g", ["a"])).toEqual(new Map());
      await Promise.all([paused.close(), newer.close()]);
      await proxy.close();
    });
  });

  it("records the same items from two instances in whatever order, without their waiting for each other in a circle", async () => {
    const { schema } = await fresh();
    const metrics = createMetrics();
    const stores = await Promise.all([open(schema, {}, metrics), open(schema, {}, metrics)]);
    for (let round = 0; round < 20; round += 1) {
      const items = Array.from({ length: 100 }, (_, i) => work(`${round}-${i}`));
      const told = await Promise.all(stores.map((store, i) => store.recordWork((i === 0 ? items : items.toReversed()).map((item) => ({ ...item, payload: String(i) })))));
      expect(told[0]).toEqual(told[1]?.toReversed());
    }
    expect(await metrics.render()).not.toMatch(/tripline_store_retries_total\{/u);
    await Promise.all(stores.map((store) => store.close()));
  });

  describe("bounds", () => {
    it("refuses at the queue's bound, waits for a connection below it, and goes on when there is one", async () => {
      const { schema } = await fresh();
      const store = await open(schema, { maxConnections: 2, queueBytes: 20 * 512 });
      await store.recordWork([work("held")]);
      const holder = await server.connect();
      await holder.query(`BEGIN; LOCK TABLE ${schema}.work`);
      const waiting = Array.from({ length: 20 }, (_, i) => store.claim("g", i));
      const stuck = Promise.allSettled(Array.from({ length: 2 }, (_, i) => store.putSealed(`n${i}`, null)));
      expect((await stuck).map((outcome) => outcome.status === "rejected" && outcome.reason)).toMatchObject([{ code: "TL_STORE_FULL" }, { code: "TL_STORE_FULL" }]);
      expect(await Promise.all(waiting)).toEqual(Array.from({ length: 20 }, () => 1));
      const locked = [store.recordWork([work("a")]), store.recordWork([work("b")])];
      const behind = store.claim("g", 0);
      await expect.poll(async () => (await server.query("SELECT count(*)::int AS n FROM pg_stat_activity WHERE application_name = 'tripline' AND wait_event_type = 'Lock'"))[0]?.["n"]).toBe(2);
      await holder.query("COMMIT");
      await holder.end();
      expect((await Promise.all(locked)).flat()).toHaveLength(2);
      expect(await behind).toBe(2);
      await store.close();
    });

    it("gives a statement up in time, and says so", async () => {
      const { schema } = await fresh();
      const store = await open(schema, { statementMs: 150, retryMs: 1_500 });
      const holder = await server.connect();
      await holder.query(`BEGIN; LOCK TABLE ${schema}.work`);
      const startedMs = performance.now();
      await expect(store.recordWork([work("r1")])).rejects.toMatchObject({ code: "TL_STORE_FAILED", detail: expect.stringMatching(/^PostgreSQL cannot be used: (57014|55P03), tried for \d+ ms\.$/u) });
      expect(performance.now() - startedMs).toBeLessThan(5_000);
      await holder.end();
      expect(await store.recordWork([work("r1")])).toHaveLength(1);
      await store.close();
    });
  });

  describe("a COMMIT that was done and not answered", () => {
    /** Runs the call, lets its COMMIT be done, and loses the answer; answers what is left to await. */
    async function losingTheAnswer<T>(schema: string, table: string, call: (store: Store) => Promise<T>, options: Partial<PostgresStoreOptions> = {}) {
      const proxy = await startTcpProxy(server);
      const store = await open(schema, { port: proxy.port, statementMs: 1_000, ...options });
      await slow(schema, `AFTER INSERT OR UPDATE ON ${table} DEFERRABLE INITIALLY DEFERRED FOR EACH ROW`);
      const calling = call(store).then((answer) => ({ answer }), (error: unknown) => ({ error }));
      await untilActive("COMMIT");
      proxy.swallowAnswers(true);
      await expect.poll(async () => (await server.query("SELECT 1 FROM pg_stat_activity WHERE application_name = 'tripline' AND state = 'active'")).length).toBe(0);
      await server.query(`DROP FUNCTION ${schema}.slow CASCADE`);
      return { proxy, calling, end: async () => (await store.close(), await proxy.close()) };
    }

    it("is read back: the update is told as ours, and a checkpoint as committed", async () => {
      const { schema } = await fresh();
      const plain = await open(schema);
      const [item] = await plain.recordWork([work("r1")]);
      const epoch = await plain.claim("g", 0);
      if (item === undefined) throw new Error("not recorded");
      const update = await losingTheAnswer(schema, "work", (store) => store.updateWork({ ...item, payload: "tried" }));
      expect(await plain.workOfGroup("revocation", item.group)).toMatchObject([{ payload: "tried", revision: 2 }]);
      update.proxy.swallowAnswers(false);
      expect(await update.calling).toEqual({ answer: { ...item, payload: "tried", revision: 2 } });
      await update.end();
      const commit = await losingTheAnswer(schema, "states", (store) => store.commitCheckpoint("g", 0, epoch, { offsets: at(7), states: [{ key: "a", value: bytes("x") }] }));
      commit.proxy.swallowAnswers(false);
      expect(await commit.calling).toEqual({ answer: "committed" });
      expect((await plain.loadCheckpoint("g", 0))?.offsets).toEqual(at(7));
      await Promise.all([commit.end(), plain.close()]);
    }, 60_000);

    it("is told as unknown when nobody can be asked, and the same again is safe", async () => {
      const { schema } = await fresh();
      const plain = await open(schema);
      const lost = await losingTheAnswer(schema, "work", (store) => store.recordWork([work("r1")]), { retryMs: 2_500 });
      expect(await lost.calling).toMatchObject({ error: { code: "TL_STORE_UNKNOWN", detail: expect.stringMatching(/^PostgreSQL cannot be used: no answer in time, tried for \d+ ms\.$/u) } });
      expect(await plain.recordWork([work("r1", { payload: "again" })])).toMatchObject([{ payload: work("r1").payload, revision: 1 }]);
      await lost.end();
      await plain.close();
    }, 60_000);
  });

  it("verifies certificate and name over TLS, also for an address", async () => {
    const certificates = makeCertificates("the PostgreSQL store over TLS");
    if (certificates === null) return;
    const secure = await startPostgres(binaries, { tls: certificates });
    const dir = mkdtempSync(join(tmpdir(), "tripline-tls-"));
    const tlsCaFile = join(dir, "ca.pem");
    writeFileSync(tlsCaFile, certificates.ca);
    process.env["SECURE_PASSWORD"] = secure.password;
    const to = { port: secure.port, passwordEnv: "SECURE_PASSWORD", tls: "verify-full", retryMs: 10_000 } as const;
    for (const host of ["localhost", "127.0.0.1"]) {
      const store = await open("secure", { ...to, host, tlsCaFile });
      expect(await secure.query("SELECT bool_and(ssl) AS ssl FROM pg_stat_ssl JOIN pg_stat_activity USING (pid) WHERE application_name = 'tripline'")).toEqual([{ ssl: true }]);
      await store.close();
    }
    const refused = (reason: string) => ({ code: "TL_STORE_FAILED", detail: `PostgreSQL refused: ${reason}.` });
    await expect(open("secure", { ...to, host: "localhost" })).rejects.toMatchObject(refused("UNABLE_TO_VERIFY_LEAF_SIGNATURE"));
    await expect(open("secure", { ...to, port: server.port, host: "localhost" })).rejects.toMatchObject(refused("it offers no TLS"));
    // The same server behind an address that its certificate does not name.
    const proxy = await startTcpProxy(secure, "127.0.0.2");
    await expect(open("secure", { ...to, host: "127.0.0.2", port: proxy.port, tlsCaFile })).rejects.toMatchObject(refused("ERR_TLS_CERT_ALTNAME_INVALID"));
    await proxy.close();
    rmSync(dir, { recursive: true });
    await secure.stop();
  });
});
