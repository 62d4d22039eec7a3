/** The provider and the product as processes, with one agent and one over-broad token for each run. */
import { randomBytes } from "node:crypto";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Action, BreakerRecord, Containment } from "@tripline/model";
import { type Peer, startPeer } from "./peer.ts";

const RAILWAY_MAIN = fileURLToPath(new URL("../../stand-ins/railway/main.ts", import.meta.url));
const TRIPLINE_MAIN = fileURLToPath(new URL("../../../services/launcher/src/main.ts", import.meta.url));

export interface Target {
  readonly agent: string;
  readonly ingestToken: string;
  readonly credentialId: string;
  readonly secret: string;
}

export interface ContainWorld {
  readonly railwayUrl: string;
  readonly ingestUrl: string;
  readonly volumeIds: readonly string[];
  readonly targets: readonly Target[];
  facts(agent: string): Promise<Facts>;
}

/** What Tripline's records say of an agent, with receive times. */
export interface Facts {
  readonly attemptMs: number | null;
  readonly breaker: BreakerRecord | null;
  readonly containment: Containment | null;
}

interface Railway {
  readonly url: string;
  readonly tokens: readonly { readonly name: string; readonly secret: string }[];
  readonly volumes: readonly { readonly id: string }[];
}

export async function startWorld(dir: string, runs: number, stack: AsyncDisposableStack): Promise<ContainWorld> {
  const provider = startPeer("Railway stand-in", [RAILWAY_MAIN, "--json-state", "--exit-with-parent"]);
  stack.defer(() => provider.end());
  const railway = (await provider.next()) as Railway;
  const admin = railway.tokens.find(({ name }) => name === "tripline-admin")?.secret ?? "";
  const targets = await createTargets(railway.url, admin, runs);
  const env: Record<string, string> = { BENCH_ADMIN: admin };
  targets.forEach((target, n) => Object.assign(env, { [`BENCH_INGEST_${n}`]: target.ingestToken, [`BENCH_SECRET_${n}`]: target.secret }));
  const configFile = join(dir, "tripline.yaml");
  await writeFile(configFile, JSON.stringify(configuration(railway, targets)));
  const product: Peer = startPeer("Tripline", [TRIPLINE_MAIN, "--config", configFile, "--json", "up"], env);
  stack.defer(() => product.end());
  const started = (await product.next()) as { ingestUrl: string; adminUrl: string; dataDir: string };
  const authorization = `Bearer ${(await readFile(join(started.dataDir, "admin-token"), "utf8")).trim()}`;
  const read = async (path: string): Promise<string> => (await fetch(`${started.adminUrl}${path}`, { headers: { authorization } })).text();
  return { railwayUrl: railway.url, ingestUrl: started.ingestUrl, volumeIds: railway.volumes.map(({ id }) => id), targets, facts: (agent) => factsOf(agent, read) };
}

/** Tokens are made as people make them: over the provider's API, by its owner. */
async function createTargets(url: string, admin: string, runs: number): Promise<(Target & { readonly providerRef: string })[]> {
  const ask = async (query: string, variables: unknown): Promise<unknown> => {
    const headers = { "content-type": "application/json", authorization: `Bearer ${admin}` };
    return ((await (await fetch(url, { method: "POST", headers, body: JSON.stringify({ query, variables }) })).json()) as { data: unknown }).data;
  };
  const targets: (Omit<Target, "credentialId"> & { credentialId: string })[] = [];
  for (let run = 0; run < runs; run += 1) {
    const name = `found-${run}`;
    const made = (await ask("mutation ($input: ApiTokenCreateInput!) { apiTokenCreate(input: $input) }", { input: { name } })) as { apiTokenCreate: string };
    targets.push({ agent: `coder-${run}`, ingestToken: randomBytes(24).toString("hex"), credentialId: name, secret: made.apiTokenCreate });
  }
  const listed = (await ask("{ apiTokens { edges { node { id name } } } }", {})) as { apiTokens: { edges: { node: { id: string; name: string } }[] } };
  const ids = new Map(listed.apiTokens.edges.map(({ node }) => [node.name, node.id]));
  return targets.map((target) => ({ ...target, providerRef: ids.get(target.credentialId) ?? "" }));
}

function configuration({ url, volumes }: Railway, targets: readonly (Target & { readonly providerRef: string })[]): unknown {
  return {
    tenant: "acme",
    dataDir: "data",
    ingest: { port: 0 },
    admin: { port: 0 },
    agents: targets.map(({ agent }, n) => ({ id: agent, owner: "platform-team", environment: "staging", ingestTokenEnv: `BENCH_INGEST_${n}`, grants: [{ id: `staging-${n}`, environments: ["staging"] }] })),
    providers: { railway: { kind: "railway", endpoint: url, adminTokenEnv: "BENCH_ADMIN" } },
    credentials: targets.map(({ credentialId, providerRef }, n) => ({
      id: credentialId, provider: "railway", providerRef, kind: "api-token", secretEnv: `BENCH_SECRET_${n}`, environment: "production", issuedTo: ["deploy-service"], autoRevoke: "yes",
    })),
    resources: volumes.map(({ id }) => ({ kind: "volume", id, environment: "production", protection: "protected" })),
  };
}

async function factsOf(agent: string, read: (path: string) => Promise<string>): Promise<Facts> {
  const { breakers } = JSON.parse(await read("/v1/breakers")) as { breakers: BreakerRecord[] };
  const { containments } = JSON.parse(await read("/v1/containments")) as { containments: Containment[] };
  const breaker = breakers.find((record) => record.agent === agent) ?? null;
  const evidence = new Set(breaker?.trip?.findings.map(({ actionId }) => actionId));
  const lines = (await read("/v1/records?topic=actions")).split("\n").filter((line) => line !== "");
  const attempt = lines.map((line) => JSON.parse(line) as { timestampMs: number; value: Action }).find(({ value }) => evidence.has(value.id));
  return { attemptMs: attempt?.timestampMs ?? null, breaker, containment: containments.find(({ tripId }) => tripId === breaker?.trip?.id) ?? null };
}
