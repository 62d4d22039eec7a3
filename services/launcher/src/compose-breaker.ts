/** The breaker with what it alone needs: providers, sealed secrets, the configuration's facts, and the admin API. */
import { createBreaker, secretName } from "@tripline/breaker";
import { type CredentialProvider, openProvider, type ProviderDeps } from "@tripline/credentials";
import { TriplineError } from "@tripline/model";
import type { Module } from "@tripline/runtime";
import type { Store } from "@tripline/store";
import { registerBaselineRoutes } from "./admin/baseline-routes.ts";
import { createAdminServer } from "./admin/admin-server.ts";
import { addressModule } from "./address-module.ts";
import type { Composed, Composing } from "./compose.ts";
import { isShared } from "./deployment.ts";
import { configuredFacts, marksOf } from "./facts/configured-facts.ts";
import { publishFacts } from "./facts/publish-facts.ts";
import { readSecret } from "./named-secrets.ts";
import { createSecrets, type LauncherSecrets } from "./secrets.ts";

/** Publishes what the configuration states, then builds the breaker and the admin API; nothing runs before they start. */
export async function composeBreaker(composing: Composing, store: Store): Promise<Composed> {
  const { config, instance, keys, logger, metrics, clock, backends: { eventLog } } = composing;
  const secrets = createSecrets(store, keys.sealing());
  await checkKey(secrets, composing);
  const facts = configuredFacts(config, keys.fingerprints(config.tenant));
  await publishFacts(facts, {
    eventLog, metrics, logger,
    nowMs: clock(),
    seal: (credential, secret) => secrets.sealCredential(credential.tenant, credential.id, secret),
    erase: (credential) => secrets.erase(secretName(credential.tenant, credential.id)),
  });
  const providers = openProviders(composing);
  const breaker = createBreaker({
    eventLog, store, metrics, logger, clock, secrets, providers,
    marksOf: (tenant, secret) => marksOf(keys.fingerprints(tenant), secret),
    config: { instance, leaseTtlMs: config.leaseTtlMs, isShared: isShared(config) },
  });
  const admin = createAdminServer({
    host: config.admin.host, port: config.admin.port, metrics, eventLog, logger,
    token: keys.adminToken(),
    health: composing.health,
    routes: (app) => {
      breaker.routes(app, config.tenant);
      registerBaselineRoutes(app, { store, tenant: config.tenant, agents: config.agents.map(({ id }) => id), policy: facts.policy });
    },
  });
  return { modules: [providersModule(providers), breaker, admin, addressModule(composing, "admin", () => admin.url())], adminUrl: () => admin.url() };
}

/** Processes that seal under different keys could not probe each other's credentials. A single one whose key was lost goes on without what it sealed. */
async function checkKey(secrets: LauncherSecrets, { config, logger }: Composing): Promise<void> {
  if ((await secrets.checkKey()) === "same") return;
  if (isShared(config)) throw new TriplineError("TL_SEAL_KEY_INVALID", "This store is sealed under another master key.");
  logger.error("this store was sealed under another master key: what was sealed cannot be used for probing any more");
  await secrets.adoptKey();
}

/** Started before the breaker and so stopped after it: a revocation under way keeps its connections. */
function providersModule(providers: ReadonlyMap<string, CredentialProvider>): Module {
  return {
    name: "providers",
    health: () => ({ ready: true, detail: `${providers.size} configured` }),
    start: () => Promise.resolve(),
    stop: async () => void (await Promise.allSettled([...providers.values()].map((provider) => provider.close()))),
  };
}

/** With a gate, leases of it need no entry: `tripline lease <agent> gate`. */
function openProviders({ config, keys, logger, gateUrl }: Composing): Map<string, CredentialProvider> {
  const configured = Object.entries(config.providers);
  const hasGate = config.gate !== undefined || configured.some(([, { kind }]) => kind === "gate");
  const deps: ProviderDeps = { readSecret, warn: (message: string): void => logger.warn(message), ...(hasGate ? { gate: { key: keys.leaseTokens(), url: gateUrl } } : {}) };
  const providers = new Map(configured.map(([name, provider]) => [name, openProvider(name, provider, deps)]));
  if (config.gate !== undefined && !providers.has(GATE_PROVIDER)) providers.set(GATE_PROVIDER, openProvider(GATE_PROVIDER, { kind: "gate", timeoutMs: GATE_CALL_MS }, deps));
  return providers;
}

/** Name of the provider that is there wherever a gate is. */
const GATE_PROVIDER = "gate";
const GATE_CALL_MS = 2_000;
