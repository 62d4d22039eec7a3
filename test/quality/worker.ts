/** One worker: runs jobs given by message, one at a time. */
import { parentPort, workerData } from "node:worker_threads";
import type { Generator } from "./generator/generator.ts";
import { agentsOf, type Job } from "./jobs.ts";
import { type CohortResult, runCohort } from "./run-cohort.ts";

export type Answer = { readonly job: Job; readonly result: CohortResult };

const { generator } = (await import(workerData as string)) as { generator: Generator };

async function answer(job: Job): Promise<void> {
  const result = await runCohort(agentsOf(job, generator));
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a worker, not a window
  parentPort?.postMessage({ job, result } satisfies Answer);
}

parentPort?.on("message", (job: Job) => {
  void answer(job);
});
