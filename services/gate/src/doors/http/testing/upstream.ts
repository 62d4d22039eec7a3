/** An upstream on a real socket that records exactly what reached it, and can echo it. */
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { createServer as createTlsServer } from "node:https";
import type { AddressInfo, Socket } from "node:net";

export interface Reached {
  readonly method: string;
  readonly url: string;
  readonly headers: readonly string[];
  readonly body: string;
}

export interface TestUpstream {
  readonly url: string;
  readonly reached: Reached[];
  /** Connections that were ever opened. */
  readonly connections: () => number;
  answer: (request: IncomingMessage, response: ServerResponse, body: string) => void;
  close(): Promise<void>;
}

export async function startUpstream(tls: { readonly key: string; readonly cert: string } | null = null): Promise<TestUpstream> {
  const reached: Reached[] = [];
  const sockets = new Set<Socket>();
  let opened = 0;
  const upstream = { answer: (_request: IncomingMessage, response: ServerResponse, _body: string) => void response.setHeader("content-type", "application/json").end('{"ok":true}') };
  const take = (request: IncomingMessage, response: ServerResponse): void => {
    const parts: Buffer[] = [];
    request.on("data", (part: Buffer) => parts.push(part));
    request.on("end", () => {
      const body = Buffer.concat(parts).toString("latin1");
      reached.push({ method: request.method ?? "", url: request.url ?? "", headers: request.rawHeaders, body });
      upstream.answer(request, response, body);
    });
  };
  const server = tls === null ? createServer(take) : createTlsServer(tls, take);
  server.on("connection", (socket: Socket) => {
    opened += 1;
    sockets.add(socket.on("close", () => sockets.delete(socket)).on("error", () => undefined));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return Object.assign(upstream, {
    url: `${tls === null ? "http" : "https"}://127.0.0.1:${port}`, reached, connections: () => opened,
    close: async () => {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  });
}

export function headerIn(headers: readonly string[], name: string): string | undefined {
  const at = headers.findIndex((one, index) => index % 2 === 0 && one.toLowerCase() === name);
  return at < 0 ? undefined : headers[at + 1];
}
