/** What delivery needs of a backend that keeps its log in this process. */
import type { Topic } from "@tripline/model";
import type { LogRecord } from "../event-log.ts";

export interface Source {
  readonly partitions: number;
  /** First kept and next offset. */
  bounds(topic: Topic, partition: number): { low: number; high: number };
  /**
   * A bounded batch from `position` on; empty at the end. May begin earlier, but not before `start`, where the reader began.
   * Rejects when records cannot be read (TL_LOG_CORRUPT, TL_LOG_CLOSED).
   */
  fetch(topic: Topic, partition: number, position: number, start: number): readonly LogRecord[] | Promise<readonly LogRecord[]>;
  /** Where reading stands after a fetch from `position` brought nothing: beyond it where the offsets that follow are no records. */
  beyond?(topic: Topic, partition: number, position: number): number;
  /** Records between a position and the first kept one are gone: count them, never silently. */
  skipped(topic: Topic, count: number): void;
  /** Null to go on now, else when: keeps a long backlog from holding up the event loop. */
  pause(): Promise<void> | null;
  /** False once the log has failed: nobody owns anything any more. */
  alive(): boolean;
  /** Grows at each open of the log, and with each call. */
  nextEpoch(): number;
}
