/** The event log inside one process: SQLite in WAL mode, written by a thread of its own, followed from memory. */
import { LIMITS, DEFAULT_PARTITIONS, type Topic, TOPICS, TriplineError } from "@tripline/model";
import { Readers } from "../delivery/readers.ts";
import type { Source } from "../delivery/source.ts";
import { TurnBudget } from "../delivery/turn-budget.ts";
import { Wakeups } from "../delivery/wakeups.ts";
import type { Appended, AppendRecord, EventLog, EventLogDeps, GroupHandlers, LogRecord, ReadOptions, Subscription } from "../event-log.ts";
import { framedBytes } from "../framing.ts";
import { partitionOf } from "../murmur2.ts";
import { checkRecords } from "../record-checks.ts";
import { Bounds } from "./bounds.ts";
import { type CommitGroup, packGroup } from "./commit-group.ts";
import { type CommitMemory, createCommitMemory } from "./commit-memory.ts";
import { Committer } from "./committer.ts";
import { Disk } from "./disk.ts";
import { createInstruments, type Instruments } from "./instruments.ts";
import { type DirectoryLock, lockDirectory } from "./lock.ts";
import { maintain } from "./maintenance.ts";
import { EMBEDDED_DEFAULTS, type EmbeddedOptions } from "./options.ts";
import { createPrivateFile, logFile } from "./schema.ts";
import { Tail } from "./tail.ts";

/** Opens of one log are this many consumer epochs apart. */
const EPOCHS_PER_OPEN = 2 ** 20;

/** @throws TL_LOG_LOCKED, TL_LOG_DIRECTORY, TL_LOG_VERSION, TL_LOG_PARTITIONS, TL_LOG_CORRUPT, TL_LOG_FULL */
export async function openEmbeddedLog(options: EmbeddedOptions, deps: EventLogDeps): Promise<EmbeddedLog> {
  const lock = lockDirectory(options.dir);
  try {
    createPrivateFile(options.dir, logFile(options.dir));
    const partitions = options.partitions ?? DEFAULT_PARTITIONS;
    const memory = createCommitMemory();
    const start = { dir: options.dir, partitions, topics: [...TOPICS.keys()], maxBytes: options.maxBytes ?? null, standing: memory.standing };
    let log: EmbeddedLog | null = null;
    const disk = await Disk.open(start, (reason) => log?.fail(reason));
    log = new EmbeddedLog(options, partitions, disk, memory, lock, deps);
    return log;
  } catch (error) {
    lock.release();
    throw error;
  }
}

export class EmbeddedLog implements EventLog {
  readonly partitions: number;
  readonly #disk: Disk;
  readonly #lock: DirectoryLock;
  readonly #deps: EventLogDeps;
  readonly #instruments: Instruments;
  readonly #bounds: Bounds;
  readonly #tail: Tail;
  readonly #turns = new TurnBudget();
  readonly #wakeups = new Wakeups();
  readonly #readers: Readers;
  readonly #committer: Committer;
  readonly #maintenance: NodeJS.Timeout;
  readonly #compactAgainAt = new Map<string, number>();
  #lastTimestampMs: number;
  #epochs = 0;
  #failure: TriplineError | null = null;
  #closing: Promise<void> | null = null;
  #maintaining: Promise<void> = Promise.resolve();

