import { once } from "node:events";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, expect, it } from "vitest";
import type { Upstream } from "../../deps.ts";
import { LIMITS } from "../../limits.ts";
import { Cut, type Ended, exchange } from "./exchange.ts";
import { createLines } from "./line.ts";

const closing: (() => unknown)[] = [];
afterEach(async () => void (await Promise.all(closing.splice(0).map((close) => close()))));

async function listening(server: Server): Promise<string> {
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  closing.push(() => server.close(), () => server.closeAllConnections());
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

it("a call that is cut ends its connection, and none is made in its place; the next call has one of its own", async () => {
  const connections = new Set<object>();
  let ended = 0;
  const behind = createServer((request, response) => (request.url === "/stream" ? response.write("first part") : response.end("whole")));
  behind.on("connection", (socket) => connections.add(socket.on("close", () => (ended += 1))));
  const url = new URL(await listening(behind));
  const lines = createLines(LIMITS, () => Promise.resolve([]));
  closing.push(() => lines.close());
  const { pool } = await lines.get({ name: "behind", url, ca: null, allowPrivate: true, credentials: [] } as unknown as Upstream, "none");
  const cut = new Cut();
  const ends: Promise<Ended>[] = [];
  const front = await listening(createServer((request, response) => void ends.push(exchange(pool, { method: "GET", path: request.url ?? "/", headers: [], body: null }, response, { secret: null, cut, relocate: (to) => to }))));
  const streamed = (await fetch(`${front}/stream`)).body!.getReader();
  expect(Buffer.from((await streamed.read()).value ?? []).toString()).toBe("first part");
  cut.cut();
  expect(await ends[0]).toEqual({ kind: "cut" });
  await expect(streamed.read()).rejects.toThrow();
  await expect.poll(() => ended).toBe(1);
  await sleep(50);
  expect(connections.size).toBe(1);
  cut.isCut = false;
  expect(await (await fetch(`${front}/whole`)).text()).toBe("whole");
  expect(connections.size).toBe(2);
});
