/** kafkajs's connection as `client.ts` repairs it, against a server that ends in the middle of an answer, or answers nonsense. */
import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Server, type Socket } from "node:net";
import { afterEach, expect, it } from "vitest";
import { KafkaClient } from "./client.ts";
import { type Buffering, type Connection, ConnectionClass, createLogger, type ProtocolRequest } from "./kafkajs-internals.ts";
import { produceRequest } from "./exchanges.ts";

/** Loading it is what repairs kafkajs. */
const repaired = KafkaClient;
const CORRELATION_AT = 8;
const HALF = Buffer.from([0, 0, 0, 100, 1, 2, 3]);
const servers: Server[] = [];
afterEach(() => servers.splice(0).forEach((server) => server.close()));

/** `answers`: what each connection in turn gets for its first request, which it is cut after unless `null`: then a true answer. */
async function connectionTo(answers: readonly (Buffer | null)[]): Promise<{ connection: Connection; send: () => Promise<unknown> }> {
  expect(repaired).toBeDefined();
  let accepted = 0;
  const server = createServer((socket: Socket) => {
    const answer = answers[accepted++] ?? null;
    socket.on("error", () => undefined).once("data", (request) => {
      if (answer !== null) return void socket.end(answer);
      const whole = Buffer.alloc(16);
      whole.writeInt32BE(12, 0);
      (request as Buffer).copy(whole, 4, CORRELATION_AT, CORRELATION_AT + 4);
      socket.write(whole);
    });
  });
  servers.push(server);
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  const socketFactory = ({ onConnect }: { onConnect: () => void }) => connect({ host: "127.0.0.1", port }, onConnect);
  const options = { host: "127.0.0.1", port, logger: createLogger({ level: 0, logCreator: () => () => undefined }), socketFactory, requestTimeout: 5_000, connectionTimeout: 5_000 };
  const connection = new ConnectionClass(options) as Connection & Buffering & { send(request: ProtocolRequest<unknown>): Promise<unknown>; disconnect(): Promise<unknown> };
  return { connection, send: () => connection.send(produceRequest([], 1)) };
}

it("forgets the half of an answer that a cut left, so that the next socket's answers are read from their start", async () => {
  const { connection, send } = await connectionTo([HALF, null]);
  await connection.connect();
  await expect(send()).rejects.toThrow();
  await expect.poll(() => connection.isConnected()).toBe(false);
  await connection.connect();
  await expect(send()).resolves.toEqual([]);
});

it("takes an answer that is none for a broken connection, and the process goes on", async () => {
  const { connection, send } = await connectionTo([Buffer.from([0, 0, 0, 1, 7]), null]);
  await connection.connect();
  await expect(send()).rejects.toThrow();
  await expect.poll(() => connection.isConnected()).toBe(false);
  await connection.connect();
  await expect(send()).resolves.toEqual([]);
});
