/**
 * One owned partition: judges its records in order, appends what was found, then checkpoints states and offsets together.
 * A crash between the two is repaired on the next start: records after the checkpoint are judged again from the same states,
 * and findings that are in the log already are not appended twice.
 */
import { type Assessor, type CallMemory, type GateMemory, type Population, type Registry, serializeFiles, type SessionFiles } from "@tripline/core";
import type { EventLog, LogRecord } from "@tripline/event-log";
import { decode, encode, type DeadLetter, type Finding, type Topic, TriplineError } from "@tripline/model";
import { runSyncPipeline } from "@tripline/runtime";
import type { Store } from "@tripline/store";
import { setImmediate as yieldToOthers, setTimeout as sleep } from "node:timers/promises";
import type { CheckpointTurns } from "./checkpoint-turns.ts";
import { GROUP, type HotBaselines, type Turn } from "./hot-baselines.ts";
import type { Instruments } from "./instruments.ts";
import { LIMITS } from "./limits.ts";
import { PIPELINE, received } from "./pipeline.ts";

/** Changes of a breaker by which a human judged what had happened. */
const RESETS: ReadonlySet<string> = new Set(["reset", "reset-tripped"]);

export interface OwnerDeps {
  readonly eventLog: EventLog;
  readonly store: Store;
  readonly registry: Registry;
  readonly baselines: HotBaselines;
  readonly assessor: Assessor;
  readonly instruments: Instruments;
  /** Epoch milliseconds. */
  readonly clock: () => number;
  readonly stopping: AbortSignal;
  readonly checkpointRecords: number;
  readonly checkpointTurns: CheckpointTurns;
}

/** What a partition starts with: from its checkpoint, or empty. */
export interface Recovered {
  readonly partition: number;
  readonly epoch: number;
  readonly offsets: Map<Topic, number>;
  readonly calls: CallMemory;
  readonly files: SessionFiles;
  readonly gates: GateMemory;
  readonly population: Population;
  /** Ids of findings that were appended after the checkpoint. */
  readonly reported: ReadonlySet<string>;
}

/** Key of a partition's population among the group's states; no agent key looks like it. */
export const populationKey = (partition: number): string => `~population/${partition}`;
/** Key of what the gate said of the partition's calls. */
export const gateKey = (partition: number): string => `~gate/${partition}`;

/** Likewise, of what the partition's sessions wrote. */
export const filesKey = (partition: number): string => `~files/${partition}`;

/** An agent's hours are those of the days on which it acts: so the alarm budget counts them. */
const HOURS_OF_DAY = 24;

export class PartitionOwner {
  readonly #deps: OwnerDeps;
  readonly #state: Recovered;
  #sinceCheckpoint = 0;
  #checkpointedMs: number;
  /** Something failed half-way: baselines, offsets and what counts as written may no longer belong together. */
  #torn = false;
  #turn: Promise<void> = Promise.resolve();

  constructor(state: Recovered, deps: OwnerDeps) {
    this.#state = state;
    this.#deps = deps;
    this.#checkpointedMs = deps.clock();
  }

