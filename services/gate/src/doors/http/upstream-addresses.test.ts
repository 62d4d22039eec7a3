import { createServer } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { makeAuthority, openAuthority } from "./authority.ts";
import { createLines } from "./line.ts";
import { startUpstream, type TestUpstream } from "./testing/upstream.ts";
import { openHttpWorld, TOKENS, upstream as upstreamOf, type World } from "./testing/world.ts";

const LIMITS = { upstreamConnections: 4, upstreamConnectMs: 500, upstreamIdleMs: 1_000, resolveAgainMs: 0 };

/** Places that a name must never lead to, in every way of writing them. */
const NOWHERE = [
  "0.0.0.0", "0.1.2.3", "10.0.0.1", "10.255.255.255", "100.64.0.1", "100.127.255.254", "127.0.0.1", "127.255.255.255", "169.254.0.1", "169.254.169.254", "172.16.0.1", "172.31.255.255", "192.0.0.1", "192.0.0.192",
  "192.168.0.1", "192.168.255.255", "198.18.0.1", "198.19.255.255", "224.0.0.1", "239.255.255.255", "240.0.0.1", "255.255.255.255", "192.0.2.1", "198.51.100.1", "203.0.113.1", "192.88.99.1",
  "::", "::1", "::2", "::127.0.0.1", "::7f00:1", "::ffff:127.0.0.1", "::ffff:7f00:1", "::ffff:169.254.169.254", "::ffff:0:127.0.0.1", "::ffff:8.8.8.8", "fc00::1", "fd00::1", "fdff:ffff::1", "fe80::1", "fe80::1%lo", "febf::1", "fec0::1", "ff02::1",
  "64:ff9b::7f00:1", "64:ff9b::a9fe:a9fe", "64:ff9b:1::1", "2002:7f00:1::", "2002:a9fe:a9fe::1", "2001::1", "2001:0:7f00:1::", "2001:db8::1", "3fff::1", "100::1", "0:0:0:0:0:ffff:7f00:0001", "5f00::1",
  "127.1", "0x7f.1", "2130706433", "0177.0.0.1", "0x7f000001", "127.0.0.1.", " 127.0.0.1", "localhost", "", "1.2.3", "1.2.3.4.5", "[::1]", "127.0.0.1:80", "１２７.0.0.1",
];
/** In the host of an address: the URL parser reads them all as what they are. */
const LITERALS = ["127.0.0.1", "127.1", "0x7f.1", "0x7f000001", "2130706433", "0177.0.0.1", "017700000001", "127.000.000.001", "１２７.０.０.１", "①②⑦.0.0.1", "[::1]", "[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "[64:ff9b::7f00:1]", "[2002:7f00:1::]", "[::127.0.0.1]", "0.0.0.0", "0", "[::]", "169.254.169.254", "0xa9fea9fe", "2852039166", "0251.0376.0251.0376", "10.1", "[fe80::1]", "[fd00::1]"];

describe("the name of an upstream", () => {
  const named = (host: string) => upstreamOf({ url: new URL(`http://${host}:8080`), allowPrivate: false });

  it.each(NOWHERE)("is not connected to where it leads to %s", async (address) => {
    const lines = createLines(LIMITS, async () => [address]);
    await expect(lines.addressesOf(named("api.example.org"))).rejects.toThrow("TL_GATE_UPSTREAM");
  });

  it.each(NOWHERE.slice(0, 56))("is not connected to where only the last of its addresses is %s", async (address) => {
    const lines = createLines(LIMITS, async () => ["93.184.216.34", "2606:2800:220:1::1", address]);
    await expect(lines.addressesOf(named("api.example.org"))).rejects.toThrow("TL_GATE_UPSTREAM");
  });

  it.each(LITERALS)("is not connected to as the address %s", async (host) => {
    const lines = createLines(LIMITS, async () => ["93.184.216.34"]);
    await expect(lines.addressesOf(named(host))).rejects.toThrow("TL_GATE_UPSTREAM");
  });

  it("may be private where the configuration says so, and still never the cloud's metadata", async () => {
    const lines = createLines(LIMITS, async () => ["10.0.0.1"]);
    await expect(lines.addressesOf({ ...named("inside.example.org"), allowPrivate: true })).resolves.toEqual(["10.0.0.1"]);
    const metadata = createLines(LIMITS, async () => ["169.254.169.254"]);
    await expect(metadata.addressesOf({ ...named("inside.example.org"), allowPrivate: true })).rejects.toThrow("reserved");
  });

  it("is not waited for without end, and not with addresses without end", async () => {
    const silent = createLines({ ...LIMITS, upstreamConnectMs: 50 }, () => new Promise(() => undefined));
    await expect(silent.addressesOf(named("api.example.org"))).rejects.toThrow("cannot be resolved");
    const endless = createLines(LIMITS, async () => Array.from({ length: 65 }, (_, n) => `93.184.216.${n}`));
    await expect(endless.addressesOf(named("api.example.org"))).rejects.toThrow("cannot be resolved");
    const none = createLines(LIMITS, () => Promise.reject(new Error("ENOTFOUND")));
    await expect(none.addressesOf(named("api.example.org"))).rejects.toThrow("cannot be resolved");
  });
});

describe("a name that changes between two answers", () => {
  let upstream: TestUpstream;
  let world: World;
  let asked = 0;
  let answers: string[][] = [];
  let reached = 0;

  const canary = createServer((socket) => {
    reached += 1;
    socket.destroy();
  });

  beforeEach(async () => {
    asked = 0;
    upstream = await startUpstream();
    const { port } = new URL(upstream.url);
    world = await openHttpWorld({
      upstreams: [{ url: new URL(`http://api.example.org:${port}`), allowPrivate: true }, { name: "public", url: new URL(`http://public.example.org:${port}`), allowPrivate: false }],
      limits: { resolveAgainMs: 0, upstreamConnectMs: 500 },
      resolve: async () => answers[Math.min(asked++, answers.length - 1)]!,
    });
  });
  afterEach(async () => {
    await world.close();
    await upstream.close();
    canary.close();
  });

  const get = (name: string) => fetch(`${world.url}/u/${name}/x`, { headers: { authorization: `Bearer ${TOKENS.coder}` } });

  it("leads to the addresses that were checked, under the original name", async () => {
    answers = [["127.0.0.1"]];
    expect((await get("api")).status).toBe(200);
    expect(upstream.reached[0]?.headers[upstream.reached[0].headers.findIndex((one) => one.toLowerCase() === "host") + 1]).toBe(`api.example.org:${new URL(upstream.url).port}`);
  });

  it("is resolved once for each connection, so that what is checked is what is connected to", async () => {
    answers = [["127.0.0.1"], ["169.254.169.254"], ["127.0.0.1"]];
    expect((await get("api")).status).toBe(200);
    expect(asked).toBe(1);
    const second = await get("api");
    expect([second.status, asked]).toEqual([502, 2]);
    expect(upstream.reached).toHaveLength(1);
    expect((await get("api")).status).toBe(200);
  });

  it("never leads a public upstream to this machine, however often it changes", async () => {
    await new Promise<void>((resolve) => canary.listen(0, "127.0.0.2", resolve));
    answers = Array.from({ length: 100 }, (_, n) => (n % 2 === 0 ? ["127.0.0.1"] : ["93.184.216.34", "127.0.0.1"]));
    for (let n = 0; n < 50; n += 1) expect((await get("public")).status).toBe(502);
    expect([upstream.reached.length, reached, upstream.connections()]).toEqual([0, 0, 0]);
  });

  it("moves to new addresses, and does not use the old connections again", async () => {
    answers = [["127.0.0.1"], ["127.0.0.3"]];
    expect((await get("api")).status).toBe(200);
    // Nothing listens there: the old connection would have answered.
    expect((await get("api")).status).toBe(502);
    expect(upstream.reached).toHaveLength(1);
    await sleep(10);
  });
});

describe("TLS to an upstream", () => {
  const authority = makeAuthority(Date.now(), "Their authority");
  const { issueFor } = openAuthority(authority, () => Date.now());
  let upstream: TestUpstream;
  let world: World;
  afterEach(async () => {
    await world.close();
    await upstream.close();
  });

  it.each([
    ["the right name and authority", "api.example.org", authority.certificate, 200],
    ["another name", "other.example.org", authority.certificate, 502],
    ["an authority that nobody trusts", "api.example.org", null, 502],
  ])("is verified: %s", async (_name, host, ca, status) => {
    const { certificate, key } = issueFor(host);
    upstream = await startUpstream({ cert: certificate, key });
    world = await openHttpWorld({ upstreams: [{ url: new URL(`https://api.example.org:${new URL(upstream.url).port}`), ca }], resolve: async () => ["127.0.0.1"] });
    const answer = await fetch(`${world.url}/u/api/x`, { headers: { authorization: `Bearer ${TOKENS.coder}` } });
    expect(answer.status).toBe(status);
    expect(upstream.reached).toHaveLength(status === 200 ? 1 : 0);
    expect(await answer.text()).not.toContain("sk-staging");
  });
});
