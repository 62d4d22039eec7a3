import { describe, expect, it } from "vitest";
import { startReceiver } from "../battery.ts";
import { reachOf } from "@tripline/runtime";
import { post, type PostOptions } from "./post.ts";

const FORBIDDEN = [
  "0.0.0.0", "0.1.2.3", "169.254.169.254", "169.254.0.1", "224.0.0.1", "239.255.255.250", "240.0.0.1", "255.255.255.255",
  "::", "::7f00:1", "::127.0.0.1", "::ffff:127.0.0.1", "::ffff:10.0.0.1", "::ffff:8.8.8.8", "64:ff9b::7f00:1", "64:ff9b::a00:1", "64:ff9b:1::1",
  "2002:7f00:1::", "2002:a00:1::", "2002:c0a8:101::1", "2001::1", "2001:0:4136:e378::", "2001:db8::1", "3fff::1", "fe80::1", "fe80::1%lo", "fec0::1",
  "ff02::1", "100::1", "5f00::1", "4000::1", "", "localhost", "127.1", "0x7f000001", "2130706433", "0177.0.0.1", "1.2.3.4.5", "::1%1", "127.0.0.1\0",
];
const PRIVATE = [
  "127.0.0.1", "127.255.255.254", "10.0.0.0", "10.255.255.255", "100.64.0.1", "100.127.255.255", "172.16.0.1", "172.31.255.255", "192.0.0.8",
  "192.0.2.1", "192.88.99.1", "192.168.0.1", "192.168.255.255", "198.18.0.1", "198.19.255.255", "198.51.100.7", "203.0.113.9", "::1", "fc00::1", "fd12:3456::1", "fdff::1",
];
const PUBLIC = ["1.1.1.1", "8.8.8.8", "9.255.255.255", "11.0.0.0", "100.63.255.255", "100.128.0.0", "126.255.255.255", "128.0.0.1", "172.15.255.255", "172.32.0.0", "192.167.255.255", "192.169.0.0", "198.17.255.255", "198.20.0.0", "223.255.255.255", "2606:4700::1111", "2a00:1450::1", "2001:200::1", "2003::1"];

describe("addresses that alerts may go to", () => {
  it.each([
    { reach: "forbidden", addresses: FORBIDDEN },
    { reach: "private", addresses: PRIVATE },
    { reach: "public", addresses: PUBLIC },
  ])("sorts $reach ones", ({ reach, addresses }) => {
    for (const address of addresses) expect([address, reachOf(address)]).toEqual([address, reach]);
  });

  /** How WHATWG URLs let the same few addresses be written; none may reach a listener on loopback. */
  const SPELLINGS = [
    "127.0.0.1", "127.1", "127.0.1", "2130706433", "0x7f000001", "0x7f.1", "0177.0.0.1", "017700000001", "0x7f.0x0.0x0.0x1", "127.0.0.1.", "１２７.0.0.1",
    "[::1]", "[0:0:0:0:0:0:0:1]", "[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "[::127.0.0.1]", "[64:ff9b::7f00:1]", "[2002:7f00:1::]", "0.0.0.0", "0", "[::]",
  ];

  it("reaches no listener on loopback in any spelling", async () => {
    const canary = await startReceiver();
    const { port } = new URL(canary.url);
    for (const host of SPELLINGS) {
      const url = new URL(`http://${host}:${port}/`);
      const result = await post(url, { headers: {}, body: "{}" }, options({ allowPrivate: false }), AbortSignal.timeout(2_000));
      expect([host, result.kind]).toEqual([host, "forbidden"]);
    }
    expect(canary.received).toEqual([]);
    await canary.close();
  });

  it("reaches loopback where the configuration allows it, but never a link-local address", async () => {
    const canary = await startReceiver();
    expect(await send(canary.url, options({ allowPrivate: true }))).toMatchObject({ kind: "answered", status: 204 });
    expect(await send("http://169.254.169.254/latest/meta-data/", options({ allowPrivate: true }))).toMatchObject({ kind: "forbidden" });
    await canary.close();
  });

  it("refuses a name of which one address is private", async () => {
    const resolve = async () => ["8.8.8.8", "127.0.0.1"];
    expect(await send("http://mixed.example/", options({ allowPrivate: false, resolve }))).toMatchObject({ kind: "forbidden" });
  });

  it("resolves once and connects to what it checked, so a second answer changes nothing", async () => {
    const canary = await startReceiver();
    let asked = 0;
    const resolve = async () => [(asked += 1) % 2 === 1 ? "192.0.2.1" : "127.0.0.1"];
    const { port } = new URL(canary.url);
    for (let n = 0; n < 4; n += 1) await send(`http://rebinding.example:${port}/`, options({ allowPrivate: false, resolve }));
    expect(asked).toBe(4);
    expect(canary.received).toEqual([]);
    await canary.close();
  });

  it("keeps the original host name in the request", async () => {
    const receiver = await startReceiver();
    const { port } = new URL(receiver.url);
    await send(`http://receiver.example:${port}/path`, options({ allowPrivate: true, resolve: async () => ["127.0.0.1"] }));
    expect(receiver.received[0]?.headers.host).toBe(`receiver.example:${port}`);
    await receiver.close();
  });

  it("waits for no resolver longer than the time-out", async () => {
    const startMs = performance.now();
    const resolve = () => new Promise<string[]>(() => undefined);
    expect(await send("http://slow.example/", options({ allowPrivate: false, resolve }))).toMatchObject({ kind: "no-answer" });
    expect(performance.now() - startMs).toBeLessThan(1_500);
  });
});

function options(overrides: Partial<PostOptions>): PostOptions {
  return { allowPrivate: false, timeoutMs: 300, resolve: async () => ["192.0.2.1"], ...overrides };
}

function send(url: string, given: PostOptions) {
  return post(new URL(url), { headers: { "content-type": "application/json" }, body: "{}" }, given, AbortSignal.timeout(5_000));
}
