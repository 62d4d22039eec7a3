/**
 * The store: state that readers of the log derive, and the work items that carry effects to the outside. The log stays the
 * source of truth; everything here but work items and sealed secrets can be rebuilt from it.
 */
import type { Topic } from "@tripline/model";

export interface StateChange {
  readonly key: string;
  /** Null deletes. */
  readonly value: Uint8Array | null;
}

export interface Checkpoint {
  /** Next offset to read, by topic. */
  readonly offsets: ReadonlyMap<Topic, number>;
}

export type CommitResult = "committed" | "fenced";

/** Anything done to the outside: recorded before it is done, settled after. Ids are deterministic, so recording twice is once. */
export interface WorkItem {
  readonly kind: "revocation" | "alert" | "approval";
  /** Unique within the kind. */
  readonly id: string;
  /** Groups items that belong together (a trip id). */
  readonly group: string;
  /** JSON, owned by the service that recorded it. Never a secret. */
  readonly payload: string;
  /** Epoch milliseconds of the next attempt; null when nothing is left to do. */
  readonly nextAttemptMs: number | null;
  /** Grows with each update; an update that names an older one is refused. */
  readonly revision: number;
}

/** A work item before it is recorded; the store counts its revisions. */
export type NewWork = Omit<WorkItem, "revision">;

export interface Store {
  /** Takes ownership of a group's partition: returns a new epoch, larger than any before; older owners are fenced from now on. */
  claim(group: string, partition: number): Promise<number>;
  /** Where the group stopped in this partition; null before its first commit. */
  loadCheckpoint(group: string, partition: number): Promise<Checkpoint | null>;
  /** Writes changed states and applied offsets in one durable transaction, or nothing if the epoch is no longer the newest. */
  commitCheckpoint(
    group: string,
    partition: number,
    epoch: number,
    commit: { offsets: ReadonlyMap<Topic, number>; states: readonly StateChange[] },
  ): Promise<CommitResult>;
  /** States of these keys; a key without one is left out. */
  loadStates(group: string, keys: readonly string[]): Promise<ReadonlyMap<string, Uint8Array>>;
  /** Pages through the states of a group in key order, for listings and rebuild checks. */
  scanStates(group: string, after: string | null, limit: number): Promise<readonly { key: string; value: Uint8Array }[]>;

  /** Durably records items that are not there yet; answers what is stored for each, in the order given. */
  recordWork(items: readonly NewWork[]): Promise<readonly WorkItem[]>;
  /** Durably replaces payload and next attempt; null if the stored revision is not `item.revision`. */
  updateWork(item: WorkItem): Promise<WorkItem | null>;
  /** Items with an attempt left, soonest first. */
  openWork(kind: WorkItem["kind"], limit: number): Promise<readonly WorkItem[]>;
  /** All items of a group, settled ones too, in the order of their ids. */
  workOfGroup(kind: WorkItem["kind"], group: string): Promise<readonly WorkItem[]>;

  /** Sealed bytes under a name; see `sealing.ts`. Erased for good with null. */
  putSealed(name: string, sealed: Uint8Array | null): Promise<void>;
  /** Null where nothing lies under the name, or it was erased. */
  getSealed(name: string): Promise<Uint8Array | null>;

  close(): Promise<void>;
}
