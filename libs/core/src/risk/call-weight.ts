/**
 * How often one call counts as evidence. Its attempt, decision and result, and the spans of what it caused, share a call id and
 * tell of the same deed; they arrive in any order, since they are sent over several connections. A call counts once, except that
 * - a record that shows what was done (arguments, a request) counts although one that showed nothing came before it, and
 * - it destroys as often as one kind of record says it did: a hundred deletions that one tool call caused are a hundred.
 */
import type { Observed } from "../detectors/detector.ts";
import { isDestructive } from "../detectors/evidence.ts";

/** What is known of one call so far; `newCallWeight()` before its first record. */
export interface CallWeight {
  /** Times it was judged, and how many of these as destructive. */
  judged: number;
  judgedDestructive: number;
  /** A record judged showed arguments or a request. */
  content: boolean;
  /** Destructive records by phase and kind of request; null until there is one. */
  destructive: Map<string, number> | null;
}

export function newCallWeight(): CallWeight {
  return { judged: 0, judgedDestructive: 0, content: false, destructive: null };
}

/** Whether this record of a call is to be judged against the baseline, and notes it. `repeat`: a record of this id was seen before. */
export function countsAnew(weight: CallWeight, { action, classification }: Observed, repeat: boolean): boolean {
  const content = action.request !== null || action.inputs !== null;
  const destructive = classification.verdicts.some(isDestructive);
  const deeds = destructive ? noteDestructive(weight, `${action.phase} ${action.request?.kind ?? "arguments"}`, repeat) : 0;
  const anew = weight.judged === 0 || (content && !weight.content) || deeds > weight.judgedDestructive;
  if (content) weight.content = true;
  if (!anew) return false;
  weight.judged += 1;
  if (destructive) weight.judgedDestructive += 1;
  return true;
}

/** A repeated id is no further deed, but what it says may be new: the first record under that id may have been harmless. */
function noteDestructive(weight: CallWeight, kind: string, repeat: boolean): number {
  weight.destructive ??= new Map();
  const before = weight.destructive.get(kind) ?? 0;
  const deeds = repeat ? Math.max(1, before) : before + 1;
  weight.destructive.set(kind, deeds);
  return deeds;
}
