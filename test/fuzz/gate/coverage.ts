/** Whether everything that reached an upstream was decided: each request there takes one record of an allowed call that is word by word the same. */
import { redact } from "@tripline/canonical";
import type { Action } from "@tripline/model";

/** What arrived at an upstream. */
export interface Reached {
  /** As the case calls itself; null where the field is gone, or is there twice. */
  readonly caseId: string | null;
  readonly method: string;
  readonly url: string;
  readonly target: string | null;
  readonly body: string;
  /** What the upstream lost by it; null = nothing. */
  readonly loss: string | null;
}

interface Known {
  /** Calls that were allowed and have not arrived. */
  readonly callIds: string[];
  /** What arrived before its record: reads are recorded within milliseconds of the answer. */
  readonly early: { readonly reached: Reached; readonly sinceMs: number }[];
  sinceMs: number;
}

/** Until a record must be there; a machine that is busy takes its time. */
const PATIENCE_MS = 15_000;
/** A call that was allowed, and whose client then left, never arrives. */
const KEPT_MS = 60_000;

/** As the record has it: without secrets. */
const plain = (text: string): string => redact(text, { known: () => false }).text;
const keyOf = (method: string, url: string, target: string | null, body: string): string => [method, url, target ?? "", body].join("\n");

export class Coverage {
  readonly #known = new Map<string, Known>();
  /** By the call's id as well, and by what is sent alone: its field was broken on the way. */
  matchedById = 0;
  matchedByContent = 0;

  record({ callId, request, decision }: Pick<Action, "callId" | "request" | "decision">, nowMs: number): void {
    if (decision?.outcome !== "allow" || request?.kind !== "http") return;
    const { method, url, body, headers } = request;
    const known = this.#of(keyOf(method, url, headers?.["x-amz-target"] ?? null, body ?? ""), nowMs);
    const { early } = known;
    if (early.length === 0) return void known.callIds.push(callId);
    const same = early.findIndex(({ reached }) => reached.caseId === callId);
    early.splice(Math.max(0, same), 1);
    this.#count(same >= 0);
  }

  reached(one: Reached, nowMs: number): void {
    const known = this.#of(keyOf(one.method, plain(one.url), one.target, plain(one.body)), nowMs);
    const { callIds } = known;
    if (callIds.length === 0) return void known.early.push({ reached: one, sinceMs: nowMs });
    const same = one.caseId === null ? -1 : callIds.indexOf(one.caseId);
    callIds.splice(Math.max(0, same), 1);
    this.#count(same >= 0);
  }

  /** What nobody decided, now that its time is over. `isEnd`: no more records come. */
  undecided(nowMs: number, isEnd: boolean): Reached[] {
    const found: Reached[] = [];
    for (const [key, { callIds, early, sinceMs }] of this.#known) {
      const over = early.filter((one) => isEnd || nowMs - one.sinceMs > PATIENCE_MS);
      early.splice(0, over.length);
      found.push(...over.map(({ reached }) => reached));
      if (early.length === 0 && (callIds.length === 0 || nowMs - sinceMs > KEPT_MS)) this.#known.delete(key);
    }
    return found;
  }

  #of(key: string, nowMs: number): Known {
    const known = this.#known.get(key);
    if (known === undefined) {
      const made: Known = { callIds: [], early: [], sinceMs: nowMs };
      this.#known.set(key, made);
      return made;
    }
    known.sinceMs = nowMs;
    return known;
  }

  #count(isById: boolean): void {
    if (isById) this.matchedById += 1;
    else this.matchedByContent += 1;
  }
}
