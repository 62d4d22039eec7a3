import { execFile } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { request as httpsRequest } from "node:https";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { connect as connectTls } from "node:tls";
import { request, ProxyAgent } from "undici";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { makeAuthority, openAuthority } from "./http/authority.ts";
import { createForwardProxy, type ForwardProxy } from "./http/forward.ts";
import { startUpstream, type TestUpstream } from "./http/testing/upstream.ts";
import { openHttpWorld, SECRETS, sendRaw, TOKENS, upstream as upstreamOf, type World } from "./http/testing/world.ts";
import { createTlsFront, type TlsFront } from "./tls-front.ts";

const NAME = "gate.internal";
const HANDSHAKE_MS = 400;
const theirs = makeAuthority(Date.now(), "Upstream authority");
const gates = makeAuthority(Date.now(), "Tripline gate");
let upstream: TestUpstream;
let world: World;
let proxy: ForwardProxy;
let agentsFront: TlsFront;
let proxyFront: TlsFront;

beforeAll(async () => {
  const { certificate: cert, key } = openAuthority(theirs, () => Date.now()).issueFor("127.0.0.1");
  upstream = await startUpstream({ cert, key });
  const upstreams = [{ url: new URL(upstream.url), ca: theirs.certificate }];
  world = await openHttpWorld({ upstreams });
  const authority = openAuthority(gates, () => Date.now());
  const limits = { ...world.deps.limits, headersTimeoutMs: HANDSHAKE_MS };
  proxy = createForwardProxy({ door: world.door, authority, authenticate: world.deps.authenticate, upstreams: upstreams.map((one) => upstreamOf(one)), limits });
  const front = (server: World["server"]) => createTlsFront({ server, authority, names: [NAME, "Other.Internal"], limits });
  agentsFront = front(world.server);
  proxyFront = front(proxy.server);
  await Promise.all([agentsFront.listen("127.0.0.1", 0), proxyFront.listen("127.0.0.1", 0)]);
});
afterAll(async () => {
  await Promise.all([agentsFront.close(), proxyFront.close()]);
  await Promise.all([proxy.close(), world.close(), upstream.close()]);
});

const portOf = (front: TlsFront): number => Number(new URL(front.url()).port);

interface Given {
  readonly servername?: string;
  readonly ca?: string;
  readonly token?: string;
}

function ask(path: string, { servername = NAME, ca = gates.certificate, token = TOKENS.coder }: Given = {}): Promise<number> {
  return new Promise((resolve, reject) => {
    const sent = httpsRequest({ host: "127.0.0.1", port: portOf(agentsFront), path, servername, ca, agent: false, headers: { authorization: `Bearer ${token}` } });
    sent.once("response", (response) => resolve(response.resume().statusCode ?? 0)).once("error", reject).end();
  });
}

describe("a door over TLS", () => {
  it("is the same door, under each of its names, for whoever trusts the gate's authority", async () => {
    expect(agentsFront.url()).toBe(`https://${NAME}:${portOf(agentsFront)}`);
    for (const servername of [NAME, "other.internal"]) expect(await ask("/u/api/v1/things", { servername })).toBe(200);
    expect(await ask("/u/api/v1/things", { token: "wrong-token-0123456789abcdef" })).toBe(401);
    expect(upstream.reached.map(({ url }) => url)).toEqual(["/v1/things", "/v1/things"]);
  });

  it("is believed by nobody who trusts another authority", async () => {
    await expect(ask("/u/api/v1/things", { ca: theirs.certificate })).rejects.toThrow(/certificate|issuer/i);
  });

  it.each(["elsewhere.internal", ""])("answers nobody who asks for the name %j", async (servername) => {
    await expect(ask("/u/api/v1/things", { servername })).rejects.toThrow(/alert|ECONNRESET|socket|hang up|disconnected/i);
  });

  it("answers no request in the clear, and waits for no handshake for long", async () => {
    expect(await sendRaw(portOf(agentsFront), `GET /u/api/v1/things HTTP/1.1\r\nHost: ${NAME}\r\nAuthorization: Bearer ${TOKENS.coder}\r\n\r\n`)).not.toContain("HTTP/1.1 200");
    const startMs = Date.now();
    await sendRaw(portOf(agentsFront), "\u0016", HANDSHAKE_MS * 10, HANDSHAKE_MS * 10);
    expect(Date.now() - startMs).toBeLessThan(HANDSHAKE_MS * 8);
  });

  it("offers no TLS older than 1.2", async () => {
    const refused = new Promise((resolve) => {
      const socket = connectTls({ host: "127.0.0.1", port: portOf(agentsFront), servername: NAME, ca: gates.certificate, minVersion: "TLSv1", maxVersion: "TLSv1.1", ciphers: "DEFAULT@SECLEVEL=0" });
      socket.once("error", () => resolve("refused")).once("secureConnect", () => resolve(socket.getProtocol()));
    });
    expect(await refused).toBe("refused");
  });
});

describe("the forward proxy over TLS", () => {
  it("opens tunnels as it does in the clear, with the credential that the agent does not hold", async () => {
    const token = `Basic ${Buffer.from(`agent:${TOKENS.coder}`).toString("base64")}`;
    const agent = new ProxyAgent({ uri: `https://127.0.0.1:${portOf(proxyFront)}`, token, proxyTls: { ca: gates.certificate, servername: NAME }, requestTls: { ca: gates.certificate }, proxyTunnel: true });
    upstream.reached.splice(0);
    const { statusCode, body } = await request(`${upstream.url}/v1/things`, { dispatcher: agent });
    expect([statusCode, await body.json()]).toEqual([200, { ok: true }]);
    expect(JSON.stringify(upstream.reached[0]?.headers)).toContain(SECRETS.staging);
    const held = await request(`${upstream.url}/v1/volumes/7`, { dispatcher: agent, method: "DELETE" });
    expect([held.statusCode, ((await held.body.json()) as { decision: string }).decision]).toEqual([403, "hold"]);
    expect(upstream.reached).toHaveLength(1);
    await agent.destroy();
  });

  it("serves curl, which has to be told of the proxy's authority by an option of its own", async () => {
    const directory = mkdtempSync(join(tmpdir(), "tripline-curl-"));
    try {
      writeFileSync(join(directory, "ca.crt"), gates.certificate);
      const env = { ...process.env, HTTPS_PROXY: `https://agent:${TOKENS.coder}@${NAME}:${portOf(proxyFront)}`, CURL_CA_BUNDLE: join(directory, "ca.crt") };
      // As the cluster's resolver would answer.
      const { stdout } = await promisify(execFile)("curl", ["-sS", "--noproxy", "", "--proxy-cacert", join(directory, "ca.crt"), "--resolve", `${NAME}:${portOf(proxyFront)}:127.0.0.1`, `${upstream.url}/curl`], { env });
      expect(stdout).toBe('{"ok":true}');
    } finally {
      rmSync(directory, { recursive: true });
    }
  });

  it("cuts what is open when it is closed", async () => {
    const front = createTlsFront({ server: world.server, authority: openAuthority(gates, () => Date.now()), names: [NAME], limits: world.deps.limits });
    await front.listen("127.0.0.1", 0);
    const socket = connectTls({ host: "127.0.0.1", port: portOf(front), servername: NAME, ca: gates.certificate });
    await new Promise((resolve) => socket.once("secureConnect", resolve));
    const gone = new Promise((resolve) => socket.on("error", () => undefined).once("close", resolve));
    await front.close();
    await gone;
  });
});
