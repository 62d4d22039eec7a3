/** Requests broken at random: whatever reaches the upstream was decided, word by word, and nothing that destroys reaches it. */
import { setTimeout as sleep } from "node:timers/promises";
import fc from "fast-check";
import { afterAll, beforeAll, expect, it } from "vitest";
import { startUpstream, type TestUpstream } from "./testing/upstream.ts";
import { openHttpWorld, sendRaw, TOKENS, type World } from "./testing/world.ts";

const RUNS = Number(process.env["TRIPLINE_GATE_MUTATIONS"] ?? 2_000);
const AT_ONCE = 50;

let upstream: TestUpstream;
let world: World;
beforeAll(async () => {
  upstream = await startUpstream();
  world = await openHttpWorld({ upstreams: [{ url: new URL("/graphql/v2", upstream.url) }, { name: "rest", url: new URL(upstream.url) }] });
});
afterAll(async () => {
  await world.close();
  await upstream.close();
});

const head = (line: string, rest = ""): string => `${line} HTTP/1.1\r\nHost: gate\r\nAuthorization: Bearer ${TOKENS.prod}\r\n${rest}\r\n`;
const post = (path: string, body: string): string => head(`POST ${path}`, `Content-Type: application/json\r\nContent-Length: ${body.length}\r\n`) + body;
const SEEDS = [
  head("GET /u/rest/v1/things?a=1"), head("DELETE /u/rest/v1/things/1"), post("/u/api", '{"query":"query { me { id } }"}'), post("/u/api", '{"query":"mutation { volumeDelete(volumeId: \\"v\\") }"}'),
  head("POST /u/api", "Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n") + '1f\r\n{"query":"query { me { id } }" }\r\n0\r\n\r\n', head(`GET /u/api?query=${encodeURIComponent("{ me { id } }")}`),
];
const PARTS = ["\r\n", "\n", "\r", "\0", " ", "\t", ":", ",", "%2e%2e", "..", "/", "\\", "?", "#", "&", '"', "{", "}", "Transfer-Encoding: chunked\r\n", "Content-Length: 0\r\n", "Host: other\r\n", "X-HTTP-Method-Override: DELETE\r\n", "0\r\n\r\n", "mutation", "volumeDelete", "DELETE ", "\ufeff", "\u0130", "é", "Content-Encoding: gzip\r\n", ...SEEDS];

const mutation = fc.record({ seed: fc.constantFrom(...SEEDS), edits: fc.array(fc.record({ at: fc.double({ min: 0, max: 1, noNaN: true }), cut: fc.nat({ max: 12 }), put: fc.oneof(fc.constantFrom(...PARTS), fc.string({ unit: "binary", maxLength: 3 })) }), { minLength: 1, maxLength: 4 }) });

function mutated({ seed, edits }: { seed: string; edits: readonly { at: number; cut: number; put: string }[] }): Buffer {
  return Buffer.from(edits.reduce((text, { at, cut, put }) => {
    const place = Math.floor(at * text.length);
    return text.slice(0, place) + put + text.slice(place + cut);
  }, seed));
}

it(`${RUNS} of them`, async () => {
  const port = Number(new URL(world.url).port);
  const all = fc.sample(mutation, { numRuns: RUNS, seed: 20_261_121 }).map(mutated);
  for (let at = 0; at < all.length; at += AT_ONCE) await Promise.all(all.slice(at, at + AT_ONCE).map((bytes) => sendRaw(port, bytes, 40, 400)));
  await sleep(300);
  const told = (method: string, url: string): string => `${method} ${url}`;
  const allowed = (await world.records()).flatMap(({ action: { decision, request } }) => {
    if (decision?.outcome !== "allow" || request?.kind !== "http") return [];
    const { pathname, search } = new URL(request.url);
    return [told(request.method, pathname + search)];
  });
  const reached = upstream.reached.map(({ method, url }) => told(method, url));
  // A request of which nobody waits for the answer is decided, and may not be sent.
  const undecided = reached.filter((one) => !allowed.includes(one));
  expect(undecided).toEqual([]);
  expect(reached.length).toBeLessThanOrEqual(allowed.length);
  expect(reached.length).toBeGreaterThan(RUNS / 50);
  expect(upstream.reached.filter(({ method, body }) => method === "DELETE" || /mutation|volumeDelete/.test(body))).toEqual([]);
  expect(world.logged.filter((line) => line.includes("a request failed"))).toEqual([]);
}, 120_000);
