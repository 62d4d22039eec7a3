/**
 * A door once more, over TLS: for agents and breakers on other machines, whose tokens would otherwise cross the network in the clear. The
 * certificates are of the gate's own authority, made anew while it runs, so that there is nothing to renew but the authority.
 */
import type { Server } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import { createServer } from "node:tls";
import type { GateLimits } from "../limits.ts";
import type { Authority } from "./http/authority.ts";

export interface TlsFront {
  listen(host: string, port: number): Promise<void>;
  close(): Promise<void>;
  /** After `listen`, by the first of its names. */
  url(): string;
}

export interface TlsFrontDeps {
  /** Of the door that is behind it: connections are handed to it once they are secure. */
  readonly server: Server;
  readonly authority: Authority;
  /** Under which it is reached; at least one. */
  readonly names: readonly string[];
  readonly limits: GateLimits;
}

/** Whoever asks for another name, or for none, is not answered. */
export function createTlsFront({ server, authority, names, limits }: TlsFrontDeps): TlsFront {
  const known = new Set(names.map((name) => name.toLowerCase()));
  const open = new Set<Socket>();
  const front = createServer({
    minVersion: "TLSv1.2", ALPNProtocols: ["http/1.1"], handshakeTimeout: limits.headersTimeoutMs,
    SNICallback: (name, answer) => (known.has(name.toLowerCase()) ? answer(null, authority.contextOf(name.toLowerCase())) : answer(new Error("no such name"))),
  });
  front.maxConnections = limits.connections;
  front.on("connection", (socket: Socket) => open.add(socket.once("close", () => open.delete(socket))));
  front.on("tlsClientError", (_error, socket) => socket.destroy());
  front.on("secureConnection", (socket) => {
    // Clients that name nobody get this far without the callback above.
    if (typeof socket.servername !== "string" || !known.has(socket.servername.toLowerCase())) return socket.destroy();
    socket.on("error", () => socket.destroy());
    server.emit("connection", socket);
  });
  return {
    listen: (host, port) =>
      new Promise((resolve, reject) => {
        front.once("error", reject);
        front.listen(port, host, () => {
          front.off("error", reject);
          resolve();
        });
      }),
    close: async () => {
      for (const socket of open) socket.destroy();
      if (front.listening) await new Promise((resolve) => front.close(resolve));
    },
    url: () => `https://${names[0]}:${(front.address() as AddressInfo).port}`,
  };
}
