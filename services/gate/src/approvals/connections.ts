/** Nobody who only reaches the approvers' door can keep approvers out of it: what a connection and an address may hold is bounded, in number and in time. */
import { createServer, type Server, type ServerOptions } from "node:http";
import type { Socket } from "node:net";
import type { GateLimits } from "../limits.ts";

/** How often node looks for requests past their time; its own 30 s would be added to each bound. */
const CHECK_INTERVAL_MS = 500;

export function createBoundedServer(limits: GateLimits, handle: Parameters<typeof createServer>[1]): Server {
  const options: ServerOptions = {
    headersTimeout: limits.headersTimeoutMs, requestTimeout: limits.requestTimeoutMs, keepAliveTimeout: limits.approverKeepAliveMs, connectionsCheckingInterval: CHECK_INTERVAL_MS,
    maxHeaderSize: limits.headerBytes, insecureHTTPParser: false,
  };
  const server = createServer(options, handle);
  server.maxConnections = limits.approverConnections;
  server.maxRequestsPerSocket = limits.approverRequestsPerConnection;
  server.setTimeout(limits.approverStallMs);
  const open = new Map<string, number>();
  server.on("connection", (socket: Socket) => {
    const from = addressOf(socket.remoteAddress ?? "");
    const count = (open.get(from) ?? 0) + 1;
    open.set(from, count);
    socket.once("close", () => {
      const left = (open.get(from) ?? 1) - 1;
      if (left > 0) open.set(from, left);
      else open.delete(from);
    });
    if (count > limits.approverConnectionsPerAddress) socket.destroy();
  });
  return server;
}

const MAPPED = /^::ffff:(?=\d+\.)/iu;
const GROUPS = 8;
const NETWORK_GROUPS = 4;

/** Whoever has one address of IPv6 has a whole network of them. */
export function addressOf(remote: string): string {
  const address = remote.replace(MAPPED, "");
  if (!address.includes(":")) return address;
  const [head = "", tail] = address.replace(/%.*$/u, "").split("::");
  const groups = (part: string | undefined): string[] => (part === undefined || part === "" ? [] : part.split(":"));
  const [before, after] = [groups(head), groups(tail)];
  const whole = tail === undefined ? before : [...before, ...Array.from({ length: Math.max(0, GROUPS - before.length - after.length) }, () => "0"), ...after];
  return whole.slice(0, NETWORK_GROUPS).join(":");
}
