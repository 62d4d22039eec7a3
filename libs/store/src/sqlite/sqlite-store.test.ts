import { spawn } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { createMetrics } from "@tripline/runtime";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { bytes, describeStore, work } from "../battery.ts";
import { createSealer } from "../sealing.ts";
import { openDatabase } from "./schema.ts";
import { openSqliteStore, type SqliteOptions, type SqliteStore } from "./sqlite-store.ts";

let dir: string;
const file = (): string => join(dir, "store.sqlite");
const open = (options: Partial<SqliteOptions> = {}): Promise<SqliteStore> =>
  openSqliteStore({ kind: "sqlite", path: file(), ...options }, { metrics: createMetrics() });
const fresh = (): void => {
  dir = mkdtempSync(join(tmpdir(), "tripline-store-"));
};

describeStore("sqlite", async () => {
  fresh();
  return { open: () => open(), dispose: async () => rmSync(dir, { recursive: true }) };
});

/** Every byte of every file of the store. */
const onDisk = (): Buffer => Buffer.concat(readdirSync(dir).map((name) => readFileSync(join(dir, name))));

describe("sqlite store", () => {
  let store: SqliteStore;
  beforeEach(async () => {
    fresh();
    store = await open();
  });
  afterEach(async () => {
    await store.close();
    rmSync(dir, { recursive: true });
  });

  it("keeps its files from other users, and syncs at each commit", async () => {
    await store.recordWork([work("r1")]);
    for (const name of readdirSync(dir)) expect(statSync(join(dir, name)).mode & 0o077).toBe(0);
    const db = openDatabase(join(dir, "other.sqlite"));
    expect(db.prepare("PRAGMA synchronous").get()?.["synchronous"]).toBe(2);
    expect(db.prepare("PRAGMA secure_delete").get()?.["secure_delete"]).toBe(1);
    db.close();
  });

  it("says which file it cannot use, and why", async () => {
    await store.recordWork([work("r1")]);
    const path = join(file(), "store.sqlite");
    await expect(open({ path })).rejects.toMatchObject({ code: "TL_STORE_FAILED", detail: `File: ${path} (EEXIST).` });
  });

  it("refuses a store of a newer release, untouched", async () => {
    await store.close();
    const db = new DatabaseSync(file());
    db.exec("PRAGMA user_version=99");
    db.close();
    await expect(open()).rejects.toMatchObject({ code: "TL_STORE_VERSION" });
    const again = new DatabaseSync(file());
    expect(again.prepare("PRAGMA user_version").get()?.["user_version"]).toBe(99);
    again.exec("PRAGMA user_version=1");
    again.close();
    store = await open();
  });

  it("leaves no byte of an erased secret in any of its files", async () => {
    const sealer = createSealer(new Uint8Array(32).fill(9));
    const name = (i: number): string => `credential-${i}`;
    const sealed = Array.from({ length: 300 }, (_, i) => sealer.seal(name(i), "s".repeat(20 + ((i * 53) % 900))));
    // Several waves, so that pages split, cells move and freed pages are used again between puts and erasures.
    for (const wave of [0, 1, 2]) {
      const ofWave = [...sealed.entries()].filter(([i]) => i % 3 === wave);
      await Promise.all(ofWave.map(([i, value]) => store.putSealed(name(i), value)));
      await Promise.all(ofWave.filter(([i]) => i % 2 === 0).map(([i]) => store.putSealed(name(i), null)));
    }
    const disk = onDisk();
    // 24 bytes of ciphertext and tag are unmistakable.
    const found = sealed.map((value) => disk.includes(value.subarray(1, 25)));
    expect(found.filter((there, i) => there && i % 2 === 0).length).toBe(0);
    expect(found.filter((there, i) => there && i % 2 === 1).length).toBe(150);
  });

  it("leaves no byte of a replaced secret once another is erased", async () => {
    const before = createSealer(new Uint8Array(32).fill(9)).seal("lease", "before");
    await store.putSealed("lease", before);
    await store.putSealed("lease", bytes("after"));
    await store.putSealed("lease", null);
    expect(onDisk().includes(before.subarray(1, 25))).toBe(false);
  });

  it("refuses at the queue's bound, and takes what is just below", async () => {
    await store.close();
    store = await open({ queueBytes: 10_000 });
    const payload = "x".repeat(10_000 - 512);
    const taken = store.putSealed("r1", new TextEncoder().encode(payload));
    await expect(store.recordWork([work("r2")])).rejects.toMatchObject({ code: "TL_STORE_FULL" });
    await expect(taken).resolves.toBeUndefined();
    await expect(store.recordWork([work("r3", { payload: `${payload}x` })])).rejects.toMatchObject({ code: "TL_STORE_FULL" });
    await expect(store.recordWork([work("r3", { payload })])).resolves.toHaveLength(1);
  });

  it("undoes an operation that fails, without its neighbours in the same commit", async () => {
    const bad = { ...work("bad"), payload: 7n as unknown as string };
    const outcomes = await Promise.allSettled([
      store.recordWork([work("r1")]),
      store.recordWork([work("half"), { ...bad, kind: null as unknown as "alert" }]),
      store.recordWork([work("r2")]),
    ]);
    expect(outcomes.map(({ status }) => status)).toEqual(["fulfilled", "rejected", "fulfilled"]);
    expect((await store.openWork("revocation", 10)).map(({ id }) => id)).toEqual(["r1", "r2"]);
  });

  it("lets two owners of one file fence each other", async () => {
    const other = await open();
    const mine = await store.claim("g", 0);
    const theirs = await other.claim("g", 0);
    expect(theirs).toBeGreaterThan(mine);
    expect(await store.commitCheckpoint("g", 0, mine, { offsets: new Map([["actions", 1]]), states: [] })).toBe("fenced");
    const both = await Promise.all(Array.from({ length: 40 }, (_, i) => (i % 2 === 0 ? store : other).recordWork([work(`r${i >> 1}`, { payload: String(i) })])));
    // Each id was offered by both; both were told the same.
    for (let i = 0; i < 40; i += 2) expect(both[i]).toEqual(both[i + 1]);
    await other.close();
  });

  it("writes the WAL back while commits go on, so that it does not grow for ever", async () => {
    const epoch = await store.claim("g", 0);
    const states = Array.from({ length: 4_000 }, (_, i) => ({ key: `k${i}`, value: new Uint8Array(1_024) }));
    for (let i = 0; i < 24; i++) await store.commitCheckpoint("g", 0, epoch, { offsets: new Map([["actions", i]]), states });
    expect(statSync(`${file()}-wal`).size).toBeLessThan(64 * 1_048_576);
    expect(statSync(file()).size).toBeGreaterThan(4 * 1_048_576);
  });
});

