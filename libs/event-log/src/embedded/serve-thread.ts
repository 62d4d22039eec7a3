/** The worker's side of the request loop: answers in order, one at a time; refusals carry a code, never a stack. */
import { parentPort } from "node:worker_threads";
import { READY_ID, type ThreadReply, type ThreadRequest } from "./messages.ts";
import { refusalOf } from "./refusal.ts";

export interface Answer {
  readonly value: unknown;
  /** Moved to the main thread instead of copied. */
  readonly transfer?: ArrayBuffer[];
}

/** Starts the thread, says so with what `start` found or why it failed, and then serves. */
export function serveThread(start: () => { readonly found: unknown; readonly handle: (request: never) => Answer }): void {
  try {
    const { found, handle } = start();
    parentPort?.on("message", ({ id, request }: ThreadRequest<never>) => answer(id, () => handle(request)));
    answer(READY_ID, () => ({ value: found }));
  } catch (error) {
    parentPort?.postMessage({ id: READY_ID, refusal: refusalOf(error) } satisfies ThreadReply, []);
  }
}

function answer(id: number, work: () => Answer): void {
  try {
    const { value, transfer = [] } = work();
    parentPort?.postMessage({ id, value } satisfies ThreadReply, transfer);
  } catch (error) {
    parentPort?.postMessage({ id, refusal: refusalOf(error) } satisfies ThreadReply, []);
  }
}
