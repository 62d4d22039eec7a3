/**
 * Membership in a consumer group, spoken over kafkajs's protocol. Unlike its consumer: a heartbeat goes on whatever handlers and
 * rebalances do, partitions that stay are read on during a rebalance, and what is no longer ours is known by a clock of our own, not
 * only when the coordinator says so.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { assign } from "./assignment.ts";
import { Backoff, bounded } from "./bounded.ts";
import type { KafkaClient } from "./client.ts";
import type { ClientPool } from "./client-pool.ts";
import { type Claimant, commit, type Progress } from "./epochs.ts";
import { type Instruments, reasonOf } from "./instruments.ts";
import { decodeAssignment, decodeMember, encodeAssignment, encodeMember, PROTOCOL } from "./membership-codec.ts";
import type { Broker } from "./kafkajs-internals.ts";
import { KAFKA_LIMITS } from "./options.ts";
import { isRight, type Refusals } from "./refusals.ts";

export interface Holder {
  /** What is held now, and must not be given to another yet. */
  readonly held: () => { readonly owned: readonly number[]; readonly generation: number };
  /** Lets go what is no longer assigned, takes what is new. True if something was let go that another may have now. Throws Fatal to end. */
  readonly reconcile: (assigned: readonly number[], coordinator: Broker, claimant: Claimant) => Promise<boolean>;
  /** The group goes on without us: everything held is lost. */
  readonly expelled: () => Promise<void>;
  /** Something held has outlived our lease, and stays unread until it is let go and taken anew, though the group still counts us in. */
  readonly lapsed: () => boolean;
  /** A handler has run for longer than any should: others must be able to take over. */
  readonly hung: () => boolean;
  readonly progress: () => readonly Progress[];
}

export interface MemberDeps {
  readonly clients: ClientPool;
  readonly instruments: Instruments;
  readonly refusals: Refusals;
  readonly group: string;
  readonly groupId: string;
  readonly topics: readonly string[];
  readonly partitions: number;
  readonly sessionTimeoutMs: number;
}

/** An error that ends the subscription; every other one is met by joining again. */
export class Fatal extends Error {
  override readonly cause: unknown;
  constructor(cause: unknown) {
    super("ends the subscription", { cause });
    this.cause = cause;
  }
}

const EXPELLED = new Set(["UNKNOWN_MEMBER_ID", "ILLEGAL_GENERATION", "FENCED_INSTANCE_ID"]);
/** Heartbeats per session timeout, at least, and the longest pause between two: by them a member learns that another left. */
const BEATS = 6;
const BEAT_MS = 300;
const LEAVE_MS = 2_000;

type Wake = "rebalance" | "expelled" | "stop";

export class GroupMember {
  readonly #deps: MemberDeps;
  readonly #holder: Holder;
  readonly #backoff = new Backoff();
  readonly #stopping = new AbortController();
  /** For joining, which may take long, and for heartbeats meanwhile: brokers serve a connection's requests one by one. */
  #joining: { client: KafkaClient; broker: Broker } | null = null;
  #beating: { client: KafkaClient; broker: Broker } | null = null;
  #memberId = "";
  #generation = -1;
  #inRound = false;
  #aliveAtMs = performance.now();
  #wake = Promise.withResolvers<Wake>();
  #pulse: Promise<void> | null = null;
  #progressAtMs = 0;
  /** Since when the group cannot be joined. */
  #outsideSinceMs: number | null = null;

  constructor(deps: MemberDeps, holder: Holder) {
    this.#deps = deps;
    this.#holder = holder;
  }

  /** False once the coordinator may have given our partitions to others. Also right after this process was stopped for a while. */
  alive(): boolean {
    return performance.now() - this.#aliveAtMs < this.#deps.sessionTimeoutMs;
  }

  /** Until `stop`, or a Fatal error, which it throws. */
  async run(): Promise<void> {
    let reason = "start";
    while (!this.#stopping.signal.aborted) {
      try {
        this.#deps.instruments.rebalances.add(1, { group: this.#deps.group, reason });
        reason = await this.#round();
        this.#backoff.reset();
      } catch (error) {
        if (error instanceof Fatal) throw error.cause;
        reason = reasonOf(error);
        await this.#recover(reason);
      }
      if (reason === "expelled") await this.#forget();
    }
  }

  stop(): void {
    this.#stopping.abort();
    this.#wake.resolve("stop");
  }

