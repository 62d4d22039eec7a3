/** The gate before Railway's API, whole: the agent holds a token of the gate alone, the first deletion waits, and a human's approval executes exactly it. */
import { fingerprint, sha256Hex } from "@tripline/canonical";
import { openMemoryLog } from "@tripline/event-log";
import { createGate, type GateModule } from "@tripline/gate";
import { gateDeps } from "@tripline/gate/testing";
import { agentKey, encode, type Topic } from "@tripline/model";
import { createMetrics } from "@tripline/runtime";
import { openStore, type Store } from "@tripline/store";
import { setTimeout as sleep } from "node:timers/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { mkdtempSync, rmSync } from "node:fs";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type RailwayStandIn, startRailwayStandIn } from "../stand-ins/railway/index.ts";

const AGENT_TOKEN = "agent-token-agent-token";
const HUMAN_TOKEN = "human-token-human-token-human-token";
const KEY = new Uint8Array(32).fill(5);

let railway: RailwayStandIn;
let gate: GateModule;
let store: Store;
let directory: string;
let secret: string;

beforeEach(async () => {
  railway = await startRailwayStandIn();
  secret = railway.token("domain-automation").secret;
  directory = mkdtempSync(join(tmpdir(), "tripline-gate-http-"));
  store = await openStore({ kind: "sqlite", path: join(directory, "store.db") }, { metrics: createMetrics() });
  const log = await openMemoryLog({}, { metrics: createMetrics(), clock: () => Date.now() });
  const put = (topic: Topic, key: string, value: unknown) => log.append(topic, [{ key, value: encode(topic, value as never) }]);
  await put("agents", agentKey("acme", "coder"), { v: 1, version: 1, tenant: "acme", agent: "coder", role: null, owner: "o", environment: "production", status: "active", atMs: 1 });
  await put("policies", "acme", {
    v: 1, version: 1, tenant: "acme", budget: { agentHoursPerFalseTrip: 50_000 }, massTripShare: 0.3, massTripMinimum: 5, massTripWindowMs: 60_000, probeActions: 20, atMs: 1,
    gate: { staleReads: "allow", unknownEffects: "allow", approversInProduction: 1, approversElsewhere: 1, approvalTtlMs: 60_000, undoWindowHighestMs: 300, undoWindowMs: 0 },
  });
  await put("credentials", "acme/railway", {
    v: 1, version: 1, id: "railway", tenant: "acme", provider: "railway", providerRef: "r", kind: "workspace-token", fingerprint: fingerprint(KEY, sha256Hex(secret)), principal: null, environment: "production",
    reach: [], issuedTo: ["coder"], alsoUsedBy: [], autoRevoke: "yes", replacement: null, status: "active", atMs: 1,
  });
  gate = createGate(gateDeps({
    eventLog: log, store,
    config: {
      upstreams: [{ name: "railway", url: new URL(railway.url), credentials: ["railway"], inject: { kind: "header", header: "authorization", format: "Bearer {secret}" }, ca: null, allowPrivate: true }],
    },
    holderOf: (token) => (token === AGENT_TOKEN ? { tenant: "acme", agent: "coder", leaseId: null } : null),
    approverOf: (sha256) => (sha256 === sha256Hex(HUMAN_TOKEN) ? { id: "human", environments: [] } : null),
    tenantKey: () => KEY, secretOf: (id) => (id === "railway" ? secret : null),
  }));
  await gate.start();
});
afterEach(async () => {
  await gate.stop();
  await store.close();
  await railway.close();
  rmSync(directory, { recursive: true });
});

const graphql = async (query: string, variables: object = {}) => {
  const response = await fetch(`${gate.url()}/u/railway`, { method: "POST", headers: { authorization: `Bearer ${AGENT_TOKEN}`, "content-type": "application/json" }, body: JSON.stringify({ query, variables }) });
  return { status: response.status, body: (await response.json()) as { data?: unknown; decision?: string; approval?: { id: string } } };
};
const decideAs = (token: string, id: string, what: string) => fetch(`${gate.approvalsUrl()}/v1/approvals/${id}/${what}`, { method: "POST", headers: { authorization: `Bearer ${token}`, "content-type": "application/json" }, body: what === "approve" ? '{"withoutBackup":true}' : "{}" });
const executed = (operation: string) => railway.events().filter((entry) => entry.operation === operation && entry.result === "executed");
const DELETE = "mutation ($id: String!) { gone: volumeDelete(volumeId: $id) }";

describe("an agent behind the gate", () => {
  it("reads with a credential that it never held", async () => {
    const { status, body } = await graphql("query { projects { edges { node { id name } } } }");
    expect([status, body.data]).toEqual([200, expect.objectContaining({ projects: expect.anything() })]);
  });

  it("loses no volume: each deletion waits, the agent cannot approve it, a human's approval executes exactly one", async () => {
    const volumes = [...railway.state().volumes].map(({ id }) => id);
    const before = volumes.length;
    const answers = await Promise.all(volumes.slice(0, 12).map((id) => graphql(DELETE, { id })));
    expect(answers.map(({ status, body }) => [status, body.decision])).toEqual(Array.from({ length: 12 }, () => [403, "hold"]));
    expect(executed("volumeDelete")).toEqual([]);
    const approval = answers[3]!.body.approval!.id;
    expect((await decideAs(AGENT_TOKEN, approval, "approve")).status).toBeGreaterThanOrEqual(401);
    expect((await decideAs(HUMAN_TOKEN, approval, "approve")).status).toBe(200);
    expect(executed("volumeDelete")).toEqual([]);
    for (let tries = 0; tries < 100 && executed("volumeDelete").length === 0; tries += 1) await sleep(100);
    await sleep(300);
    expect(executed("volumeDelete").map(({ target }) => target)).toEqual([volumes[3]]);
    expect(railway.state().volumes).toHaveLength(before - 1);
  });

  it("keeps the volume where the approval is cancelled within its undo window", async () => {
    const { body } = await graphql(DELETE, { id: railway.state().volumes[0]!.id });
    await decideAs(HUMAN_TOKEN, body.approval!.id, "approve");
    expect((await decideAs(HUMAN_TOKEN, body.approval!.id, "cancel")).status).toBe(200);
    await sleep(1_500);
    expect(executed("volumeDelete")).toEqual([]);
  });
});
