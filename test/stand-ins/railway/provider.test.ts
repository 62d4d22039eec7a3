import { describe, expect, it } from "vitest";
import { openProvider, type BackupTarget, type CredentialProvider, type CredentialTarget, type IssueRequest } from "@tripline/credentials";
import { runProviderBattery, type LiveCredential, type ProviderWorld } from "@tripline/credentials/battery";
import { startRailwayStandIn, type RailwayStandIn } from "./index.ts";
import { INCIDENT_WORLD, type WorldSpec } from "./world.ts";

const TIMEOUT_MS = 400;

function open(url: string, adminToken: string, leases?: { projectId: string; environments: Record<string, string> }): CredentialProvider {
  return openProvider(
    "railway",
    { kind: "railway", endpoint: url, adminTokenEnv: "ADMIN", timeoutMs: TIMEOUT_MS, keepWarmMs: 0, projectIds: [], ...(leases === undefined ? {} : { leases }) },
    { readSecret: () => adminToken, warn: () => undefined },
  );
}

async function graphql(at: RailwayStandIn, header: Record<string, string>, query: string): Promise<Record<string, unknown> | null> {
  const response = await fetch(at.url, { method: "POST", headers: { "content-type": "application/json", ...header }, body: JSON.stringify({ query }) });
  return ((await response.json()) as { data?: Record<string, unknown> | null }).data ?? null;
}

const headerOf = ({ target, secret }: LiveCredential): Record<string, string> =>
  target.kind === "project-token" ? { "project-access-token": secret } : { authorization: `Bearer ${secret}` };
const QUESTION: Record<string, string> = { "project-token": "{ projectToken { projectId } }", "api-token": "{ apiToken { workspaces { id } } }" };

function leaseRequest(leaseId: string, readOnly: boolean): IssueRequest {
  const grant = {
    v: 1,
    version: 1,
    id: "grant-1",
    tenant: "acme",
    agent: "builder",
    task: null,
    environments: ["staging"],
    operations: [],
    resources: [],
    effects: [],
    irreversible: [],
    expiresAtMs: null,
    atMs: 0,
  } as const;
  return { leaseId, grant: { ...grant, environments: ["staging"], operations: [], resources: [], effects: [], irreversible: [] }, ttlMs: 60_000, readOnly, nowMs: Date.now() };
}

function volumeNamed(at: RailwayStandIn, name: string): BackupTarget {
  const found = at.state().volumes.find((volume) => volume.name === name);
  if (found === undefined) throw new Error(`no volume ${name}`);
  return { kind: "volume", id: found.id, environment: null };
}

/** The incident's world, and a volume that nobody backs up. */
const WITH_SCRATCH: WorldSpec = {
  ...INCIDENT_WORLD,
  projects: INCIDENT_WORLD.projects?.map((project) => ({ ...project, volumes: [...project.volumes, { name: "scratch-data", environment: "staging", service: "api", backups: 0 }] })) ?? [],
};

