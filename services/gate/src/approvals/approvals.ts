/** Held calls until humans have answered, and then exactly one execution: opened, found, decided on, claimed. */
import { approve, type ApprovalChange, type ApprovingHuman, boundDigest, cancelApproval, claimApproval, isSettled, openApproval, refuseApproval, runsWithoutBackup, type Yes } from "@tripline/core";
import { agentKey, type Approval, DEFAULT_GATE_POLICY, type GatePolicy, TriplineError } from "@tripline/model";
import type { HeldAs } from "../answer.ts";
import type { Caller } from "../call.ts";
import { touchedBy } from "../guard/touched.ts";
import type { Claim, HeldCall, Holds } from "../holds.ts";
import { backupOf, type ShownBackup, unbackedReason } from "./backup-state.ts";
import type { ApprovalsDeps, Shared } from "./deps.ts";
import { createExecution, type Execution } from "./execution.ts";
import { History } from "./history.ts";
import { type Details, type Kept, type KeptAnswer, KeptCalls, keptOf, writeKept } from "./kept.ts";
import { Room, type Taken } from "./room.ts";
import { approvalId, type Entry, isSame, type Row, sign } from "./row.ts";
import { type Changed, Rows } from "./rows.ts";
import { createRunner } from "./runner.ts";

export const ORDERS = ["approve", "refuse", "cancel"] as const;
export type Order = (typeof ORDERS)[number];

/** An approval as an approver sees it. */
export interface Shown {
  readonly approval: Approval;
  /** Null where it is over and erased. */
  readonly details: Details | null;
  readonly target: Kept["bound"]["target"];
  readonly credential: Kept["bound"]["credential"];
  readonly backup: ShownBackup;
}

export interface Approvals extends Holds {
  start(): Promise<void>;
  stop(): Promise<void>;
  /** `withoutBackup`: the approver says explicitly that it may run without one. */
  order(order: Order, id: string, human: ApprovingHuman, reason: string, withoutBackup?: boolean): Promise<Changed>;
  /** Waiting ones first; those of the last day with them. */
  list(): Promise<readonly Approval[]>;
  show(id: string): Promise<Shown | null>;
  /** The record alone; null where it is unknown or altered. */
  record(id: string): Promise<Approval | null>;
  /** For the agent itself; null for another's. */
  ofAgent(caller: Caller, id: string): Promise<{ readonly approval: Approval; readonly answer: KeptAnswer | null } | null>;
  link(id: string): string | null;
  /** What in a link says that this deployment made it. */
  linkCode(id: string): string;
  isLink(id: string, code: string): boolean;
}

/** Nothing is executed before `start`. */
export function createApprovals(deps: ApprovalsDeps): Approvals {
  const room = new Room(deps.limits);
  const history = new History({ ...deps, heard: (approval) => room.heard(approval) });
  const shared: Shared = { ...deps, rows: new Rows(deps), kept: new KeptCalls(deps), history, room, backingUp: new Set() };
  const execution = createExecution(shared);
  const runner = createRunner(shared, execution);
  const crowded = deps.metrics.counter("tripline_gate_holds_refused_total", "Calls that could not be held because so many, or so much, of their agent is", ["because"]);
  const codeOf = (id: string): string => sign(deps.approvalKey(), "approval link", id);
  const link = (id: string): string | null => {
    const url = deps.pageUrl();
    return url === null ? null : `${url}/a/${id}?k=${codeOf(id)}`;
  };
  return {
    start: async () => {
      await shared.history.start();
      runner.start();
    },
    stop: async () => {
      await runner.stop();
      await shared.history.stop();
    },
    open: async (held) => {
      const opened = await open(held, shared);
      if (opened.kind === "opened") return { kind: "held", held: heldAs(opened.approval, link) };
      crowded.add(1, { because: opened.because });
      return { kind: "refused", reason: opened.reason };
    },
    claim: (id, held) => claim(id, held, { ...shared, execution, link }),
    order: async (order, id, human, reason, withoutBackup = false) => {
      const unbacked = order === "approve" ? await unbackedReason(id, shared) : null;
      return shared.rows.change(id, (approval) => RULES[order](approval, human, { reason, withoutBackup, unbacked }, policyOf(approval.tenant, shared), shared.clock()));
    },
    list: () => list(shared),
    show: (id) => show(id, shared),
    record: async (id) => {
      const found = await shared.rows.find(id);
      return found.kind === "intact" ? found.entry.row.approval : null;
    },
    ofAgent: (caller, id) => ofAgent(caller, id, shared),
    link,
    linkCode: codeOf,
    isLink: (id, code) => isSame(code, codeOf(id)),
  };
}

