/** What is moved by those who take no OTLP, as a file: batches as agents sent them, an agent each. */
import { readFileSync, writeFileSync } from "node:fs";
import { deserialize, serialize } from "node:v8";
import type { EventLog } from "@tripline/event-log";
import { readTopic } from "../../faults/kafka/read-topic.ts";
import { SPANS_PER_BODY } from "./traffic.ts";

export interface CorpusBatch {
  readonly key: string;
  readonly values: readonly Uint8Array[];
}

export interface CorpusSize {
  readonly records: number;
  /** Mean of a record's value. */
  readonly bytesPerRecord: number;
}

/** What the collector wrote. A request's records lie together in its agent's partition: appended at once, they are stored at once. */
export async function writeCorpus(eventLog: EventLog, file: string): Promise<CorpusSize> {
  const open = new Map<string, Uint8Array[]>();
  const batches: CorpusBatch[] = [];
  let bytes = 0;
  await readTopic(eventLog, "actions", ({ value, bytes: stored }) => {
    const key = `${value.tenant}/${value.agent.id}`;
    const values = open.get(key) ?? [];
    open.set(key, values);
    bytes += stored.byteLength;
    values.push(Uint8Array.from(stored));
    if (values.length < SPANS_PER_BODY) return;
    batches.push({ key, values });
    open.delete(key);
  });
  if (open.size > 0 || batches.length === 0) throw new Error("the collector stored something else than whole requests");
  writeBatches(file, batches);
  const records = batches.length * SPANS_PER_BODY;
  return { records, bytesPerRecord: bytes / records };
}

export function writeBatches(file: string, batches: readonly CorpusBatch[]): void {
  writeFileSync(file, serialize(batches));
}

export const readCorpus = (file: string): readonly CorpusBatch[] => deserialize(readFileSync(file)) as readonly CorpusBatch[];
