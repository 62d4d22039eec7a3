/**
 * Notices that this process stood still: stopped, frozen with its machine, swapped out. What waits in its sockets then was given up by its
 * sender, who has sent it through another collector meanwhile; appended now, it would stand in the log once more, any time later.
 */
export interface StandstillBounds {
  /** Without a turn of the loop for so long it stood still. Senders wait longer than this for an answer. */
  readonly stillMs: number;
  /** So long after it, what waited is still being read. */
  readonly drainMs: number;
}

export const STANDSTILL: StandstillBounds = { stillMs: 4_000, drainMs: 1_000 };

export interface Standstill {
  /** True while what is read may have waited through a standstill. */
  recent(): boolean;
  stop(): void;
}

const TURN_MS = 250;

/** Looks at `nowMs`, a clock that never jumps, several times a second until stopped. */
export function watchStandstill({ stillMs, drainMs }: StandstillBounds = STANDSTILL, nowMs: () => number = () => performance.now()): Standstill {
  let turnedMs = nowMs();
  let drainedMs = turnedMs;
  const recent = (): boolean => {
    const now = nowMs();
    if (now - turnedMs > stillMs) drainedMs = now + drainMs;
    turnedMs = now;
    return now < drainedMs;
  };
  const timer = setInterval(recent, TURN_MS);
  timer.unref();
  return { recent, stop: () => clearInterval(timer) };
}
