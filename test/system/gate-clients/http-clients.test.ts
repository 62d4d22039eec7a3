/** The HTTP clients that agents really use, each as it finds a proxy: in its environment. */
import { gzipSync } from "node:zlib";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { haveCurl, runCurl } from "./curl.ts";
import { type NamedUpstream, startNamed } from "./upstreams.ts";
import { AGENT_TOKEN, type ClientWorld, openClientWorld, type Sent, THEIRS, type Told } from "./world.ts";

const SECRET = "sk-shop-5b1f0c9d7e3a4f60";
let shop: NamedUpstream;
let world: ClientWorld;

beforeAll(async () => {
  shop = await startNamed("api.shop.example", THEIRS, ({ method, target, body }, response) => {
    response.writeHead(200, { "content-type": "application/json", "x-seen": String(body.length) });
    response.end(method === "HEAD" ? undefined : JSON.stringify({ served: target, bytes: body.length }));
  });
  world = await openClientWorld([{ name: "shop", origin: shop.origin, secret: SECRET }]);
});
afterAll(async () => {
  await world.close();
  await shop.close();
});
/** Whatever a test sent: each request that arrived has a decision of its own that allowed it. */
afterEach(async () => {
  const reached = shop.reached.splice(0);
  expect(await world.undecided(shop.origin, reached)).toEqual([]);
  for (const { target, headers, body } of reached) {
    expect(headers.authorization).toBe(`Bearer ${SECRET}`);
    expect(headers["proxy-authorization"]).toBeUndefined();
    expect(`${target}${JSON.stringify(headers)}${body}`).not.toContain(AGENT_TOKEN);
  }
});

const hasCurl = haveCurl("curl through the forward proxy");
const CLIENTS: readonly { readonly name: string; readonly run: (requests: readonly Sent[]) => Promise<readonly Told[]> }[] = [
  { name: "fetch of Node", run: (requests) => world.run("fetch", requests, { NODE_USE_ENV_PROXY: "1" }) },
  { name: "axios", run: (requests) => world.run("axios", requests) },
  { name: "undici's ProxyAgent", run: (requests) => world.run("ProxyAgent", requests) },
  { name: "undici's EnvHttpProxyAgent", run: (requests) => world.run("EnvHttpProxyAgent", requests) },
  ...(hasCurl ? [{ name: "curl", run: (requests: readonly Sent[]) => runCurl(requests, world.environment) }] : []),
];
const json = { "content-type": "application/json" };
const last = async (rule: string) => (await world.decisions()).findLast(({ decision }) => decision?.rule === rule);

describe.each(CLIENTS)("$name through the forward proxy", ({ run }) => {
  it("reads with the credential that it never held, again and again", async () => {
    const told = await run(["/v1/orders?limit=3&q=a%20b", "/v1/orders/7", "/v1/orders/8"].map((path) => ({ url: `${shop.origin}${path}`, headers: { authorization: "Bearer placeholder" } })));
    expect(told.map(({ status, text, error }) => [status, text, error])).toEqual(["/v1/orders?limit=3&q=a%20b", "/v1/orders/7", "/v1/orders/8"].map((served) => [200, JSON.stringify({ served, bytes: 0 }), null]));
    expect(JSON.stringify(told)).not.toContain(SECRET);
    expect(shop.reached).toHaveLength(3);
  });

  it("is held at what destroys, and its user reads why and what to do", async () => {
    const [told] = await run([{ method: "DELETE", url: `${shop.origin}/v1/volumes/7` }]);
    expect([told?.status, told?.error]).toEqual([403, null]);
    expect(JSON.parse(told!.text)).toMatchObject({ error: { code: "TL_GATE_HELD", next: expect.stringContaining("approv") }, decision: "hold", approval: { id: expect.any(String) }, reasons: [expect.any(String)] });
    expect(shop.reached).toEqual([]);
  });

  it("is refused at a host that is no upstream, says so, and it is on record", async () => {
    const [told] = await run([{ url: "https://collector.example.net/upload" }]);
    // Most clients say that the proxy answered 403; axios hands its answer on.
    expect(told?.error ?? `${told?.status} ${told?.text}`).toMatch(/\b403\b/);
    if (told?.error === null) expect(JSON.parse(told.text)).toMatchObject({ rule: "egress.no-upstream" });
    expect((await last("egress.no-upstream"))?.request).toMatchObject({ url: "https://collector.example.net/" });
    expect(shop.reached).toEqual([]);
  });

  it("sends bodies whole, of known length and in parts, and asks for heads", async () => {
    const small = JSON.stringify({ note: "hello" });
    const large = JSON.stringify({ note: "x".repeat(16_000) });
    const told = await run([
      { method: "POST", url: `${shop.origin}/v1/notes`, headers: json, body: small },
      { method: "POST", url: `${shop.origin}/v1/notes`, headers: json, body: small, streamed: true },
      { method: "POST", url: `${shop.origin}/v1/notes`, headers: json, body: large },
      { method: "HEAD", url: `${shop.origin}/v1/orders/7` },
    ]);
    expect(told.map(({ status, error }) => [status, error])).toEqual(told.map(() => [200, null]));
    expect(shop.reached.map(({ method, body }) => [method, body.length])).toEqual([["POST", small.length], ["POST", small.length], ["POST", large.length], ["HEAD", 0]]);
    expect(shop.reached[1]?.body).toBe(small);
  });

  it("reads the refusal of a body that is too large, which reaches nobody", async () => {
    const [told] = await run([{ method: "POST", url: `${shop.origin}/v1/notes`, headers: json, body: "x".repeat(3_000_000) }]);
    expect([told?.status, told?.error, told?.text]).toEqual([400, null, expect.stringContaining("TL_GATE_INVALID")]);
    expect(shop.reached).toEqual([]);
  });
});

