/**
 * The one execution of an approved call: claimed by one gate, compared with what is true now, recorded, sent, settled. Every way out of this
 * file but one leaves the call unexecuted for ever.
 */
import { redact } from "@tripline/canonical";
import { boundDigest, changedParts, claimApproval, decide, denied, type GateDecision, observe, settleApproval } from "@tripline/core";
import { agentKey, type Approval } from "@tripline/model";
import { setTimeout as sleep } from "node:timers/promises";
import { boundAction, contextOf } from "../decide-call.ts";
import type { Caller, GateCall } from "../call.ts";
import type { Executed } from "../executor.ts";
import { createLookThrough } from "../look-through.ts";
import { actionOf, resultRecord } from "../record.ts";
import { createRecordFirst, type RecordFirst } from "../recorder.ts";
import type { Shared } from "./deps.ts";
import type { Kept } from "./kept.ts";
import type { Entry } from "./row.ts";

export interface Execution {
  /** Claims it for this gate: exactly one caller over all gates gets the entry. */
  claim(entry: Entry): Promise<{ readonly kind: "claimed"; readonly entry: Entry } | { readonly kind: "refused"; readonly reason: string }>;
  /** Executes what this gate has claimed, and settles it. */
  execute(entry: Entry, signal: AbortSignal): Promise<void>;
  settle(entry: Entry, status: "executed" | "unclear" | "void", reason: string): Promise<Entry | null>;
}

export function createExecution(shared: Shared): Execution {
  const record = createRecordFirst({ ...shared, lookThrough: createLookThrough(shared.state.registry, shared.isKnownSecret) });
  const settle = settler(shared);
  return {
    settle,
    claim: claimer(shared, settle),
    execute: async (entry, signal) => {
      const ready = await prepare(entry, shared).catch((error: unknown) => notPrepared(error));
      if (ready.kind === "void") return void (await settle(entry, "void", ready.reason));
      const started = await begin(entry, ready, record, shared);
      if (started !== null) return void (await settle(entry, "void", started));
      const outcome = await send(ready, signal, shared);
      await keepOutcome(entry, ready, outcome, shared, settle);
    },
  };
}

type Settle = Execution["settle"];

function settler({ rows, clock }: Shared): Settle {
  return async (entry, status, reason) => {
    const change = settleApproval(entry.row.approval, status, reason, clock());
    if (change.kind === "refused") return null;
    const settled = await rows.swap(entry, change.approval);
    if (settled !== null) await rows.append(settled.row.approval);
    return settled;
  };
}

/** Store first: one of all gates gets through. Then the log, before anything is executed: a store that was put back lets nothing through twice. */
function claimer({ rows, history, clock, logger }: Shared, settle: Settle): Execution["claim"] {
  return async (entry) => {
    const { approval } = entry.row;
    const change = claimApproval(approval, clock());
    if (change.kind === "refused") return change;
    const claimed = await rows.swap(entry, change.approval);
    if (claimed === null) return { kind: "refused", reason: "It was used, or changed, at the same moment." };
    try {
      // Whoever granted it may have died before the log had it: who approved is in the log before it is used.
      if (history.version(approval.id) < approval.version) await rows.append(approval);
      const at = await rows.append(claimed.row.approval);
      if (await history.stands(approval.id, at, AbortSignal.timeout(STANDS_MS))) return { kind: "claimed", entry: claimed };
    } catch (error) {
      logger.warn({ approval: approval.id, reason: error instanceof Error ? error.message : "unknown" }, "the log did not take the claim of an approval; it is not executed");
    }
    const reason = "The log does not confirm this use of it as its first: nothing was executed.";
    await settle(claimed, "void", reason).catch(() => null);
    return { kind: "refused", reason };
  };
}

const STANDS_MS = 30_000;

interface Ready {
  readonly kind: "ready";
  readonly caller: Caller;
  readonly call: GateCall;
  readonly observed: ReturnType<typeof observe>;
  readonly decision: GateDecision;
}
type Prepared = Ready | { readonly kind: "void"; readonly reason: string };

/** The kept call as it would be now, decided again by what is known now; anything that differs from what was approved ends it. */
async function prepare({ row: { approval, kept: hash } }: Entry, { executor, kept, state, clock, shownCredentials }: Shared): Promise<Prepared> {
  if (executor === null) return { kind: "void", reason: "This gate executes nothing itself." };
  const call = await kept.get(approval.id, hash);
  if (call === null || call.stored === null) return { kind: "void", reason: "What was kept of the call is gone, or was changed." };
  const caller: Caller = { tenant: approval.tenant, agent: approval.agent, leaseId: call.leaseId };
  const recalled = await executor.recall(caller, approval.callId, call.stored);
  if (recalled.kind === "gone") return { kind: "void", reason: `It cannot be executed any more: ${recalled.reason}` };
  const credentials = await shownCredentials(caller.tenant, recalled.call);
  const nowMs = clock();
  const observed = observe(actionOf(caller, recalled.call, nowMs, credentials), nowMs, state.registry);
  const again = decide(observed, contextOf(caller, recalled.call, state));
  if (again.kind === "deny") return { kind: "void", reason: `Decided again, it is refused (${again.by}): ${again.reason}` };
  const differs = difference(approval, call, again, boundAction(caller, recalled.call, observed, state));
  if (differs !== null) return { kind: "void", reason: differs };
  const decision: GateDecision = { kind: "allow", by: "approval.used", reason: `Approved: ${approval.id}.`, verdict: again.verdict, probes: false, durableFirst: true };
  return { kind: "ready", caller, call: recalled.call, observed, decision };
}

