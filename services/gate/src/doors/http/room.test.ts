import { connect, type Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { makeAuthority, openAuthority } from "./authority.ts";
import { createForwardProxy, type ForwardProxy } from "./forward.ts";
import { startUpstream, type TestUpstream } from "./testing/upstream.ts";
import { openHttpWorld, TOKENS, type World } from "./testing/world.ts";

const ROOM = 3;
let upstream: TestUpstream;
let world: World;
let proxy: ForwardProxy;

beforeEach(async () => {
  upstream = await startUpstream();
  world = await openHttpWorld({ upstreams: [{ url: new URL(upstream.url) }, { name: "tls", url: new URL("https://127.0.0.1:1") }], limits: { inFlightPerAgent: ROOM, bodyBytesPerAgent: 2_000 } });
  const { authenticate, config, limits } = world.deps;
  proxy = createForwardProxy({ door: world.door, authority: openAuthority(makeAuthority(Date.now(), "test"), Date.now), authenticate, upstreams: config.upstreams, limits });
  await proxy.listen("127.0.0.1", 0);
});
afterEach(async () => {
  await proxy.close();
  await world.close();
  await upstream.close();
});

const ask = (token: string): Promise<number> => fetch(`${world.url}/u/api/v1/x`, { headers: { authorization: `Bearer ${token}` } }).then(({ status }) => status);

/** The first line of the answer to CONNECT. */
async function tunnel(token: string, open: Socket[]): Promise<string> {
  const socket = connect(Number(new URL(proxy.url()).port), "127.0.0.1").on("error", () => undefined);
  open.push(socket);
  socket.write(`CONNECT 127.0.0.1:1 HTTP/1.1\r\nHost: 127.0.0.1:1\r\nProxy-Authorization: Bearer ${token}\r\n\r\n`);
  const [first] = await new Promise<Buffer[]>((resolve) => socket.once("data", (part: Buffer) => resolve([part])));
  return first!.toString("latin1").split("\r\n")[0]!;
}

describe("an agent that takes all the room there is", () => {
  it("takes no other's, with requests that never end", async () => {
    upstream.answer = () => undefined;
    const hanging = Array.from({ length: ROOM }, () => ask(TOKENS.coder).catch(() => 0));
    await expect.poll(() => upstream.reached.length).toBe(ROOM);
    expect(await ask(TOKENS.coder)).toBe(503);
    upstream.answer = (_request, response) => void response.end("{}");
    expect(await ask(TOKENS.prod)).toBe(200);
    world.door.open.cutAll();
    await Promise.all(hanging);
    expect(await ask(TOKENS.coder)).toBe(200);
  });

  it("takes no memory beyond its own, with bodies that wait to be sent", async () => {
    const post = (token: string, bytes: number) => fetch(`${world.url}/u/api/v1/x`, { method: "POST", body: "x".repeat(bytes), headers: { authorization: `Bearer ${token}` } }).then(({ status }) => status);
    upstream.answer = () => undefined;
    const hanging = post(TOKENS.coder, 1_500).catch(() => 0);
    await expect.poll(() => upstream.reached.length).toBe(1);
    upstream.answer = (_request, response) => void response.end("{}");
    // The other is refused for want of a credential, and not for want of room.
    expect([await post(TOKENS.coder, 1_500), await post(TOKENS.coder, 400), await post(TOKENS.other, 1_500)]).toEqual([503, 200, 403]);
    world.door.open.cutAll();
    await hanging;
    expect(await post(TOKENS.coder, 1_500)).toBe(200);
  });

  it("takes no other's, with tunnels that it leaves open", async () => {
    const open: Socket[] = [];
    for (let at = 0; at < ROOM; at += 1) expect(await tunnel(TOKENS.coder, open)).toBe("HTTP/1.1 200 Connection Established");
    expect(await tunnel(TOKENS.coder, open)).toBe("HTTP/1.1 503 Service Unavailable");
    expect(await tunnel(TOKENS.prod, open)).toBe("HTTP/1.1 200 Connection Established");
    open[0]!.destroy();
    await sleep(50);
    expect(await tunnel(TOKENS.coder, open)).toBe("HTTP/1.1 200 Connection Established");
    for (const socket of open) socket.destroy();
  });
});
