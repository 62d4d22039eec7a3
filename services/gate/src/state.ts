/**
 * What the gate decides by, read from the log without a group: the registry and every agent's breaker. It counts as current only while the log
 * itself confirms, again and again, that nothing newer is there: a gate cut off from the log must not go on as if nobody had tripped.
 */
import { initialRecord, Registry, REGISTRY_TOPICS } from "@tripline/core";
import { type EventLog, type Followed, follow } from "@tripline/event-log";
import { type AgentKey, agentKey, type BreakerRecord, type PayloadOf, type Topic } from "@tripline/model";
import type { Health, Logger, Metrics } from "@tripline/runtime";
import { setTimeout as sleep } from "node:timers/promises";
import type { GateLimits } from "./limits.ts";

interface Deps {
  readonly eventLog: EventLog;
  readonly metrics: Metrics;
  readonly logger: Logger;
  readonly limits: GateLimits;
}

const TOPICS_READ = [...REGISTRY_TOPICS, "breakers"] as const;
type TopicRead = (typeof TOPICS_READ)[number];

/** Agents whose breaker nothing was ever recorded of. */
const INITIAL_KEPT = 4_096;

export class GateState {
  readonly registry = new Registry();
  readonly #deps: Deps;
  readonly #breakers = new Map<AgentKey, BreakerRecord>();
  readonly #initial = new Map<AgentKey, BreakerRecord>();
  readonly #passed = new Map<Topic, Map<number, number>>();
  readonly #stopping = new AbortController();
  readonly #heard = new Set<(record: BreakerRecord) => void>();
  #followed: Followed[] = [];
  #confirmedMs = Number.NEGATIVE_INFINITY;
  #confirming: Promise<void> = Promise.resolve();
  #health: Health = { ready: false, detail: "not started" };

  constructor(deps: Deps) {
    this.#deps = deps;
  }

  /** Resolves when all that the log held has been read and confirmed. */
  async start(): Promise<void> {
    await this.#read();
    await this.#confirm();
    this.#confirming = this.#confirmAgainAndAgain();
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#close();
    await this.#confirming;
    this.#health = { ready: false, detail: "stopped" };
  }

  health(): Health {
    return this.isCurrent() ? this.#health : { ready: false, detail: this.#health.ready ? "cannot tell that what it knows is current: side effects are refused" : this.#health.detail };
  }

  /** The agent's breaker; closed where none was ever recorded. */
  breaker(tenant: string, agent: string): BreakerRecord {
    const key = agentKey(tenant, agent);
    return this.#breakers.get(key) ?? this.#unrecorded(key);
  }

  /** Asked for with each call, and always the same. */
  #unrecorded(key: AgentKey): BreakerRecord {
    const known = this.#initial.get(key);
    if (known !== undefined) return known;
    if (this.#initial.size >= INITIAL_KEPT) this.#initial.clear();
    const made = initialRecord(key);
    this.#initial.set(key, made);
    return made;
  }

  /** False where nothing newer than `currentForMs` confirms what is known. */
  isCurrent(): boolean {
    return performance.now() - this.#confirmedMs <= this.#deps.limits.currentForMs;
  }

  /** Calls back with each breaker record as it is read, for cutting what is open. Answers how to stop. */
  onBreaker(heard: (record: BreakerRecord) => void): () => void {
    this.#heard.add(heard);
    return () => this.#heard.delete(heard);
  }

  async #read(): Promise<void> {
    this.#followed = await Promise.all(TOPICS_READ.map((topic) => this.#follow(topic)));
    await Promise.all(this.#followed.map((one) => one.caughtUp));
    this.#health = { ready: true, detail: "following" };
    Promise.all(this.#followed.map((one) => one.done)).catch((error: unknown) => this.#readAgain(error));
  }

  #follow(topic: TopicRead): Promise<Followed> {
    const offsets = new Map<number, number>();
    this.#passed.set(topic, offsets);
    return follow(
      this.#deps.eventLog, topic, { from: "start", passed: (partition, offset) => void offsets.set(partition, offset) },
      (items) => items.forEach(({ payload }) => this.#apply(topic, payload)),
      (record, reason) => {
        this.#deps.metrics.counter("tripline_undecodable_records_total", "Records that could not be decoded", ["topic", "reason"]).add(1, { topic, reason });
        this.#deps.logger.error({ topic, partition: record.partition, offset: record.offset, reason }, "record cannot be decoded");
      },
    );
  }

  #apply(topic: TopicRead, payload: PayloadOf<TopicRead>): void {
    if (topic !== "breakers") return this.registry.apply(topic, payload as never);
    const record = payload as BreakerRecord;
    this.#breakers.set(agentKey(record.tenant, record.agent), record);
    for (const heard of this.#heard) heard(record);
  }

  async #readAgain(error: unknown): Promise<void> {
    if (this.#stopping.signal.aborted) return;
    this.#health = { ready: false, detail: error instanceof Error ? error.message : "a reader ended" };
    this.#deps.logger.fatal({ reason: this.#health.detail }, "the gate no longer follows the log; starting again");
    await this.#close();
    await sleep(this.#deps.limits.readAgainMs, undefined, { signal: this.#stopping.signal }).then(() => this.#read()).catch((again: unknown) => this.#readAgain(again));
  }

  #close(): Promise<unknown> {
    return Promise.allSettled(this.#followed.map((one) => one.close()));
  }

  async #confirmAgainAndAgain(): Promise<void> {
    const { signal } = this.#stopping;
    while (!signal.aborted) {
      await sleep(this.#deps.limits.confirmEveryMs, undefined, { signal }).catch(() => undefined);
      if (!signal.aborted) await this.#confirm();
    }
  }

  /** What was read up to the log's ends at a moment was current at that moment. */
  async #confirm(): Promise<void> {
    const askedMs = performance.now();
    const { eventLog, limits } = this.#deps;
    const answered = Promise.all(TOPICS_READ.map(async (topic) => ({ topic, ends: await eventLog.ends(topic) })));
    const all = await Promise.race([answered, sleep(limits.confirmTimeoutMs, null, { ref: false })]).catch(() => null);
    answered.catch(() => undefined);
    if (all === null) return;
    const isRead = all.every(({ topic, ends }) => [...ends].every(([partition, { low, high }]) => high === low || (this.#passed.get(topic)?.get(partition) ?? 0) >= high));
    if (isRead) this.#confirmedMs = askedMs;
  }
}
