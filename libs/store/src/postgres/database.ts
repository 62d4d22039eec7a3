/**
 * Connections, transactions and new attempts. Every write is a transaction of its own whose COMMIT is sent after everything
 * before it was answered, so that a statement that the network delayed can never take effect after its call was given up.
 */
import { Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import type { Counter } from "@tripline/runtime";
import { type ClientConfig, Pool, type PoolClient } from "pg";
import { errorOf, type Failure, failureOf } from "./failures.ts";

export type Row = Readonly<Record<string, unknown>>;
export type Query = (sql: string, values?: readonly unknown[]) => Promise<readonly Row[]>;

export interface DatabaseOptions {
  readonly connection: ClientConfig;
  readonly maxConnections: number;
  readonly statementMs: number;
  readonly retryMs: number;
  readonly retries: Counter;
}

/** The client waits a little longer than the server, whose answer says more. */
const ANSWER_GRACE_MS = 1_000;
/** A transaction of a process that stands still (paused, swapped out) gives its locks back after this. */
const IDLE_IN_TRANSACTION_MS = 3_000;
const CONNECT_MS = 5_000;
const FIRST_RETRY_MS = 25;
const MAX_RETRY_MS = 1_000;
/** A server that no longer answers gets so long to say goodbye. */
const END_MS = 1_000;
/** Durable on the server's own disk before the answer, whatever the server, the role or the database are set to. */
const BEGIN = "BEGIN; SET LOCAL synchronous_commit TO on";

export class Database {
  readonly #pool: Pool;
  readonly #sockets = new Set<Socket>();
  readonly #options: DatabaseOptions;

  constructor(options: DatabaseOptions) {
    this.#options = options;
    this.#pool = new Pool({
      ...options.connection,
      max: options.maxConnections,
      // Kept open: a new one costs a TLS and a SCRAM handshake.
      idleTimeoutMillis: 0,
      connectionTimeoutMillis: Math.min(CONNECT_MS, options.retryMs),
      query_timeout: options.statementMs + ANSWER_GRACE_MS,
      statement_timeout: options.statementMs,
      lock_timeout: options.statementMs,
      idle_in_transaction_session_timeout: IDLE_IN_TRANSACTION_MS,
      keepAlive: true,
      application_name: "tripline",
      stream: () => this.#socket(),
    });
    // An idle connection that breaks is replaced by the next call; the failure shows there.
    this.#pool.on("error", () => undefined);
    // While it is in use, its statement fails too; without a listener of our own the process would end.
    this.#pool.on("connect", (client) => void client.on("error", () => undefined));
  }

  /** Runs `work`, which only reads, on one connection. Rejects with a coded error after `retryMs` at most. */
  read<T>(work: (query: Query) => Promise<T>): Promise<T> {
    return this.#untilDone((client) => work(queryOf(client)));
  }

  /** Runs `work` in one durable transaction; tried again as a whole, so it must be the same twice as once. */
  write<T>(work: (query: Query) => Promise<T>): Promise<T> {
    return this.#untilDone(async (client, committing) => {
      const query = queryOf(client);
      await client.query(BEGIN);
      const result = await work(query);
      committing();
      await client.query("COMMIT");
      return result;
    });
  }

  async close(): Promise<void> {
    const ended = this.#pool.end();
    const bound = setTimeout(() => this.#sockets.forEach((socket) => socket.destroy()), END_MS);
    await ended;
    clearTimeout(bound);
  }

  async #untilDone<T>(work: (client: PoolClient, committing: () => void) => Promise<T>): Promise<T> {
    const startedMs = performance.now();
    let sawUnknown = false;
    for (let waitMs = FIRST_RETRY_MS; ; waitMs = Math.min(waitMs * 2, MAX_RETRY_MS)) {
      const outcome = await this.#attempt(work);
      if (outcome.kind === "done") return outcome.result;
      sawUnknown ||= outcome.kind === "unknown";
      const passedMs = performance.now() - startedMs;
      if (outcome.kind === "refused" || passedMs + waitMs > this.#options.retryMs) throw errorOf(outcome, sawUnknown, passedMs);
      this.#options.retries.add(1, { reason: outcome.kind });
      // Spread, so that instances that lost the same server do not return in step.
      await sleep(waitMs * (0.5 + Math.random()));
    }
  }

  async #attempt<T>(work: (client: PoolClient, committing: () => void) => Promise<T>): Promise<Failure | { kind: "done"; result: T }> {
    let committing = false;
    let client: PoolClient | null = null;
    try {
      client = await this.#pool.connect();
      const result = await work(client, () => (committing = true));
      client.release();
      return { kind: "done", result };
    } catch (error) {
      // In an unknown state, or in a transaction that failed: never used again.
      client?.release(true);
      return failureOf(error, committing);
    }
  }

  #socket(): Socket {
    const socket = new Socket();
    this.#sockets.add(socket);
    socket.once("close", () => this.#sockets.delete(socket));
    return socket;
  }
}

const queryOf =
  (client: PoolClient): Query =>
  async (sql, values = []) =>
    (await client.query<Record<string, unknown>>(sql, [...values])).rows;
