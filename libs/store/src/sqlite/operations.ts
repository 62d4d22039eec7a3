/** What the store's thread is asked to do, and what it answers. One entry per method of the store. */
import type { Topic } from "@tripline/model";
import type { CommitResult, NewWork, WorkItem } from "../store.ts";

interface Place {
  readonly group: string;
  readonly partition: number;
}

export interface Operations {
  claim: { ask: Place; answer: number };
  loadCheckpoint: { ask: Place; answer: readonly (readonly [Topic, number])[] };
  commitCheckpoint: {
    ask: Place & { readonly epoch: number; readonly offsets: readonly (readonly [Topic, number])[]; readonly states: ArrayBuffer };
    answer: CommitResult;
  };
  loadStates: { ask: { readonly group: string; readonly keys: readonly string[] }; answer: ArrayBuffer };
  scanStates: { ask: { readonly group: string; readonly after: string | null; readonly limit: number }; answer: ArrayBuffer };
  recordWork: { ask: { readonly items: readonly NewWork[] }; answer: readonly WorkItem[] };
  updateWork: { ask: { readonly item: WorkItem }; answer: WorkItem | null };
  openWork: { ask: { readonly kind: WorkItem["kind"]; readonly limit: number }; answer: readonly WorkItem[] };
  workOfGroup: { ask: { readonly kind: WorkItem["kind"]; readonly group: string }; answer: readonly WorkItem[] };
  putSealed: { ask: { readonly name: string; readonly sealed: Uint8Array | null }; answer: null };
  getSealed: { ask: { readonly name: string }; answer: Uint8Array | null };
}

export type OperationName = keyof Operations;
export type Operation = { readonly [N in OperationName]: { readonly name: N; readonly ask: Operations[N]["ask"] } }[OperationName];

export const isErasure = ({ name, ask }: Operation): boolean => name === "putSealed" && "sealed" in ask && ask.sealed === null;

export interface Refusal {
  readonly code: "TL_STORE_FULL" | "TL_STORE_FAILED" | "TL_STORE_VERSION";
  readonly detail: string;
}
export type Outcome = { readonly answer: unknown } | { readonly refusal: Refusal };

/** To a thread: a group of operations to commit together (the store's thread only), a checkpoint of the WAL, or the end. */
export type ThreadRequest = { readonly kind: "group"; readonly operations: readonly Operation[] } | { readonly kind: "checkpoint" } | { readonly kind: "close" };

/** From the thread: first that it is open, then one answer per request, in order. */
export type ThreadReply =
  | { readonly kind: "open" }
  | { readonly kind: "refused"; readonly refusal: Refusal }
  | { readonly kind: "group"; readonly outcomes: readonly Outcome[] }
  | { readonly kind: "done" };
