import { randomBytes } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { monitorEventLoopDelay } from "node:perf_hooks";
import { DatabaseSync } from "node:sqlite";
import { LIMITS } from "@tripline/model";
import { createMetrics, type Metrics } from "@tripline/runtime";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { bytes, Collector, textOf } from "../battery-collector.ts";
import { describeEventLog } from "../battery.ts";
import { type EmbeddedLog, openEmbeddedLog } from "./embedded-log.ts";
import type { EmbeddedOptions } from "./options.ts";

const FLIPS = Number(process.env["TRIPLINE_BIT_FLIPS"] ?? 24);

let dir: string;
let metrics: Metrics;
let nowMs: number;
const open = (options: Partial<EmbeddedOptions> = {}): Promise<EmbeddedLog> =>
  openEmbeddedLog({ kind: "embedded", dir, ...options }, { metrics, clock: () => nowMs });
const record = (text: string, key = "acme/a"): { key: string; value: Uint8Array } => ({ key, value: bytes(text) });
const code = (error: unknown): unknown => (error instanceof Error && "code" in error ? error.code : error);

function fresh(): void {
  dir = mkdtempSync(join(tmpdir(), "tripline-log-"));
  metrics = createMetrics();
  nowMs = 1_700_000_000_000;
}

describeEventLog("embedded", async () => {
  fresh();
  return { open, dispose: async () => rmSync(dir, { recursive: true }) };
});

describeEventLog("embedded, readers served from the disk", async () => {
  fresh();
  return { open: () => open({ tailBytes: 0 }), dispose: async () => rmSync(dir, { recursive: true }) };
});

