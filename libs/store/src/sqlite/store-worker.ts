/** The main thread's side of one of the store's threads: one request at a time, answered in order; a thread that is gone fails all. */
import { Worker } from "node:worker_threads";
import { TriplineError } from "@tripline/model";
import type { Operation, Outcome, Refusal, ThreadReply, ThreadRequest } from "./operations.ts";

// The sources run as they are; what is shipped is emitted to .js beside them.
const EXTENSION = import.meta.url.endsWith(".ts") ? ".ts" : ".js";

export class StoreWorker {
  readonly #worker: Worker;
  #waiting: { resolve: (reply: ThreadReply) => void; reject: (error: Error) => void }[] = [];
  #gone: TriplineError | null = null;
  readonly #opened: Promise<ThreadReply>;

  constructor(thread: "store-thread" | "checkpoint-thread", path: string) {
    this.#opened = new Promise((resolve, reject) => this.#waiting.push({ resolve, reject }));
    // Not the process's own arguments: some, as --input-type, forbid a worker to start.
    this.#worker = new Worker(new URL(`./${thread}${EXTENSION}`, import.meta.url), { workerData: path, name: thread, execArgv: [] });
    this.#worker.on("message", (reply: ThreadReply) => this.#waiting.shift()?.resolve(reply));
    this.#worker.on("error", (error) => this.#end(error instanceof Error ? error.message : "unknown"));
    this.#worker.on("exit", () => this.#end("The thread ended."));
  }

  /** @throws TL_STORE_VERSION, TL_STORE_FAILED */
  async opened(): Promise<void> {
    const reply = await this.#opened;
    if (reply.kind !== "refused") return;
    await this.#worker.terminate();
    throw refused(reply.refusal);
  }

  /** What became of each operation, once the group is durable. Buffers of states are moved, not copied. */
  async commit(operations: readonly Operation[]): Promise<readonly Outcome[]> {
    const moved = operations.flatMap((operation) => (operation.name === "commitCheckpoint" ? [operation.ask.states] : []));
    const reply = await this.#request({ kind: "group", operations }, moved);
    return reply.kind === "group" ? reply.outcomes : [];
  }

  async checkpoint(): Promise<void> {
    await this.#request({ kind: "checkpoint" }, []);
  }

  /** Ends the thread at once: nothing more is written until the database is opened anew. */
  async fail(): Promise<void> {
    await this.#worker.terminate();
  }

  async close(): Promise<void> {
    // A thread that is already gone has nothing left to say.
    await this.#request({ kind: "close" }, []).catch(() => undefined);
    await this.#worker.terminate();
  }

  #request(request: ThreadRequest, moved: ArrayBuffer[]): Promise<ThreadReply> {
    if (this.#gone !== null) return Promise.reject(this.#gone);
    return new Promise((resolve, reject) => {
      this.#waiting.push({ resolve, reject });
      this.#worker.postMessage(request, moved);
    });
  }

  #end(detail: string): void {
    this.#gone ??= new TriplineError("TL_STORE_FAILED", detail);
    for (const { reject } of this.#waiting) reject(this.#gone);
    this.#waiting = [];
  }
}

export const refused = ({ code, detail }: Refusal): TriplineError => new TriplineError(code, detail);
