/** The store on SQLite: concurrent calls share a commit, and a thread of its own does the waiting for the disk. */
import { type Topic, TriplineError } from "@tripline/model";
import type { Counter, Histogram } from "@tripline/runtime";
import type { StoreDeps } from "../open.ts";
import { createPrivateFile } from "../private-file.ts";
import type { Checkpoint, CommitResult, NewWork, StateChange, Store, WorkItem } from "../store.ts";
import { DirectWriter } from "./direct-writer.ts";
import { isErasure, type Operation, type OperationName, type Operations } from "./operations.ts";
import { packStates, unpackStates } from "./packed-states.ts";
import { refused, StoreWorker } from "./store-worker.ts";

export interface SqliteOptions {
  readonly kind: "sqlite";
  /** The database file; made if missing, readable by its owner alone. */
  readonly path: string;
  /** Bytes that may wait for the thread; a call beyond is refused with TL_STORE_FULL. */
  readonly queueBytes?: number;
}

const QUEUE_BYTES = 128 * 1_048_576;
/** Bytes in one commit, unless a single call has more. */
const GROUP_BYTES = 16 * 1_048_576;
/** What an operation is counted with beside its content. */
const OPERATION_BYTES = 512;
/** WAL growth after which it is written back. */
const CHECKPOINT_BYTES = 16 * 1_048_576;
/** A small write still touches about this much of the WAL. */
const WAL_BYTES_PER_OPERATION = 12_288;
const COMMIT_BUCKETS_MS = [0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50, 100, 500, 1_000, 5_000];

interface Queued {
  readonly operation: Operation;
  readonly bytes: number;
  readonly resolve: (answer: unknown) => void;
  readonly reject: (error: Error) => void;
}

/** @throws TL_STORE_VERSION, TL_STORE_FAILED */
export async function openSqliteStore(options: SqliteOptions, deps: StoreDeps): Promise<SqliteStore> {
  try {
    // SQLite gives its side files the same mode.
    createPrivateFile(options.path);
  } catch (cause) {
    const reason = cause instanceof Error && "code" in cause ? String(cause.code) : "unknown";
    throw new TriplineError("TL_STORE_FAILED", `File: ${options.path} (${reason}).`, { cause });
  }
  const worker = new StoreWorker("store-thread", options.path);
  const checkpointer = new StoreWorker("checkpoint-thread", options.path);
  try {
    await worker.opened();
  } catch (error) {
    await checkpointer.close();
    throw error;
  }
  return new SqliteStore(options, worker, checkpointer, deps);
}

export class SqliteStore implements Store {
  readonly #worker: StoreWorker;
  readonly #checkpointer: StoreWorker;
  readonly #direct: DirectWriter;
  readonly #queueBytes: number;
  readonly #commitMs: Histogram;
  readonly #refused: Counter;
  #queue: Queued[] = [];
  #bytes = 0;
  #walBytes = 0;
  #draining: Promise<void> | null = null;
  #checkpointing: Promise<void> | null = null;
  #closing: Promise<void> | null = null;

  constructor(options: SqliteOptions, worker: StoreWorker, checkpointer: StoreWorker, { metrics }: StoreDeps) {
    this.#worker = worker;
    this.#checkpointer = checkpointer;
    this.#direct = new DirectWriter(options.path);
    this.#queueBytes = options.queueBytes ?? QUEUE_BYTES;
    this.#commitMs = metrics.histogram("tripline_store_commit_ms", "Time of one group of store operations, fsync included.", [], COMMIT_BUCKETS_MS);
    this.#refused = metrics.counter("tripline_store_refused_total", "Store calls refused, by error code.", ["reason"]);
  }

  claim(group: string, partition: number): Promise<number> {
    return this.#run("claim", { group, partition });
  }

  async loadCheckpoint(group: string, partition: number): Promise<Checkpoint | null> {
    const offsets = await this.#run("loadCheckpoint", { group, partition });
    return offsets.length === 0 ? null : { offsets: new Map(offsets) };
  }

  commitCheckpoint(
    group: string,
    partition: number,
    epoch: number,
    commit: { offsets: ReadonlyMap<Topic, number>; states: readonly StateChange[] },
  ): Promise<CommitResult> {
    const states = packStates(commit.states);
    return this.#run("commitCheckpoint", { group, partition, epoch, offsets: [...commit.offsets], states }, states.byteLength);
  }

  async loadStates(group: string, keys: readonly string[]): Promise<ReadonlyMap<string, Uint8Array>> {
    const found = await this.#run("loadStates", { group, keys });
    return new Map(Array.from(unpackStates(found), ({ key, value }) => [key, value ?? new Uint8Array()]));
  }

  async scanStates(group: string, after: string | null, limit: number): Promise<readonly { key: string; value: Uint8Array }[]> {
    const page = await this.#run("scanStates", { group, after, limit });
    return Array.from(unpackStates(page), ({ key, value }) => ({ key, value: value ?? new Uint8Array() }));
  }

