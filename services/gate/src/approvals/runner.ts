/** Looks again and again for approvals whose time has come: to be executed, to expire, to be given up, to be erased. Every gate runs one. */
import { expireApproval, runsWithoutBackup } from "@tripline/core";
import type { WorkItem } from "@tripline/store";
import { setTimeout as sleep } from "node:timers/promises";
import type { Shared } from "./deps.ts";
import type { Execution } from "./execution.ts";
import type { Entry } from "./row.ts";

export interface Runner {
  start(): void;
  /** What is being executed is cut off and becomes unclear; what is not claimed waits for the next gate. */
  stop(): Promise<void>;
}

export function createRunner(shared: Shared, execution: Execution): Runner {
  const { limits, logger } = shared;
  const stopping = new AbortController();
  const running = new Map<string, Promise<void>>();
  let ended = Promise.resolve();
  const failed = (error: unknown): void => {
    if (!stopping.signal.aborted) logger.warn({ reason: error instanceof Error ? error.message : "unknown" }, "approvals could not be looked after; trying again");
  };
  const look = async (): Promise<void> => {
    const nowMs = shared.clock();
    const isTime = ({ nextAttemptMs }: Pick<WorkItem, "nextAttemptMs">): boolean => nextAttemptMs !== null && nextAttemptMs <= nowMs;
    // Soonest first: mostly nothing is due, and then one row tells.
    if (!(await shared.rows.open(1)).some(isTime)) return;
    for (const work of await shared.rows.open(limits.approvalsDue)) {
      if (stopping.signal.aborted || !isTime(work)) return;
      if (running.has(work.id)) continue;
      // What takes long must not hold up what only expires.
      if (running.size >= limits.approvalsAtOnce) return;
      const one = handle(work, shared, execution, stopping.signal).catch(failed).finally(() => running.delete(work.id));
      running.set(work.id, one);
    }
  };
  const run = async (): Promise<void> => {
    while (!stopping.signal.aborted) {
      await look().catch(failed);
      await sleep(limits.approvalPollMs, undefined, { signal: stopping.signal }).catch(() => undefined);
    }
  };
  return {
    start: () => void (ended = run()),
    stop: async () => {
      stopping.abort();
      await ended;
      await Promise.allSettled(running.values());
    },
  };
}

async function handle(work: WorkItem, shared: Shared, execution: Execution, signal: AbortSignal): Promise<void> {
  const { rows } = shared;
  const found = rows.read(work);
  if (found.kind !== "intact") return rows.setAside(work);
  const { entry } = found;
  switch (entry.row.approval.status) {
    case "waiting":
      return expire(entry, shared);
    case "approved":
      return isDue(entry, shared) ? runApproved(entry, shared, execution, signal) : expire(entry, shared);
    case "executing":
      return giveUp(entry, shared, execution);
    case "executed":
    case "unclear":
    case "refused":
    case "cancelled":
    case "expired":
    case "void":
      return erase(entry, shared);
  }
}

function isDue({ row: { approval, executedBy } }: Entry, { clock }: Shared): boolean {
  return executedBy === "gate" && clock() < approval.expiresAtMs;
}

/** While the gate cannot tell that what it knows is current, an approval keeps its chance until it expires. */
async function runApproved(entry: Entry, shared: Shared, execution: Execution, signal: AbortSignal): Promise<void> {
  if (shared.executor === null || !shared.state.isCurrent()) return;
  // Before the claim: a dump may take longer than a claimed call may. Two gates that take one each do no harm.
  const reason = await notBackedUp(entry, shared, signal);
  if (signal.aborted) return;
  const claim = await execution.claim(entry);
  if (claim.kind === "refused") return;
  if (reason === null) await execution.execute(claim.entry, signal);
  else await execution.settle(claim.entry, "void", reason);
}

/** Null where it may run as far as the guard is concerned; else why not. */
async function notBackedUp({ row: { approval, kept: hash } }: Entry, { guard, kept }: Shared, signal: AbortSignal): Promise<string | null> {
  if (guard === null) return null;
  const call = await kept.get(approval.id, hash);
  // Whoever executes it finds that out as well, and ends it.
  if (call === null) return null;
  const outcome = await guard.beforeExecution(call.touched, runsWithoutBackup(approval), signal);
  return outcome.kind === "failed" ? `It was not executed: ${outcome.reason}` : null;
}

async function expire(entry: Entry, { rows, clock }: Shared): Promise<void> {
  const change = expireApproval(entry.row.approval, clock());
  if (change.kind === "refused") return;
  const expired = await rows.swap(entry, change.approval);
  if (expired !== null) await rows.append(expired.row.approval);
}

/** Whoever claimed it never said what came of it. It may have been carried out, so nobody does it again. */
async function giveUp(entry: Entry, { clock, limits }: Shared, execution: Execution): Promise<void> {
  if (clock() - entry.row.approval.atMs >= limits.unclearAfterMs) await execution.settle(entry, "unclear", "The gate that was executing it ended before it could say what came of it.");
}

async function erase({ work, row: { approval, kept: hash } }: Entry, { rows, kept, clock, limits, history }: Shared): Promise<void> {
  if (clock() - approval.atMs < limits.keptMs) return;
  // A gate may have died between store and log.
  if (history.version(approval.id) < approval.version) await rows.append(approval);
  await kept.erase(approval.id, hash);
  await rows.close(work);
}
