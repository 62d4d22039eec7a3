/** A TCP relay for tests that can swallow what the server answers: the request is executed, and nobody ever hears of it. */
import { connect, createServer, type AddressInfo, type Socket } from "node:net";

export interface TcpProxy {
  readonly port: number;
  /** From now on requests pass and answers do not. */
  swallowAnswers(on: boolean): void;
  close(): Promise<void>;
}

/** Listens on `host`, a loopback address. */
export async function startTcpProxy(target: { readonly host: string; readonly port: number }, host = "127.0.0.1"): Promise<TcpProxy> {
  const sockets = new Set<Socket>();
  let swallow = false;
  const server = createServer((client) => {
    const upstream = connect(target.port, target.host);
    for (const socket of [client, upstream]) {
      sockets.add(socket);
      socket.on("error", () => undefined).on("close", () => {
        sockets.delete(socket);
        client.destroy();
        upstream.destroy();
      });
    }
    client.on("data", (chunk) => upstream.write(chunk));
    upstream.on("data", (chunk) => {
      if (!swallow) client.write(chunk);
    });
  });
  await new Promise<void>((resolve, reject) => server.once("error", reject).listen(0, host, resolve));
  return {
    port: (server.address() as AddressInfo).port,
    swallowAnswers: (on) => void (swallow = on),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const socket of sockets) socket.destroy();
      }),
  };
}
