/**
 * How long the event loop of a process is held up: by the clock, and how much of it the thread itself worked. On a machine that others use
 * as well, a process that is not let run sees a delay that is not its own; the thread's processor time tells them apart.
 */
import { monitorEventLoopDelay } from "node:perf_hooks";

export interface Stall {
  readonly atMs: number;
  readonly wallMs: number;
  /** What the thread worked meanwhile, collecting garbage included. */
  readonly workedMs: number;
}

export interface LoopDelay {
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly maxMs: number;
  /** Turns beyond the bound by the clock, and those in which the thread itself worked so long. */
  readonly overBound: number;
  readonly ownOverBound: number;
  /** The longest that the thread worked in one turn. */
  readonly ownMaxMs: number;
  readonly cpuMs: number;
}

export const LOOP_BOUND_MS = 50;
const RESOLUTION_MS = 5;
const STALLS_KEPT = 50;
const NS = 1e6;

export class LoopWatch {
  readonly stalls: Stall[] = [];
  readonly #histogram = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
  readonly #timer: NodeJS.Timeout;
  #lastMs = performance.now();
  #lastWorkedMs = workedMs();
  #overBound = 0;
  #ownOverBound = 0;
  #ownMaxMs = 0;

  constructor() {
    this.#histogram.enable();
    this.#timer = setInterval(() => this.#tick(), RESOLUTION_MS);
    this.#timer.unref();
  }

  read(): LoopDelay {
    const above = (ns: number): number => Math.max(0, Math.round((ns / NS - RESOLUTION_MS) * 100) / 100);
    const { user, system } = process.cpuUsage();
    return {
      p50Ms: above(this.#histogram.percentile(50)), p99Ms: above(this.#histogram.percentile(99)), maxMs: above(this.#histogram.max),
      overBound: this.#overBound, ownOverBound: this.#ownOverBound, ownMaxMs: Math.round(this.#ownMaxMs * 100) / 100, cpuMs: Math.round((user + system) / 1_000),
    };
  }

  #tick(): void {
    const nowMs = performance.now();
    const worked = workedMs();
    const wallMs = nowMs - this.#lastMs - RESOLUTION_MS;
    const own = worked - this.#lastWorkedMs;
    this.#lastMs = nowMs;
    this.#lastWorkedMs = worked;
    this.#ownMaxMs = Math.max(this.#ownMaxMs, own);
    if (own > LOOP_BOUND_MS) this.#ownOverBound += 1;
    if (wallMs <= LOOP_BOUND_MS) return;
    this.#overBound += 1;
    // Room is left for those that the process itself is to blame for.
    if (this.stalls.length < (own > LOOP_BOUND_MS ? 2 * STALLS_KEPT : STALLS_KEPT)) this.stalls.push({ atMs: Date.now(), wallMs, workedMs: own });
  }
}

function workedMs(): number {
  const { user, system } = process.threadCpuUsage();
  return (user + system) / 1_000;
}