  /** Tells the group, so that others take over at once, and gives back the connections. Bounded. */
  async leave(): Promise<void> {
    this.stop();
    const { groupId } = this.#deps;
    const broker = this.#beating?.broker ?? this.#joining?.broker;
    if (broker !== undefined && this.#memberId !== "") {
      await this.#commitProgress(broker).catch(() => undefined);
      await bounded(broker.leaveGroup({ groupId, memberId: this.#memberId }), LEAVE_MS, "LeaveGroup").catch(() => undefined);
    }
    this.#disconnect();
  }

  /** One generation of the group: join, agree, take and let go, then stay until something changes. */
  async #round(): Promise<string> {
    this.#inRound = true;
    const { assigned, coordinator, claimant } = await this.#join();
    this.#wake = Promise.withResolvers();
    this.#inRound = false;
    this.#pulse ??= this.#beat();
    // The pulse goes on while partitions are taken and let go, however long handlers need.
    const letGo = await this.#holder.reconcile(assigned, coordinator, claimant);
    this.#outsideSinceMs = null;
    this.#deps.refusals.granted(this.#joiningIt);
    if (letGo) return "let go";
    if (this.#stopping.signal.aborted) return "stop";
    return this.#wake.promise;
  }

  async #join(): Promise<{ assigned: readonly number[]; coordinator: Broker; claimant: Claimant }> {
    const { groupId, topics, sessionTimeoutMs, partitions } = this.#deps;
    this.#joining ??= await this.#connect();
    const { broker } = this.#joining;
    const sentMs = performance.now();
    const joined = await broker.joinGroup({
      groupId,
      sessionTimeout: sessionTimeoutMs,
      rebalanceTimeout: KAFKA_LIMITS.rebalanceMs,
      memberId: this.#memberId,
      groupProtocols: [{ name: PROTOCOL, metadata: encodeMember(topics, this.#holder.held()) }],
    });
    this.#memberId = joined.memberId;
    this.#generation = joined.generationId;
    const leads = joined.leaderId === joined.memberId;
    const shares = leads ? assign(joined.members.map(({ memberId, memberMetadata }) => decodeMember(memberId, memberMetadata)), partitions) : new Map<string, readonly number[]>();
    const groupAssignment = Array.from(shares, ([memberId, own]) => ({ memberId, memberAssignment: encodeAssignment(topics, own) }));
    const synced = await broker.syncGroup({ groupId, generationId: this.#generation, memberId: this.#memberId, groupAssignment });
    // Before the first heartbeat there is no other sign of life; later ones go on beside this.
    if (this.#pulse === null) this.#aliveAtMs = Math.max(this.#aliveAtMs, sentMs);
    const claimant = { groupId, memberId: this.#memberId, generation: this.#generation };
    return { assigned: decodeAssignment(synced.memberAssignment), coordinator: broker, claimant };
  }

  async #connect(): Promise<{ client: KafkaClient; broker: Broker }> {
    const client = await this.#deps.clients.take();
    try {
      return { client, broker: await client.coordinator(this.#deps.groupId) };
    } catch (error) {
      this.#deps.clients.discard(client);
      throw error;
    }
  }

  get #joiningIt(): string {
    return `joining the group ${this.#deps.groupId}`;
  }

  async #recover(reason: string): Promise<void> {
    if (this.#stopping.signal.aborted) return;
    this.#deps.instruments.retries.add(1, { request: "group", reason });
    this.#outsideSinceMs ??= performance.now();
    if (isRight(reason) || performance.now() - this.#outsideSinceMs > KAFKA_LIMITS.answerMs) this.#deps.refusals.refused(this.#joiningIt, reason);
    if (EXPELLED.has(reason) || !this.alive()) await this.#forget();
    // Two members that need one another to sync: at once. Otherwise the coordinator may be elsewhere now.
    if (reason === "REBALANCE_IN_PROGRESS") return;
    if (this.#joining !== null) this.#deps.clients.discard(this.#joining.client);
    this.#joining = null;
    await this.#backoff.pause(this.#stopping.signal);
  }

  /** Comes back as a new member that owns nothing. */
  async #forget(): Promise<void> {
    this.#memberId = "";
    this.#generation = -1;
    await this.#holder.expelled();
    this.#aliveAtMs = performance.now();
  }

  async #beat(): Promise<void> {
    while (!this.#stopping.signal.aborted) {
      await sleep(Math.min(BEAT_MS, this.#deps.sessionTimeoutMs / BEATS), undefined, { signal: this.#stopping.signal }).catch(() => undefined);
      if (this.#stopping.signal.aborted) return;
      if (!this.alive() && !this.#inRound) this.#wake.resolve("expelled");
      if (this.#memberId === "" || this.#holder.hung()) continue;
      await this.#beatOnce();
    }
  }

  async #beatOnce(): Promise<void> {
    let sentMs = performance.now();
    const { groupId } = this.#deps;
    try {
      this.#beating ??= await this.#connect();
      // Connecting may have taken as long as a lease.
      sentMs = performance.now();
      const { broker } = this.#beating;
      const beat = broker.heartbeat({ groupId, groupGenerationId: this.#generation, memberId: this.#memberId });
      await bounded(beat, this.#deps.sessionTimeoutMs / 2, "Heartbeat");
      this.#aliveAtMs = sentMs;
      // A lease can run out and the group not notice: it gives a member more time while its own coordinator changes.
      if (!this.#inRound && this.#holder.lapsed()) this.#wake.resolve("rebalance");
      if (!this.#inRound) await this.#commitProgress(broker);
    } catch (error) {
      this.#beatFailed(reasonOf(error), sentMs);
    }
  }

  #beatFailed(reason: string, sentMs: number): void {
    // While a round is under way the coordinator still knows us, though not by this generation.
    if (reason === "REBALANCE_IN_PROGRESS" || (this.#inRound && reason === "ILLEGAL_GENERATION")) {
      this.#aliveAtMs = sentMs;
      this.#wake.resolve("rebalance");
    } else if (EXPELLED.has(reason)) {
      if (!this.#inRound) this.#wake.resolve("expelled");
    } else {
      this.#deps.instruments.retries.add(1, { request: "heartbeat", reason });
      if (this.#beating !== null) this.#deps.clients.discard(this.#beating.client);
      this.#beating = null;
    }
  }

  async #commitProgress(broker: Broker): Promise<void> {
    if (!this.#stopping.signal.aborted && performance.now() - this.#progressAtMs < KAFKA_LIMITS.progressMs) return;
    this.#progressAtMs = performance.now();
    const progress = this.#holder.progress();
    if (progress.length === 0) return;
    const claimant = { groupId: this.#deps.groupId, memberId: this.#memberId, generation: this.#generation };
    await bounded(commit(broker, claimant, progress), LEAVE_MS, "OffsetCommit");
  }

  #disconnect(): void {
    for (const one of [this.#joining, this.#beating]) if (one !== null) this.#deps.clients.discard(one.client);
    this.#joining = null;
    this.#beating = null;
  }
}
