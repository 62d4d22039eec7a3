/** What any backend refuses, so that a record which one accepts never fails in another. */
import { TOPICS, type Topic, TriplineError } from "@tripline/model";
import type { AppendRecord } from "./event-log.ts";
import { MAX_KEY_BYTES } from "./framing.ts";

/** @throws TL_LOG_RECORD_SIZE, TL_LOG_TOPIC */
export function checkRecords(topic: Topic, records: readonly AppendRecord[], limitBytes: number): void {
  if (!TOPICS.has(topic)) throw new TriplineError("TL_LOG_TOPIC", "See the table of topics.");
  for (const { key, value } of records) {
    if (value.byteLength > limitBytes) throw new TriplineError("TL_LOG_RECORD_SIZE", `A value may have ${limitBytes} bytes.`);
    // Cheap test first: UTF-8 takes at most three bytes per UTF-16 unit.
    if (key.length * 3 > MAX_KEY_BYTES && Buffer.byteLength(key) > MAX_KEY_BYTES) {
      throw new TriplineError("TL_LOG_RECORD_SIZE", `A key may have ${MAX_KEY_BYTES} bytes.`);
    }
  }
}