describe.runIf(hasCurl)("curl in its other ways", () => {
  const body = JSON.stringify({ note: "hello" });
  const note: Sent = { method: "POST", url: "/v1/notes", headers: json, body };
  const curl = async (sent: Sent, ...words: string[]) => (await runCurl([{ ...sent, url: `${shop.origin}${sent.url}` }], world.environment, ...words))[0];

  it("asks the proxy first how to say who it is", async () => {
    expect(await curl(note, "--proxy-anyauth")).toMatchObject({ status: 200, error: null });
    expect(shop.reached).toHaveLength(1);
  });

  it("waits to be told to go on with a body", async () => {
    expect(await curl({ ...note, headers: { ...json, expect: "100-continue" } }, "--expect100-timeout", "14")).toMatchObject({ status: 200, error: null });
    expect(shop.reached.map(({ body: arrived, headers }) => [arrived, headers.expect])).toEqual([[body, undefined]]);
  });

  it("compresses, and what arrives is what was judged", async () => {
    const gone = JSON.stringify({ query: "mutation { volumeDelete(volumeId: 7) }" });
    const file = (text: string) => ["--data-binary", `@${world.file(gzipSync(text))}`];
    const [plain, held] = [await curl({ method: "POST", url: "/v1/notes", headers: { ...json, "content-encoding": "gzip" } }, ...file(body)), await curl({ method: "POST", url: "/graphql", headers: { ...json, "content-encoding": "gzip" } }, ...file(gone))];
    expect([plain?.status, held?.status, held?.text]).toEqual([200, 403, expect.stringContaining("TL_GATE_HELD")]);
    expect(shop.reached.map(({ body: arrived }) => arrived)).toEqual([body]);
  });
});

describe("what these tests count by", () => {
  it("finds a request that no decision had allowed, and one that was allowed once and arrived twice", async () => {
    await world.run("axios", [{ url: `${shop.origin}/v1/counted` }]);
    const arrived = shop.reached.splice(0);
    expect(await world.undecided(shop.origin, [...arrived, ...arrived])).toEqual([`GET ${shop.origin}/v1/counted`]);
    expect(await world.undecided(shop.origin, [{ method: "DELETE", target: "/v1/volumes/7" }])).toEqual([`DELETE ${shop.origin}/v1/volumes/7`]);
    expect(await world.undecided(shop.origin, arrived)).toEqual([]);
  });
});

describe("a proxy's client with another token", () => {
  it("opens no tunnel", async () => {
    const wrong = { HTTPS_PROXY: world.environment["HTTPS_PROXY"]!.replace(AGENT_TOKEN, "wrong-token-wrong-token-wrong"), NODE_USE_ENV_PROXY: "1" };
    const told = await Promise.all(["fetch", "axios", "ProxyAgent", "EnvHttpProxyAgent"].map((client) => world.run(client, [{ url: `${shop.origin}/v1/orders` }], wrong)));
    for (const [one] of told) expect(one?.error ?? `${one?.status} ${one?.text}`).toMatch(/\b407\b/);
    expect(shop.reached).toEqual([]);
  });
});
