/** Who only reaches the approvers' door, over real connections. Every address of 127.0.0.0/8 is this machine's. */
import { connect, type Socket } from "node:net";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createGate, type GateModule } from "../gate.ts";
import { ANN_TOKEN, type World, world } from "./approvals.fixture.ts";
import { addressOf } from "./connections.ts";

const LIMITS = { approverConnectionsPerAddress: 4, headersTimeoutMs: 400, requestTimeoutMs: 800, approverKeepAliveMs: 300, approverRequestsPerConnection: 3, approverStallMs: 2_000 };
let here: World;
let gate: GateModule;
let port: number;
const sockets = new Set<Socket>();
beforeEach(async () => {
  here = await world();
  gate = createGate({ ...here.deps, limits: LIMITS });
  await gate.start();
  port = Number(new URL(gate.approvalsUrl()!).port);
});
afterEach(async () => {
  for (const socket of sockets) socket.destroy();
  sockets.clear();
  await gate.stop();
  await here.close();
});

interface Held {
  readonly socket: Socket;
  said: string;
  readonly endedMs: Promise<number>;
}

function open(text: string, localAddress = "127.0.0.2", dripMs: number | null = null): Held {
  const startMs = performance.now();
  const socket = connect({ port, host: "127.0.0.1", localAddress }).on("error", () => undefined);
  sockets.add(socket);
  const drip = dripMs === null ? undefined : setInterval(() => socket.write("x"), dripMs);
  const held: Held = { socket, said: "", endedMs: new Promise((resolve) => socket.once("close", () => (clearInterval(drip), resolve(performance.now() - startMs)))) };
  socket.on("data", (part: Buffer) => (held.said += part.toString("latin1")));
  socket.write(text);
  return held;
}
const asked = async (): Promise<number> => (await fetch(`${gate.approvalsUrl()!}/v1/approvals`, { headers: { authorization: `Bearer ${ANN_TOKEN}` } })).status;
const HEAD = "POST /v1/approvals/approve HTTP/1.1\r\nHost: gate\r\nContent-Type: application/json\r\nContent-Length: 60000\r\n";

describe("whoever reaches the approvers' door", () => {
  it("cannot hold it by sending header fields or a body a sign at a time, and approvers are answered all the while", async () => {
    const slow = [open("GET / HTTP/1.1\r\nHost: gate\r\nX-Slow: ", "127.0.0.2", 50), open("", "127.0.0.2"), open(`${HEAD}\r\n`, "127.0.0.2", 50)];
    const statuses: number[] = [];
    const all = Promise.all(slow.map(({ endedMs }) => endedMs));
    for (let isOver = false; !isOver; isOver = await Promise.race([all.then(() => true), new Promise<boolean>((resolve) => setTimeout(() => resolve(false), 100))])) statuses.push(await asked());
    expect(new Set(statuses)).toEqual(new Set([200]));
    // Their bounds, half a second of looking, and a busy machine.
    for (const ms of await all) expect(ms).toBeLessThan(8_000);
    expect(slow[2]!.said).toMatch(/^HTTP\/1\.1 408 /u);
  });

  it("has only so many connections of one address, and none of another's", async () => {
    const held = Array.from({ length: 12 }, () => open("GET /v1/approvals HTTP/1.1\r\nHost: gate\r\nX-Slow: ", "127.0.0.3", 50));
    const refused = await Promise.all(held.map(({ endedMs }) => Promise.race([endedMs.then((ms) => ms < 350), new Promise<false>((resolve) => setTimeout(() => resolve(false), 350))])));
    expect(refused.filter(Boolean)).toHaveLength(8);
    expect(await asked()).toBe(200);
    // What was closed makes room again.
    await Promise.all(held.map(({ endedMs }) => endedMs));
    const again = open("GET /v1/approvals HTTP/1.1\r\nHost: gate\r\nConnection: close\r\n\r\n", "127.0.0.3");
    await again.endedMs;
    expect(again.said).toMatch(/^HTTP\/1\.1 401 /u);
  });

  it("keeps no connection open without a request, nor for ever with small ones", async () => {
    const request = "GET /v1/approvals HTTP/1.1\r\nHost: gate\r\n\r\n";
    const [idle, busy] = [open(request), open(request.repeat(8))];
    expect(await idle.endedMs).toBeLessThan(8_000);
    expect(idle.said.match(/HTTP\/1\.1 401/gu)).toHaveLength(1);
    await busy.endedMs;
    expect(busy.said.match(/HTTP\/1\.1 401/gu)).toHaveLength(3);
  });

  it("is counted by its network where it has one of IPv6", () => {
    const same = ["2001:db8:1:2::1", "2001:db8:1:2:ffff:ffff:ffff:ffff", "2001:db8:1:2:0:0:0:9%eth0"];
    expect(new Set(same.map(addressOf))).toEqual(new Set(["2001:db8:1:2"]));
    expect(["2001:db8::1", "::1", "fe80::1%eth0", "::ffff:10.1.2.3", "10.1.2.3"].map(addressOf)).toEqual(["2001:db8:0:0", "0:0:0:0", "fe80:0:0:0", "10.1.2.3", "10.1.2.3"]);
  });
});
