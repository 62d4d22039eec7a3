/**
 * Runs the stand-in as a process of its own: `node test/stand-ins/railway/main.ts [--port n] [--control-port n] [--latency-ms n]
 * [--revocation-lag-ms n] [--json-state] [--exit-with-parent]`. Prints one JSON line once it listens; with `--json-state` the line also holds the tokens
 * with their secrets, for the test that started it. Ends on SIGTERM, and with `--exit-with-parent` when standard input closes.
 */
import { parseArgs } from "node:util";
import { startControl } from "./control.ts";
import { startRailwayStandIn } from "./server.ts";

const { values } = parseArgs({
  options: {
    port: { type: "string", default: "0" },
    "control-port": { type: "string", default: "0" },
    "latency-ms": { type: "string", default: "0" },
    "revocation-lag-ms": { type: "string", default: "0" },
    "exit-with-parent": { type: "boolean", default: false },
    "json-state": { type: "boolean", default: false },
  },
});

const standIn = await startRailwayStandIn({
  port: Number(values.port),
  latencyMs: Number(values["latency-ms"]),
  revocationLagMs: Number(values["revocation-lag-ms"]),
});
const control = await startControl(standIn, Number(values["control-port"]));
const state = standIn.state();
const tokens = state.tokens.map((token) => standIn.token(token.name));
console.log(JSON.stringify({ url: standIn.url, controlUrl: control.url, pid: process.pid, ...(values["json-state"] ? { ...state, tokens } : {}) }));

const stop = () => void Promise.all([standIn.close(), control.close()]).then(() => process.exit(0));
process.once("SIGTERM", stop);
process.once("SIGINT", stop);
// The parent holds the other end: when it dies, however it dies, the stand-in must not outlive it.
if (values["exit-with-parent"]) process.stdin.once("end", stop).once("error", stop).resume();
