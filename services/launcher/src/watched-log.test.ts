import type { Appended, EventLog } from "@tripline/event-log";
import { openMemoryLog } from "@tripline/event-log";
import { TriplineError } from "@tripline/model";
import { createLogger, createMetrics } from "@tripline/runtime";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { type WatchedLog, watchLog } from "./watched-log.ts";

const RECORD = [{ key: "acme/a", value: new Uint8Array([1]) }];

describe("a watched log", () => {
  let nowMs: number;
  let inner: EventLog;
  let said: string[];
  let watched: WatchedLog;
  /** What the log does with the next appends and questions; null for what it does by itself. */
  let append: (() => Promise<Appended[]>) | null;
  let ends: (() => Promise<never>) | null;
  /** What the log says that it cannot read. */
  let unread: string | null;

  beforeEach(async () => {
    nowMs = 0;
    said = [];
    append = null;
    ends = null;
    unread = null;
    inner = await openMemoryLog({}, { metrics: createMetrics(), clock: () => nowMs });
    const moody: EventLog = {
      ...inner,
      partitions: inner.partitions,
      append: (topic, records) => append?.() ?? inner.append(topic, records),
      ends: (topic) => ends?.() ?? inner.ends(topic),
      trouble: () => unread,
    };
    const logger = createLogger({ level: "silent", name: "test" });
    vi.spyOn(logger, "error").mockImplementation((...line: unknown[]) => void said.push(JSON.stringify(line)));
    vi.spyOn(logger, "warn").mockImplementation((...line: unknown[]) => void said.push(JSON.stringify(line)));
    watched = watchLog(moody, logger, () => nowMs);
  });
  afterEach(() => inner.close());

  const refuse = (code: "TL_LOG_UNAVAILABLE" | "TL_LOG_RECORD_SIZE"): void => {
    append = () => Promise.reject(new TriplineError(code));
  };

  it("is ready while it takes and gives records, and nothing is said", async () => {
    await watched.log.append("actions", RECORD);
    await watched.look();
    expect(watched.module.health()).toEqual({ ready: true, detail: "takes and gives records" });
    expect(said).toEqual([]);
  });

  it("is not ready once it refuses what it should take, says so once, and once that it goes on", async () => {
    refuse("TL_LOG_UNAVAILABLE");
    for (let n = 0; n < 3; n++) {
      await expect(watched.log.append("actions", RECORD)).rejects.toMatchObject({ code: "TL_LOG_UNAVAILABLE" });
      await watched.look();
    }
    expect(watched.module.health()).toEqual({ ready: false, detail: "appends are refused: TL_LOG_UNAVAILABLE" });
    nowMs = 7_000;
    append = null;
    await watched.log.append("actions", RECORD);
    await watched.look();
    expect(watched.module.health().ready).toBe(true);
    expect(said).toEqual([expect.stringContaining("in trouble"), expect.stringMatching(/"afterMs":7000.*again/)]);
  });

  it("stays ready in trouble where a collector answers for it, and says the trouble", async () => {
    const ofCollector = watchLog(watched.log, createLogger({ level: "silent", name: "test" }), () => nowMs, { staysReady: true });
    refuse("TL_LOG_UNAVAILABLE");
    await expect(ofCollector.log.append("actions", RECORD)).rejects.toThrow();
    expect(ofCollector.module.health()).toEqual({ ready: true, detail: "appends are refused: TL_LOG_UNAVAILABLE" });
  });

  it("is not ready while the log says that it may not read, and is again when it may", async () => {
    unread = "the brokers refuse reading actions (TOPIC_AUTHORIZATION_FAILED)";
    await watched.look();
    expect(watched.module.health()).toEqual({ ready: false, detail: unread });
    unread = null;
    await watched.look();
    expect(watched.module.health().ready).toBe(true);
    expect(said).toHaveLength(2);
  });

  it("does not stay unready for a refusal after which nothing was appended", async () => {
    refuse("TL_LOG_UNAVAILABLE");
    await expect(watched.log.append("actions", RECORD)).rejects.toThrow();
    nowMs = 15_001;
    expect(watched.module.health().ready).toBe(true);
  });

  it("is not ready while an append waits for longer than it should", async () => {
    const held = Promise.withResolvers<Appended[]>();
    append = () => held.promise;
    const waiting = watched.log.append("actions", RECORD);
    nowMs = 5_000;
    expect(watched.module.health().ready).toBe(true);
    nowMs = 6_000;
    expect(watched.module.health()).toEqual({ ready: false, detail: "an append has waited for 6 s" });
    held.resolve([]);
    await waiting;
    expect(watched.module.health().ready).toBe(true);
  });

  it("is not ready when it cannot be asked, or does not answer", async () => {
    ends = () => Promise.reject(new TriplineError("TL_LOG_UNAVAILABLE"));
    await watched.look();
    expect(watched.module.health().detail).toBe("its partitions cannot be asked for: TL_LOG_UNAVAILABLE");
    const held = Promise.withResolvers<never>();
    ends = () => held.promise;
    nowMs = 10_000;
    const looking = watched.look();
    nowMs = 15_001;
    expect(watched.module.health().detail).toBe("it does not say how far its partitions go");
    held.reject(new TriplineError("TL_LOG_CLOSED"));
    await looking;
    ends = null;
    unread = null;
    nowMs = 30_000;
    await watched.look();
    expect(watched.module.health().ready).toBe(true);
  });

  it("leaves refusals that are the record's own to whoever appended it", async () => {
    refuse("TL_LOG_RECORD_SIZE");
    await expect(watched.log.append("actions", RECORD)).rejects.toThrow();
    expect(watched.module.health().ready).toBe(true);
  });
});
