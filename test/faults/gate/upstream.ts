/** What lies behind the gate: it answers reads, streams without end, and remembers everything that would have changed something. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { createServer as createTlsServer } from "node:https";
import type { AddressInfo, Socket } from "node:net";

export interface Effect {
  readonly method: string;
  readonly url: string;
  /** As `performance.now` of this process. */
  readonly atMs: number;
}

export interface RecordingUpstream {
  readonly url: string;
  /** Whatever was not only read. */
  readonly effects: readonly Effect[];
  readonly reads: () => number;
  /** Answers that are being streamed now. */
  readonly streaming: () => number;
  close(): Promise<void>;
}

const PART_EVERY_MS = 500;

export async function startUpstream(tls: { readonly key: string; readonly cert: string } | null = null): Promise<RecordingUpstream> {
  const effects: Effect[] = [];
  const streams = new Set<ServerResponse>();
  const sockets = new Set<Socket>();
  let reads = 0;
  const take = (request: IncomingMessage, response: ServerResponse): void => {
    const { method = "", url = "" } = request;
    request.resume();
    if (method !== "GET") effects.push({ method, url, atMs: performance.now() });
    else reads += 1;
    if (!url.startsWith("/stream")) return void response.setHeader("content-type", "application/json").end('{"ok":true}');
    response.writeHead(200, { "content-type": "text/plain" }).write("begins\n");
    streams.add(response.on("error", () => undefined).on("close", () => streams.delete(response)));
  };
  const parts = setInterval(() => {
    for (const response of streams) response.write("goes on\n");
  }, PART_EVERY_MS);
  const server: Server = tls === null ? createServer(take) : createTlsServer(tls, take);
  server.on("connection", (socket: Socket) => sockets.add(socket.on("error", () => undefined).on("close", () => sockets.delete(socket))));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `${tls === null ? "http" : "https"}://127.0.0.1:${port}`, effects, reads: () => reads, streaming: () => streams.size,
    close: async () => {
      clearInterval(parts);
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