async function world(kind: "api-token" | "project-token"): Promise<ProviderWorld> {
  const at = await startRailwayStandIn({ world: WITH_SCRATCH });
  const admin = at.token("tripline-admin");
  const project = at.state().projects[0];
  const staging = project?.environments[0];
  if (project === undefined || staging === undefined) throw new Error("the world has no project");
  const provider = open(at.url, admin.secret, { projectId: project.id, environments: { staging: staging.id } });
  const secrets: string[] = [admin.secret];
  let made = 0;
  return {
    provider,
    async makeCredential() {
      made += 1;
      const name = `found-${made}`;
      const mutation =
        kind === "api-token"
          ? `mutation { apiTokenCreate(input: { name: "${name}", workspaceId: "w" }) }`
          : `mutation { projectTokenCreate(input: { name: "${name}", projectId: "${project.id}", environmentId: "${staging.id}" }) }`;
      await graphql(at, { authorization: `Bearer ${admin.secret}` }, mutation);
      const token = at.token(name);
      secrets.push(token.secret);
      return { target: { id: `c${made}`, kind, providerRef: token.id, principal: null }, secret: token.secret };
    },
    use: async (credential) => (await graphql(at, headerOf(credential), QUESTION[credential.target.kind] ?? "")) !== null,
    openSession: null,
    unknownTarget: { id: "x", kind, providerRef: "00000000-0000-4000-8000-000000000000", principal: null },
    backups: { has: volumeNamed(at, "production-data-01"), hasNone: volumeNamed(at, "scratch-data"), outsideReach: false },
    refusedAdmin: () => open(at.url, "11111111-1111-4111-8111-111111111111"),
    nobodyThere: () => open("http://127.0.0.1:9/graphql/v2", admin.secret),
    deafProvider: async () => {
      at.addFault({ kind: "execute-then-hang", operation: kind === "api-token" ? "apiTokenDelete" : "projectTokenDelete" });
      return { provider: open(at.url, admin.secret), heal: () => undefined };
    },
    breakOneStep: null,
    limitNextCall: (retryAfterSeconds) => at.addFault({ kind: "status", status: 429, retryAfterSeconds }),
    leaseRequest,
    secrets: () => secrets,
    boundMs: TIMEOUT_MS * 4,
    close: async () => {
      await provider.close();
      await at.close();
    },
  };
}

runProviderBattery("railway, api tokens", () => world("api-token"));
runProviderBattery("railway, project tokens", () => world("project-token"));