  /** Judges records of one topic in order. Rejects if the log or the store refuses for good; nothing is skipped then. */
  handle(records: readonly LogRecord[]): Promise<void> {
    return this.#exclusive(async () => {
      // The breaker reads the same records by its hard rules: a call that they stop is in a hurry, a baseline is not.
      await yieldToOthers();
      for (let at = 0; at < records.length; at += LIMITS.recordsPerTurn) {
        await this.#judge(records.slice(at, at + LIMITS.recordsPerTurn));
        const { checkpointRecords, baselines } = this.#deps;
        if (this.#sinceCheckpoint >= checkpointRecords || baselines.isPressedBy(this.#state.partition)) await this.#checkpoint();
        if (at + LIMITS.recordsPerTurn < records.length) await yieldToOthers();
      }
    });
  }

  /** Writes a checkpoint if anything changed; called by a timer and on the way out. */
  flush(dueOnly: boolean): Promise<void> {
    return this.#exclusive(async () => {
      const due = this.#deps.clock() - this.#checkpointedMs >= LIMITS.checkpointMs;
      if (this.#sinceCheckpoint > 0 && (due || !dueOnly)) await this.#checkpoint();
    });
  }

  /**
   * A batch and the checkpoint timer never overlap: a checkpoint between two records of a turn would be torn. After a failure nothing
   * is written any more: the partition is recovered from its last checkpoint instead.
   */
  #exclusive(run: () => Promise<void>): Promise<void> {
    const turn = this.#turn.then(async () => {
      if (this.#torn) throw new TriplineError("TL_STORE_FENCED");
      await run().catch((error: unknown) => {
        this.#torn = true;
        throw error;
      });
    });
    this.#turn = turn.catch(() => undefined);
    return turn;
  }

  async #judge(records: readonly LogRecord[]): Promise<void> {
    const { baselines, instruments } = this.#deps;
    const { partition, calls, files, gates, population, offsets } = this.#state;
    const turn = await baselines.load(partition, records.map(({ key }) => key));
    const findings: Finding[] = [];
    const deps = { ...this.#deps, calls, files, gates, population };
    const assessed = { "no": 0, "call": 0, "call-of-new-day": 0 };
    for (let at = 0; at < records.length; at += 1) {
      const record = records[at]!;
      if (record.topic === "breakers") this.#onBreaker(record, turn, at);
      else {
        const result = runSyncPipeline(PIPELINE, received(record, turn, at), deps, instruments.records);
        if (result.kind === "dead") await this.#deadLetter(record, result.reason, result.detail);
        if (result.kind !== "done") continue;
        findings.push(...result.item.findings);
        assessed[result.item.assessed] += 1;
      }
    }
    instruments.calls.add(assessed.call + assessed["call-of-new-day"]);
    instruments.agentHours.add(assessed["call-of-new-day"] * HOURS_OF_DAY);
    await this.#report(findings);
    const last = records.at(-1);
    if (last !== undefined) offsets.set(last.topic, last.offset + 1);
    this.#sinceCheckpoint += records.length;
  }

  /** A reset says that a human judged what had happened: the baseline must not hold it against the agent again. A trip on risk is counted. */
  #onBreaker(record: LogRecord, turn: Turn, at: number): void {
    const decoded = decode("breakers", record.value);
    if (!decoded.ok) return this.#deps.instruments.records.add(1, { step: "breakers", outcome: "dead", reason: decoded.reason });
    const { change, trip } = decoded.value;
    const isRiskTrip = change === "trip" && trip?.cause.kind === "risk";
    if (!RESETS.has(change) && !isRiskTrip) return;
    const slot = this.#deps.baselines.touch(turn, at);
    if (slot === null) return;
    if (!isRiskTrip) return this.#deps.assessor.accept(slot);
    this.#deps.assessor.noteTrip(slot);
    this.#deps.instruments.riskTrips.add(1);
  }

  async #report(findings: readonly Finding[]): Promise<void> {
    const fresh = findings.filter(({ id }) => !this.#state.reported.has(id));
    if (fresh.length === 0) return;
    for (const { detector, weight, alert } of fresh) {
      this.#deps.instruments.findings.add(1, { detector, weight });
      if (alert === true) this.#deps.instruments.alerts.add(1);
    }
    await this.#append("findings", fresh.map((finding) => ({ key: `${finding.tenant}/${finding.agent}`, value: encode("findings", finding) })));
  }

  async #deadLetter(record: LogRecord, reason: string, detail: string): Promise<void> {
    const letter: DeadLetter = {
      v: 1,
      id: `detector:${record.topic}:${record.partition}:${record.offset}`,
      reason,
      detail: detail.slice(0, 1_000),
      topic: record.topic,
      payload: Buffer.from(record.value.subarray(0, LIMITS.deadLetterBytes)).toString("base64"),
      atMs: record.timestampMs,
    };
    await this.#append("actions.dead", [{ key: record.key, value: encode("actions.dead", letter) }]);
  }

  /** Goes on until the log takes it: what was found must not be lost because a disk was full for a while. */
  async #append(topic: Topic, records: readonly { key: string; value: Uint8Array }[]): Promise<void> {
    for (let waitMs: number = LIMITS.appendRetryMs; ; waitMs = Math.min(waitMs * 2, LIMITS.appendRetryMaxMs)) {
      try {
        const appended = await this.#deps.eventLog.append(topic, records);
        const last = appended.at(-1);
        if (topic === "findings" && last !== undefined) this.#state.offsets.set("findings", last.offset + 1);
        return;
      } catch (error) {
        const closed = error instanceof TriplineError && error.code === "TL_LOG_CLOSED";
        if (closed || this.#deps.stopping.aborted) throw error;
        this.#deps.instruments.records.add(records.length, { step: "append", outcome: "retry", reason: topic });
        await sleep(waitMs, undefined, { signal: this.#deps.stopping });
      }
    }
  }

  /** What changed is only taken when it is this partition's turn to write: until then it costs nothing. */
  #checkpoint(): Promise<void> {
    return this.#deps.checkpointTurns.take(() => this.#writeCheckpoint());
  }

  async #writeCheckpoint(): Promise<void> {
    const { partition, epoch, offsets, files, gates, population } = this.#state;
    const { store, baselines, instruments } = this.#deps;
    const states: { key: string; value: Uint8Array }[] = baselines.takeChanges(partition);
    if (population.takeChanged()) states.push({ key: populationKey(partition), value: population.serialize() });
    if (files.takeChanged()) states.push({ key: filesKey(partition), value: serializeFiles(files) });
    const decisions = gates.takeChanged(this.#deps.clock());
    if (decisions !== null) states.push({ key: gateKey(partition), value: decisions });
    const result = await store.commitCheckpoint(GROUP, partition, epoch, { offsets: new Map(offsets), states });
    if (result === "fenced") throw new TriplineError("TL_STORE_FENCED");
    instruments.checkpoints.add(1);
    this.#sinceCheckpoint = 0;
    this.#checkpointedMs = this.#deps.clock();
  }
}
