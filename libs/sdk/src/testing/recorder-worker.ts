/** The recorder on a thread of its own, for agents that block their event loop. */
import { parentPort } from "node:worker_threads";
import { startRecorder } from "./recorder.ts";

const recorder = await startRecorder();
parentPort?.on("message", () => parentPort?.postMessage(recorder.records()));
parentPort?.postMessage(recorder.endpoint);