type Rule = (approval: Approval, human: ApprovingHuman, said: Yes, policy: GatePolicy, nowMs: number) => ApprovalChange;
const RULES: Readonly<Record<Order, Rule>> = {
  approve,
  refuse: (approval, human, { reason }, _policy, nowMs) => refuseApproval(approval, human, reason, nowMs),
  cancel: (approval, human, { reason }, _policy, nowMs) => cancelApproval(approval, human, reason, nowMs),
};

export function policyOf(tenant: string, { state }: Pick<Shared, "state">): GatePolicy {
  return state.registry.policy(tenant).gate ?? DEFAULT_GATE_POLICY;
}

const heldAs = ({ id, expiresAtMs }: Approval, link: (id: string) => string | null): HeldAs => ({ approvalId: id, link: link(id), expiresAtMs });

/** The same call again, under whatever call id, is the same approval: a retry asks nobody twice, and a human's no stands for its time. */
async function open(held: HeldCall, shared: Shared): Promise<Opening> {
  const { rows, clock, history } = shared;
  const same = boundDigest({ ...held.bound, callId: "" });
  if (same.kind !== "digest") throw new TriplineError("TL_GATE_INVALID", "The call has no canonical text.");
  const { count, found } = await rows.newest(same.digest);
  if (found.kind === "intact" && stillStands(found.entry.row.approval, clock())) {
    const { approval } = found.entry.row;
    // The gate that opened it may have died before the log had it.
    if (history.version(approval.id) < approval.version) await rows.append(approval);
    return { kind: "opened", approval };
  }
  return openNew(held, approvalId(same.digest, count + 1), shared);
}

type Opening = { readonly kind: "opened"; readonly approval: Approval } | Extract<Taken, { readonly kind: "refused" }>;

async function openNew(held: HeldCall, id: string, shared: Shared): Promise<Opening> {
  const { rows, kept, clock, room, state } = shared;
  const { tenant, agent } = held.caller;
  const written = writeKept(keptOf(held, state.registry, shared.isKnownSecret(tenant)));
  const { hash, bytes: keptBytes } = written;
  const approval = { ...openApproval(id, held.decision, held.bound, held.digest, policyOf(tenant, shared), clock()), keptBytes };
  const taken = room.take(agentKey(tenant, agent), id, keptBytes, { nowMs: clock(), expiresAtMs: approval.expiresAtMs });
  if (taken.kind === "refused") return taken;
  const row: Row = { approval, executedBy: held.call.stored === null ? "runtime" : "gate", kept: hash };
  try {
    for (const over of taken.erase) await eraseSettled(over, shared);
    await kept.put(id, written);
  } catch (error) {
    room.giveBack(agentKey(tenant, agent), id);
    throw error;
  }
  const stored = await rows.insert(row);
  if (stored.kind !== "intact") throw new TriplineError("TL_GATE_UNAVAILABLE", "The approval could not be stored.");
  // Another gate held the same call at the same moment: its row stands, and what we kept belongs to nothing.
  if (stored.entry.row.kept !== hash) await kept.eraseCall(id, hash);
  return { kind: "opened", approval: stored.entry.row.approval };
}

/** Before its time, to make room. Its row stays, and so does its history. */
async function eraseSettled(id: string, { rows, kept }: Shared): Promise<void> {
  const found = await rows.find(id);
  if (found.kind !== "intact" || !isSettled(found.entry.row.approval)) return;
  await kept.erase(id, found.entry.row.kept);
  await rows.close(found.entry.work);
}

function stillStands({ status, expiresAtMs }: Approval, nowMs: number): boolean {
  return status === "executing" || (nowMs < expiresAtMs && (status === "waiting" || status === "approved" || status === "refused" || status === "cancelled"));
}

