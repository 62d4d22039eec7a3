/** The recorder on a thread of its own, for agents that block their event loop. */
import { parentPort } from "node:worker_threads";
import { startRecorder } from "./recorder.ts";

const recorder = await startRecorder();
const tell = (message: unknown): void => {
  // eslint-disable-next-line unicorn/require-post-message-target-origin -- a worker, not a window
  parentPort?.postMessage(message);
};
parentPort?.on("message", () => tell(recorder.records()));
tell(recorder.endpoint);