/** Null where it is, in everything that decides, what was approved. */
function difference(approval: Approval, kept: Kept, again: GateDecision, now: Kept["bound"]): string | null {
  if (again.kind === "hold" && again.by !== approval.rule) return `Another rule asks now: ${again.by}.`;
  if (again.kind === "hold" && (again.needed > approval.given.length || again.level !== approval.level)) return "It takes other approvers now.";
  const digest = boundDigest(now);
  if (digest.kind === "digest" && digest.digest === approval.actionDigest) return null;
  return `It is not what was approved any more; changed: ${changedParts(kept.bound, now).join(", ") || "its digest"}.`;
}

function notPrepared(error: unknown): Prepared {
  return { kind: "void", reason: `It could not be prepared: ${error instanceof Error ? error.name : "unknown error"}.` };
}

/** The last that must be true before anything leaves; answers why not. */
async function begin({ row: { approval } }: Entry, { observed, decision }: Ready, record: RecordFirst, { clock, limits, state }: Shared): Promise<string | null> {
  try {
    await record(observed.action, decision, approval.id);
  } catch {
    return "The log did not take the record of its execution.";
  }
  // After a pause of this machine another gate may already count it as unclear.
  if (clock() - approval.atMs > limits.beginMs) return "It took too long to begin.";
  // What was known may have changed while the record was written.
  if (!state.isCurrent()) return "The gate cannot tell that what it knows is current.";
  const breaker = state.breaker(approval.tenant, approval.agent);
  return breaker.position.state === "closed" && !denied(breaker) ? null : "The agent's breaker opened.";
}

/** A trip of the agent ends what is under way; what had been sent by then is unclear. */
async function send({ call, caller }: Ready, signal: AbortSignal, { executor, limits, state }: Shared): Promise<Executed> {
  const tripped = new AbortController();
  const stop = state.onBreaker((record) => void (record.agent === caller.agent && record.tenant === caller.tenant && denied(record) && tripped.abort()));
  const ending = AbortSignal.any([signal, tripped.signal, AbortSignal.timeout(limits.executeMs)]);
  try {
    return await Promise.race([executor!.execute(call, ending), afterEnd(ending)]);
  } catch {
    // It promised not to throw; whether anything was sent nobody can tell.
    return { kind: "unclear", reason: "The connection failed." };
  } finally {
    stop();
  }
}

/** It was told to end; one that does not must not hold up this gate for ever. */
async function afterEnd(ending: AbortSignal): Promise<Executed> {
  if (!ending.aborted) await new Promise((resolve) => ending.addEventListener("abort", resolve, { once: true }));
  await sleep(END_MS, undefined, { ref: false });
  return { kind: "unclear", reason: "It was cut off, and nobody can tell what had been sent." };
}

const END_MS = 2_000;

const STATUS = { answered: "executed", "not-sent": "void", unclear: "unclear" } as const;

async function keepOutcome(entry: Entry, { observed, decision }: Ready, outcome: Executed, shared: Shared, settle: Settle): Promise<void> {
  const { approval } = entry.row;
  const { kept, limits, logger, eventLog, isKnownSecret } = shared;
  const warn = (what: string) => (error: unknown) => logger.warn({ approval: approval.id, reason: error instanceof Error ? error.message : "unknown" }, what);
  if (outcome.kind === "answered") {
    const body = cutBytes(outcome.body, limits.answerBytes);
    await kept.putAnswer(approval.id, { status: outcome.status, contentType: outcome.contentType, body, truncated: outcome.truncated || body !== outcome.body }).catch(warn("the answer to an approved call could not be kept"));
  }
  const reason = outcome.kind === "answered" ? `The upstream answered ${outcome.status}.` : outcome.reason;
  await settle(entry, STATUS[outcome.kind], reason).catch(warn("what came of an approved call is in the store alone"));
  const status = outcome.kind === "answered" ? (outcome.status < 400 ? "ok" : "error") : outcome.kind === "unclear" ? "unknown" : "refused";
  const errorType = outcome.kind === "answered" && status === "error" ? String(outcome.status) : null;
  const { action } = observed;
  await eventLog
    .append("actions", [{ key: agentKey(action.tenant, action.agent.id), value: resultRecord(action, decision, approval.id, (text) => redact(text, { known: isKnownSecret(action.tenant) }), { status, errorType }) }])
    .catch(warn("the result of an approved call was not recorded"));
}

function cutBytes(text: string, bytes: number): string {
  if (Buffer.byteLength(text) <= bytes) return text;
  // A character that the cut goes through is left out.
  return new TextDecoder("utf-8", { fatal: false }).decode(Buffer.from(text).subarray(0, bytes)).replace(/\uFFFD$/u, "");
}
