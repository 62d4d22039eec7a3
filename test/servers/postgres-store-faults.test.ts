/** The PostgreSQL store while its server dies, is away, and comes back. */
import { createMetrics } from "@tripline/runtime";
import { openStore, type PostgresStoreOptions, type Store } from "@tripline/store";
import { bytes, work } from "@tripline/store/battery";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type PostgresServer, requirePostgres, startPostgres } from "./postgres.ts";

// Versions are what the battery runs on; how this store bears a server that dies does not depend on them.
const installs = requirePostgres("the PostgreSQL store under faults").slice(0, 1);
const PASSWORD_ENV = "TRIPLINE_TEST_FAULTS_PASSWORD";
const STATES = 200;

describe.each(installs)("the PostgreSQL store on $version", (binaries) => {
  let server: PostgresServer;
  beforeAll(async () => {
    server = await startPostgres(binaries);
    process.env[PASSWORD_ENV] = server.password;
  });
  afterAll(() => server.stop());

  const open = (options: Partial<PostgresStoreOptions> = {}, metrics = createMetrics()): Promise<Store> =>
    openStore(
      { kind: "postgres", host: server.host, port: server.port, database: server.database, user: server.superuser, passwordEnv: PASSWORD_ENV, ...options },
      { metrics },
    );

  /** Commits checkpoint after checkpoint, each writing its own number everywhere, until told to stop or refused. Answers the last acknowledged. */
  async function commitFrom(store: Store, partition: number, epoch: number, first: number, going: () => boolean): Promise<number> {
    let acked = first - 1;
    for (let n = first; going(); n += 1) {
      const states = Array.from({ length: STATES }, (_, i) => ({ key: `p${partition}/${i}`, value: bytes(`${n}`.padStart(300, "0")) }));
      const result = await store.commitCheckpoint("g", partition, epoch, { offsets: new Map([["actions", n], ["breakers", n]]), states });
      if (result === "fenced") throw new Error("fenced by nobody");
      acked = n;
    }
    return acked;
  }

  /** The number that a partition's checkpoint has everywhere, looked at in one statement; fails if it is torn. −1 before the first. */
  async function wholeNumber(partition: number): Promise<number> {
    const [found] = await server.query(`SELECT min(n)::int AS least, max(n)::int AS most, count(*)::int AS rows FROM (
      SELECT next_offset AS n FROM tripline.checkpoints WHERE grp = 'g' AND partition = ${partition} UNION ALL
      SELECT convert_from(value, 'UTF8')::bigint FROM tripline.states WHERE grp = 'g' AND convert_from(key, 'UTF8') LIKE 'p${partition}/%') AS everywhere`);
    if (found?.["rows"] === 0) return -1;
    expect(found).toEqual({ least: found?.["most"], most: expect.any(Number), rows: STATES + 2 });
    return Number(found?.["most"]);
  }

  it("has each checkpoint whole or not at all after kill -9 of the server, goes on by itself, and loses nothing acknowledged", async () => {
    const metrics = createMetrics();
    const store = await open({ maxConnections: 4 }, metrics);
    const partitions = [0, 1, 2, 3];
    const epochs = await Promise.all(partitions.map((partition) => store.claim("g", partition)));
    let next = partitions.map(() => 0);
    for (let round = 0; round < 4; round += 1) {
      let going = true;
      const committing = partitions.map((partition) => commitFrom(store, partition, epochs[partition] ?? 0, next[partition] ?? 0, () => going));
      const recording = Array.from({ length: 10 }, (_, i) => sleep(i * 17).then(() => store.recordWork([work(`${round}-${i}`)])));
      await sleep(60 + ((round * 37) % 90));
      await server.crash();
      await server.restart();
      // What the crash left, or what the store has committed anew meanwhile: whole, whenever one looks.
      for (const partition of partitions) expect(await wholeNumber(partition)).toBeGreaterThanOrEqual(-1);
      await sleep(50);
      going = false;
      const acked = await Promise.all(committing);
      for (const partition of partitions) expect(await wholeNumber(partition)).toBe(acked[partition]);
      expect((await Promise.all(recording)).flat()).toHaveLength(10);
      expect(new Set((await store.workOfGroup("revocation", "trip-1")).map(({ id }) => id)).size).toBe((round + 1) * 10);
      next = acked.map((n) => n + 1);
    }
    expect(Math.min(...next)).toBeGreaterThan(4);
    expect(await metrics.render()).toMatch(/tripline_store_retries_total\{reason="away"\} [1-9]/u);
    await store.close();
  }, 120_000);

  it("has what was acknowledged just before kill -9, whoever reads it afterwards", async () => {
    for (let round = 0; round < 3; round += 1) {
      const store = await open({ retryMs: 1_500 });
      const epoch = await store.claim("last", 0);
      let acked = 0;
      const committing = (async () => {
        for (let n = 1; ; n += 1) {
          await store.commitCheckpoint("last", 0, epoch, { offsets: new Map([["actions", n]]), states: [{ key: "n", value: bytes(String(n)) }] });
          acked = n;
        }
      })().catch((error: unknown) => error);
      await sleep(40 + round * 25);
      await server.crash();
      expect(await committing).toMatchObject({ code: expect.stringMatching(/^TL_STORE_(FAILED|UNKNOWN)$/u) });
      await server.restart();
      const after = await open();
      const there = Number(Buffer.from((await after.loadStates("last", ["n"])).get("n") ?? []).toString());
      expect(there - acked).toBeGreaterThanOrEqual(0);
      // At most the one whose COMMIT was in flight.
      expect(there - acked).toBeLessThanOrEqual(1);
      expect((await after.loadCheckpoint("last", 0))?.offsets.get("actions")).toBe(there);
      await Promise.all([store.close(), after.close()]);
    }
  }, 60_000);

  it("waits for a server that is away at the start, within its bound, and says clearly when it does not come", async () => {
    await server.halt();
    const startedMs = performance.now();
    await expect(open({ retryMs: 500 })).rejects.toMatchObject({ code: "TL_STORE_FAILED", detail: expect.stringMatching(/^PostgreSQL cannot be used: ECONNREFUSED, tried for \d+ ms\.$/u) });
    expect(performance.now() - startedMs).toBeLessThan(2_000);
    const opening = open({ retryMs: 20_000 });
    await sleep(300);
    await server.restart();
    const store = await opening;
    expect(await store.claim("started", 0)).toBe(1);
    await store.close();
  }, 60_000);

  it("finds the server again after an orderly restart, with every idle connection broken", async () => {
    const store = await open({ maxConnections: 4 });
    await Promise.all(Array.from({ length: 8 }, (_, i) => store.claim("restart", i)));
    await server.halt();
    await server.restart();
    expect(await Promise.all(Array.from({ length: 8 }, (_, i) => store.claim("restart", i)))).toEqual(Array.from({ length: 8 }, () => 2));
    await store.close();
  }, 60_000);

  it("waits where the server has no connection left", async () => {
    const held = await Promise.all(Array.from({ length: 70 }, () => server.connect().catch(() => null)));
    const opening = open({ retryMs: 20_000 });
    await sleep(300);
    for (const client of held) await client?.end();
    const store = await opening;
    expect(await store.claim("crowded", 0)).toBe(1);
    await store.close();
  }, 60_000);

  it("shows no password and no address in any error, and tries a refused password once only", async () => {
    const secret = "hunter2-of-the-store";
    const urls = [`postgres://postgres:${secret}@127.0.0.1:${server.port}/postgres`, `postgres://nobody:${secret}@127.0.0.1:9/postgres`, `postgres://postgres:${secret}@127.0.0.1:${server.port}/missing`];
    for (const url of urls) {
      const error: unknown = await openStore({ kind: "postgres", url, retryMs: 200 }, { metrics: createMetrics() }).catch((reason: unknown) => reason);
      expect(error).toMatchObject({ code: "TL_STORE_FAILED" });
      const shown = JSON.stringify([String(error), error, error instanceof Error ? [error.stack, error.cause] : null]);
      expect(shown).not.toMatch(/hunter2|postgres:\/\/|nobody@/u);
    }
    const startedMs = performance.now();
    await expect(openStore({ kind: "postgres", url: urls[0] ?? "" }, { metrics: createMetrics() })).rejects.toMatchObject({ detail: "PostgreSQL refused: 28P01 (the password is refused)." });
    expect(performance.now() - startedMs).toBeLessThan(3_000);
    await expect(open({ passwordEnv: "TRIPLINE_TEST_NOT_SET" })).rejects.toMatchObject({ code: "TL_CONFIG_SECRET_MISSING" });
  });

  it("closes within a bound while the server is away", async () => {
    const store = await open({ retryMs: 1_500 });
    await store.claim("close", 0);
    await server.halt();
    const claiming = store.claim("close", 0).catch((error: unknown) => error);
    const startedMs = performance.now();
    await store.close();
    expect(performance.now() - startedMs).toBeLessThan(5_000);
    expect(await claiming).toMatchObject({ code: "TL_STORE_FAILED" });
    await server.restart();
  }, 60_000);
});
