/** The approvals in the store: found by id, and changed by whoever saw the newest revision, so that of several gates one succeeds. */
import { type ApprovalChange, isSettled } from "@tripline/core";
import type { Appended, EventLog } from "@tripline/event-log";
import { agentKey, type Approval, encode, TriplineError } from "@tripline/model";
import type { Counter, Logger, Metrics } from "@tripline/runtime";
import type { Store, WorkItem } from "@tripline/store";
import { setTimeout as sleep } from "node:timers/promises";
import type { GateLimits } from "../limits.ts";
import { approvalId, claimedRecord, type Entry, isApprovalId, readRow, type Row, writeRow } from "./row.ts";

export type Found =
  | { readonly kind: "intact"; readonly entry: Entry }
  /** Something other than a gate of this deployment wrote it: void, whatever it says. */
  | { readonly kind: "altered"; readonly work: WorkItem }
  | { readonly kind: "none" };

export type Changed =
  | { readonly kind: "changed"; readonly entry: Entry }
  | { readonly kind: "refused"; readonly because: string; readonly reason: string };

interface Deps {
  readonly store: Store;
  readonly eventLog: EventLog;
  readonly metrics: Metrics;
  readonly logger: Logger;
  readonly limits: GateLimits;
  readonly approvalKey: () => Uint8Array;
}

/** Others change a row between our reading and writing at most so often before we say that it is busy. */
const TRIES = 16;

const READ_AT_ONCE = 64;

export class Rows {
  readonly #deps: Deps;
  readonly #changes: Counter;

  constructor(deps: Deps) {
    this.#deps = deps;
    this.#changes = deps.metrics.counter("tripline_gate_approvals_total", "Approvals by what became of them", ["status", "level"]);
  }

  async find(id: string): Promise<Found> {
    if (!isApprovalId(id)) return { kind: "none" };
    const work = (await this.#deps.store.workOfGroup("approval", id)).find((item) => item.id === id);
    return work === undefined ? { kind: "none" } : this.read(work);
  }

  /** The newest approval of same calls, and its number; 0 where none was ever held. They are numbered without a gap, so it is searched for by halves. */
  async newest(sameCall: string): Promise<{ readonly count: number; readonly found: Found }> {
    let newest: { count: number; found: Found } = { count: 0, found: { kind: "none" } };
    let missing = Number.POSITIVE_INFINITY;
    while (missing - newest.count > 1) {
      const count = missing === Number.POSITIVE_INFINITY ? Math.max(1, newest.count * 2) : Math.floor((newest.count + missing) / 2);
      const found = await this.find(approvalId(sameCall, count));
      if (found.kind === "none") missing = count;
      else newest = { count, found };
    }
    return newest;
  }

  read(work: WorkItem): Found {
    const row = readRow(work, this.#deps.approvalKey());
    return row === null ? { kind: "altered", work } : { kind: "intact", entry: { work, row } };
  }

  /** Rows with something left to be done, soonest first. */
  open(limit: number): Promise<readonly WorkItem[]> {
    return this.#deps.store.openWork("approval", limit);
  }

  /** The same, read. Each row's code is checked: thousands of them in one turn of the event loop would hold up every call. */
  async *eachOpen(limit: number): AsyncGenerator<Found> {
    for (const [at, work] of (await this.open(limit)).entries()) {
      if (at % READ_AT_ONCE === READ_AT_ONCE - 1) await new Promise((resolve) => setImmediate(resolve));
      yield this.read(work);
    }
  }

  /** Durable in store and log when it resolves; answers what is stored, which may be another gate's row of the same call. */
  async insert(row: Row): Promise<Found> {
    const { approval } = row;
    const work = { kind: "approval", id: approval.id, group: approval.id, payload: writeRow(row, this.#deps.approvalKey()), nextAttemptMs: this.#nextMs(row) } as const;
    const [stored] = await this.#deps.store.recordWork([work]);
    const found = this.read(stored!);
    if (stored!.payload === work.payload) await this.append(approval);
    return found;
  }

  /** Applies a rule to the newest row until nobody came between. The log has it before this resolves. */
  async change(id: string, rule: (approval: Approval) => ApprovalChange): Promise<Changed> {
    for (let tries = 0; tries < TRIES; tries += 1) {
      const found = await this.find(id);
      if (found.kind === "none") throw new TriplineError("TL_APPROVAL_UNKNOWN");
      if (found.kind === "altered") return { kind: "refused", because: "altered", reason: "It was changed in the store by somebody else than a gate: it is void." };
      const change = rule(found.entry.row.approval);
      if (change.kind === "refused") return change;
      const entry = await this.swap(found.entry, change.approval);
      if (entry === null) continue;
      await this.append(entry.row.approval);
      return { kind: "changed", entry };
    }
    throw new TriplineError("TL_GATE_UNAVAILABLE", "Others change this approval at the same time.");
  }

  /** Puts the changed record in the place of the one that was read; null if somebody else was first. */
  async swap({ work, row }: Entry, approval: Approval): Promise<Entry | null> {
    const next: Row = { ...row, approval };
    const written = await this.#deps.store.updateWork({ ...work, payload: writeRow(next, this.#deps.approvalKey()), nextAttemptMs: this.#nextMs(next) });
    if (written === null) return null;
    this.#changes.add(1, { status: approval.status, level: approval.level });
    return { work: written, row: next };
  }

  /** Nothing is left to be done for it. */
  async close(work: WorkItem): Promise<void> {
    await this.#deps.store.updateWork({ ...work, nextAttemptMs: null });
  }

  /** Told once, left as it is for whoever looks into it, and never looked at again. */
  async setAside(work: WorkItem): Promise<void> {
    const { logger, metrics } = this.#deps;
    metrics.counter("tripline_gate_approvals_altered_total", "Approvals found changed in the store by somebody else than a gate").add(1);
    logger.error({ approval: isApprovalId(work.id) ? work.id : "not an id" }, "an approval was changed in the store by somebody else than a gate: it is void");
    const record = claimedRecord(work);
    if (record !== null) await this.append({ ...record, version: record.version + 1, status: "void", by: null, reason: "It was changed in the store by somebody else than a gate." });
    await this.close(work);
  }

  /** @throws TL_GATE_UNAVAILABLE where the log does not take it in time */
  async append(approval: Approval): Promise<Appended> {
    const { eventLog, limits } = this.#deps;
    const appended = eventLog.append("approvals", [{ key: agentKey(approval.tenant, approval.agent), value: encode("approvals", approval) }]);
    const late = sleep(limits.recordTimeoutMs, null, { ref: false });
    const outcome = await Promise.race([appended, late]).catch((error: unknown) => {
      throw new TriplineError("TL_GATE_UNAVAILABLE", error instanceof TriplineError ? `The event log said ${error.code}.` : "", { cause: error });
    });
    if (outcome !== null) return outcome[0]!;
    appended.catch(() => undefined);
    throw new TriplineError("TL_GATE_UNAVAILABLE", "The event log did not make the approval durable in time.");
  }

  #nextMs({ approval, executedBy }: Row): number | null {
    const { keptMs, unclearAfterMs } = this.#deps.limits;
    if (isSettled(approval)) return approval.atMs + keptMs;
    if (approval.status === "executing") return approval.atMs + unclearAfterMs;
    return approval.status === "approved" && executedBy === "gate" ? (approval.executeAtMs ?? approval.expiresAtMs) : approval.expiresAtMs;
  }
}
