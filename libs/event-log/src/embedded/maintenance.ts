/** Retention and compaction, one bounded step at a time, between commits. */
import { TOPICS, type Topic } from "@tripline/model";
import type { Bounds } from "./bounds.ts";
import type { Disk } from "./disk.ts";
import type { Instruments } from "./instruments.ts";

const DAY_MS = 86_400_000;
/** A partition is compacted again once it has grown by this share of its distinct keys, since each time reads all of it. */
const COMPACTION_GROWTH = 0.5;

export interface MaintenanceDeps {
  readonly disk: Disk;
  readonly bounds: Bounds;
  readonly partitions: number;
  readonly instruments: Instruments;
  readonly nowMs: () => number;
  readonly stopped: () => boolean;
  /** Next offset at which each compacted topic-partition is worth another compaction; kept from round to round. */
  readonly compactAgainAt: Map<string, number>;
}

/** One round over every topic-partition that has records. Steps that fail are counted and left to the next round. */
export async function maintain(deps: MaintenanceDeps): Promise<void> {
  for (const [topic, spec] of TOPICS) {
    for (let partition = 0; partition < deps.partitions; partition++) {
      const { low, high } = deps.bounds.get(topic, partition);
      if (low === high || deps.stopped()) continue;
      if (spec.retentionDays !== null) await step("retention", deps, () => trim(deps, topic, partition, spec.retentionDays ?? 0));
      if (spec.compacted) await step("compaction", deps, () => compact(deps, topic, partition));
    }
  }
}

async function trim(deps: MaintenanceDeps, topic: Topic, partition: number, days: number): Promise<void> {
  let more = true;
  while (more && !deps.stopped()) {
    const trimmed = await deps.disk.trim(topic, partition, deps.nowMs() - days * DAY_MS);
    deps.bounds.raiseLow(topic, partition, trimmed.low);
    more = trimmed.more;
  }
}

async function compact(deps: MaintenanceDeps, topic: Topic, partition: number): Promise<void> {
  const place = `${topic}/${partition}`;
  const { high } = deps.bounds.get(topic, partition);
  if (high < (deps.compactAgainAt.get(place) ?? 0)) return;
  let dropped = 1;
  while (dropped > 0 && !deps.stopped()) {
    const compacted = await deps.disk.compact(topic, partition);
    if (compacted.low !== null) deps.bounds.raiseLow(topic, partition, compacted.low);
    dropped = compacted.dropped;
    deps.compactAgainAt.set(place, high + Math.max(1, Math.ceil(compacted.keys * COMPACTION_GROWTH)));
  }
}

async function step(name: string, { instruments }: MaintenanceDeps, work: () => Promise<void>): Promise<void> {
  try {
    await work();
    instruments.maintained.add(1, { step: name, outcome: "done" });
  } catch {
    instruments.maintained.add(1, { step: name, outcome: "failed" });
  }
}
