/** One worker: runs jobs given by message, one at a time. */
import { parentPort, workerData } from "node:worker_threads";
import type { Generator } from "./generator/generator.ts";
import { agentsOf, type Job } from "./jobs.ts";
import { type CohortResult, runCohort } from "./run-cohort.ts";

export type Answer = { readonly job: Job; readonly result: CohortResult };

const { generator } = (await import(workerData as string)) as { generator: Generator };

parentPort?.on("message", (job: Job) => {
  void runCohort(agentsOf(job, generator)).then((result) => parentPort?.postMessage({ job, result } satisfies Answer));
});
