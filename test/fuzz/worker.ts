/** One worker: runs jobs given by message, one at a time. */
import { parentPort } from "node:worker_threads";
import { prepareClassifiers } from "@tripline/core";
import { type Job, runJob } from "./run.ts";

const ready = prepareClassifiers();

parentPort?.on("message", (job: Job) => {
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a worker, not a window
  void ready.then(() => parentPort?.postMessage(runJob(job)));
});
