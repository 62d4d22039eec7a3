/** What the layout bears when all is quiet: actions a second that are acknowledged and judged, as fast as agents are answered. */
import { setTimeout as sleep } from "node:timers/promises";
import type { EventLog } from "@tripline/event-log";
import type { Store } from "@tripline/store";
import { type Acknowledged, countAcknowledged } from "../sender.ts";
import type { Load } from "./load.ts";

export interface Layout {
  readonly eventLog: EventLog;
  readonly store: Store;
}

const LOOK_MS = 250;
/** The detector writes where it is this often. */
const CHECKPOINT_MS = 2_000;
/** A detector that has not judged everything by then has failed. */
const JUDGED_MS = 120_000;

/** Resolves when the detector's checkpoints have come to the end of `actions`. Rejects when they do not. */
export async function untilJudged({ eventLog, store }: Layout, boundMs = JUDGED_MS): Promise<void> {
  const ends = await eventLog.ends("actions");
  const untilMs = performance.now() + boundMs;
  const behind = new Map([...ends].filter(([, { low, high }]) => high > low).map(([partition, { high }]) => [partition, high]));
  while (behind.size > 0) {
    for (const [partition, high] of behind) {
      const offset = (await store.loadCheckpoint("detector", partition))?.offsets.get("actions") ?? 0;
      if (offset >= high) behind.delete(partition);
    }
    if (behind.size > 0 && performance.now() > untilMs) throw new Error(`the detector does not come to the end of partitions ${[...behind.keys()].join(", ")}`);
    if (behind.size > 0) await sleep(LOOK_MS);
  }
}

/** Warms up for half the time, then measures. The load is left at rest, with everything judged. */
export async function measureCapacity(load: Load, acknowledged: Acknowledged, layout: Layout, measureMs: number): Promise<number> {
  load.rate = null;
  await sleep(measureMs / 2);
  load.rate = 0;
  await load.idle();
  await untilJudged(layout);
  const [before, startMs] = [countAcknowledged(acknowledged), performance.now()];
  load.rate = null;
  await sleep(measureMs);
  load.rate = 0;
  await load.idle();
  const sentMs = performance.now() - startMs;
  await untilJudged(layout);
  // Judged at the latest when the checkpoint says so, and at most one checkpoint earlier.
  const judgedMs = performance.now() - startMs - CHECKPOINT_MS;
  return ((countAcknowledged(acknowledged) - before) * 1_000) / Math.max(sentMs, judgedMs);
}