  recordWork(items: readonly NewWork[]): Promise<readonly WorkItem[]> {
    const bytes = items.reduce((sum, item) => sum + item.payload.length, 0);
    const isIdle = this.#draining === null && this.#checkpointing === null && this.#closing === null;
    if (isIdle && bytes + OPERATION_BYTES <= this.#queueBytes) {
      const direct = this.#direct.recordWork(items);
      if (direct.kind === "recorded") {
        this.#walBytes += bytes + items.length * WAL_BYTES_PER_OPERATION;
        return Promise.resolve(direct.items);
      }
      if (direct.kind === "disk-failed") return this.#worker.fail().then(() => this.#refuse(new TriplineError("TL_STORE_FAILED", "The disk failed.")));
    }
    return this.#run("recordWork", { items }, bytes);
  }

  updateWork(item: WorkItem): Promise<WorkItem | null> {
    return this.#run("updateWork", { item }, item.payload.length);
  }

  openWork(kind: WorkItem["kind"], limit: number): Promise<readonly WorkItem[]> {
    return this.#run("openWork", { kind, limit });
  }

  workOfGroup(kind: WorkItem["kind"], group: string): Promise<readonly WorkItem[]> {
    return this.#run("workOfGroup", { kind, group });
  }

  async putSealed(name: string, sealed: Uint8Array | null): Promise<void> {
    await this.#run("putSealed", { name, sealed }, sealed?.byteLength ?? 0);
  }

  getSealed(name: string): Promise<Uint8Array | null> {
    return this.#run("getSealed", { name });
  }

  /** Does what was asked before, then refuses with TL_STORE_FAILED. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    while (this.#draining !== null) await this.#draining;
    await this.#checkpointing;
    await this.#checkpointer.close();
    await this.#worker.close();
    this.#direct.close();
  }

  #run<N extends OperationName>(name: N, ask: Operations[N]["ask"], contentBytes = 0): Promise<Operations[N]["answer"]> {
    const bytes = contentBytes + OPERATION_BYTES;
    if (this.#closing !== null) return this.#refuse(new TriplineError("TL_STORE_FAILED", "It is closed."));
    if (this.#bytes + bytes > this.#queueBytes) return this.#refuse(new TriplineError("TL_STORE_FULL", "Too much is waiting for the disk."));
    this.#bytes += bytes;
    return new Promise((resolve, reject) => {
      this.#queue.push({ operation: { name, ask } as Operation, bytes, resolve: (answer) => resolve(answer as Operations[N]["answer"]), reject });
      // A microtask later: calls of one turn share a commit.
      this.#draining ??= Promise.resolve().then(() => this.#drain());
    });
  }

  #refuse(error: TriplineError): Promise<never> {
    this.#refused.add(1, { reason: error.code });
    return Promise.reject(error);
  }

  async #drain(): Promise<void> {
    while (this.#queue.length > 0) await this.#commit(this.#takeGroup());
    this.#draining = null;
  }

  #takeGroup(): Queued[] {
    let bytes = 0;
    let count = 0;
    while (count < this.#queue.length && (count === 0 || bytes < GROUP_BYTES)) bytes += this.#queue[count++]?.bytes ?? 0;
    this.#walBytes += bytes + count * WAL_BYTES_PER_OPERATION;
    return this.#queue.splice(0, count);
  }

  async #commit(group: readonly Queued[]): Promise<void> {
    const startedMs = performance.now();
    try {
      // An erasure cuts the WAL, which SQLite refuses while another checkpoint runs.
      if (group.some(({ operation }) => isErasure(operation))) await this.#checkpointing;
      const outcomes = await this.#worker.commit(group.map(({ operation }) => operation));
      this.#commitMs.observe(performance.now() - startedMs);
      group.forEach(({ resolve, reject }, index) => {
        const outcome = outcomes[index] ?? { refusal: { code: "TL_STORE_FAILED" as const, detail: "No answer." } };
        if ("answer" in outcome) return resolve(outcome.answer);
        this.#refused.add(1, { reason: outcome.refusal.code });
        reject(refused(outcome.refusal));
      });
      if (this.#walBytes >= CHECKPOINT_BYTES) this.#checkpointing ??= this.#checkpoint();
    } catch (error) {
      for (const { reject } of group) reject(error instanceof Error ? error : new TriplineError("TL_STORE_FAILED"));
    } finally {
      for (const { bytes } of group) this.#bytes -= bytes;
    }
  }

  /**
   * The other thread writes back the bulk while commits go on; the store's thread then only what came meanwhile, after which
   * its next commit starts the WAL over. A failed round leaves the WAL to the next one; what is committed stays durable.
   */
  async #checkpoint(): Promise<void> {
    this.#walBytes = 0;
    try {
      await this.#checkpointer.checkpoint();
      await this.#worker.checkpoint();
    } catch {
      this.#walBytes = CHECKPOINT_BYTES;
    } finally {
      this.#checkpointing = null;
    }
  }
}
