/**
 * A replay by several threads: an agent lies in one partition, and what partitions share, the stated facts, every thread has whole. So each
 * judges some of the partitions as one alone would judge all, and the counts are added up. Records are decoded where they are judged.
 */
import { Worker } from "node:worker_threads";
import type { ReplayCounts, ReplayOptions } from "@tripline/core";
import type { LogRecord } from "@tripline/event-log";
import { TriplineError } from "@tripline/model";
import { Judging } from "./judging.ts";
import { actionOf, type Stated, type Unreadable } from "./recorded.ts";

/** Records side by side, in order of receipt. */
export interface SharePart {
  readonly values: Uint8Array<ArrayBuffer>;
  /** Where each record's bytes end. */
  readonly ends: Uint32Array<ArrayBuffer>;
  readonly receiveMs: Float64Array<ArrayBuffer>;
  readonly partitions: Uint32Array<ArrayBuffer>;
}

export interface ShareStart {
  readonly options: readonly ReplayOptions[];
  readonly stated: readonly Stated[];
}

export type ShareReply =
  | { readonly kind: "judged"; readonly actions: number; readonly bytes: number }
  | { readonly kind: "ended"; readonly counts: readonly ReplayCounts[]; readonly unreadable: ReadonlyMap<string, number> };

// The sources run as they are; what is shipped is emitted to .js beside them.
const EXTENSION = import.meta.url.endsWith(".ts") ? ".ts" : ".js";

/** Records, and bytes of them, that are sent to a thread at once. */
const PART_RECORDS = 256;
const PART_BYTES = 1_048_576;
/** What waits in front of a thread at most: as much as is read while it starts. */
const RECORDS_WAITING = 16_384;
const BYTES_WAITING = 16_777_216;
/** Shares of a thread, where this one, which reads as well, takes one. */
const SHARES_OF_THREAD = 2;

class Share {
  readonly ended: Promise<Extract<ShareReply, { kind: "ended" }>>;
  readonly #worker: Worker;
  readonly #judged: (actions: number) => void;
  #records: LogRecord[] = [];
  #bytes = 0;
  #recordsWaiting = 0;
  #bytesWaiting = 0;
  #goOn: (() => void) | null = null;
  #failure: Error | null = null;

  constructor(start: ShareStart, judged: (actions: number) => void) {
    this.#judged = judged;
    const { promise, resolve, reject } = Promise.withResolvers<Extract<ShareReply, { kind: "ended" }>>();
    this.ended = promise;
    this.ended.catch(() => undefined);
    this.#worker = new Worker(new URL(`./share-thread${EXTENSION}`, import.meta.url), { workerData: start, name: "replay", execArgv: [] });
    const fail = (error: Error): void => {
      this.#failure ??= error;
      reject(error);
      this.#release();
    };
    this.#worker.on("message", (reply: ShareReply) => {
      if (reply.kind === "ended") resolve(reply);
      else this.#settle(reply);
    });
    this.#worker.on("error", (error) => fail(error instanceof Error ? error : new Error(String(error))));
    this.#worker.on("exit", () => fail(new TriplineError("TL_INTERNAL", "A thread of the replay ended before its share was judged.")));
  }

  /** Full where the answer is a promise: nothing may be added before it resolves. */
  add(record: LogRecord): Promise<void> | null {
    this.#records.push(record);
    this.#bytes += record.value.byteLength;
    if (this.#records.length < PART_RECORDS && this.#bytes < PART_BYTES) return null;
    this.#send();
    return this.#isFull() ? this.#room() : null;
  }

  end(): void {
    this.#send();
    this.#worker.postMessage(null, []);
  }

  async close(): Promise<void> {
    await this.#worker.terminate();
  }

  async #room(): Promise<void> {
    if (this.#failure === null) await new Promise<void>((resolve) => (this.#goOn = resolve));
    if (this.#failure !== null) throw this.#failure;
  }

  #isFull(): boolean {
    return this.#recordsWaiting >= RECORDS_WAITING || this.#bytesWaiting >= BYTES_WAITING;
  }

  #settle({ actions, bytes }: { readonly actions: number; readonly bytes: number }): void {
    this.#recordsWaiting -= actions;
    this.#bytesWaiting -= bytes;
    this.#judged(actions);
    if (!this.#isFull()) this.#release();
  }

  #release(): void {
    this.#goOn?.();
    this.#goOn = null;
  }

  #send(): void {
    if (this.#records.length === 0) return;
    const part = packed(this.#records, this.#bytes);
    this.#recordsWaiting += this.#records.length;
    this.#bytesWaiting += this.#bytes;
    this.#worker.postMessage(part, [part.values.buffer, part.ends.buffer, part.receiveMs.buffer, part.partitions.buffer]);
    this.#records = [];
    this.#bytes = 0;
  }
}

function packed(records: readonly LogRecord[], bytes: number): SharePart {
  const count = records.length;
  const part = { values: new Uint8Array(bytes), ends: new Uint32Array(count), receiveMs: new Float64Array(count), partitions: new Uint32Array(count) };
  let end = 0;
  records.forEach(({ value, timestampMs, partition }, at) => {
    part.values.set(value, end);
    end += value.byteLength;
    part.ends[at] = end;
    part.receiveMs[at] = timestampMs;
    part.partitions[at] = partition;
  });
  return part;
}

/**
 * One list of counts per thread, this one among them, each with one count for each of the options. `judged` is told of actions as they
 * are done. The classifiers must be prepared.
 */
export async function judgeInShares(runs: AsyncIterable<readonly LogRecord[]>, threads: number, start: ShareStart, unreadable: Unreadable, judged: (actions: number) => void): Promise<readonly (readonly ReplayCounts[])[]> {
  const shares = Array.from({ length: threads - 1 }, () => new Share(start, judged));
  const own = new Judging(start.options, start.stated);
  const parts = 1 + SHARES_OF_THREAD * shares.length;
  try {
    for await (const records of runs) {
      let mine = 0;
      for (const record of records) {
        const part = record.partition % parts;
        if (part === 0) {
          judgeRecord(own, record, unreadable);
          mine += 1;
          continue;
        }
        const full = shares[Math.floor((part - 1) / SHARES_OF_THREAD)]!.add(record);
        if (full !== null) await full;
      }
      judged(mine);
    }
    for (const share of shares) share.end();
    own.end();
    const ended = await Promise.all(shares.map((share) => share.ended));
    for (const one of ended) {
      for (const [what, count] of one.unreadable) unreadable.addTo(what, count);
    }
    return [own.tallies, ...ended.map(({ counts }) => counts)];
  } finally {
    await Promise.all(shares.map((share) => share.close()));
  }
}

function judgeRecord(judging: Judging, { value, timestampMs, partition }: LogRecord, unreadable: Unreadable): void {
  const action = actionOf(value, unreadable);
  if (action !== null) judging.judge({ kind: "action", action, receiveMs: timestampMs, partition });
}
