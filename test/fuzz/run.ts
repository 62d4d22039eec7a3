import { availableParallelism } from "node:os";
import { Worker } from "node:worker_threads";
import { caseOf } from "./case.ts";
import { outcomeOf } from "./judge.ts";
import { add, count, newTally, type Tally } from "./tally.ts";

export interface FuzzOptions {
  readonly seed: number;
  readonly count: number;
  /** Workers side by side; by default one per processor. */
  readonly workers?: number;
  readonly progress: (line: string) => void;
}

/** Cases from `from` up to, but without, `to`. */
export interface Job {
  readonly seed: number;
  readonly from: number;
  readonly to: number;
}

const JOB_CASES = 2_000;
/** A text that hangs a parser would hang its worker for ever: far above what a job takes on a busy machine. */
const JOB_LIMIT_MS = 300_000;

/** Runs cases 0 to `count`. Same seed and count, same cases and verdicts; only times differ. */
export async function runFuzz({ seed, count: cases, workers, progress }: FuzzOptions): Promise<Tally> {
  const jobs: Job[] = [];
  for (let from = 0; from < cases; from += JOB_CASES) jobs.push({ seed, from, to: Math.min(cases, from + JOB_CASES) });
  const total = newTally();
  const started = jobs.length;
  let done = 0;
  const note = (part: Tally): void => {
    add(total, part);
    done += 1;
    if (done % Math.ceil(started / 50) === 0) progress(`${total.cases}/${cases} cases: ${Object.entries(total.faults).map(([fault, times]) => `${fault} ${times}`).join(", ")}`);
  };
  await Promise.all(Array.from({ length: Math.min(workers ?? availableParallelism(), started) }, () => feed(jobs, note)));
  return total;
}

/** The work of one job, in whatever thread. `prepareClassifiers()` must have resolved. */
export function runJob({ seed, from, to }: Job): Tally {
  const tally = newTally();
  for (let number = from; number < to; number += 1) {
    const fuzzed = caseOf(seed, number);
    count(tally, fuzzed, outcomeOf(fuzzed));
  }
  return tally;
}

async function feed(queue: Job[], done: (part: Tally) => void): Promise<void> {
  const worker = new Worker(new URL("./worker.ts", import.meta.url));
  try {
    for (let job = queue.shift(); job !== undefined; job = queue.shift()) done(await ask(worker, job));
  } finally {
    await worker.terminate();
  }
}

function ask(worker: Worker, job: Job): Promise<Tally> {
  const { promise, resolve, reject } = Promise.withResolvers<Tally>();
  const limit = setTimeout(() => reject(new Error(`cases ${job.from} to ${job.to} of seed ${job.seed} did not end`)), JOB_LIMIT_MS);
  worker.once("message", resolve);
  worker.once("error", reject);
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a worker, not a window
  worker.postMessage(job);
  return promise.finally(() => {
    clearTimeout(limit);
    worker.off("message", resolve);
    worker.off("error", reject);
  });
}
