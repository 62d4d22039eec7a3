/** Hostile requests, a few: whatever reaches the upstream was decided, word by word, and nothing that destroys reaches it. `pnpm fuzz --requests` sends them by the million. */
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, expect, it } from "vitest";
import { caseId, type HostileCase, hostileCase, SERVERS } from "./testing/hostile/index.ts";
import { headerIn, startUpstream, type TestUpstream } from "./testing/upstream.ts";
import { openHttpWorld, sendRaw, TOKENS, type World } from "./testing/world.ts";

const RUNS = 2_000;
const SEED = 20_261_121;
const AT_ONCE = 50;

let upstream: TestUpstream;
let world: World;
beforeAll(async () => {
  upstream = await startUpstream();
  const { port } = new URL(upstream.url);
  const upstreams = SERVERS.map(({ name, host, base }) => ({ name, url: new URL(`http://${host}:${port}${base}`) }));
  world = await openHttpWorld({ upstreams, resolve: async () => ["127.0.0.1"] });
});
afterAll(async () => {
  await world.close();
  await upstream.close();
});

it(`${RUNS} of them`, async () => {
  const port = Number(new URL(world.url).port);
  const all = Array.from({ length: RUNS }, (_, number) => hostileCase(SEED, number, ({ name }, draw) => ({ door: "reverse", host: "gate", prefix: `/u/${name}`, token: draw.chance(0.5) ? TOKENS.prod : TOKENS.coder })));
  for (let at = 0; at < all.length; at += AT_ONCE) await Promise.all(all.slice(at, at + AT_ONCE).map(({ bytes }) => sendRaw(port, bytes, 40, 400)));
  await sleep(300);
  const told = (method: string, url: string): string => `${method} ${url}`;
  const allowed = (await world.records()).flatMap(({ action: { decision, request } }) => {
    if (decision?.outcome !== "allow" || request?.kind !== "http") return [];
    const { pathname, search } = new URL(request.url);
    return [told(request.method, pathname + search)];
  });
  const reached = upstream.reached.map(({ method, url }) => told(method, url));
  // A request of which nobody waits for the answer is decided, and may not be sent.
  expect(reached.filter((one) => !allowed.includes(one))).toEqual([]);
  expect(reached.length).toBeLessThanOrEqual(allowed.length);
  expect(reached.length).toBeGreaterThan(RUNS / 50);
  expect(upstream.reached.filter(({ method }) => method === "DELETE")).toEqual([]);
  const byId = new Map<string, HostileCase>(all.map((one) => [caseId(SEED, one.number), one]));
  // What servers make of the others' spelling the campaign's upstreams know.
  const losses = upstream.reached.filter(({ method, headers, body }) => {
    const seed = byId.get(headerIn(headers, "x-case") ?? "")?.seed;
    return seed?.destroys === true && method === seed.crafted.method && body !== "" && body === seed.crafted.body?.toString("latin1");
  });
  expect(losses).toEqual([]);
  expect(world.logged.filter((line) => line.includes("a request failed"))).toEqual([]);
}, 120_000);