describe("embedded log", () => {
  let log: EmbeddedLog;
  beforeEach(async () => {
    fresh();
    log = await open();
  });
  afterEach(async () => {
    await log.close();
    rmSync(dir, { recursive: true });
  });
  const readAll = async (count: number): Promise<Collector> => {
    const collector = new Collector();
    const subscription = await log.read("actions", { from: "start" }, collector.take);
    await Promise.race([collector.until(count), subscription.done]);
    await subscription.close();
    await subscription.done;
    return collector;
  };
  const reopen = async (options: Partial<EmbeddedOptions> = {}): Promise<void> => {
    await log.close();
    log = await open(options);
  };

  it("refuses a second log on the same directory, and frees it when closed", async () => {
    await expect(open()).rejects.toMatchObject({ code: "TL_LOG_LOCKED" });
    await expect(open()).rejects.toThrow(dir);
    await reopen();
  });

  it("says which directory it cannot use, and why", async () => {
    writeFileSync(join(dir, "a-file"), "");
    const options = { kind: "embedded", dir: join(dir, "a-file", "log") } as const;
    const opening = openEmbeddedLog(options, { metrics, clock: () => nowMs });
    await expect(opening).rejects.toMatchObject({ code: "TL_LOG_DIRECTORY", detail: `Directory: ${options.dir} (ENOTDIR).` });
  });

  it("hands what is acknowledged to readers at the end before the loop turns, without the disk", async () => {
    const collector = new Collector();
    await log.read("actions", { from: "end" }, collector.take);
    for (let n = 1; n <= 50; n++) {
      await log.append("actions", [record(String(n), `acme/${n % 9}`)]);
      await new Promise((resolve) => setImmediate(resolve));
      expect(collector.all.length).toBe(n);
    }
    expect(await metrics.render()).toContain("tripline_event_log_disk_reads_total 0");
  });

  it("keeps its files from other users", async () => {
    await log.append("actions", [record("x")]);
    for (const file of ["log.sqlite", "log.sqlite-wal", "lock.sqlite"]) expect(statSync(join(dir, file)).mode & 0o077).toBe(0);
  });

  it("refuses another number of partitions than the log was created with, and a newer log", async () => {
    await log.close();
    await expect(open({ partitions: 12 })).rejects.toMatchObject({ code: "TL_LOG_PARTITIONS" });
    const db = new DatabaseSync(join(dir, "log.sqlite"));
    db.exec("PRAGMA user_version=99");
    db.close();
    await expect(open()).rejects.toMatchObject({ code: "TL_LOG_VERSION" });
    const again = new DatabaseSync(join(dir, "log.sqlite"));
    again.exec("PRAGMA user_version=1");
    again.close();
    log = await open();
  });

  it("refuses appends at the queue's bound at once, takes them below it, and counts the refusals", async () => {
    await reopen({ queueBytes: 10_000 });
    // Ten bytes of frame, six of key.
    const exact = { key: "acme/a", value: new Uint8Array(10_000 - 16) };
    const taken = log.append("actions", [exact]);
    await expect(log.append("actions", [record("")])).rejects.toMatchObject({ code: "TL_LOG_FULL" });
    await expect(taken).resolves.toHaveLength(1);
    await expect(log.append("actions", [exact])).resolves.toHaveLength(1);
    await expect(log.append("actions", [{ ...exact, value: new Uint8Array(10_001 - 16) }])).rejects.toMatchObject({ code: "TL_LOG_FULL" });
    expect(await metrics.render()).toContain('tripline_event_log_refused_appends_total{reason="TL_LOG_FULL"} 2');
  });

  it("goes on with a log of an earlier release, whose pages are smaller, within the same bound", async () => {
    await log.append("actions", [record("earlier")]);
    await log.close();
    const old = new DatabaseSync(join(dir, "log.sqlite"));
    old.exec("PRAGMA journal_mode=DELETE; PRAGMA page_size=4096; VACUUM; PRAGMA journal_mode=WAL");
    old.close();
    log = await open({ maxBytes: 1_048_576 });
    await log.append("actions", [record("now")]);
    expect((await readAll(2)).all.map(textOf)).toEqual(["earlier", "now"]);
    for (let refused = false; !refused; ) refused = await log.append("actions", [{ key: "acme/a", value: randomBytes(60_000) }]).then(() => false, () => true);
    await log.close();
    expect(statSync(join(dir, "log.sqlite")).size).toBeLessThanOrEqual(1_048_576);
    log = await open();
  });

  it("refuses appends when the disk is full, keeps what it acknowledged, and goes on once there is room", async () => {
    await reopen({ maxBytes: 2 * 1_048_576 });
    let acked = 0;
    let refused: unknown = null;
    while (refused === null && acked < 1_000) {
      refused = await log.append("actions", [{ key: "acme/a", value: randomBytes(60_000) }]).then(() => null, code);
      if (refused === null) acked++;
    }
    expect(refused).toBe("TL_LOG_FULL");
    expect(acked).toBeGreaterThan(10);
    await expect(log.append("actions", [{ key: "acme/a", value: randomBytes(60_000) }])).rejects.toMatchObject({ code: "TL_LOG_FULL" });
    expect((await readAll(acked)).all.length).toBe(acked);
    await reopen();
    const [next] = await log.append("actions", [record("room again")]);
    expect(next?.offset).toBe(acked);
  });

  it("rejects appends and ends readers when its writer thread dies, and hangs nobody", async () => {
    const subscription = await log.read("actions", { from: "start" }, async () => undefined);
    const appends = Array.from({ length: 200 }, (_, i) => log.append("actions", [record(String(i))]).then(() => "durable", code));
    await Promise.all([appends[0], log.killWriter()]);
    for (const outcome of await Promise.all(appends)) expect(["durable", "TL_LOG_CLOSED"]).toContain(outcome);
    await expect(log.append("actions", [record("late")])).rejects.toMatchObject({ code: "TL_LOG_CLOSED" });
    await expect(subscription.done).rejects.toMatchObject({ code: "TL_LOG_CLOSED" });
    await reopen();
    const acked = (await Promise.all(appends)).filter((outcome) => outcome === "durable").length;
    expect((await log.ends("actions")).get(log.partitionOf("acme/a"))?.high).toBeGreaterThanOrEqual(acked);
  });

  it("reports a damaged record, wherever the bit flipped, and delivers nothing after it", async () => {
    for (const text of ["first", "second", "third"]) await log.append("actions", [record(text)]);
    await log.close();
    for (const column of ["payload = CAST(replace(payload, 's', 't') AS BLOB)", "timestamp_ms = timestamp_ms + 1", "next_offset = next_offset + 7", "crc = crc + 1"]) {
      const db = new DatabaseSync(join(dir, "log.sqlite"), { readBigInts: true });
      const rows = db.prepare("SELECT * FROM rows ORDER BY key").all();
      const second = rows[1] ?? {};
      db.prepare(`UPDATE rows SET ${column} WHERE key = ?`).run(second["key"] ?? null);
      db.close();
      log = await open();
      const handled: string[] = [];
      const subscription = await log.read("actions", { from: "start" }, async (records) => {
        handled.push(...records.map(textOf));
      });
      await expect(subscription.done).rejects.toMatchObject({ code: "TL_LOG_CORRUPT" });
      expect(handled).not.toContain("third");
      await log.close();
      const repair = new DatabaseSync(join(dir, "log.sqlite"), { readBigInts: true });
      repair.prepare("INSERT OR REPLACE INTO rows VALUES (?, ?, ?, ?, ?)").run(...Object.values(second));
      repair.close();
    }
    expect(await metrics.render()).toContain("tripline_event_log_corrupt_reads_total 4");
    log = await open();
    expect((await readAll(3)).all.map(textOf)).toEqual(["first", "second", "third"]);
  });

  it("reports a row that is missing in the middle", async () => {
    for (const text of ["first", "second", "third"]) await log.append("actions", [record(text)]);
    await log.close();
    const db = new DatabaseSync(join(dir, "log.sqlite"));
    db.exec("DELETE FROM rows WHERE key = (SELECT max(key) FROM rows WHERE key < (SELECT max(key) FROM rows))");
    db.close();
    log = await open();
    await expect(readAll(3)).rejects.toMatchObject({ code: "TL_LOG_CORRUPT" });
  });

  it("reports rows missing at the end or the beginning, where no gap would show, before anyone reads or appends", async () => {
    for (const text of ["first", "second", "third"]) await log.append("actions", [record(text)]);
    await log.close();
    for (const lost of ["max", "min"]) {
      const db = new DatabaseSync(join(dir, "log.sqlite"), { readBigInts: true });
      const row = db.prepare(`DELETE FROM rows WHERE key = (SELECT ${lost}(key) FROM rows) RETURNING *`).get() ?? {};
      await expect(open()).rejects.toMatchObject({ code: "TL_LOG_CORRUPT" });
      db.prepare("INSERT INTO rows VALUES (?, ?, ?, ?, ?)").run(...Object.values(row));
      db.close();
    }
    log = await open();
    expect((await readAll(3)).all.length).toBe(3);
  });

  it("gives the same records or an error, never others, whichever bit of its file flips", async () => {
    const keys = Array.from({ length: 12 }, (_, i) => `acme/agent-${i}`);
    for (let i = 0; i < 30; i++) await log.append("actions", keys.map((key) => record(`${i} ${"x".repeat((i * 331) % 6_000)}`, key)));
    await log.close();
    const whole = readFileSync(join(dir, "log.sqlite"));
    const outcomes = { same: 0, told: 0 };
    const read = async (): Promise<string[]> => {
      log = await open();
      const collector = new Collector();
      const subscription = await log.read("actions", { from: "start" }, collector.take);
      const total = [...(await log.ends("actions")).values()].reduce((sum, { low, high }) => sum + high - low, 0);
      const outcome = await Promise.race([collector.until(total), subscription.done]).then(() => null, (error: unknown) => error);
      await log.close();
      if (outcome !== null) throw outcome;
      return collector.all.map((one) => `${one.partition}/${one.offset}/${one.timestampMs}/${one.key}/${textOf(one)}`).toSorted((a, b) => (a < b ? -1 : 1));
    };
    const expected = await read();
    for (let flip = 0; flip < FLIPS; flip++) {
      const damaged = Buffer.from(whole);
      const bit = Math.floor((flip + 0.5) * ((whole.length * 8) / FLIPS)) + ((flip * 7) % 8);
      damaged[bit >> 3] = (damaged[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      writeFileSync(join(dir, "log.sqlite"), damaged);
      const found = await read().catch((error: unknown) => error);
      if (found instanceof Error) {
        // In the file's header a flip may also forbid writing it (closed), or look like another release's.
        expect(["TL_LOG_CORRUPT", "TL_LOG_PARTITIONS", "TL_LOG_VERSION", "TL_LOG_CLOSED"]).toContain(code(found));
        outcomes.told++;
      } else {
        expect(found).toEqual(expected);
        outcomes.same++;
      }
    }
    expect(outcomes.told).toBeGreaterThan(FLIPS / 4);
    writeFileSync(join(dir, "log.sqlite"), whole);
    log = await open();
  }, 20_000 + FLIPS * 1_000);

  it("forgets records older than their topic's retention, keeps the next offset, and tells a late reader's gap", async () => {
    await reopen({ maintenanceMs: 20 });
    for (let i = 0; i < 5; i++) await log.append("actions", [record(`old ${i}`)]);
    nowMs += 31 * 86_400_000;
    await log.append("actions", [record("new")]);
    const partition = log.partitionOf("acme/a");
    await expect.poll(async () => (await log.ends("actions")).get(partition)).toEqual({ low: 5, high: 6 });
    const collector = new Collector(new Map([[partition, 5]]));
    const subscription = await log.read("actions", { from: new Map([[partition, 2]]), partitions: [partition] }, collector.take);
    await collector.until(1);
    await subscription.close();
    expect(await metrics.render()).toContain('tripline_event_log_skipped_records_total{topic="actions"} 3');
    await reopen();
    expect((await log.ends("actions")).get(partition)).toEqual({ low: 5, high: 6 });
  });

  it("keeps the last record of each key of a compacted topic", async () => {
    await reopen({ maintenanceMs: 20 });
    const keys = Array.from({ length: 40 }, (_, i) => `acme/agent-${i}`);
    // Long enough for rows to be compressed.
    const long = "-".repeat(3_000);
    for (let round = 0; round < 4; round++) {
      await log.append("breakers", keys.flatMap((key) => [record(`${long}${round}a`, key), record(`${long}${round}b`, key)]));
    }
    const survivors = async (): Promise<string[]> => {
      const read: string[] = [];
      // Not the collector: compaction leaves holes in the offsets. Each partition's newest record stays, so with these all has been read.
      const newest = new Set([...(await log.ends("breakers"))].filter(([, { low, high }]) => low < high).map(([partition, { high }]) => `${partition}:${high - 1}`));
      const subscription = await log.read("breakers", { from: "start" }, async (records) => {
        read.push(...records.map((one) => `${one.key}=${textOf(one)}`));
        for (const { partition, offset } of records) newest.delete(`${partition}:${offset}`);
      });
      await expect.poll(() => newest.size).toBe(0);
      await subscription.close();
      return read;
    };
    await expect.poll(async () => (await metrics.render()).includes('outcome="done"')).toBe(true);
    await reopen({ maintenanceMs: 20 });
    await expect.poll(async () => (await survivors()).length, { timeout: 10_000 }).toBeLessThanOrEqual(keys.length * 2);
    const left = await survivors();
    for (const key of keys) expect(left).toContain(`${key}=${long}3b`);
    expect(left.some((text) => text.endsWith("-0a") || text.endsWith("-2b"))).toBe(false);
  });

  it("writes the WAL back while appends go on, so that it does not grow for ever", async () => {
    const records = Array.from({ length: 16 }, (_, i) => ({ key: `acme/${i}`, value: randomBytes(LIMITS.recordBytes / 2) }));
    for (let i = 0; i < 60; i++) await log.append("actions", records);
    expect(statSync(join(dir, "log.sqlite")).size + statSync(join(dir, "log.sqlite-wal")).size).toBeGreaterThan(120 * 1_048_576);
    expect(statSync(join(dir, "log.sqlite-wal")).size).toBeLessThan(100 * 1_048_576);
  });

  it("does not hold up the main loop while it commits", async () => {
    const delay = monitorEventLoopDelay({ resolution: 1 });
    delay.enable();
    const value = new Uint8Array(400);
    for (let i = 0; i < 40; i++) {
      await Promise.all(Array.from({ length: 50 }, () => log.append("actions", Array.from({ length: 20 }, (_, j) => ({ key: `acme/${j}`, value })))));
    }
    delay.disable();
    // Nanoseconds. The median, since the machine's own pauses are in the tail.
    expect(delay.percentile(50)).toBeLessThan(20e6);
  });

  it("never lets a timestamp go back, not even over a restart with an earlier clock", async () => {
    const [before] = await log.append("actions", [record("x")]);
    nowMs -= 60_000;
    await reopen();
    const [after] = await log.append("actions", [record("y", "acme/other")]);
    expect(after?.timestampMs).toBe(before?.timestampMs);
  });

  it("splits what one commit holds into rows that a reader can take in one by one", async () => {
    const value = new Uint8Array(LIMITS.recordBytes / 4);
    await log.append("actions", Array.from({ length: 40 }, () => ({ key: "acme/a", value })));
    await reopen();
    const collector = await readAll(40);
    expect(collector.largestBatch.bytes).toBeLessThan(2 * LIMITS.recordBytes);
  });
});
