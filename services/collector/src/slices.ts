/** Long work in slices, so that the loop that answers everyone is never held for long. */
import { setImmediate } from "node:timers/promises";
import { SLICE_MS } from "./limits.ts";

export interface Slices {
  /** True once the slice is used up: then `await pause()`. */
  due(): boolean;
  pause(): Promise<void>;
}

/** Uses the monotonic clock: this is about the loop, not about any fact. */
export function slices(): Slices {
  let started = performance.now();
  return {
    due: () => performance.now() - started > SLICE_MS,
    async pause() {
      await setImmediate();
      started = performance.now();
    },
  };
}
