/** Lease tokens against a real gate, by the battery that every provider passes. */
import { createServer, request as httpRequest, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { type CredentialProvider, GATE_TOKEN_KIND, type IssueRequest, isLeaseControlToken, leaseToken, openProvider, readLeaseToken } from "@tripline/credentials";
import { type LiveCredential, type ProviderWorld, runProviderBattery } from "@tripline/credentials/battery";
import { openMemoryLog } from "@tripline/event-log";
import { createGate, makeAuthority } from "@tripline/gate";
import { gateDeps } from "@tripline/gate/testing";
import { agentKey, encode } from "@tripline/model";
import { createMetrics } from "@tripline/runtime";
import { openStore } from "@tripline/store";

const KEY = new Uint8Array(32).fill(7);
const OTHER_KEY = new Uint8Array(32).fill(8);
const TIMEOUT_MS = 500;
const HOLDER = { tenant: "acme", agent: "builder" };

const openAt = (url: string | null, key = KEY): CredentialProvider => openProvider("gate", { kind: "gate", timeoutMs: TIMEOUT_MS }, { readSecret: () => "", warn: () => undefined, gate: { key, url: () => url } });

const grant: IssueRequest["grant"] = { v: 1, version: 1, id: "g", ...HOLDER, task: null, environments: ["staging"], operations: [], resources: [], effects: [], irreversible: [], expiresAtMs: null, atMs: 0 };

async function startGate(over: Partial<Parameters<typeof gateDeps>[0]> = {}) {
  const dir = mkdtempSync(join(tmpdir(), "tripline-gate-"));
  const metrics = createMetrics();
  const clock = (): number => Date.now();
  const log = await openMemoryLog({ partitions: 2 }, { metrics, clock });
  const store = await openStore({ kind: "sqlite", path: join(dir, "store.db") }, { metrics });
  const gate = createGate(gateDeps({ eventLog: log, store, metrics, clock, holderOf: (token) => readLeaseToken(KEY, token), isLeaseControl: (token) => isLeaseControlToken(KEY, token), ...over }));
  await gate.start();
  const record = async (leaseId: string): Promise<void> => {
    const common = { v: 1 as const, version: 1, tenant: HOLDER.tenant, provider: "gate", atMs: clock() };
    const key = agentKey(HOLDER.tenant, HOLDER.agent);
    await log.append("leases", [{ key, value: encode("leases", { ...common, id: leaseId, agent: HOLDER.agent, grantId: "g", credentialId: `lease-${leaseId}`, status: "active", expiresAtMs: clock() + 60_000 }) }]);
    const credential = { ...common, id: `lease-${leaseId}`, providerRef: `acme/builder/${leaseId}`, kind: GATE_TOKEN_KIND, fingerprint: null, principal: null, environment: "staging", reach: [], issuedTo: [HOLDER.agent], alsoUsedBy: [], autoRevoke: "yes" as const, replacement: null, status: "active" as const };
    await log.append("credentials", [{ key: HOLDER.tenant, value: encode("credentials", credential) }]);
    await log.idle();
  };
  return {
    url: gate.url(), tlsUrl: gate.tlsUrl(), log, record,
    close: async () => {
      await gate.stop();
      await log.close();
      await store.close();
      rmSync(dir, { recursive: true });
    },
  };
}

/** Passes every request on and answers none: whatever was asked is done, and nobody hears of it. */
async function deafBefore(url: string): Promise<{ server: Server; url: string }> {
  const server = createServer((incoming) => {
    const { pathname } = new URL(incoming.url ?? "/", url);
    const passed = httpRequest(new URL(pathname, url), { method: incoming.method ?? "GET", headers: incoming.headers });
    passed.on("error", () => undefined);
    incoming.pipe(passed);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return { server, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` };
}

async function world(): Promise<ProviderWorld> {
  const gate = await startGate();
  const provider = openAt(gate.url);
  const secrets: string[] = [];
  let made = 0;
  let recorded = Promise.resolve();
  return {
    provider,
    async makeCredential(): Promise<LiveCredential> {
      made += 1;
      const leaseId = `made-${made}`;
      await gate.record(leaseId);
      const secret = leaseToken(KEY, { ...HOLDER, leaseId })!;
      secrets.push(secret);
      return { target: { id: `lease-${leaseId}`, kind: GATE_TOKEN_KIND, providerRef: `acme/builder/${leaseId}`, principal: null }, secret };
    },
    use: async ({ secret }) => {
      await recorded;
      return (await fetch(`${gate.url}/v1/whoami`, { headers: { authorization: `Bearer ${secret}` } })).status === 200;
    },
    openSession: null,
    unknownTarget: { id: "x", kind: GATE_TOKEN_KIND, providerRef: "acme/builder/never-issued", principal: null },
    refusedAdmin: () => openAt(gate.url, OTHER_KEY),
    nobodyThere: () => openAt("http://127.0.0.1:9"),
    deafProvider: async () => {
      const deaf = await deafBefore(gate.url);
      return { provider: openAt(deaf.url), heal: () => deaf.server.close().closeAllConnections() };
    },
    breakOneStep: null,
    backups: null,
    limitNextCall: null,
    // The breaker records the lease before it asks for the token.
    leaseRequest: (leaseId, readOnly) => {
      recorded = recorded.then(() => gate.record(leaseId));
      return { leaseId, grant, ttlMs: 60_000, readOnly, nowMs: Date.now() };
    },
    secrets: () => secrets,
    boundMs: TIMEOUT_MS * 4,
    close: async () => {
      await provider.close();
      await gate.close();
    },
  };
}

runProviderBattery("gate, lease tokens", world);

describe("a lease token", () => {
  it("is read back by its key alone, and no changed one is", () => {
    const holder = { ...HOLDER, leaseId: "l-1" };
    const token = leaseToken(KEY, holder)!;
    expect(readLeaseToken(KEY, token)).toEqual(holder);
    expect(readLeaseToken(OTHER_KEY, token)).toBe(null);
    for (let at = 0; at < token.length - 1; at += 1) {
      const changed = `${token.slice(0, at)}${token[at] === "A" ? "B" : "A"}${token.slice(at + 1)}`;
      expect(readLeaseToken(KEY, changed), `changed at ${at}`).toBe(null);
    }
    const [payload, mark] = token.slice(3).split(".");
    const forged = Buffer.from(JSON.stringify(["acme", "root", "l-1"])).toString("base64url");
    for (const other of [`tl_${forged}.${mark}`, `tl_${payload}`, `tl_${payload}.`, `${token}x`, "tl_.", "", `tl_${"A".repeat(2_000)}.${mark}`]) expect(readLeaseToken(KEY, other)).toBe(null);
  });

  it("is not made for ids that no door would take", () => {
    expect(leaseToken(KEY, { tenant: "t".repeat(256), agent: "a".repeat(256), leaseId: "l".repeat(256) })).toBe(null);
  });
});

describe("the gate as a provider", () => {
  const signal = (): AbortSignal => AbortSignal.timeout(5_000);

  it("does not know where a gate is that has not started, and says so", async () => {
    const provider = openAt(null);
    const target = { id: "lease-l", kind: GATE_TOKEN_KIND, providerRef: "acme/builder/l", principal: null };
    expect(await provider.verify(signal())).toMatchObject({ kind: "unreachable" });
    expect(await provider.revoke(target, signal())).toMatchObject({ kind: "failed", effect: "none" });
    expect(await provider.probe(target, "tl_x", signal())).toMatchObject({ kind: "unknown" });
  });

  it("takes no refusal for containment where the gate refuses the breaker as well", async () => {
    const gate = await startGate();
    const provider = openAt(gate.url, OTHER_KEY);
    const target = { id: "lease-l", kind: GATE_TOKEN_KIND, providerRef: "acme/builder/l", principal: null };
    expect(await provider.probe(target, leaseToken(OTHER_KEY, { ...HOLDER, leaseId: "l" }), signal())).toMatchObject({ kind: "unknown" });
    await provider.close();
    await gate.close();
  });

  it("ends a lease in the log, so that a gate that starts later refuses it too; an agent's own token ends none", async () => {
    const gate = await startGate();
    await gate.record("l-1");
    const token = leaseToken(KEY, { ...HOLDER, leaseId: "l-1" })!;
    const end = (authorization: string) => fetch(`${gate.url}/v1/leases`, { method: "POST", headers: { authorization, "content-type": "application/json" }, body: JSON.stringify({ do: "end", ...HOLDER, lease: "l-1" }) });
    expect((await end(`Bearer ${token}`)).status).toBe(401);
    const provider = openAt(gate.url);
    expect(await provider.revoke({ id: "lease-l-1", kind: GATE_TOKEN_KIND, providerRef: "acme/builder/l-1", principal: null }, signal())).toEqual({ kind: "revoked", sessionsCut: 0 });
    expect([...(await gate.log.ends("leases")).values()].reduce((sum, { high }) => sum + high, 0)).toBe(2);
    await provider.close();
    await gate.close();
  });

  it("is reached over TLS from elsewhere, and believed by the authority that is named alone", async () => {
    const [own, other] = ["Tripline gate", "Another"].map((name) => makeAuthority(Date.now(), name));
    const gate = await startGate({ authority: () => own!, config: { tls: { names: ["localhost"], host: "127.0.0.1", port: 0, forwardPort: 0 } } });
    const openOver = (caFile: string) => openProvider("gate", { kind: "gate", url: gate.tlsUrl ?? "", caFile, timeoutMs: TIMEOUT_MS * 4 }, { readSecret: ({ file }) => (file === "own.crt" ? own! : other!).certificate, warn: () => undefined, gate: { key: KEY, url: () => null } });
    const [believed, doubted] = [openOver("own.crt"), openOver("other.crt")];
    expect(await believed.verify(signal())).toMatchObject({ kind: "ready" });
    expect(await doubted.verify(signal())).toMatchObject({ kind: "unreachable" });
    await Promise.all([believed.close(), doubted.close(), gate.close()]);
  });

  it.each(["http://gate.example:4321", "https://user:secret@gate.example"])("refuses the address %s, over which tokens would be seen", (url) => {
    expect(() => openProvider("gate", { kind: "gate", url, timeoutMs: 500 }, { readSecret: () => "", warn: () => undefined, gate: { key: KEY, url: () => null } })).toThrow("TL_CONFIG_INVALID");
  });
});