describe("the Railway provider", () => {
  const signal = () => AbortSignal.timeout(10_000);
  async function start(options: Parameters<typeof startRailwayStandIn>[0] = {}) {
    const at = await startRailwayStandIn(options);
    const provider = open(at.url, at.token("tripline-admin").secret);
    const found = at.token("domain-automation");
    const target: CredentialTarget = { id: "found", kind: "api-token", providerRef: found.id, principal: null };
    return { at, provider, found, target, end: () => Promise.all([provider.close(), at.close()]) };
  }

  it("sees through a revocation lag: revoked, but still working until the provider catches up", async () => {
    const { provider, found, target, end } = await start({ revocationLagMs: 200 });
    expect(await provider.revoke(target, signal())).toEqual({ kind: "revoked", sessionsCut: 0 });
    expect(await provider.probe(target, found.secret, signal())).toEqual({ kind: "still-works", by: "used-and-refused" });
    await expect.poll(() => provider.probe(target, found.secret, signal()), { timeout: 2_000 }).toEqual({ kind: "refused", by: "used-and-refused" });
    await end();
  });

  it("is not fooled by a deletion that is answered but not done", async () => {
    const { at, provider, found, target, end } = await start();
    at.addFault({ kind: "answer-without-effect", operation: "apiTokenDelete" });
    expect(await provider.revoke(target, signal())).toEqual({ kind: "revoked", sessionsCut: 0 });
    expect(await provider.probe(target, found.secret, signal())).toEqual({ kind: "still-works", by: "used-and-refused" });
    await end();
  });

  it("takes no refusal for containment while the API refuses everyone", async () => {
    const { at, provider, found, target, end } = await start();
    at.addFault({ kind: "status", status: 401, times: 3 });
    expect(await provider.probe(target, found.secret, signal())).toMatchObject({ kind: "unknown" });
    await end();
  });

  it("says of another account's token that only a use can tell, and then tells by use", async () => {
    const { at, provider, end } = await start({
      world: { tokens: [{ name: "tripline-admin", kind: "account" }, { name: "domain-automation", kind: "account" }, { name: "stranger", kind: "account", userId: "someone-else" }] },
    });
    const stranger = at.token("stranger");
    const target: CredentialTarget = { id: "s", kind: "api-token", providerRef: stranger.id, principal: null };
    expect(await provider.revoke(target, signal())).toMatchObject({ kind: "failed", effect: "none" });
    expect(await provider.probe(target, null, signal())).toMatchObject({ kind: "unknown" });
    expect(await provider.probe(target, stranger.secret, signal())).toEqual({ kind: "still-works", by: "used-and-refused" });
    await end();
  });

  it("believes no stale listing: a token still listed is a token that works", async () => {
    const { provider, target, end } = await start({ staleListingMs: 60_000 });
    await provider.revoke(target, signal());
    expect(await provider.probe(target, null, signal())).toEqual({ kind: "still-works", by: "provider-listing" });
    await end();
  });

  it.each([
    { fault: { kind: "status", status: 500 }, effect: "unknown" },
    { fault: { kind: "status", status: 503, retryAfterSeconds: 3 }, effect: "unknown" },
    { fault: { kind: "execute-then-reset" }, effect: "unknown" },
    { fault: { kind: "hang" }, effect: "unknown" },
    { fault: { kind: "wrong-json", body: "<html>" }, effect: "unknown" },
    { fault: { kind: "wrong-json", body: "[1,2" }, effect: "unknown" },
    { fault: { kind: "wrong-json", body: "null" }, effect: "unknown" },
    { fault: { kind: "wrong-json", body: '{"data":{"apiTokenDelete":"yes"}}' }, effect: "unknown" },
    { fault: { kind: "flood", bytes: 2_000_000 }, effect: "unknown" },
    { fault: { kind: "redirect", location: "http://127.0.0.1:9/elsewhere" }, effect: "unknown" },
  ] as const)("revoking into $fault.kind is a failure with effect $effect, and a later attempt succeeds", async ({ fault, effect }) => {
    const { at, provider, found, target, end } = await start();
    at.addFault({ ...fault, operation: "apiTokenDelete" });
    expect(await provider.revoke(target, signal())).toMatchObject({ kind: "failed", effect });
    const again = await provider.revoke(target, signal());
    expect(["revoked", "already-gone"]).toContain(again.kind);
    expect(await provider.probe(target, found.secret, signal())).toEqual({ kind: "refused", by: "used-and-refused" });
    await end();
  });

  it("never shows a token to the place a redirect names", async () => {
    const { at, provider, target, end } = await start();
    const elsewhere = await startRailwayStandIn();
    at.addFault({ kind: "redirect", location: elsewhere.url, operation: "apiTokenDelete" });
    await provider.revoke(target, signal());
    expect(elsewhere.events()).toEqual([]);
    await elsewhere.close();
    await end();
  });

  it("finds the two backups of each production volume, all inside the reach of whoever can delete the volume", async () => {
    const { at, provider, end } = await start();
    const target = volumeNamed(at, "production-data-07");
    const found = await provider.findBackups?.(target, signal());
    const instance = at.state().volumes.find(({ id }) => id === target.id)?.instances[0]?.id;
    const theirs = at.state().backups.filter(({ volumeInstanceId }) => volumeInstanceId === instance).map(({ id }) => id);
    expect(theirs).toHaveLength(2);
    expect(found).toMatchObject({ kind: "found", backups: [{ outsideReach: false, restorable: "listed" }, { outsideReach: false, restorable: "listed" }] });
    expect(found?.kind === "found" && found.backups.map(({ id }) => id).toSorted()).toEqual(theirs.toSorted());
    await end();
  });

  it("does not call a volume without backups where it does not see the volume, is refused or not answered", async () => {
    const { at, provider, end } = await start();
    expect(await provider.findBackups?.({ kind: "volume", id: "of-somebody-else", environment: null }, signal())).toMatchObject({ kind: "unknown" });
    const target = volumeNamed(at, "production-data-01");
    const stranger = open(at.url, "11111111-1111-4111-8111-111111111111");
    expect(await stranger.findBackups?.(target, signal())).toMatchObject({ kind: "unknown" });
    await stranger.close();
    at.addFault({ kind: "wrong-json", body: '{"data":{"volumeInstanceBackupList":null}}', operation: "volumeInstanceBackupList" });
    expect(await provider.findBackups?.(target, signal())).toMatchObject({ kind: "unknown" });
    await end();
  });

  it("refuses an endpoint that would carry tokens in the clear", () => {
    expect(() => open("http://railway.example/graphql/v2", "t")).toThrow("TL_CONFIG_INVALID");
  });
});