  constructor(options: EmbeddedOptions, partitions: number, disk: Disk, memory: CommitMemory, lock: DirectoryLock, deps: EventLogDeps) {
    this.partitions = partitions;
    this.#disk = disk;
    this.#lock = lock;
    this.#deps = deps;
    this.#instruments = createInstruments(deps.metrics);
    this.#bounds = new Bounds(partitions, disk.found.bounds);
    this.#lastTimestampMs = disk.found.lastTimestampMs;
    this.#tail = new Tail(options.tailBytes ?? EMBEDDED_DEFAULTS.tailBytes);
    this.#readers = new Readers(this.#source(), this.#wakeups);
    this.#committer = new Committer({
      queueBytes: options.queueBytes ?? EMBEDDED_DEFAULTS.queueBytes,
      pack: (appends) =>
        packGroup(
          appends,
          this.#nextTimestampMs(),
          (topic) => disk.topicId(topic),
          (topic, partition) => this.#bounds.get(topic, partition).high,
          (bytes) => memory.take(bytes),
        ),
      write: (group) => this.#write(group),
      committed: (group) => this.#committed(group),
    });
    this.#maintenance = setInterval(() => this.#maintain(), options.maintenanceMs ?? EMBEDDED_DEFAULTS.maintenanceMs);
    this.#maintenance.unref();
  }

  partitionOf(key: string): number {
    return partitionOf(key, this.partitions);
  }

  append(topic: Topic, records: readonly AppendRecord[]): Promise<Appended[]> {
    const appended = new Promise<Appended[]>((resolve, reject) => {
      checkRecords(topic, records, LIMITS.recordBytes);
      const partitions: number[] = [];
      let bytes = 0;
      for (const record of records) {
        partitions.push(this.partitionOf(record.key));
        bytes += framedBytes(record);
      }
      this.#committer.add({ topic, records, partitions, bytes, resolve, reject });
    });
    this.#instruments.queuedBytes.set(this.#committer.queuedBytes);
    return appended.catch((error: unknown) => {
      this.#instruments.refused.add(1, { reason: error instanceof TriplineError ? error.code : "other" });
      throw error;
    });
  }

  async consume(group: string, topics: readonly Topic[], handlers: GroupHandlers): Promise<Subscription> {
    return this.#readers.consume(group, topics, handlers);
  }

  async read(topic: Topic, options: ReadOptions, batch: (records: readonly LogRecord[]) => Promise<void>): Promise<Subscription> {
    return this.#readers.read(topic, options, batch);
  }

  async ends(topic: Topic): Promise<ReadonlyMap<number, { low: number; high: number }>> {
    if (this.#failure !== null) throw this.#failure;
    if (this.#closing !== null) throw new TriplineError("TL_LOG_CLOSED");
    return this.#bounds.all(topic);
  }

  trouble(): string | null {
    return this.#failure === null ? null : this.#failure.message;
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  /** The writer thread is gone: every append and subscription ends with the reason, none hangs. */
  fail(reason: TriplineError): void {
    this.#failure ??= reason;
    this.#committer.fail(reason);
    for (const topic of TOPICS.keys()) {
      for (let partition = 0; partition < this.partitions; partition++) this.#wakeups.wake(topic, partition);
    }
  }

  /** Crashes the writer thread, for tests of what then happens. */
  killWriter(): Promise<void> {
    return this.#disk.killWriter();
  }

  async #close(): Promise<void> {
    clearInterval(this.#maintenance);
    // Handlers first, since they may append; then what is queued; then the files.
    await this.#readers.close();
    await this.#committer.close();
    await this.#maintaining;
    await this.#disk.close();
    this.#lock.release();
  }

  #nextTimestampMs(): number {
    this.#lastTimestampMs = Math.max(this.#lastTimestampMs, this.#deps.clock());
    return this.#lastTimestampMs;
  }

  async #write(group: CommitGroup): Promise<void> {
    const startedMs = performance.now();
    await this.#disk.commit(group);
    this.#instruments.commitMs.observe(performance.now() - startedMs);
  }

  #committed({ rows, timestampMs, buffer }: CommitGroup): void {
    for (const { topic, partition, base, nextOffset, start, end } of rows) {
      this.#bounds.raiseHigh(topic, partition, nextOffset);
      this.#tail.add(topic, partition, { base, nextOffset, timestampMs, payload: new Uint8Array(buffer, start, end - start) });
      this.#instruments.appended.add(nextOffset - base, { topic });
      this.#wakeups.wake(topic, partition);
    }
  }

  #source(): Source {
    return {
      partitions: this.partitions,
      bounds: (topic, partition) => {
        if (this.#failure !== null) throw this.#failure;
        return this.#bounds.get(topic, partition);
      },
      fetch: (topic, partition, position) => this.#tail.batch(topic, partition, position) ?? this.#readDisk(topic, partition, position),
      skipped: (topic, count) => this.#instruments.skipped.add(count, { topic }),
      pause: () => this.#turns.pause(),
      alive: () => this.#failure === null,
      nextEpoch: () => this.#disk.found.opens * EPOCHS_PER_OPEN + ++this.#epochs,
    };
  }

  async #readDisk(topic: Topic, partition: number, position: number): Promise<readonly LogRecord[]> {
    this.#instruments.diskReads.add(1);
    try {
      return await this.#disk.read(topic, partition, position, this.#bounds.get(topic, partition).high);
    } catch (error) {
      if (error instanceof TriplineError && error.code === "TL_LOG_CORRUPT") this.#instruments.corrupt.add(1);
      throw error;
    }
  }

  #maintain(): void {
    this.#maintaining = this.#maintaining.then(() =>
      maintain({
        disk: this.#disk,
        bounds: this.#bounds,
        partitions: this.partitions,
        instruments: this.#instruments,
        nowMs: this.#deps.clock,
        compactAgainAt: this.#compactAgainAt,
        stopped: () => this.#closing !== null || this.#failure !== null,
      }),
    );
  }
}
