/**
 * The reference, by fixed code in a process of its own: what a containment cannot do without on this machine. Three durable
 * appends (400 bytes and fdatasync, to a file that grows) and two round trips over loopback TCP, one after another.
 */
import { closeSync, fdatasyncSync, openSync, writeSync } from "node:fs";
import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { createInterface } from "node:readline";
import { Worker } from "node:worker_threads";

const APPENDS = 3;
const ROUND_TRIPS = 2;
const RECORD = Buffer.alloc(400, "x");

/** The other end of the connection is a thread of its own, as a server would be. */
const ECHO = `const { createServer } = require("node:net"); const { parentPort } = require("node:worker_threads");
const server = createServer((socket) => { socket.setNoDelay(true); socket.pipe(socket); });
server.listen(0, "127.0.0.1", () => parentPort.postMessage(server.address().port));`;

async function roundTrip(socket: Socket): Promise<void> {
  socket.write(RECORD);
  for (let received = 0; received < RECORD.length; ) {
    const [chunk] = (await once(socket, "data")) as [Buffer];
    received += chunk.length;
  }
}

async function measure(file: number, socket: Socket): Promise<number> {
  const startedMs = performance.now();
  for (let append = 0; append < APPENDS; append += 1) {
    writeSync(file, RECORD);
    fdatasyncSync(file);
  }
  for (let trip = 0; trip < ROUND_TRIPS; trip += 1) await roundTrip(socket);
  return performance.now() - startedMs;
}

const file = openSync(process.argv[2] ?? "", "a", 0o600);
const echo = new Worker(ECHO, { eval: true });
const [port] = (await once(echo, "message")) as [number];
const socket = connect(port, "127.0.0.1").setNoDelay(true);
await once(socket, "connect");
await measure(file, socket);
// Each line asks for so many samples.
for await (const line of createInterface({ input: process.stdin })) {
  const samplesMs: number[] = [];
  for (let sample = 0; sample < Number(JSON.parse(line)); sample += 1) samplesMs.push(await measure(file, socket));
  process.stdout.write(`${JSON.stringify(samplesMs)}\n`);
}
closeSync(file);
process.exit(0);