/** The guard has bounds of its own; this is the last. */
const BACKUP_MS = 21_600_000;

/** For what the runtime executes: used up by this call, if it is what was approved. */
async function claim(id: string, held: HeldCall, shared: Shared & { readonly execution: Execution; readonly link: (id: string) => string | null }): Promise<Claim> {
  const { caller, bound, call } = held;
  const refused = (reason: string): Claim => ({ kind: "refused", reason });
  const found = await shared.rows.find(id);
  if (found.kind === "altered") return refused("It was changed in the store by somebody else than a gate: it is void.");
  if (found.kind === "none" || found.entry.row.approval.agent !== caller.agent || found.entry.row.approval.tenant !== caller.tenant) return refused("No such approval of this agent is known.");
  const { approval, executedBy } = found.entry.row;
  if (executedBy === "gate" || call.stored !== null) return refused("The gate executes this call itself.");
  // The runtime's next try has a call id of its own; all else must be the same.
  const now = boundDigest({ ...bound, callId: approval.callId });
  if (now.kind !== "digest" || now.digest !== approval.actionDigest) return refused("This is not the call that was approved, or what it would reach has changed since.");
  if (stillWaits(approval, shared.clock())) return { kind: "waiting", held: heldAs(approval, shared.link) };
  const backedUp = await backUp(found.entry, held, shared);
  if (backedUp !== null) return refused(backedUp);
  const claimed = await shared.execution.claim(found.entry);
  if (claimed.kind === "refused") return claimed;
  await shared.execution.settle(claimed.entry, "executed", "Used by the agent's runtime, which executes it.").catch(() => null);
  return { kind: "claimed", approvalId: id };
}

/** For its approvers, or for the end of its undo window: whoever asks again later may use it. */
function stillWaits(approval: Approval, nowMs: number): boolean {
  if (nowMs >= approval.expiresAtMs) return false;
  return approval.status === "waiting" || (approval.status === "approved" && (approval.executeAtMs ?? nowMs) > nowMs);
}

/** Null where it may be used as far as the guard is concerned; else why not. Only what could be claimed is worth a dump, and one at a time. */
async function backUp({ row: { approval } }: Entry, held: HeldCall, { guard, state, clock, backingUp }: Shared): Promise<string | null> {
  if (guard === null) return null;
  const claimable = claimApproval(approval, clock());
  if (claimable.kind === "refused") return claimable.reason;
  if (backingUp.has(approval.id)) return "A backup is being taken for it. Ask again later.";
  backingUp.add(approval.id);
  try {
    const outcome = await guard.beforeExecution(touchedBy(held, state.registry), runsWithoutBackup(approval), AbortSignal.timeout(BACKUP_MS));
    return outcome.kind === "failed" ? `It was not used: ${outcome.reason}` : null;
  } finally {
    backingUp.delete(approval.id);
  }
}

async function list({ rows, limits }: Shared): Promise<readonly Approval[]> {
  const found: Approval[] = [];
  for await (const one of rows.eachOpen(limits.approvalsListed)) if (one.kind === "intact") found.push(one.entry.row.approval);
  const rank = ({ status }: Approval): number => (status === "waiting" ? 0 : status === "approved" ? 1 : 2);
  return found.toSorted((a, b) => rank(a) - rank(b) || b.atMs - a.atMs);
}

async function show(id: string, { rows, kept, backups }: Shared): Promise<Shown | null> {
  const found = await rows.find(id);
  if (found.kind !== "intact") return null;
  const { approval, kept: hash } = found.entry.row;
  const call = await kept.get(id, hash);
  const backup = await backupOf(approval, call, { backups });
  return { approval, details: call?.details ?? null, target: call?.bound.target ?? null, credential: call?.bound.credential ?? null, backup };
}

async function ofAgent({ tenant, agent }: Caller, id: string, { rows, kept }: Shared): Promise<{ approval: Approval; answer: KeptAnswer | null } | null> {
  const found = await rows.find(id);
  if (found.kind !== "intact") return null;
  const { approval }: Entry["row"] = found.entry.row;
  if (approval.tenant !== tenant || approval.agent !== agent) return null;
  return { approval, answer: approval.status === "executed" ? await kept.answer(id) : null };
}
