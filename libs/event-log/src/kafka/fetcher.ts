/**
 * Fetches for one subscription: a loop per leader asks for all its lanes that have room, and waits at the broker when there is nothing
 * new. Whatever brokers do, it goes on: other leaders, new clients, growing pauses; only a log that lost what was already read ends it.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { type Topic, TriplineError } from "@tripline/model";
import { Backoff } from "./bounded.ts";
import { isLeadership, nameOfCode, OFFSET_OUT_OF_RANGE } from "./broker-errors.ts";
import type { KafkaClient } from "./client.ts";
import type { ClientPool } from "./client-pool.ts";
import { type FetchResult, fetchRequest } from "./exchanges.ts";
import { type Instruments, reasonOf } from "./instruments.ts";
import type { Lane } from "./lane.ts";
import { KAFKA_LIMITS } from "./options.ts";
import { isRight, type Refusals } from "./refusals.ts";

export interface FetcherDeps {
  readonly clients: ClientPool;
  readonly instruments: Instruments;
  readonly refusals: Refusals;
  readonly nameOf: (topic: Topic) => string;
  /** Something new can be taken from the lane. */
  readonly grown: (lane: Lane) => void;
  readonly failed: (error: Error) => void;
}

/** How long a lane is left alone that could not be fetched, and how often full lanes are looked at. */
const REST_MS = 50;

/** What could not be fetched for so long is said: no election takes longer. */
const STUCK_MS = 10_000;

/** As they are named when they are refused. */
const METADATA = "metadata of the topics";
const reading = (name: string): string => `reading ${name}`;

export class Fetcher {
  readonly #deps: FetcherDeps;
  readonly #lanes = new Map<string, Lane>();
  readonly #loops = new Map<number, Promise<void>>();
  readonly #backoff = new Backoff();
  /** Lanes that could not be fetched, until when each is left alone. */
  readonly #resting = new Map<Lane, number>();
  readonly #stopping = new AbortController();
  #client: KafkaClient | null;
  #routing: Promise<boolean> | null = null;
  /** Lanes came while leaders were being found: they may have others. */
  #added = false;
  /** Every lane has a leader, as far as known. */
  #complete = false;
  #room = Promise.withResolvers<void>();
  /** Since when a lane cannot be fetched for another reason than a right. */
  readonly #stuckSinceMs = new Map<Lane, number>();
  /** When positions beyond the log's end were first seen, by lane. */
  readonly #beyond = new Map<Lane, number>();

  /** Takes over `client`, connected. */
  constructor(deps: FetcherDeps, client: KafkaClient | null) {
    this.#deps = deps;
    this.#client = client;
  }

  add(lanes: readonly Lane[]): void {
    for (const lane of lanes) this.#lanes.set(this.#place(lane), lane);
    this.#added = true;
    this.#route(false);
    this.roomier();
  }

