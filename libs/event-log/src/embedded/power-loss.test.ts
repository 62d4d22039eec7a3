/**
 * Power loss, as far as it can be played: between checkpoints the WAL only grows, so what a lost tail leaves behind is a prefix of
 * it, perhaps with rubbish after. Every prefix not shorter than the WAL was at an acknowledgement must hold what was acknowledged.
 */
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createMetrics } from "@tripline/runtime";
import { expect, it } from "vitest";
import { Collector, textOf } from "../battery-collector.ts";
import { openEmbeddedLog } from "./embedded-log.ts";

const CUTS = Number(process.env["TRIPLINE_WAL_CUTS"] ?? 25);
const open = (dir: string): ReturnType<typeof openEmbeddedLog> =>
  openEmbeddedLog({ kind: "embedded", dir, partitions: 3 }, { metrics: createMetrics(), clock: () => 1_700_000_000_000 });

it(`keeps what was acknowledged whatever tail of the WAL is lost or scrambled, at ${CUTS} places`, async () => {
  const root = mkdtempSync(join(tmpdir(), "tripline-power-"));
  const dir = join(root, "whole");
  const wal = join(dir, "log.sqlite-wal");
  const log = await open(dir);
  const sizeAtAck: number[] = [statSync(wal).size];
  for (let n = 0; n < 150; n++) {
    const records = Array.from({ length: 1 + (n % 3) }, (_, i) => ({ key: `acme/${(n + i) % 5}`, value: new TextEncoder().encode(`${n}.${i}`.padEnd(50 + ((n * 97) % 2_000))) }));
    await log.append("actions", records);
    sizeAtAck.push(statSync(wal).size);
  }
  const bytes = readFileSync(wal);
  const whole = join(root, "database");
  copyFileSync(join(dir, "log.sqlite"), whole);
  await log.close();
  for (let cut = 0; cut < CUTS; cut++) {
    // From the first acknowledgement on, spread over the whole and never aligned to pages.
    const length = (sizeAtAck[0] ?? 0) + Math.floor(((bytes.length - (sizeAtAck[0] ?? 0)) * (cut * 7_919 % CUTS)) / CUTS) + (cut % 5);
    const acked = sizeAtAck.filter((size) => size <= length).length - 1;
    const torn = join(root, `cut-${cut}`);
    mkdirSync(torn);
    copyFileSync(whole, join(torn, "log.sqlite"));
    const rubbish = cut % 2 === 0 ? Buffer.alloc(0) : Buffer.alloc(6_000, cut);
    writeFileSync(join(torn, "log.sqlite-wal"), Buffer.concat([bytes.subarray(0, length), rubbish]));
    const found = await readEverything(torn);
    const numbers = new Set(found.map((text) => Number(text.split(".")[0])));
    // Whole appends, a prefix of them, at least what was acknowledged by then.
    expect(numbers.size).toBeGreaterThanOrEqual(acked);
    expect([...numbers].toSorted((a, b) => a - b)).toEqual(Array.from({ length: numbers.size }, (_, n) => n));
    expect(found.length).toBe([...numbers].reduce((sum, n) => sum + 1 + (n % 3), 0));
  }
  rmSync(root, { recursive: true });
}, 120_000);

async function readEverything(dir: string): Promise<string[]> {
  const log = await open(dir);
  const total = [...(await log.ends("actions")).values()].reduce((sum, { high }) => sum + high, 0);
  const collector = new Collector();
  const subscription = await log.read("actions", { from: "start" }, collector.take);
  await Promise.race([collector.until(total), subscription.done]);
  await log.close();
  return collector.all.map(textOf);
}