const CHILD = `
  import { writeSync } from "node:fs";
  const [lib, runtime, path, first] = process.argv.slice(1);
  const { openStore } = await import(lib);
  const { createMetrics } = await import(runtime);
  const store = await openStore({ kind: "sqlite", path }, { metrics: createMetrics() });
  const epoch = await store.claim("g", 0);
  writeSync(1, "ready\\n");
  for (let n = Number(first); ; n++) {
    const value = new TextEncoder().encode(String(n));
    await Promise.all([
      store.commitCheckpoint("g", 0, epoch, { offsets: new Map([["actions", n]]), states: [{ key: "a", value }, { key: "b", value }] }),
      store.recordWork([{ kind: "revocation", id: "r" + n, group: "g", payload: "{}", nextAttemptMs: n }]),
    ]);
    writeSync(1, n + "\\n");
  }
`;

/** Runs the child until it has been ready for a while, kills it, and answers the last number it acknowledged. */
async function runAndKill(path: string, first: number, afterMs: number): Promise<number> {
  const modules = [new URL("../index.ts", import.meta.url).href, import.meta.resolve("@tripline/runtime")];
  const child = spawn(process.execPath, ["--input-type=module", "-e", CHILD, ...modules, path, String(first)], { stdio: ["ignore", "pipe", "inherit"] });
  let output = "";
  const closed = new Promise<void>((resolve) => child.on("close", () => resolve()));
  await new Promise<void>((resolve) => {
    child.stdout.on("data", (chunk: Buffer) => {
      output += chunk.toString();
      resolve();
    });
    child.on("close", () => resolve());
  });
  await new Promise((resolve) => setTimeout(resolve, afterMs));
  child.kill("SIGKILL");
  await closed;
  return Math.max(first - 1, ...output.split("\n").slice(1, -1).map(Number));
}

it("has everything acknowledged after kill -9, whole transactions only", async () => {
  fresh();
  let last = 0;
  for (let round = 0; round < 8; round++) {
    const acked = await runAndKill(file(), last + 1, 10 + ((round * 31) % 100));
    const store = await open();
    const found = await store.loadStates("g", ["a", "b"]);
    const text = Buffer.from(found.get("a") ?? []).toString();
    expect(Number(text)).toBeGreaterThanOrEqual(acked);
    expect(found.get("b")).toEqual(found.get("a"));
    expect((await store.loadCheckpoint("g", 0))?.offsets.get("actions")).toBe(Number(text));
    const recorded = new Set((await store.workOfGroup("revocation", "g")).map(({ id }) => id));
    for (let n = 1; n <= acked; n++) expect(recorded).toContain(`r${n}`);
    last = Number(text);
    await store.close();
  }
  expect(last).toBeGreaterThan(50);
  rmSync(dir, { recursive: true });
}, 60_000);
