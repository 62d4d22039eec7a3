/** What the main thread and the log's two worker threads say to each other. Commits lie in shared memory; what is read is moved, not copied. */
import type { Topic } from "@tripline/model";
import type { Refusal } from "./refusal.ts";

export interface WriterStart {
  readonly dir: string;
  readonly partitions: number;
  readonly topics: readonly string[];
  readonly maxBytes: number | null;
  /** Where commits are laid out; see `commit-memory.ts`. */
  readonly standing: SharedArrayBuffer;
}

export interface TopicPartitionBounds {
  readonly topic: string;
  readonly topicId: number;
  readonly partition: number;
  readonly low: number;
  readonly high: number;
}

export interface WriterReady {
  readonly opens: number;
  readonly topicIds: ReadonlyMap<string, number>;
  /** Non-empty topic-partitions only. */
  readonly bounds: readonly TopicPartitionBounds[];
  /** Newest timestamp in the log; 0 if empty. */
  readonly lastTimestampMs: number;
}

/** One packed row: its records lie in [start, end) of the commit's buffer. */
export interface RowPlace {
  readonly topic: Topic;
  readonly topicId: number;
  readonly partition: number;
  readonly base: number;
  readonly nextOffset: number;
  readonly start: number;
  readonly end: number;
}

export type WriterRequest =
  /** `ownBuffer` is null where the rows lie in the standing memory. */
  | { readonly kind: "commit"; readonly timestampMs: number; readonly ownBuffer: SharedArrayBuffer | null; readonly rows: readonly RowPlace[] }
  /** Deletes a bounded number of rows older than the cutoff, never a partition's last; answers the new first offset and what is left. */
  | { readonly kind: "trim"; readonly topicId: number; readonly partition: number; readonly beforeMs: number }
  | { readonly kind: "rewrite"; readonly changes: readonly RowChange[]; readonly topicId: number; readonly partition: number }
  /** Writes back what the reader thread's checkpoint has left, so that the next commit starts the WAL over. */
  | { readonly kind: "checkpoint" }
  | { readonly kind: "close" };

export interface RowChange {
  readonly key: bigint;
  /** Null deletes the row. */
  readonly payload: Uint8Array | null;
}

export interface Committed {
  /** Of the rows as they lie in the file. */
  readonly storedBytes: number;
}

export type ReaderRequest =
  | {
      readonly kind: "read";
      readonly topicId: number;
      readonly partition: number;
      readonly position: number;
      readonly until: number;
    }
  | { readonly kind: "plan-compaction"; readonly topicId: number; readonly partition: number }
  | { readonly kind: "checkpoint" }
  | { readonly kind: "close" };

export interface ReadReply {
  readonly rows: readonly { base: number; timestampMs: number; payload: Uint8Array<ArrayBuffer> }[];
}

export interface CompactionPlan {
  readonly changes: readonly RowChange[];
  readonly droppedRecords: number;
  /** Distinct keys: what is left once all steps are done. */
  readonly keys: number;
}

export interface ThreadRequest<R> {
  readonly id: number;
  readonly request: R;
}

export type ThreadReply =
  | { readonly id: number; readonly value: unknown }
  | { readonly id: number; readonly refusal: Refusal };

/** A thread announces itself as if it answered this request. */
export const READY_ID = 0;
