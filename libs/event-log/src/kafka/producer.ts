/**
 * The way into the brokers, made so that nothing acknowledged is lost and no key is reordered: never idempotent (kafkajs rewinds
 * sequences and so loses what it acknowledged), acknowledged by all replicas in sync, one request at a time per leader, one batch at a
 * time per partition, partitions chosen once. What has an unknown outcome is sent again over a new connection: it may be in the log
 * twice, and ids tell. What queues meanwhile makes the next batch.
 */
import { setImmediate as endOfTurn } from "node:timers/promises";
import { type Topic, TriplineError } from "@tripline/model";
import { publishDurable } from "../durable.ts";
import type { AppendRecord } from "../event-log.ts";
import { encodeBatch, recordBound } from "./batch-encoder.ts";
import { Backoff } from "./bounded.ts";
import { nameOfCode, verdictOfProduce } from "./broker-errors.ts";
import type { KafkaClient } from "./client.ts";
import type { ClientPool } from "./client-pool.ts";
import { type ProduceResult, produceRequest } from "./exchanges.ts";
import { type Instruments, reasonOf } from "./instruments.ts";
import { KAFKA_LIMITS } from "./options.ts";
import { type Parcel, PartitionQueue, type PendingAppend } from "./send-queue.ts";

export interface ProducerDeps {
  readonly clients: ClientPool;
  readonly instruments: Instruments;
  readonly clock: () => number;
  readonly nameOf: (topic: Topic) => string;
  readonly queueBytes: number;
  readonly appendTimeoutMs: number;
}

/** How often appends are looked at that nobody can send. */
const SWEEP_MS = 250;

export class Producer {
  readonly #deps: ProducerDeps;
  /** By topic and partition: looked up for each record. */
  readonly #queues = new Map<Topic, PartitionQueue[]>();
  readonly #pending = new Set<PendingAppend>();
  readonly #busyNodes = new Set<number>();
  /** Brokers that failed, left alone until the leaders are known anew; the others go on meanwhile. */
  readonly #resting = new Set<number>();
  readonly #backoff = new Backoff();
  readonly #sweep: NodeJS.Timeout;
  #client: KafkaClient | null = null;
  /** A newer client is needed, or newer knowledge of leaders. */
  #renewing = false;
  #pumping = false;
  #bytes = 0;
  /** Appends were refused, whose records may be in the queues still. */
  #givenUp = false;
  #turnedAtMs = performance.now();
  #closed: TriplineError | null = null;

  constructor(deps: ProducerDeps) {
    this.#deps = deps;
    this.#sweep = setInterval(() => this.#expire(), SWEEP_MS);
    this.#sweep.unref();
  }

  get queuedBytes(): number {
    return this.#bytes;
  }

