/** One side of a comparison in a process of its own: the gate, what it is compared with, and the upstream behind both proxies. */
import { createServer, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import { fastify } from "fastify";
import { startGateWorld, UPSTREAM_SECRET } from "../../gate-world.ts";
import { plainProxy } from "./plain-proxy.ts";

const SIDES = ["gate", "empty", "upstream", "plain"] as const;
export type Side = (typeof SIDES)[number];
export interface Started {
  readonly url: string;
  readonly socketPath: string;
}

/** Of each partition: a long run must not measure a growing heap. */
const KEEP_RECORDS = 1_000;

/** `upstream`: where the proxies send to. */
async function start(side: Side, upstream: string): Promise<Started> {
  switch (side) {
    case "gate":
      return await startGateWorld({ keepRecords: KEEP_RECORDS, upstream });
    case "empty":
      return { url: await emptyRoute(), socketPath: "" };
    case "upstream":
      return { url: await listen(answerOrder), socketPath: "" };
    case "plain":
      return { url: await listen(plainProxy(upstream)), socketPath: "" };
  }
}

/** A fastify route that parses the same body and answers nothing of use. */
async function emptyRoute(): Promise<string> {
  const app = fastify({ logger: false });
  app.post("/v1/decisions", (_request, reply) => reply.send({ ok: true }));
  return await app.listen({ host: "127.0.0.1", port: 0 });
}

const ORDER = JSON.stringify({ id: 1, total: 4_990, currency: "EUR", items: Array.from({ length: 4 }, (_, index) => ({ sku: `sku-${index}`, amount: index + 1, price: 499 })), note: null });

/** Only for whoever shows the secret, which agents do not hold: what was not injected fails the run. */
const answerOrder: RequestListener = (request, response) => {
  const isAllowed = request.headers.authorization === `Bearer ${UPSTREAM_SECRET}`;
  response.writeHead(isAllowed ? 200 : 401, { "content-type": "application/json", "content-length": Buffer.byteLength(ORDER) }).end(ORDER);
};

async function listen(handle: RequestListener): Promise<string> {
  const server = createServer({ keepAliveTimeout: 60_000 }, handle);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

const [asked, upstream = ""] = process.argv.slice(2);
const side = SIDES.find((one) => one === asked);
if (side !== undefined) {
  const { url, socketPath } = await start(side, upstream);
  process.send?.({ url, socketPath } satisfies Started);
  process.on("disconnect", () => process.exit(0));
}
