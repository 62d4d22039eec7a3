/** The reference: reads and decodes the actions of a log, in a process of its own, and prints what that took. */
import { follow, openEventLog } from "@tripline/event-log";
import { createMetrics } from "@tripline/runtime";

const log = await openEventLog({ kind: "embedded", dir: process.argv[2] ?? "" }, { metrics: createMetrics(), clock: () => Date.now() });
const startedMs = performance.now();
const cpu = process.cpuUsage();
let actions = 0;
const read = await follow(log, "actions", { from: "start" }, (items) => void (actions += items.length), () => undefined);
await read.caughtUp;
const { user, system } = process.cpuUsage(cpu);
process.stdout.write(`${JSON.stringify({ actions, cpuMs: (user + system) / 1_000, tookMs: performance.now() - startedMs })}\n`);
await read.close();
await log.close();
