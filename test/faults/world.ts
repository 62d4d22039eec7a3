/** Who takes part: agents that work, agents that destroy, the tokens these find, and the configuration that names them all. */
import { randomBytes } from "node:crypto";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { startWebhookReceiver, type WebhookReceiver } from "../incidents/pocketos/webhook-receiver.ts";
import { startRailwayStandIn, type RailwayStandIn, type Token } from "../stand-ins/railway/index.ts";

export const TENANT = "acme";
const ADMIN = "tripline-admin";
const VOLUME = "data";

export interface FoundToken {
  /** Id in Tripline's inventory. */
  readonly credentialId: string;
  readonly token: Token;
}

export interface TestAgent {
  readonly id: string;
  readonly ingestToken: string;
}

export interface DestructiveAgent extends TestAgent {
  /** Tokens that it will find one after another; none was issued to it. */
  readonly tokens: readonly FoundToken[];
}

export interface FaultsWorld {
  readonly railway: RailwayStandIn;
  /** Where the security team is told. */
  readonly receiver: WebhookReceiver;
  readonly volumeId: string;
  readonly busy: readonly TestAgent[];
  readonly destructive: readonly DestructiveAgent[];
  readonly configFile: string;
  readonly dataDir: string;
  /** Secrets for the product's environment; the configuration file names the variables only. */
  readonly env: Readonly<Record<string, string>>;
}

export interface WorldSize {
  readonly busyAgents: number;
  readonly destructiveAgents: number;
  readonly tokensPerAgent: number;
}

const many = <T>(count: number, make: (n: number) => T): T[] => Array.from({ length: count }, (_, n) => make(n));

/**
 * Starts the provider's stand-in, and writes the product's configuration below `dir`. `site` is what the deployment adds: ports for one
 * process, fixed as in a real deployment, or servers for many.
 */
export async function createWorld(dir: string, size: WorldSize, site: Readonly<Record<string, unknown>>, providerTimeoutMs = PROVIDER_TIMEOUT_MS): Promise<FaultsWorld> {
  const names = many(size.destructiveAgents * size.tokensPerAgent, (n) => `found-${n}`);
  const railway = await startRailwayStandIn({
    world: {
      seed: "faults",
      projects: [{ name: "orders", environments: ["production"], services: ["postgres"], volumes: [{ name: VOLUME, environment: "production", service: "postgres", backups: 1 }] }],
      // Both kinds, since they are deleted by different operations and used by different headers.
      tokens: [
        { name: ADMIN, kind: "account" },
        ...names.map((name, n) => (n % 2 === 0 ? { name, kind: "workspace" as const } : { name, kind: "project" as const, project: "orders", environment: "production" })),
      ],
    },
  });
  const receiver = await startWebhookReceiver(() => undefined);
  const agent = (id: string): TestAgent => ({ id, ingestToken: randomBytes(24).toString("hex") });
  const found = names.map((name) => ({ credentialId: name, token: railway.token(name) }));
  const busy = many(size.busyAgents, (n) => agent(`worker-${n}`));
  const destructive = many(size.destructiveAgents, (n) => ({
    ...agent(`destroyer-${n}`),
    tokens: found.slice(n * size.tokensPerAgent, (n + 1) * size.tokensPerAgent),
  }));
  const env: Record<string, string> = { FAULTS_ADMIN: railway.token(ADMIN).secret, FAULTS_WEBHOOK: receiver.secret };
  for (const one of [...busy, ...destructive]) env[ingestVariable(one)] = one.ingestToken;
  for (const one of found) env[secretVariable(one)] = one.token.secret;
  mkdirSync(dir, { recursive: true });
  const configFile = join(dir, "tripline.yaml");
  const volumeId = railway.state().volumes[0]?.id ?? "";
  // JSON is YAML.
  writeFileSync(configFile, JSON.stringify({ ...configuration({ railway, receiver, volumeId, busy, destructive, found, providerTimeoutMs }), ...site }, null, 1));
  return { railway, receiver, volumeId, busy, destructive, configFile, dataDir: join(dir, "data"), env };
}

const variable = (prefix: string, id: string) => `FAULTS_${prefix}_${id.replaceAll("-", "_").toUpperCase()}`;
const ingestVariable = ({ id }: TestAgent) => variable("INGEST", id);
const secretVariable = ({ credentialId }: FoundToken) => variable("SECRET", credentialId);

interface Parts extends Pick<FaultsWorld, "railway" | "receiver" | "volumeId" | "busy" | "destructive"> {
  readonly found: readonly FoundToken[];
  readonly providerTimeoutMs: number;
}

/** The provider's calls end after half a second, so that one that never answers does not hold a campaign up. */
const PROVIDER_TIMEOUT_MS = 500;

function configuration({ railway, receiver, volumeId, busy, destructive, found, providerTimeoutMs }: Parts): Record<string, unknown> {
  const agent = (one: TestAgent) => ({ id: one.id, owner: "platform-team", environment: "production", ingestTokenEnv: ingestVariable(one) });
  return {
    tenant: TENANT,
    dataDir: "data",
    agents: [...busy, ...destructive].map(agent),
    providers: { railway: { kind: "railway", endpoint: railway.url, adminTokenEnv: "FAULTS_ADMIN", timeoutMs: providerTimeoutMs } },
    credentials: found.map((one) => ({
      id: one.credentialId,
      provider: "railway",
      providerRef: one.token.id,
      kind: one.token.kind === "project" ? "project-token" : "api-token",
      secretEnv: secretVariable(one),
      environment: "production",
      issuedTo: ["deploy-service"],
      autoRevoke: "yes",
    })),
    resources: [{ kind: "volume", id: volumeId, environment: "production", protection: "protected" }],
    alerts: { soc: { kind: "webhook", url: receiver.url, secrets: [{ env: "FAULTS_WEBHOOK" }], allowPrivate: true } },
  };
}
