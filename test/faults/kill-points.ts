/**
 * Loaded into the product before its own code (`node --import`): where FAULTS_KILL_AT names a point, the product kills itself at
 * exactly that message, synchronously, after a line in FAULTS_KILL_LOG that says where it died. The product knows nothing of this.
 */
import { subscribe } from "node:diagnostics_channel";
import { openSync, writeSync } from "node:fs";
import { isMainThread } from "node:worker_threads";

const killAt = process.env["FAULTS_KILL_AT"];
const logFile = process.env["FAULTS_KILL_LOG"];
if (isMainThread && killAt !== undefined && logFile !== undefined) arm(killAt, openSync(logFile, "a"));

/** `at`: channel, topic or nothing, and which message, e.g. `tripline:event-log.durable breakers 2`. */
function arm(at: string, log: number): void {
  const [channel = "", ...rest] = at.split(" ");
  const nth = Number(rest.pop());
  const topic = rest[0] ?? null;
  let seen = 0;
  subscribe(channel, (message) => {
    const told = message as Readonly<Record<string, unknown>>;
    if (topic !== null && told["topic"] !== topic) return;
    seen += 1;
    if (seen === nth) die(log, { at, pid: process.pid, message: told });
  });
}

function die(log: number, proof: unknown): never {
  writeSync(log, `${JSON.stringify(proof)}\n`);
  process.kill(process.pid, "SIGKILL");
  // The signal is on its way; not one more line of the product may run until it is here.
  for (;;) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
}
