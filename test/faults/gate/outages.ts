/** What counts as one outage of the gate, and the account of what was asked meanwhile. */
import type { Ask } from "./clients.ts";
import type { Break } from "./breakable-log.ts";

export interface Outage {
  readonly what: "kill" | Break;
  /** Reads that policy allows, asked during the outage. A client's retries belong to the read. */
  readonly reads: { readonly asked: number; readonly succeeded: number; readonly retried: number; readonly longestMs: number; readonly failures: readonly string[] };
  /** Of clients of the proxy that never try again, while no process was there: they cannot succeed, and do not count. */
  readonly triedOnceWhileDead: number;
  /** Irreversible calls that were asked during the outage, and those that passed. */
  readonly irreversible: { readonly asked: number; readonly passed: readonly string[] };
  /** From its end (of a kill: from the kill) until something irreversible that is granted passes again; null: not within the bound. */
  readonly backMs: number | null;
  /** Of the new process, from its start until it says that it is ready; null where no process was started. */
  readonly startMs: number | null;
}

export interface OutageRun {
  readonly outages: readonly Outage[];
  /** What nobody approved and passed all the same, at any time, by what the upstream recorded and by what tools ran. */
  readonly neverApproved: readonly string[];
  /** What the gate let pass without a record of it: anything irreversible; reads too, where the gate lived on. */
  readonly unrecorded: readonly string[];
  /** Reads that the gate let pass and had not recorded yet when it was killed: their record may trail. */
  readonly readsTrailing: number;
}

export interface Window {
  readonly what: Outage["what"];
  readonly fromMs: number;
  readonly toMs: number;
  /** From when on, and until when, nothing irreversible may pass. */
  readonly closedFromMs: number;
  readonly closedToMs: number;
  /** Until when the proxy has no process. */
  readonly deadUntilMs: number;
  readonly backMs: number | null;
  readonly startMs: number | null;
}

export const isRead = ({ kind }: Pick<Ask, "kind">): boolean => kind === "sdkRead" || kind === "proxyRead" || kind === "proxyReadOnce";

export function account(asks: readonly Ask[], { what, fromMs, toMs, closedFromMs, closedToMs, deadUntilMs, backMs, startMs: processMs }: Window): Outage {
  const during = asks.filter(({ startMs }) => startMs >= fromMs && startMs < toMs);
  const isHopeless = ({ kind, startMs }: Ask): boolean => kind === "proxyReadOnce" && startMs < deadUntilMs;
  const reads = during.filter((ask) => isRead(ask) && !isHopeless(ask));
  const irreversible = asks.filter((ask) => !isRead(ask) && ask.startMs >= closedFromMs && ask.startMs < closedToMs);
  return {
    what, backMs, startMs: processMs,
    reads: {
      asked: reads.length, succeeded: reads.filter(({ passed }) => passed).length, retried: reads.filter(({ tries }) => tries > 1).length,
      longestMs: Math.round(reads.reduce((longest, { startMs, endMs }) => Math.max(longest, endMs - startMs), 0)),
      failures: reads.filter(({ passed }) => !passed).map(({ kind, how }) => `${kind}: ${how}`),
    },
    triedOnceWhileDead: during.filter(isHopeless).length,
    // What was asked meanwhile and answered once it was over was decided then.
    irreversible: { asked: irreversible.length, passed: irreversible.filter(({ passed, endMs }) => passed && endMs < closedToMs).map(({ kind, startMs }) => `${what}: ${kind}, ${Math.round(startMs - fromMs)} ms after its begin`) },
  };
}

/** Calls that the gate let pass, by an answer of its own, and that `recorded` does not have. */
export function unrecordedOf(asks: readonly Ask[], recorded: ReadonlySet<string>): Ask[] {
  return asks.filter(({ passed, undecided, callId }) => passed && !undecided && !recorded.has(callId));
}

export const passedUnapproved = (asks: readonly Ask[]): string[] => asks.filter(({ kind, passed }) => passed && (kind === "held" || kind === "proxyDelete")).map(({ kind }) => `${kind} passed`);

export function merged(runs: readonly OutageRun[]): OutageRun {
  return {
    outages: runs.flatMap(({ outages }) => outages), neverApproved: runs.flatMap(({ neverApproved }) => neverApproved), unrecorded: runs.flatMap(({ unrecorded }) => unrecorded),
    readsTrailing: runs.reduce((sum, { readsTrailing }) => sum + readsTrailing, 0),
  };
}
