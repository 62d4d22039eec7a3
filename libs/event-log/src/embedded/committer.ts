/**
 * Adaptive group commit: one commit is under way at a time, and whatever is appended meanwhile makes the next one. An idle log
 * answers after one fsync; a busy one shares it among all who wait.
 */
import { setImmediate as endOfTurn } from "node:timers/promises";
import { TriplineError } from "@tripline/model";
import { publishDurable } from "../durable.ts";
import type { CommitGroup, QueuedAppend } from "./commit-group.ts";

/** Bytes after which a commit takes no further append: bounds one fsync, and how long packing keeps the main loop. */
export const COMMIT_BYTES = 2 * 1_048_576;

export interface CommitterDeps {
  readonly queueBytes: number;
  pack(appends: readonly QueuedAppend[]): CommitGroup;
  /** Resolves once the group is durable. */
  write(group: CommitGroup): Promise<void>;
  /** The group is durable and its appends are resolved: readers may have it. Its memory is used again once this returns. */
  committed(group: CommitGroup): void;
}

export class Committer {
  readonly #deps: CommitterDeps;
  #queue: QueuedAppend[] = [];
  /** Of queued and in-flight appends. */
  #bytes = 0;
  #draining: Promise<void> | null = null;
  #closed: TriplineError | null = null;

  constructor(deps: CommitterDeps) {
    this.#deps = deps;
  }

  get queuedBytes(): number {
    return this.#bytes;
  }

  /** Refuses at once when the queue's bound would be passed, so that callers can shed load instead of waiting unseen. */
  add(append: QueuedAppend): void {
    if (this.#closed !== null) return append.reject(this.#closed);
    if (this.#bytes + append.bytes > this.#deps.queueBytes) {
      return append.reject(new TriplineError("TL_LOG_FULL", "More is waiting for the disk than the queue may hold."));
    }
    this.#bytes += append.bytes;
    this.#queue.push(append);
    this.#draining ??= this.#drain();
  }

  /** Commits after the turn of the loop in which something was appended: what arrived on other connections meanwhile shares it. */
  async #drain(): Promise<void> {
    await endOfTurn();
    while (this.#queue.length > 0) {
      await this.#commit(this.#takeGroup());
      await endOfTurn();
    }
    this.#draining = null;
  }

  #takeGroup(): QueuedAppend[] {
    let bytes = 0;
    let count = 0;
    while (count < this.#queue.length && (count === 0 || bytes < COMMIT_BYTES)) bytes += this.#queue[count++]?.bytes ?? 0;
    return this.#queue.splice(0, count);
  }

  async #commit(appends: readonly QueuedAppend[]): Promise<void> {
    try {
      const group = this.#deps.pack(appends);
      await this.#deps.write(group);
      appends.forEach((append, index) => {
        publishDurable(append.topic, append.records.length);
        append.resolve(group.appended[index] ?? []);
      });
      this.#deps.committed(group);
    } catch (error) {
      const failure = error instanceof Error ? error : new TriplineError("TL_LOG_CLOSED");
      for (const append of appends) append.reject(failure);
    } finally {
      for (const append of appends) this.#bytes -= append.bytes;
    }
  }

  /** Commits what is queued, then refuses. */
  async close(): Promise<void> {
    while (this.#draining !== null) await this.#draining;
    this.#closed ??= new TriplineError("TL_LOG_CLOSED");
  }

  /** The writer is gone: refuses from now on. What is queued is refused by its own commit. */
  fail(reason: TriplineError): void {
    this.#closed = reason;
  }
}
