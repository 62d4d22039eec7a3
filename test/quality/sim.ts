import { availableParallelism } from "node:os";
import { Worker } from "node:worker_threads";
import { type Figures, figuresOf } from "./figures.ts";
import { type Job, planJobs, type SimSet } from "./jobs.ts";
import type { Answer } from "./worker.ts";

export interface SimOptions {
  readonly seed: number;
  /** Benign agent-hours per style. */
  readonly hours: number;
  /** Runs per attack. */
  readonly runs: number;
  /** What to run; by default everything. */
  readonly sets?: readonly SimSet[];
  /** Module URL of the generator. */
  readonly generator: string;
  /** Workers side by side; by default one per processor. */
  readonly workers?: number;
  readonly progress: (line: string) => void;
}

/** Runs the protocol SIM. Same options, same figures. @throws whatever a job throws: a half-run protocol has no figures. */
export async function runSim(options: SimOptions): Promise<Figures> {
  const jobs = planJobs(options);
  const answers: Answer[] = [];
  const total = jobs.length;
  const workers = Math.min(options.workers ?? availableParallelism(), total);
  await Promise.all(
    Array.from({ length: workers }, () =>
      runWorker(options.generator, jobs, (answer) => {
        answers.push(answer);
        options.progress(`${answers.length}/${total} ${nameOf(answer.job)}: ${answer.result.actions} actions, ${answer.result.trips.length} trips`);
        for (const trip of answer.result.trips) if (trip.attackCall === 0) options.progress(`  false trip of ${trip.agent} (${trip.kind}): ${trip.summary}`);
      }),
    ),
  );
  return figuresOf(answers);
}

/** Feeds one worker from the shared queue until it is empty. */
async function runWorker(generator: string, queue: Job[], done: (answer: Answer) => void): Promise<void> {
  const worker = new Worker(new URL("./worker.ts", import.meta.url), { workerData: generator });
  try {
    for (let job = queue.shift(); job !== undefined; job = queue.shift()) done(await ask(worker, job));
  } finally {
    await worker.terminate();
  }
}

function ask(worker: Worker, job: Job): Promise<Answer> {
  const { promise, resolve, reject } = Promise.withResolvers<Answer>();
  worker.once("message", resolve);
  worker.once("error", reject);
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a worker, not a window
  worker.postMessage(job);
  return promise.finally(() => {
    worker.off("message", resolve);
    worker.off("error", reject);
  });
}

function nameOf(job: Job): string {
  if (job.kind === "poison") return `rise of ${job.growth} % a day x ${job.runs}`;
  return job.kind === "benign" ? `benign ${job.style} ${job.hours} h${job.budget === undefined ? "" : ` at ${job.budget}`}` : `${job.attack} x ${job.runs}`;
}
