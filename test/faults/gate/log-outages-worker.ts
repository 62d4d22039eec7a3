/** Some gates without their log, side by side, in a thread of their own. */
import { parentPort, workerData } from "node:worker_threads";
import { setTimeout as sleep } from "node:timers/promises";
import type { LogOutagesOptions } from "./log-outages.ts";
import { runLogOutages } from "./log-outages.ts";
import { merged } from "./outages.ts";

/** So that they are not all struck in the same moment. */
const APART_MS = 250;

const worlds = workerData as readonly Omit<LogOutagesOptions, "done">[];
const runs = await Promise.all(worlds.map(async (world, at) => {
  await sleep(at * APART_MS);
  return runLogOutages({ ...world, done: () => parentPort?.postMessage({ kind: "progress", count: 1 }, []) });
}));
parentPort?.postMessage({ kind: "done", done: merged(runs) }, []);
