/** Starts a server process, drives it over keep-alive connections, and tells what it cost. */
import { fork, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { Agent, request } from "node:http";
import { fileURLToPath } from "node:url";
import { BENCH_TOKEN, type ServerKind, type ServerMessage } from "./protocol.ts";

export interface Server {
  readonly kind: ServerKind;
  /** Posts every body once over `connections` connections; rejects at any reply but 200. Answers CPU µs spent and records stored. */
  round(bodies: readonly Uint8Array[], connections: number): Promise<{ cpuUs: number; stored: number }>;
  close(): Promise<void>;
}

export async function startServer(kind: ServerKind, dir: string): Promise<Server> {
  const child = fork(fileURLToPath(new URL("./server.ts", import.meta.url)), [kind, dir], { stdio: ["ignore", "inherit", "inherit", "ipc"] });
  const [first] = (await once(child, "message")) as [ServerMessage];
  if (!("url" in first)) throw new Error("server did not start");
  const { url } = first;
  return {
    kind,
    async round(bodies, connections) {
      const before = await usage(child);
      await postAll(url, bodies, connections);
      const after = await usage(child);
      return { cpuUs: after.cpuUs - before.cpuUs, stored: after.stored - before.stored };
    },
    async close() {
      child.disconnect();
      await once(child, "exit");
    },
  };
}

async function usage(child: ChildProcess): Promise<{ cpuUs: number; stored: number }> {
  child.send("usage");
  const [answer] = (await once(child, "message")) as [ServerMessage];
  if ("url" in answer) throw new Error("unexpected message");
  return answer;
}

async function postAll(url: string, bodies: readonly Uint8Array[], connections: number): Promise<void> {
  const agent = new Agent({ keepAlive: true, maxSockets: connections });
  let next = 0;
  const worker = async () => {
    while (next < bodies.length) await post(url, bodies[next++]!, agent);
  };
  await Promise.all(Array.from({ length: connections }, worker));
  agent.destroy();
}

function post(url: string, body: Uint8Array, agent: Agent): Promise<void> {
  return new Promise((resolve, reject) => {
    const headers = { "content-type": "application/x-protobuf", "content-length": body.length, authorization: `Bearer ${BENCH_TOKEN}` };
    const outgoing = request(`${url}/v1/traces`, { method: "POST", agent, headers }, (reply) => {
      reply.resume();
      reply.once("end", () => (reply.statusCode === 200 ? resolve() : reject(new Error(`status ${reply.statusCode}`))));
    });
    outgoing.once("error", reject);
    outgoing.end(body);
  });
}