  /** Refuses at once when the queue's bound would be passed, so that callers can shed load instead of waiting unseen. */
  add(topic: Topic, records: readonly AppendRecord[], partitions: readonly number[], settle: Pick<PendingAppend, "resolve" | "reject">): void {
    if (this.#closed !== null) return settle.reject(this.#closed);
    this.#turn();
    const bytes = records.reduce((sum, record) => sum + recordBound(record), 0);
    if (this.#bytes + bytes > this.#deps.queueBytes) return settle.reject(new TriplineError("TL_LOG_FULL", "More is waiting for the brokers than the queue may hold."));
    this.#bytes += bytes;
    const expiresAtMs = performance.now() + this.#deps.appendTimeoutMs;
    const append: PendingAppend = { topic, appended: [], expiresAtMs, bytes, left: records.length, settled: false, ...settle };
    this.#pending.add(append);
    const queues = this.#queuesOf(topic);
    records.forEach((record, index) => {
      const partition = partitions[index] ?? 0;
      (queues[partition] ??= new PartitionQueue(topic, partition)).push({ append, index, record });
    });
    this.#pump();
  }

  /** Sends what is queued, waits for it within the bound of an append, then refuses. */
  async close(): Promise<void> {
    while (this.#pending.size > 0) await new Promise((resolve) => setTimeout(resolve, 5));
    this.#closed ??= new TriplineError("TL_LOG_CLOSED");
    clearInterval(this.#sweep);
    if (this.#client !== null) this.#deps.clients.discard(this.#client);
  }

  #queuesOf(topic: Topic): PartitionQueue[] {
    const queues = this.#queues.get(topic) ?? [];
    this.#queues.set(topic, queues);
    return queues;
  }

  /** After the turn of the loop in which something was appended: what arrived on other connections meanwhile shares the request. */
  #pump(): void {
    if (this.#pumping) return;
    this.#pumping = true;
    void endOfTurn().then(() => {
      this.#pumping = false;
      this.#send();
    });
  }

  #send(): void {
    this.#turn();
    const waiting = [...this.#queues.values()].flat().filter((queue) => !queue.busy && !queue.empty && !queue.held);
    if (waiting.length === 0) return;
    const client = this.#client;
    if (client === null || !client.usable) return this.#renew(null);
    const byLeader = Map.groupBy(waiting, ({ topic, partition }) => client.leaderOf(this.#deps.nameOf(topic), partition));
    for (const [node, queues] of byLeader) {
      if (node === null) this.#hold(client, queues);
      else if (!this.#busyNodes.has(node) && !this.#resting.has(node)) void this.#sendTo(client, node, queues);
    }
  }

  #hold(client: KafkaClient, queues: readonly PartitionQueue[]): void {
    for (const queue of queues) queue.held = true;
    this.#renew(client);
  }

  async #sendTo(client: KafkaClient, node: number, queues: readonly PartitionQueue[]): Promise<void> {
    const taken = this.#takeParcels(queues);
    const parcels = taken.map(({ parcel }) => parcel);
    if (parcels.length === 0) return;
    this.#busyNodes.add(node);
    const startedMs = performance.now();
    let unsettled: ReadonlySet<Parcel> = new Set(parcels);
    try {
      const parts = parcels.map(({ topic, partition, entries }) => ({
        topic: this.#deps.nameOf(topic),
        partition,
        batch: encodeBatch(entries.map(({ record }) => record), this.#deps.clock()),
      }));
      const answer = client.send(node, produceRequest(parts, KAFKA_LIMITS.requestMs), KAFKA_LIMITS.requestMs + KAFKA_LIMITS.promptMs);
      const results = await whileLeading(client, node, parts, answer);
      this.#deps.instruments.commitMs.observe(performance.now() - startedMs);
      unsettled = new Set(parcels.filter((parcel) => !this.#settle(parcel, results)));
      if (unsettled.size === 0) this.#backoff.reset();
    } catch (error) {
      // Unknown outcome: what comes next must not follow on the same connection.
      this.#deps.instruments.retries.add(1, { request: "produce", reason: reasonOf(error) });
      client.cut(node);
      this.#resting.add(node);
    }
    for (const { queue, parcel } of taken) {
      if (unsettled.has(parcel)) queue.putBack(parcel);
      queue.busy = false;
    }
    const again = taken.filter(({ parcel }) => unsettled.has(parcel)).map(({ queue }) => queue);
    if (again.length > 0) this.#hold(client, again);
    this.#busyNodes.delete(node);
    this.#pump();
  }

  #takeParcels(queues: readonly PartitionQueue[]): { readonly queue: PartitionQueue; readonly parcel: Parcel }[] {
    const parcels: { queue: PartitionQueue; parcel: Parcel }[] = [];
    let bytes = 0;
    for (const queue of queues) {
      if (bytes >= KAFKA_LIMITS.produceBytes) break;
      const parcel = queue.take();
      if (parcel === null) continue;
      queue.busy = true;
      bytes += parcel.bytes;
      parcels.push({ queue, parcel });
    }
    return parcels;
  }

  /** False if the parcel must be sent again. */
  #settle(parcel: Parcel, results: readonly ProduceResult[]): boolean {
    const name = this.#deps.nameOf(parcel.topic);
    const result = results.find(({ topic, partition }) => topic === name && partition === parcel.partition);
    const verdict = result === undefined ? "retry" : verdictOfProduce(result.errorCode);
    if (result === undefined || verdict === "retry" || verdict === "not-leader") {
      this.#deps.instruments.retries.add(1, { request: "produce", reason: result === undefined ? "no answer" : nameOfCode(result.errorCode) });
      return false;
    }
    if (verdict === "refused") {
      const detail = `The brokers refuse it: ${nameOfCode(result.errorCode)}.`;
      for (const { append } of parcel.entries) this.#finish(append, new TriplineError("TL_LOG_REFUSED", detail));
      return true;
    }
    this.#acknowledge(parcel, result);
    return true;
  }

  #acknowledge({ topic, partition, entries }: Parcel, { baseOffset, appendTimeMs }: ProduceResult): void {
    this.#deps.instruments.appended.add(entries.length, { topic });
    entries.forEach(({ append, index }, delta) => {
      append.appended[index] = { partition, offset: baseOffset + delta, timestampMs: appendTimeMs };
      append.left--;
      if (append.left === 0) this.#finish(append, null);
    });
  }

  #finish(append: PendingAppend, error: Error | null): void {
    if (append.settled) return;
    append.settled = true;
    this.#pending.delete(append);
    this.#bytes -= append.bytes;
    this.#deps.instruments.queuedBytes.set(this.#bytes);
    if (error !== null) {
      this.#givenUp = true;
      return append.reject(error);
    }
    publishDurable(append.topic, append.appended.length);
    append.resolve(append.appended);
  }

  /** After a standstill whoever asked decides anew, lest what was given up and sent elsewhere comes into the log any time later. */
  #turn(): void {
    const nowMs = performance.now();
    const stoodStill = nowMs - this.#turnedAtMs > KAFKA_LIMITS.standstillMs;
    this.#turnedAtMs = nowMs;
    if (!stoodStill) return;
    for (const append of this.#pending) this.#finish(append, new TriplineError("TL_LOG_UNAVAILABLE", "This process stood still; the append may or may not be in the log."));
  }

  #expire(): void {
    this.#turn();
    const nowMs = performance.now();
    for (const append of this.#pending) {
      if (append.expiresAtMs > nowMs) break;
      this.#finish(append, new TriplineError("TL_LOG_UNAVAILABLE", "An append was not acknowledged in time; it may or may not be in the log."));
    }
    if (!this.#givenUp) return;
    this.#givenUp = false;
    for (const queue of [...this.#queues.values()].flat()) queue.forget();
  }

  /** New knowledge of who leads, from `known` or, where that failed, from a new client. One at a time; then sending goes on. */
  #renew(known: KafkaClient | null): void {
    if (this.#renewing) return;
    this.#renewing = true;
    void this.#obtain(known).finally(() => {
      this.#renewing = false;
      this.#resting.clear();
      for (const queue of [...this.#queues.values()].flat()) queue.held = false;
      this.#pump();
    });
  }

  async #obtain(known: KafkaClient | null): Promise<void> {
    const first = this.#client === null;
    if (!first) await this.#backoff.pause();
    try {
      if (known !== null && known.usable) return await known.refresh();
      this.#client = await this.#deps.clients.take();
      if (!first) await this.#client.refresh();
    } catch (error) {
      this.#deps.instruments.retries.add(1, { request: "metadata", reason: reasonOf(error) });
      if (known !== null) this.#deps.clients.discard(known);
      await this.#backoff.pause();
    }
  }
}

/** Rejects as well once others lead all of these partitions: a broker that hangs is replaced in half the time in which it may answer. */
async function whileLeading<T>(client: KafkaClient, node: number, parts: readonly { topic: string; partition: number }[], answer: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const replaced = new Promise<never>((_, reject) => {
    const look = async (): Promise<void> => {
      // Asked of any broker, perhaps of the one that hangs: then the next look tells.
      await client.refresh().catch(() => undefined);
      const leaders = parts.map(({ topic, partition }) => client.leaderOf(topic, partition));
      if (leaders.every((leader) => leader !== null && leader !== node)) reject(new ReplacedError());
      else if (timer !== undefined) timer = setTimeout(() => void look(), KAFKA_LIMITS.replacedMs);
    };
    timer = setTimeout(() => void look(), KAFKA_LIMITS.replacedMs);
  });
  try {
    return await Promise.race([answer, replaced]);
  } finally {
    clearTimeout(timer);
    timer = undefined;
  }
}

class ReplacedError extends Error {
  override readonly name = "ReplacedError";
}
