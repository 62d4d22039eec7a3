/** From the agent's request to the upstream's effect: held by the reverse proxy, approved by a human, executed once by the gate, with the real credential. */
import { fingerprint, sha256Hex } from "@tripline/canonical";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { headerIn, startUpstream, type TestUpstream } from "../doors/http/testing/upstream.ts";
import { createGate, type GateModule } from "../gate.ts";
import { AGENT, AGENT_TOKEN, ANN_TOKEN, TENANT, type World, world } from "./approvals.fixture.ts";

const SECRET = "sk-production-9a77cc1e02b84d11";
let here: World;
let upstream: TestUpstream;
let gate: GateModule;
beforeEach(async () => {
  here = await world();
  upstream = await startUpstream();
  const tenantKey = here.deps.tenantKey(TENANT);
  await here.fact("credentials", {
    v: 1, version: 1, id: "rw", tenant: TENANT, provider: "api", providerRef: "rw", kind: "token", fingerprint: fingerprint(tenantKey, sha256Hex(SECRET)), principal: null, environment: "production",
    reach: [], issuedTo: [AGENT], alsoUsedBy: [], autoRevoke: "yes", replacement: null, status: "active", atMs: 1,
  });
  const upstreams = [{ name: "api", url: new URL(upstream.url), credentials: ["rw"], inject: { kind: "header" as const, header: "authorization", format: "Bearer {secret}" }, ca: null, allowPrivate: true }];
  gate = createGate({ ...here.deps, secretOf: () => SECRET, config: { ...here.deps.config, upstreams }, limits: { approvalPollMs: 5 } });
  await gate.start();
});
afterEach(async () => {
  await gate.stop();
  await upstream.close();
  await here.close();
});

const ask = async (url: string, token: string, method = "GET", body?: string) => {
  const response = await fetch(url, { method, headers: { authorization: `Bearer ${token}`, ...(body === undefined ? {} : { "content-type": "application/json" }) }, ...(body === undefined ? {} : { body }) });
  return { status: response.status, text: await response.text() };
};
const MUTATION = JSON.stringify({ query: 'mutation { volumeDelete(volumeId: "vol-1") }' });
const call = () => ask(`${gate.url()}/u/api/graphql/v2`, AGENT_TOKEN, "POST", MUTATION);
/** Nobody here keeps backups. */
const WITHOUT = JSON.stringify({ withoutBackup: true });
const idIn = (text: string): string => /apr-[0-9a-f]{32}-\d+/u.exec(text)![0];
const statusOf = async (id: string): Promise<string> => (JSON.parse((await ask(`${gate.url()}/v1/approvals/${id}`, AGENT_TOKEN)).text) as { status: string; reason: string }).status;

describe("a call through the proxy", () => {
  it("that is held reaches the upstream once, when a human approved it, and its answer waits for the agent", async () => {
    upstream.answer = (_request, response) => void response.setHeader("content-type", "application/json").end('{"data":{"volumeDelete":true}}');
    const held = await call();
    expect(held.status).toBe(403);
    const id = idIn(held.text);
    expect(idIn((await call()).text)).toBe(id);
    expect(upstream.reached).toEqual([]);
    expect((await ask(`${gate.approvalsUrl()!}/v1/approvals/${id}/approve`, AGENT_TOKEN, "POST", "{}")).status).toBe(401);
    expect((await ask(`${gate.approvalsUrl()!}/v1/approvals/${id}/approve`, ANN_TOKEN, "POST", WITHOUT)).status).toBe(200);
    expect(upstream.reached).toEqual([]);
    here.clock.nowMs += 200_000;
    await expect.poll(() => statusOf(id), { timeout: 10_000 }).not.toMatch(/waiting|approved|executing/u);
    expect(await ask(`${gate.url()}/v1/approvals/${id}`, AGENT_TOKEN)).toMatchObject({ text: expect.stringContaining('volumeDelete\\":true') as string });
    expect(upstream.reached).toMatchObject([{ method: "POST", url: "/graphql/v2", body: MUTATION }]);
    expect(headerIn(upstream.reached[0]!.headers, "authorization")).toBe(`Bearer ${SECRET}`);
  });

  it("is shown to its approvers as it would be sent: header fields, and a body to its end", async () => {
    const body = `{"pad":"${"x".repeat(20_000)}","delete":"vol-tail"}`;
    const headers = { authorization: `Bearer ${AGENT_TOKEN}`, "content-type": "application/json", "x-ms-delete-snapshots": "include" };
    const held = await (await fetch(`${gate.url()}/u/api/v1/disks/d1`, { method: "DELETE", headers, body })).text();
    const shown = await ask(`${gate.approvalsUrl()!}/v1/approvals/${idIn(held)}`, ANN_TOKEN);
    const { details } = JSON.parse(shown.text) as { details: { request: string; leftOut: string[] } };
    expect(details.request).toContain("x-ms-delete-snapshots: include");
    expect(details.request).toContain("vol-tail");
    expect(details.leftOut).toEqual([]);
    for (const never of [SECRET, AGENT_TOKEN]) expect(shown.text).not.toContain(never);
  });

  it("that is cancelled, or whose credential changed meanwhile, never reaches it", async () => {
    const id = idIn((await call()).text);
    await ask(`${gate.approvalsUrl()!}/v1/approvals/${id}/approve`, ANN_TOKEN, "POST", WITHOUT);
    await ask(`${gate.approvalsUrl()!}/v1/approvals/${id}/cancel`, ANN_TOKEN, "POST", "{}");
    here.clock.nowMs += 3_700_000;
    const next = idIn((await call()).text);
    expect(next).not.toBe(id);
    await ask(`${gate.approvalsUrl()!}/v1/approvals/${next}/approve`, ANN_TOKEN, "POST", WITHOUT);
    const [before] = await here.records("credentials");
    await here.fact("credentials", { ...before!, version: 2, reach: ["changed"] });
    await new Promise((resolve) => setTimeout(resolve, 50));
    here.clock.nowMs += 2_000;
    await expect.poll(() => statusOf(next), { timeout: 10_000 }).toBe("void");
    expect(upstream.reached).toEqual([]);
  });
});
