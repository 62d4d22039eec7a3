/** A share of the random changes, in a thread of its own. */
import { parentPort, workerData } from "node:worker_threads";
import { runChanges } from "@tripline/gate/battery";

const { count, seed, directory } = workerData as { count: number; seed: number; directory: string };
const done = await runChanges(count, { seed, directory, progress: (changes) => parentPort?.postMessage({ kind: "progress", count: changes }, []) });
parentPort?.postMessage({ kind: "done", done }, []);
