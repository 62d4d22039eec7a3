import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DirectWriter } from "./direct-writer.ts";
import { migrate, openDatabase } from "./schema.ts";

const work = (id: string) => ({ kind: "revocation" as const, id, group: "trip", payload: `{"id":"${id}"}`, nextAttemptMs: 1 });

let dir: string;
let path: string;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), "tripline-direct-"));
  path = join(dir, "state.sqlite");
  const db = openDatabase(path);
  migrate(db);
  db.close();
});
afterEach(() => rm(dir, { recursive: true }));

it("writes what another connection then reads, and writes the same item once", () => {
  const writer = new DirectWriter(path);
  expect(writer.recordWork([work("r1")])).toMatchObject({ kind: "recorded", items: [{ id: "r1", revision: 1 }] });
  expect(writer.recordWork([{ ...work("r1"), payload: "{}" }])).toMatchObject({ kind: "recorded", items: [{ id: "r1", payload: '{"id":"r1"}' }] });
  writer.close();
  const db = openDatabase(path);
  expect(db.prepare("SELECT id FROM work").all()).toHaveLength(1);
  db.close();
});

it("waits for no other writer", () => {
  const writer = new DirectWriter(path);
  const other = openDatabase(path);
  other.exec("BEGIN IMMEDIATE");
  expect(writer.recordWork([work("r1")])).toEqual({ kind: "not-now" });
  other.exec("ROLLBACK");
  expect(writer.recordWork([work("r1")])).toMatchObject({ kind: "recorded" });
  other.close();
  writer.close();
});

it("blocks for a bounded share of the time only", async () => {
  const writer = new DirectWriter(path);
  let recorded = 0;
  while (writer.recordWork([work(`r${recorded}`)]).kind === "recorded") recorded += 1;
  expect(recorded).toBeGreaterThan(0);
  // A slow disk's one long commit is paid off twenty times as long.
  await vi.waitFor(() => expect(writer.recordWork([work("later")]).kind).toBe("recorded"), { timeout: 20_000, interval: 50 });
  writer.close();
});
