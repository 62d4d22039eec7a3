/**
 * What was fetched of one topic-partition and waits for its reader: kept as the brokers sent it, compressed, and unpacked batch by
 * batch when the handler is ready, so that a slow handler holds little memory.
 */
import { type Topic, TriplineError } from "@tripline/model";
import type { LogRecord } from "../event-log.ts";
import { BATCH_BYTES, BATCH_RECORDS } from "../record-run.ts";
import { type Decoded, decodeBatch, type RawBatch, splitBatches, type Unreadable } from "./batch-decoder.ts";
import { KAFKA_LIMITS } from "./options.ts";

export interface LaneEvents {
  /** Offsets that are missing where the topic is not compacted. */
  gap(topic: Topic, partition: number, from: number, to: number): void;
  /** A batch that nobody can read; the reader goes on behind it. */
  poison(topic: Topic, partition: number, batch: RawBatch, reason: Unreadable): void;
  damaged(topic: Topic): void;
}

interface Fetched extends RawBatch {
  /** The offset that was to come next. */
  readonly from: number;
  /** Not what was asked for, whatever it is. */
  readonly isDamaged: boolean;
}

const DAMAGED: Decoded = { kind: "unreadable", reason: "damaged" };
/** How often a batch that fails its checksum is fetched again, since it may have been damaged on the way. */
const DAMAGE_RETRIES = 3;

export class Lane {
  readonly topic: Topic;
  readonly partition: number;
  readonly #compacted: boolean;
  readonly #events: LaneEvents;
  /** First kept offset, as far as known. */
  low: number;
  /** The log's end when the reader started; then what can be read without another fetch. */
  high: number;
  /** Offset to fetch from. */
  next: number;
  /** The offset after the last batch that was unpacked, or that nobody can. */
  #unpacked = 0;
  #raw: Fetched[] = [];
  #rawBytes = 0;
  #decoded: readonly LogRecord[] = [];
  #taken = 0;
  #damage = 0;

  constructor(topic: Topic, partition: number, bounds: { low: number; high: number }, compacted: boolean, events: LaneEvents) {
    this.topic = topic;
    this.partition = partition;
    this.low = bounds.low;
    this.high = bounds.high;
    this.next = bounds.low;
    this.#compacted = compacted;
    this.#events = events;
  }

  /** From here on only what was fetched counts as readable. */
  startAt(offset: number): void {
    this.next = offset;
    this.high = offset;
  }

  /** True while less is waiting than half of what one fetch may bring. */
  get wants(): boolean {
    return this.#rawBytes < KAFKA_LIMITS.fetchPartitionBytes / 2 && this.#decoded.length - this.#taken < BATCH_RECORDS;
  }

  /** True while something waits to be taken. */
  get filled(): boolean {
    return this.#raw.length > 0 || this.#taken < this.#decoded.length;
  }

  /** Where a reader stands that took all there was before `position`: behind markers of transactions, and behind what nobody can read. */
  beyond(position: number): number {
    return this.filled ? position : Math.max(position, this.#unpacked);
  }

  /**
   * Takes in a record set that was fetched from `next`; false if it brought nothing. Brokers answer from the batch that holds `next`, and that
   * one whole, so anything else has a damaged header; of its offset and its length no checksum tells.
   */
  add(recordSet: Buffer): boolean {
    const batches = splitBatches(recordSet);
    if (batches.length === 0 && recordSet.length > 0) this.#put({ bytes: recordSet, baseOffset: this.next, nextOffset: this.next }, true);
    for (const batch of batches) {
      const isDamaged = batch.nextOffset <= this.next;
      if (!isDamaged && batch.baseOffset > this.next && !this.#compacted) this.#events.gap(this.topic, this.partition, this.next, batch.baseOffset);
      this.#put(batch, isDamaged);
      if (isDamaged) break;
      this.next = batch.nextOffset;
      this.high = batch.nextOffset;
    }
    return recordSet.length > 0;
  }

  #put(batch: RawBatch, isDamaged: boolean): void {
    this.#raw.push({ ...batch, from: this.next, isDamaged });
    this.#rawBytes += batch.bytes.length;
  }

  /** Retention was faster than the reader: it goes on at the first kept record. */
  skipTo(low: number): void {
    this.low = low;
    if (this.next < low) this.startAt(low);
  }

  /**
   * Up to a batch's bounds of what is there, from `position` on.
   * @throws TL_LOG_CORRUPT for a batch that fails its checksum however often it is fetched
   */
  take(position: number): readonly LogRecord[] {
    const batch: LogRecord[] = [];
    let bytes = 0;
    while (batch.length < BATCH_RECORDS && bytes < BATCH_BYTES) {
      const record = this.#decoded[this.#taken];
      if (record !== undefined) {
        this.#taken++;
        batch.push(record);
        bytes += record.value.byteLength;
      } else if (!this.#decodeNext(position)) break;
    }
    return batch;
  }

  #decodeNext(position: number): boolean {
    const raw = this.#raw.shift();
    if (raw === undefined) return false;
    this.#rawBytes -= raw.bytes.length;
    const decoded: Decoded = raw.isDamaged ? DAMAGED : decodeBatch(this.topic, this.partition, raw, position);
    if (decoded.kind === "unreadable" && decoded.reason === "damaged") return this.#fetchAgain(raw);
    this.#damage = 0;
    this.#unpacked = raw.nextOffset;
    if (decoded.kind === "unreadable") this.#events.poison(this.topic, this.partition, raw, decoded.reason);
    this.#decoded = decoded.kind === "records" ? decoded.records : [];
    this.#taken = 0;
    return true;
  }

  #fetchAgain(raw: Fetched): false {
    this.#events.damaged(this.topic);
    this.#damage++;
    if (this.#damage > DAMAGE_RETRIES) throw new TriplineError("TL_LOG_CORRUPT", `${this.topic}/${this.partition} at ${raw.from}.`);
    this.#raw = [];
    this.#rawBytes = 0;
    this.next = raw.from;
    return false;
  }
}
