/** The main thread's side: requests to a worker thread as promises, which all reject if the thread is gone. */
import { Worker } from "node:worker_threads";
import { TriplineError } from "@tripline/model";
import { READY_ID, type ThreadReply } from "./messages.ts";

// The sources run as they are; what is shipped is emitted to .js beside them.
const EXTENSION = import.meta.url.endsWith(".ts") ? ".ts" : ".js";

/**
 * Compression and reading make buffers outside the heap. A small young generation lets go of them soon and cheaply; with the
 * default they pile up until V8 collects everything.
 */
const HEAP = { maxYoungGenerationSizeMb: 2 };

export class WorkerThread<R> {
  readonly #worker: Worker;
  readonly #pending = new Map<number, { resolve: (value: unknown) => void; reject: (error: Error) => void }>();
  readonly #onGone: (error: TriplineError) => void;
  /** The thread's first message; rejects with why it could not start. */
  readonly ready: Promise<unknown>;
  #nextId = 1;
  #gone: TriplineError | null = null;
  #closing = false;

  /** `onGone` runs once if the thread ends without having been asked to. */
  constructor(name: "writer-thread" | "reader-thread", workerData: unknown, onGone: (error: TriplineError) => void) {
    this.#onGone = onGone;
    // Not the process's own arguments: some, as --input-type, forbid a worker to start.
    this.#worker = new Worker(new URL(`./${name}${EXTENSION}`, import.meta.url), { workerData, name: `event-log-${name}`, execArgv: [], resourceLimits: HEAP });
    this.ready = new Promise((resolve, reject) => this.#pending.set(READY_ID, { resolve, reject }));
    this.#worker.on("message", (reply: ThreadReply) => this.#settle(reply));
    this.#worker.on("error", (error) => this.#end(`The ${name} failed: ${error instanceof Error ? error.message : "unknown"}.`));
    this.#worker.on("exit", () => this.#end(`The ${name} ended.`));
  }

  /** Rejects with the thread's refusal, or TL_LOG_CLOSED when the thread is gone. `moved` buffers are gone here once sent. */
  request<T>(request: R, moved: readonly ArrayBuffer[] = []): Promise<T> {
    if (this.#gone !== null) return Promise.reject(this.#gone);
    const id = this.#nextId++;
    return new Promise<T>((resolve, reject) => {
      this.#pending.set(id, { resolve: (value) => resolve(value as T), reject });
      this.#worker.postMessage({ id, request }, moved);
    });
  }

  #settle(reply: ThreadReply): void {
    const waiting = this.#pending.get(reply.id);
    this.#pending.delete(reply.id);
    if ("refusal" in reply) waiting?.reject(new TriplineError(reply.refusal.code, reply.refusal.detail));
    else waiting?.resolve(reply.value);
  }

  #end(detail: string): void {
    if (this.#gone !== null) return;
    this.#gone = new TriplineError("TL_LOG_CLOSED", detail);
    for (const { reject } of this.#pending.values()) reject(this.#gone);
    this.#pending.clear();
    if (!this.#closing) this.#onGone(this.#gone);
  }

  /** Answers what is in hand, then ends the thread. */
  async close(closeRequest: R): Promise<void> {
    this.#closing = true;
    // A thread that is already gone has nothing left to say.
    await this.request(closeRequest).catch(() => undefined);
    await this.#worker.terminate();
  }

  /** Ends the thread at once, as a crash would. */
  async kill(): Promise<void> {
    await this.#worker.terminate();
  }
}
