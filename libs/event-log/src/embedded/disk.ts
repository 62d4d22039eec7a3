/** The log's two threads as one thing: commits to the writer, reads and checkpoints to the reader. */
import { TOPICS, type Topic, TriplineError } from "@tripline/model";
import type { LogRecord } from "../event-log.ts";
import { unpackRow } from "../framing.ts";
import type { CommitGroup } from "./commit-group.ts";
import type { Committed, CompactionPlan, ReaderRequest, ReadReply, WriterReady, WriterRequest, WriterStart } from "./messages.ts";
import { WorkerThread } from "./worker-thread.ts";

/** WAL growth after which it is written back into the database. */
const CHECKPOINT_BYTES = 16 * 1_048_576;
/** A row touches at least this much of the WAL, however small. */
const PAGE_BYTES = 8_192;

export class Disk {
  readonly #writer: WorkerThread<WriterRequest>;
  readonly #reader: WorkerThread<ReaderRequest>;
  readonly #ready: WriterReady;
  readonly #standing: SharedArrayBuffer;
  #walBytes = 0;
  #checkpointing = false;

  private constructor(writer: WorkerThread<WriterRequest>, reader: WorkerThread<ReaderRequest>, ready: WriterReady, standing: SharedArrayBuffer) {
    this.#writer = writer;
    this.#reader = reader;
    this.#ready = ready;
    this.#standing = standing;
  }

  /** @throws TL_LOG_VERSION, TL_LOG_PARTITIONS, TL_LOG_CORRUPT, TL_LOG_FULL */
  static async open(start: WriterStart, onGone: (error: TriplineError) => void): Promise<Disk> {
    const writer = new WorkerThread<WriterRequest>("writer-thread", start, onGone);
    const reader = new WorkerThread<ReaderRequest>("reader-thread", start.dir, onGone);
    try {
      const [ready] = await Promise.all([writer.ready, reader.ready]);
      return new Disk(writer, reader, ready as WriterReady, start.standing);
    } catch (error) {
      await Promise.all([writer.kill(), reader.kill()]);
      throw error;
    }
  }

  get found(): WriterReady {
    return this.#ready;
  }

  topicId(topic: Topic): number {
    return this.#ready.topicIds.get(topic) ?? 0;
  }

  /** Resolves once the group's rows are durable; its memory must not change until then. */
  async commit(group: CommitGroup): Promise<void> {
    const { timestampMs, buffer, rows } = group;
    const ownBuffer = buffer === this.#standing ? null : buffer;
    const committed = await this.#writer.request<Committed>({ kind: "commit", timestampMs, ownBuffer, rows });
    this.#walBytes += committed.storedBytes + rows.length * PAGE_BYTES;
    if (this.#walBytes >= CHECKPOINT_BYTES) void this.#checkpoint();
  }

  /**
   * The reader thread writes back the bulk while commits go on; the writer then only what came meanwhile, after which its
   * next commit starts the WAL over. A failed round changes nothing that is durable; the next one does its work.
   */
  async #checkpoint(): Promise<void> {
    if (this.#checkpointing) return;
    this.#checkpointing = true;
    this.#walBytes = 0;
    try {
      await this.#reader.request({ kind: "checkpoint" });
      await this.#writer.request({ kind: "checkpoint" });
    } catch {
      this.#walBytes = CHECKPOINT_BYTES;
    } finally {
      this.#checkpointing = false;
    }
  }

  /** @throws TL_LOG_CORRUPT when a row is damaged, or missing where none may be */
  async read(topic: Topic, partition: number, position: number, until: number): Promise<readonly LogRecord[]> {
    const request = { kind: "read", topicId: this.topicId(topic), partition, position, until } as const;
    const { rows } = await this.#reader.request<ReadReply>(request);
    const records = rows.flatMap((row) => unpackRow(topic, partition, row, position, until));
    const holesAllowed = TOPICS.get(topic)?.compacted === true;
    const whole = records.length > 0 && (holesAllowed || records.every((record, index) => record.offset === position + index));
    if (!whole) throw new TriplineError("TL_LOG_CORRUPT", `Topic ${topic}, partition ${partition}: records from offset ${position} are missing.`);
    return records;
  }

  trim(topic: Topic, partition: number, beforeMs: number): Promise<{ low: number; more: boolean }> {
    return this.#writer.request({ kind: "trim", topicId: this.topicId(topic), partition, beforeMs });
  }

  /** One bounded step of compaction; answers how many superseded records it dropped, and how many distinct keys there are. */
  async compact(topic: Topic, partition: number): Promise<{ low: number | null; dropped: number; keys: number }> {
    const place = { topicId: this.topicId(topic), partition };
    const { changes, droppedRecords, keys } = await this.#reader.request<CompactionPlan>({ kind: "plan-compaction", ...place });
    if (changes.length === 0) return { low: null, dropped: 0, keys };
    const { low } = await this.#writer.request<{ low: number }>({ kind: "rewrite", ...place, changes });
    return { low, dropped: droppedRecords, keys };
  }

  async close(): Promise<void> {
    // The writer last: the last connection to close writes back the WAL.
    await this.#reader.close({ kind: "close" });
    await this.#writer.close({ kind: "close" });
  }

  /** Ends the writer as a crash of the thread would. */
  killWriter(): Promise<void> {
    return this.#writer.kill();
  }
}
