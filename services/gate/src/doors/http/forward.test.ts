import { X509Certificate } from "node:crypto";
import { execFile } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";
import { connect as connectTls } from "node:tls";
import { fetch, ProxyAgent, request } from "undici";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { authorityFor, makeAuthority, openAuthority } from "./authority.ts";
import { createForwardProxy, type ForwardProxy } from "./forward.ts";
import { headerIn, startUpstream, type TestUpstream } from "./testing/upstream.ts";
import { openHttpWorld, SECRETS, sendRaw, TOKENS, upstream as upstreamOf, type World } from "./testing/world.ts";

/** The upstream's own authority, and the gate's: an agent trusts the gate's alone. */
const theirs = makeAuthority(Date.now(), "Upstream authority");
// The name under which the launcher makes it.
const gates = makeAuthority(Date.now(), "Tripline gate", ["127.0.0.1", "localhost", "2001:db8::1", "::1", "api.example.org"]);
let upstream: TestUpstream;
let elsewhere: TestUpstream;
let plain: TestUpstream;
let world: World;
let proxy: ForwardProxy;
let agent: ProxyAgent;

beforeAll(async () => {
  const { certificate, key } = leafOf();
  upstream = await startUpstream({ cert: certificate, key });
  elsewhere = await startUpstream({ cert: certificate, key });
  plain = await startUpstream();
  const upstreams = [{ url: new URL(upstream.url), ca: theirs.certificate }, { name: "based", url: new URL(`${elsewhere.url}/only/here`), ca: theirs.certificate }, { name: "plain", url: new URL(plain.url) }];
  world = await openHttpWorld({ upstreams });
  const authority = openAuthority(gates, () => Date.now());
  proxy = createForwardProxy({ door: world.door, authority, authenticate: world.deps.authenticate, upstreams: upstreams.map((one) => upstreamOf(one)), limits: { ...world.deps.limits, headersTimeoutMs: 400 } });
  await proxy.listen("127.0.0.1", 0);
  agent = through(TOKENS.coder);
});
afterAll(async () => {
  await agent.destroy();
  await proxy.close();
  await world.close();
  await Promise.all([upstream.close(), elsewhere.close(), plain.close()]);
});
beforeEach(() => {
  for (const { reached } of [upstream, elsewhere, plain]) reached.splice(0);
});

const basic = (token: string): string => `Basic ${Buffer.from(`agent:${token}`).toString("base64")}`;
const through = (token: string, ca = gates.certificate) => new ProxyAgent({ uri: proxy.url(), token: basic(token), requestTls: { ca }, proxyTunnel: true });

/** A certificate for 127.0.0.1 by the upstream's authority. */
function leafOf(): { certificate: string; key: string } {
  return openAuthority(theirs, () => Date.now()).issueFor("127.0.0.1");
}

