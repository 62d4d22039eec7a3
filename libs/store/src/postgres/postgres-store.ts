/** The store on PostgreSQL: several instances of every service share it, and ownership epochs decide who may write. */
import { randomUUID } from "node:crypto";
import { type Topic, TriplineError } from "@tripline/model";
import type { Counter, Histogram } from "@tripline/runtime";
import type { StoreDeps } from "../open.ts";
import type { Checkpoint, CommitResult, NewWork, StateChange, Store, WorkItem } from "../store.ts";
import { connectionOf, type PostgresStoreOptions, schemaOf } from "./config.ts";
import { Database, type Query } from "./database.ts";
import { Ordering, type Touched } from "./ordering.ts";
import { migrate } from "./schema.ts";
import { packStates, stateTables, type StateTables } from "./state-tables.ts";
import { workTables, type WorkTables } from "./work-tables.ts";

const MAX_CONNECTIONS = 8;
const STATEMENT_MS = 10_000;
const RETRY_MS = 30_000;
const QUEUE_BYTES = 128 * 1_048_576;
/** What a call is counted with beside its content. */
const CALL_BYTES = 512;
const CALL_BUCKETS_MS = [0.2, 0.5, 1, 2, 5, 10, 20, 50, 100, 500, 1_000, 5_000, 30_000];

/**
 * Connects, and brings the tables to this release's version; waits up to `retryMs` for a server that is away.
 * @throws TL_CONFIG_INVALID, TL_CONFIG_SECRET_MISSING, TL_STORE_VERSION, TL_STORE_FAILED
 */
export async function openPostgresStore(options: PostgresStoreOptions, deps: StoreDeps): Promise<PostgresStore> {
  const schema = schemaOf(options);
  const database = new Database({
    connection: connectionOf(options),
    maxConnections: options.maxConnections ?? MAX_CONNECTIONS,
    statementMs: options.statementMs ?? STATEMENT_MS,
    retryMs: options.retryMs ?? RETRY_MS,
    retries: deps.metrics.counter("tripline_store_retries_total", "New attempts of store calls: away = nothing was written, unknown = a commit was not answered.", ["reason"]),
  });
  try {
    await database.write((query) => migrate(query, schema));
  } catch (error) {
    await database.close();
    throw error;
  }
  return new PostgresStore(options, database, deps);
}

const alone = (...parts: readonly (string | number)[]): Touched => ({ name: parts.join("\0"), alone: true });
const shared = (...parts: readonly (string | number)[]): Touched => ({ name: parts.join("\0"), alone: false });

export class PostgresStore implements Store {
  readonly #database: Database;
  readonly #states: StateTables;
  readonly #work: WorkTables;
  readonly #ordering = new Ordering();
  readonly #queueBytes: number;
  readonly #callMs: Histogram;
  readonly #refused: Counter;
  readonly #calls = new Set<Promise<unknown>>();
  #bytes = 0;
  #closing: Promise<void> | null = null;

  constructor(options: PostgresStoreOptions, database: Database, { metrics }: StoreDeps) {
    this.#database = database;
    this.#states = stateTables(schemaOf(options));
    this.#work = workTables(schemaOf(options));
    this.#queueBytes = options.queueBytes ?? QUEUE_BYTES;
    this.#callMs = metrics.histogram("tripline_store_call_ms", "Time of one store call, waiting and new attempts included.", [], CALL_BUCKETS_MS);
    this.#refused = metrics.counter("tripline_store_refused_total", "Store calls refused, by error code.", ["reason"]);
  }

  claim(group: string, partition: number): Promise<number> {
    return this.#write([alone("place", group, partition)], 0, (query) => this.#states.claim(query, { group, partition }));
  }

  async loadCheckpoint(group: string, partition: number): Promise<Checkpoint | null> {
    const offsets = await this.#read([alone("place", group, partition)], (query) => this.#states.loadCheckpoint(query, { group, partition }));
    return offsets.size === 0 ? null : { offsets };
  }