  remove(lanes: readonly Lane[]): void {
    for (const lane of lanes) {
      if (this.#lanes.get(this.#place(lane)) === lane) this.#lanes.delete(this.#place(lane));
      this.#resting.delete(lane);
      this.#beyond.delete(lane);
      this.#unstuck(lane);
    }
  }

  /** A lane has been emptied: it may be fetched again. */
  roomier(): void {
    this.#room.resolve();
    this.#room = Promise.withResolvers();
  }

  /** Ends the loops; their last requests come to their end unseen, and then the client is given back. */
  stop(): void {
    this.#stopping.abort();
    for (const lane of this.#lanes.values()) this.#unstuck(lane);
    this.#lanes.clear();
    this.roomier();
    const rest = [...this.#loops.values(), this.#routing ?? Promise.resolve()];
    void Promise.allSettled(rest).then(() => {
      if (this.#client !== null) this.#deps.clients.give(this.#client);
      this.#client = null;
    });
  }

  #place = (lane: Lane): string => `${this.#deps.nameOf(lane.topic)}/${lane.partition}`;

  get #stopped(): boolean {
    return this.#stopping.signal.aborted;
  }

  /** Finds the leader of every lane and sees to it that a loop serves it. One at a time. */
  #route(anew: boolean): void {
    if (this.#routing !== null || this.#stopped) return;
    this.#added = false;
    const routing = this.#routeOnce(anew);
    this.#routing = routing;
    void routing.then((complete) => {
      this.#routing = null;
      this.#complete = complete;
      if (!complete) this.#route(true);
      else if (this.#added) this.#route(false);
    });
  }

  /** False if some lane has no leader, or nobody answered. */
  async #routeOnce(anew: boolean): Promise<boolean> {
    try {
      if (anew) await this.#backoff.pause(this.#stopping.signal);
      if (this.#stopped) return true;
      const known = this.#client !== null && this.#client.usable ? this.#client : null;
      this.#client = known ?? (await this.#deps.clients.take());
      if (anew || known === null) {
        await this.#client.refresh();
        this.#deps.refusals.granted(METADATA);
      }
      // Every one, also behind one that has no leader now.
      const client = this.#client;
      return [...this.#lanes.values()].map((lane) => this.#served(client, lane)).every(Boolean);
    } catch (error) {
      this.#retried("metadata", error);
      if (isRight(reasonOf(error))) this.#deps.refusals.refused(METADATA, reasonOf(error));
      this.#dropClient(this.#client);
      return false;
    }
  }

  #served(client: KafkaClient, lane: Lane): boolean {
    const node = client.leaderOf(this.#deps.nameOf(lane.topic), lane.partition);
    if (node === null) {
      this.#stuck(lane, "no leader");
      return false;
    }
    if (!this.#loops.has(node) && !this.#stopped) {
      const loop = this.#loop(client, node).finally(() => this.#loops.delete(node));
      this.#loops.set(node, loop);
    }
    return true;
  }

  /** Until the node leads none of our lanes any more, or does not answer as it must. */
  async #loop(client: KafkaClient, node: number): Promise<void> {
    let anew = false;
    while (!this.#stopped && client.usable) {
      const led = [...this.#lanes.values()].filter((lane) => client.leaderOf(this.#deps.nameOf(lane.topic), lane.partition) === node);
      if (led.length === 0) break;
      const nowMs = performance.now();
      const wanting = led.filter((lane) => lane.wants && (this.#resting.get(lane) ?? 0) <= nowMs);
      try {
        if (wanting.length > 0) await this.#fetch(client, node, wanting);
        else await Promise.race([this.#room.promise, sleep(REST_MS)]);
      } catch (error) {
        this.#retried("fetch", error);
        client.cut(node);
        anew = true;
        break;
      }
    }
    // After this turn, when this loop is gone; those of the other brokers go on.
    setImmediate(() => this.#route(anew || !client.usable));
  }

  async #fetch(client: KafkaClient, node: number, lanes: readonly Lane[]): Promise<void> {
    const parts = lanes.map((lane) => ({ topic: this.#deps.nameOf(lane.topic), partition: lane.partition, offset: lane.next }));
    const bounds = { waitMs: KAFKA_LIMITS.fetchWaitMs, bytes: KAFKA_LIMITS.fetchBytes, partitionBytes: KAFKA_LIMITS.fetchPartitionBytes };
    const asked = new Map(lanes.map((lane) => [lane, lane.next]));
    const results = await client.send(node, fetchRequest(parts, bounds), KAFKA_LIMITS.fetchWaitMs + KAFKA_LIMITS.promptMs);
    for (const result of results) {
      const lane = this.#lanes.get(`${result.topic}/${result.partition}`);
      // It may have been removed meanwhile, or have been set to another place.
      if (lane === undefined || asked.get(lane) !== lane.next) continue;
      if (result.errorCode === 0) this.#take(lane, result);
      else await this.#refused(client, lane, result.errorCode);
    }
  }

  #take(lane: Lane, { recordSet }: FetchResult): void {
    this.#beyond.delete(lane);
    this.#resting.delete(lane);
    this.#unstuck(lane);
    this.#deps.refusals.granted(reading(this.#deps.nameOf(lane.topic)));
    if (this.#complete) this.#backoff.reset();
    if (lane.add(recordSet)) this.#deps.grown(lane);
  }

  async #refused(client: KafkaClient, lane: Lane, errorCode: number): Promise<void> {
    this.#resting.set(lane, performance.now() + REST_MS);
    if (errorCode === OFFSET_OUT_OF_RANGE) return this.#outOfRange(client, lane);
    const reason = isLeadership(errorCode) ? "not leader" : nameOfCode(errorCode);
    this.#deps.instruments.retries.add(1, { request: "fetch", reason });
    if (isRight(reason)) this.#deps.refusals.refused(reading(this.#deps.nameOf(lane.topic)), reason);
    else this.#stuck(lane, reason);
    this.#route(true);
  }

  #stuck(lane: Lane, reason: string): void {
    const sinceMs = this.#stuckSinceMs.get(lane) ?? performance.now();
    this.#stuckSinceMs.set(lane, sinceMs);
    if (performance.now() - sinceMs >= STUCK_MS) this.#deps.refusals.refused(reading(this.#place(lane)), reason);
  }

  #unstuck(lane: Lane): void {
    if (this.#stuckSinceMs.delete(lane)) this.#deps.refusals.granted(reading(this.#place(lane)));
  }

  /** Below the first kept record: retention. Above the end for longer than an election takes: what was read is gone. */
  async #outOfRange(client: KafkaClient, lane: Lane): Promise<void> {
    // What is there is read first; it was kept when it was fetched.
    if (lane.filled) return;
    const name = this.#deps.nameOf(lane.topic);
    const low = (await client.offsets(name, [lane.partition], "first")).get(lane.partition) ?? 0;
    if (lane.next < low) {
      lane.skipTo(low);
      return this.#deps.grown(lane);
    }
    const sinceMs = this.#beyond.get(lane) ?? performance.now();
    this.#beyond.set(lane, sinceMs);
    if (performance.now() - sinceMs < KAFKA_LIMITS.requestMs) return;
    this.#deps.instruments.corrupt.add(1);
    this.#deps.failed(new TriplineError("TL_LOG_CORRUPT", `${lane.topic}/${lane.partition} ends before ${lane.next}, which was read.`));
  }

  #retried(request: string, error: unknown): void {
    if (!this.#stopped) this.#deps.instruments.retries.add(1, { request, reason: reasonOf(error) });
  }

  #dropClient(client: KafkaClient | null): void {
    if (client !== null) this.#deps.clients.discard(client);
    if (this.#client === client) this.#client = null;
  }
}