describe("a client behind the forward proxy", () => {
  it("reaches an upstream over TLS, with the credential that it does not hold", async () => {
    const response = await fetch(`${upstream.url}/v1/things?a=1`, { dispatcher: agent, headers: { authorization: "Bearer tripline" } });
    expect([response.status, await response.json()]).toEqual([200, { ok: true }]);
    expect(upstream.reached.map(({ method, url }) => [method, url])).toEqual([["GET", "/v1/things?a=1"]]);
    expect(headerIn(upstream.reached[0]!.headers, "authorization")).toBe(`Bearer ${SECRETS.staging}`);
    expect(JSON.stringify(upstream.reached)).not.toContain(TOKENS.coder);
    expect(headerIn(upstream.reached[0]!.headers, "proxy-authorization")).toBeUndefined();
  });

  it("is held like over any other door, and nothing reaches the upstream", async () => {
    const { statusCode, body } = await request(`${upstream.url}/v1/volumes/7`, { dispatcher: agent, method: "DELETE" });
    expect([statusCode, ((await body.json()) as { decision: string }).decision]).toEqual([403, "hold"]);
    expect(upstream.reached).toEqual([]);
  });

  it("works with curl and its own words", async () => {
    const directory = mkdtempSync(join(tmpdir(), "tripline-curl-"));
    try {
      writeFileSync(join(directory, "ca.pem"), gates.certificate);
      const environment = { ...process.env, HTTPS_PROXY: `http://agent:${TOKENS.coder}@${new URL(proxy.url()).host}`, CURL_CA_BUNDLE: join(directory, "ca.pem") };
      const { stdout } = await promisify(execFile)("curl", ["-sS", "--noproxy", "", `${upstream.url}/curl`], { env: environment });
      expect(stdout).toBe('{"ok":true}');
      expect(upstream.reached.map(({ url }) => url)).toEqual(["/curl"]);
    } finally {
      rmSync(directory, { recursive: true });
    }
  });

  it("is refused at a host that is no upstream, and it is recorded", async () => {
    const answer = await sendRaw(Number(new URL(proxy.url()).port), `CONNECT example.org:443 HTTP/1.1\r\nHost: example.org:443\r\nProxy-Authorization: ${basic(TOKENS.coder)}\r\n\r\n`);
    expect(answer).toMatch(/^HTTP\/1\.1 403 /);
    expect(answer).toContain("egress.no-upstream");
    await sleep(50);
    const last = (await world.records()).at(-1);
    expect(last?.action).toMatchObject({ decision: { outcome: "deny", rule: "egress.no-upstream" }, request: { url: "https://example.org/" } });
  });

  it("reaches nothing beside the path that an upstream is configured for", async () => {
    const beside = await fetch(`${elsewhere.url}/only/elsewhere`, { dispatcher: agent });
    const under = await fetch(`${elsewhere.url}/only/here/x`, { dispatcher: agent });
    expect([beside.status, under.status]).toEqual([403, 200]);
    expect(elsewhere.reached.map(({ url }) => url)).toEqual(["/only/here/x"]);
  });

  it("is asked for its token, and a wrong one opens no tunnel", async () => {
    const { port } = new URL(proxy.url());
    const target = new URL(upstream.url).host;
    for (const authorization of ["", `Proxy-Authorization: ${basic("wrong-token-0123456789abcdef")}\r\n`]) {
      expect(await sendRaw(Number(port), `CONNECT ${target} HTTP/1.1\r\nHost: ${target}\r\n${authorization}\r\n`)).toMatch(/^HTTP\/1\.1 407 /);
    }
    expect(upstream.connections()).toBeGreaterThan(0);
    expect(upstream.reached).toEqual([]);
  });

  it("says to whoever asks for plain HTTP without a valid token what to send", async () => {
    const { port } = new URL(proxy.url());
    const answer = await sendRaw(Number(port), "GET http://plain.example/ HTTP/1.1\r\nHost: plain.example\r\nConnection: close\r\n\r\n");
    expect(answer).toMatch(/^HTTP\/1\.1 407 .*proxy-authenticate: Basic realm="tripline".*"next":"Send the agent's lease token/su);
  });

  it("serves certificates that are not the authority's own by name: clients take one whose subject is its issuer for self-signed", () => {
    const leaf = new X509Certificate(openAuthority(gates, () => Date.now()).issueFor("localhost").certificate);
    expect(leaf.issuer).toBe(new X509Certificate(gates.certificate).subject);
    expect(leaf.subject).not.toBe(leaf.issuer);
  });

  it("is answered over plain HTTP in absolute form, for upstreams alone", async () => {
    const { port } = new URL(proxy.url());
    const { host } = new URL(plain.url);
    const ask = (address: string, of = host) => sendRaw(Number(port), `GET ${address} HTTP/1.1\r\nHost: ${of}\r\nProxy-Authorization: ${basic(TOKENS.coder)}\r\n\r\n`);
    expect(await ask(`http://${host}/plain?a=1`)).toMatch(/^HTTP\/1\.1 200 /);
    expect(await ask("http://169.254.169.254/latest/meta-data", "169.254.169.254")).toMatch(/^HTTP\/1\.1 403 /);
    expect(await ask(`http://${host}/plain`, "other.example")).toMatch(/^HTTP\/1\.1 400 /);
    expect(await ask(`http://user@${host}/plain`)).toMatch(/^HTTP\/1\.1 400 /);
    expect(await ask(upstream.url, new URL(upstream.url).host)).toMatch(/^HTTP\/1\.1 400 [^]*by CONNECT/);
    expect(await ask(`http://${host}\\@evil/plain`)).toMatch(/^HTTP\/1\.1 4/);
    expect(plain.reached.map(({ url }) => url)).toEqual(["/plain?a=1"]);
  });
});

describe("a tunnel", () => {
  const open = async (token: string) => {
    const { port } = new URL(proxy.url());
    const { host } = new URL(upstream.url);
    const socket = connect(Number(port), "127.0.0.1");
    socket.on("error", () => undefined);
    socket.write(`CONNECT ${host} HTTP/1.1\r\nHost: ${host}\r\nProxy-Authorization: ${basic(token)}\r\n\r\n`);
    await new Promise((resolve) => socket.once("data", resolve));
    return socket;
  };
  const secured = async (token: string) => {
    const secure = connectTls({ socket: await open(token), ca: gates.certificate, host: "127.0.0.1" });
    secure.on("error", () => undefined);
    await new Promise((resolve) => secure.once("secureConnect", resolve));
    return secure;
  };

  it("is ended at once when the agent's breaker opens, and no other's", async () => {
    const [mine, another] = await Promise.all([secured(TOKENS.other), secured(TOKENS.prod)]);
    const closed = new Promise((resolve) => mine.once("close", resolve));
    const startMs = performance.now();
    await world.trip("other");
    await closed;
    expect(performance.now() - startMs).toBeLessThan(250);
    expect(another.destroyed).toBe(false);
    another.destroy();
  });

  it("takes requests for its own host alone", async () => {
    const secure = await secured(TOKENS.coder);
    const answered = new Promise<string>((resolve) => secure.once("data", (part: Buffer) => resolve(part.toString())));
    secure.write("GET /x HTTP/1.1\r\nHost: other.example\r\n\r\n");
    expect(await answered).toMatch(/^HTTP\/1\.1 400 /);
    expect(upstream.reached).toEqual([]);
    secure.destroy();
  });

  it("does not wait for ever for a handshake, nor for a request's fields", async () => {
    const silent = await open(TOKENS.coder);
    const slow = await secured(TOKENS.coder);
    slow.write("GET /x HTTP/1.1\r\nHost: ");
    const closed = Promise.all([silent, slow].map((socket) => new Promise((resolve) => socket.once("close", resolve))));
    silent.resume();
    slow.resume();
    await closed;
    expect(upstream.reached).toEqual([]);
  }, 10_000);
});

describe("the gate's authority", () => {
  it("makes certificates that other programs take, for names and addresses", async () => {
    const directory = mkdtempSync(join(tmpdir(), "tripline-authority-"));
    const { issueFor } = openAuthority(gates, () => Date.now());
    try {
      writeFileSync(join(directory, "ca.pem"), gates.certificate);
      for (const host of ["api.example.org", "127.0.0.1", "2001:db8::1", "::1"]) {
        const { certificate } = issueFor(host);
        writeFileSync(join(directory, "leaf.pem"), certificate);
        const option = host.includes(":") || host.startsWith("1") ? "-verify_ip" : "-verify_hostname";
        const { stdout } = await promisify(execFile)("openssl", ["verify", "-x509_strict", "-purpose", "sslserver", "-CAfile", join(directory, "ca.pem"), option, host, join(directory, "leaf.pem")]);
        expect([host, stdout]).toEqual([host, expect.stringContaining("OK")]);
      }
    } finally {
      rmSync(directory, { recursive: true });
    }
  });

  it("is believed by no client about a host that is no upstream, nor about one of another kind", async () => {
    const directory = mkdtempSync(join(tmpdir(), "tripline-authority-"));
    const verdict = async (pair: typeof gates, host: string): Promise<string> => {
      writeFileSync(join(directory, "ca.pem"), pair.certificate);
      writeFileSync(join(directory, "leaf.pem"), openAuthority(pair, () => Date.now()).issueFor(host).certificate);
      return promisify(execFile)("openssl", ["verify", "-x509_strict", "-CAfile", join(directory, "ca.pem"), join(directory, "leaf.pem")]).then(() => "taken", ({ stderr }: { stderr: string }) => (/permitted subtree violation/u.test(stderr) ? "refused" : stderr));
    };
    const made = (hosts: readonly string[]) => makeAuthority(Date.now(), "Tripline gate", hosts);
    try {
      const hosts = ["api.example.org", "www.example.org", "127.0.0.1", "10.0.0.1", "::1", "2001:db8::1"];
      for (const [permitted, expected] of [
        [["api.example.org"], ["taken", "refused", "refused", "refused", "refused", "refused"]],
        [["127.0.0.1", "2001:db8::1"], ["refused", "refused", "taken", "refused", "refused", "taken"]],
        [[], ["refused", "refused", "refused", "refused", "refused", "refused"]],
      ] as const) {
        const found: string[] = [];
        for (const host of hosts) found.push(await verdict(made(permitted), host));
        expect([permitted, found]).toEqual([permitted, expected]);
      }
      // What was certified anew for more hosts, and what it had served before, are one authority.
      const first = made(["api.example.org"]);
      const anew = authorityFor(["api.example.org", "www.example.org"], first, Date.now());
      expect(authorityFor(["api.example.org"], first, Date.now())).toEqual(first);
      const { issueFor } = openAuthority(anew, () => Date.now());
      writeFileSync(join(directory, "ca.pem"), first.certificate);
      writeFileSync(join(directory, "leaf.pem"), issueFor("api.example.org").certificate + anew.certificate);
      expect((await promisify(execFile)("openssl", ["verify", "-CAfile", join(directory, "ca.pem"), join(directory, "leaf.pem")])).stdout).toContain("OK");
    } finally {
      rmSync(directory, { recursive: true });
    }
  }, 30_000);

  it("refuses its client's trust beyond its upstreams in Node too", async () => {
    const elsewhereOnly = makeAuthority(Date.now(), "Tripline gate", ["api.example.org"]);
    const other = createForwardProxy({ door: world.door, authority: openAuthority(elsewhereOnly, () => Date.now()), authenticate: world.deps.authenticate, upstreams: [upstreamOf({ url: new URL(upstream.url), ca: theirs.certificate })], limits: world.deps.limits });
    await other.listen("127.0.0.1", 0);
    const distrusting = new ProxyAgent({ uri: other.url(), token: basic(TOKENS.coder), requestTls: { ca: elsewhereOnly.certificate }, proxyTunnel: true });
    await expect(fetch(`${upstream.url}/v1/things`, { dispatcher: distrusting })).rejects.toMatchObject({ cause: { message: "permitted subtree violation" } });
    await distrusting.destroy();
    await other.close();
  });

  it("makes certificates that end within days, and makes them anew before", () => {
    let nowMs = Date.now();
    const authority = openAuthority(gates, () => nowMs);
    const { validFrom, validTo } = new X509Certificate(authority.issueFor("localhost").certificate);
    expect(Date.parse(validTo) - Date.parse(validFrom)).toBeLessThan(3 * 86_400_000);
    const first = authority.contextOf("localhost");
    expect(authority.contextOf("localhost")).toBe(first);
    nowMs += 25 * 3_600_000;
    expect(authority.contextOf("localhost")).not.toBe(first);
  });

  it("cannot make further authorities with its leaves, and keeps one key to one certificate", () => {
    const leaf = new X509Certificate(openAuthority(gates, () => Date.now()).issueFor("api.example.org").certificate);
    expect([leaf.ca, new X509Certificate(gates.certificate).ca]).toEqual([false, true]);
    expect(() => openAuthority({ certificate: gates.certificate, key: theirs.key }, () => Date.now())).toThrow("do not belong together");
  });
});