  commitCheckpoint(
    group: string,
    partition: number,
    epoch: number,
    commit: { offsets: ReadonlyMap<Topic, number>; states: readonly StateChange[] },
  ): Promise<CommitResult> {
    const packed = packStates(commit.states);
    const touched = [alone("place", group, partition), shared("states", group), ...commit.states.map(({ key }) => alone("state", group, key))];
    return this.#write(touched, packed.bytes.byteLength, (query) => this.#states.commitCheckpoint(query, { group, partition }, epoch, commit.offsets, packed));
  }

  async loadStates(group: string, keys: readonly string[]): Promise<ReadonlyMap<string, Uint8Array>> {
    if (keys.length === 0) return new Map();
    const touched = [shared("states", group), ...keys.map((key) => shared("state", group, key))];
    const found = await this.#read(touched, (query) => this.#states.loadStates(query, group, keys));
    return new Map(found.map(({ key, value }) => [key, value]));
  }

  scanStates(group: string, after: string | null, limit: number): Promise<readonly { key: string; value: Uint8Array }[]> {
    return this.#read([alone("states", group)], (query) => this.#states.scanStates(query, group, after, limit));
  }

  recordWork(items: readonly NewWork[]): Promise<readonly WorkItem[]> {
    if (items.length === 0) return Promise.resolve([]);
    const touched = items.flatMap(({ kind, id }) => [shared("works", kind), alone("work", kind, id)]);
    const bytes = items.reduce((sum, { payload }) => sum + payload.length, 0);
    return this.#write(touched, bytes, (query) => this.#work.recordWork(query, items));
  }

  updateWork(item: WorkItem): Promise<WorkItem | null> {
    const token = randomUUID();
    return this.#write([shared("works", item.kind), alone("work", item.kind, item.id)], item.payload.length, (query) => this.#work.updateWork(query, item, token));
  }

  openWork(kind: WorkItem["kind"], limit: number): Promise<readonly WorkItem[]> {
    return this.#read([alone("works", kind)], (query) => this.#work.openWork(query, kind, limit));
  }

  workOfGroup(kind: WorkItem["kind"], group: string): Promise<readonly WorkItem[]> {
    return this.#read([alone("works", kind)], (query) => this.#work.workOfGroup(query, kind, group));
  }

  putSealed(name: string, sealed: Uint8Array | null): Promise<void> {
    return this.#write([alone("sealed", name)], sealed?.byteLength ?? 0, (query) => this.#work.putSealed(query, name, sealed));
  }

  getSealed(name: string): Promise<Uint8Array | null> {
    return this.#read([alone("sealed", name)], (query) => this.#work.getSealed(query, name));
  }

  /** Does what was asked before, then refuses with TL_STORE_FAILED. Bounded by `retryMs` if the server is away. */
  close(): Promise<void> {
    this.#closing ??= Promise.allSettled(this.#calls).then(() => this.#database.close());
    return this.#closing;
  }

  #read<T>(touched: readonly Touched[], work: (query: Query) => Promise<T>): Promise<T> {
    return this.#run(touched, 0, () => this.#database.read(work));
  }

  #write<T>(touched: readonly Touched[], bytes: number, work: (query: Query) => Promise<T>): Promise<T> {
    return this.#run(touched, bytes, () => this.#database.write(work));
  }

  #run<T>(touched: readonly Touched[], contentBytes: number, work: () => Promise<T>): Promise<T> {
    const bytes = contentBytes + CALL_BYTES;
    if (this.#closing !== null) return this.#refuse(new TriplineError("TL_STORE_FAILED", "It is closed."));
    if (this.#bytes + bytes > this.#queueBytes) return this.#refuse(new TriplineError("TL_STORE_FULL", "Too much is waiting for PostgreSQL."));
    this.#bytes += bytes;
    const startedMs = performance.now();
    const call = this.#ordering
      .run(touched, work)
      .catch((error: unknown) => {
        // A defect of ours is told as such, without its message: that could quote a value.
        return this.#refuse(error instanceof TriplineError ? error : new TriplineError("TL_INTERNAL", error instanceof Error ? error.name : ""));
      })
      .finally(() => {
        this.#bytes -= bytes;
        this.#calls.delete(call);
        this.#callMs.observe(performance.now() - startedMs);
      });
    this.#calls.add(call);
    return call;
  }

  #refuse(error: TriplineError): Promise<never> {
    this.#refused.add(1, { reason: error.code });
    return Promise.reject(error);
  }
}
