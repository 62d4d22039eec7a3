/** Approvals over PostgreSQL: three gates that share it, asked over HTTP at the same moment, let one use through. */
import { sha256Hex } from "@tripline/canonical";
import { openMemoryLog } from "@tripline/event-log";
import { createGate, type GateModule } from "@tripline/gate";
import { gateDeps } from "@tripline/gate/testing";
import { agentKey, encode } from "@tripline/model";
import { createMetrics } from "@tripline/runtime";
import { openStore, type Store } from "@tripline/store";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type PostgresServer, requirePostgres, startPostgres } from "./postgres.ts";

const installs = requirePostgres("approvals over PostgreSQL");
const PASSWORD_ENV = "TRIPLINE_TEST_APPROVALS_PASSWORD";
const AGENT_TOKEN = "agent-token-agent-token";
const HUMAN_TOKEN = "human-token-human-token-human-token";
const USES = 1_000;

describe.each(installs.slice(-1))("approvals on PostgreSQL $version", (binaries) => {
  let server: PostgresServer;
  const stores: Store[] = [];
  const gates: GateModule[] = [];
  beforeAll(async () => {
    server = await startPostgres(binaries);
    process.env[PASSWORD_ENV] = server.password;
  });
  afterAll(async () => {
    await Promise.all(gates.map((gate) => gate.stop()));
    await Promise.all(stores.map((store) => store.close()));
    await server.stop();
  });

  it(`lets one of ${USES} concurrent uses of an approval through, over three gates`, async () => {
    const metrics = createMetrics();
    const log = await openMemoryLog({}, { metrics, clock: () => Date.now() });
    await log.append("agents", [{ key: agentKey("acme", "coder"), value: encode("agents", { v: 1, version: 1, tenant: "acme", agent: "coder", role: null, owner: "o", environment: "production", status: "active", atMs: 1 }) }]);
    for (let at = 0; at < 3; at += 1) {
      const store = await openStore({ kind: "postgres", host: server.host, port: server.port, database: server.database, user: server.superuser, passwordEnv: PASSWORD_ENV, schema: "approvals" }, { metrics: createMetrics() });
      stores.push(store);
      const gate = createGate(gateDeps({
        eventLog: log, store, config: { instance: String(at) },
        holderOf: (token) => (token === AGENT_TOKEN ? { tenant: "acme", agent: "coder", leaseId: null } : null),
        approverOf: (sha256) => (sha256 === sha256Hex(HUMAN_TOKEN) ? { id: "human", environments: [] } : null),
      }));
      await gate.start();
      gates.push(gate);
    }
    const post = async (url: string, token: string, body: unknown) => (await (await fetch(url, { method: "POST", headers: { authorization: `Bearer ${token}`, "content-type": "application/json" }, body: JSON.stringify(body) })).json()) as { decision: string; approval: { id: string } };
    // Standard level: no undo window.
    const call = { tool: "sql", request: { kind: "sql", system: "postgresql", text: "DROP TABLE orders" } };
    const held = await post(`${gates[0]!.url()}/v1/decisions`, AGENT_TOKEN, call);
    expect(held.decision).toBe("hold");
    await post(`${gates[1]!.approvalsUrl()!}/v1/approvals/${held.approval.id}/approve`, HUMAN_TOKEN, { withoutBackup: true });
    const answers = await Promise.all(Array.from({ length: USES }, (_, at) => post(`${gates[at % 3]!.url()}/v1/decisions`, AGENT_TOKEN, { ...call, approvalId: held.approval.id })));
    expect(answers.filter(({ decision }) => decision === "allow")).toHaveLength(1);
    expect(answers.filter(({ decision }) => decision === "deny")).toHaveLength(USES - 1);
  }, 120_000);
});
