/**
 * The composition root: opens log, store and providers from the configuration and hands them to the modules. Nothing below this
 * floor knows whether it runs in one process or in many.
 */
import { createBreaker } from "@tripline/breaker";
import { createCollector } from "@tripline/collector";
import { prepareClassifiers, Registry, REGISTRY_TOPICS } from "@tripline/core";
import { type CredentialProvider, openProvider } from "@tripline/credentials";
import { createDetector } from "@tripline/detector";
import { type EventLog, type Followed, follow, openEventLog } from "@tripline/event-log";
import { createNotifier } from "@tripline/notifier";
import { createLogger, createMetrics, createSupervisor, type Health, type Logger, type Module } from "@tripline/runtime";
import { openStore, type Store } from "@tripline/store";
import { rmSync, writeFileSync } from "node:fs";
import { type AdminServer, createAdminServer } from "./admin/admin-server.ts";
import type { LauncherConfig } from "./config.ts";
import { type DataDir, openDataDir, readSecret } from "./data-dir.ts";
import { checkReferences } from "./config-checks.ts";
import { configuredFacts } from "./facts/configured-facts.ts";
import { publishFacts } from "./facts/publish-facts.ts";
import { rehearse } from "./rehearse.ts";
import { createSecrets } from "./secrets.ts";
import { openSinks } from "./sinks.ts";
import { createTokenTable } from "./tokens.ts";

export interface Tripline {
  readonly ingestUrl: string;
  readonly adminUrl: string;
  readonly dataDir: string;
  health(): ReadonlyMap<string, Health>;
  stop(): Promise<void>;
}

/** Starts everything; rejects with a coded error after undoing what had started. */
export async function startTripline(config: LauncherConfig): Promise<Tripline> {
  checkReferences(config);
  const dataDir = openDataDir(config.dataDir);
  const logger = createLogger({ level: config.logLevel, name: "tripline" });
  const metrics = createMetrics();
  const clock = (): number => Date.now();
  await prepareClassifiers();
  await rehearse();
  const eventLog = await openEventLog({ ...config.eventLog, dir: dataDir.file("log") }, { metrics, clock });
  const store = await openStore({ ...config.store, path: dataDir.file("store.db") }, { metrics }).catch(async (error: unknown) => {
    await eventLog.close();
    throw error;
  });
  try {
    return await startModules({ config, dataDir, logger, metrics, clock, eventLog, store });
  } catch (error) {
    await Promise.allSettled([eventLog.close(), store.close()]);
    throw error;
  }
}

interface Opened {
  readonly config: LauncherConfig;
  readonly dataDir: DataDir;
  readonly logger: Logger;
  readonly metrics: ReturnType<typeof createMetrics>;
  readonly clock: () => number;
  readonly eventLog: EventLog;
  readonly store: Store;
}

async function startModules(opened: Opened): Promise<Tripline> {
  const { config, dataDir, logger, metrics, clock, eventLog, store } = opened;
  const tenantKey = (tenant: string): Uint8Array => dataDir.key(`fingerprints of ${tenant}`);
  const secrets = createSecrets(store, dataDir.key("sealing"));
  await publishFacts(configuredFacts(config, tenantKey(config.tenant)), {
    eventLog,
    nowMs: clock(),
    seal: (credential, secret) => secrets.sealCredential(credential.tenant, credential.id, secret),
  });
  const inventory = await followInventory(eventLog);
  const collector = createCollector({
    config: config.ingest, eventLog, metrics, clock, tenantKey,
    tokens: createTokenTable(config, dataDir),
    knownSecret: (tenant, sha256) => secrets.isKnown(inventory.registry, tenant, sha256, tenantKey(tenant)),
  });
  const providers = openProviders(config, logger);
  const breaker = createBreaker({
    eventLog, store, metrics, logger, clock, secrets, providers,
    config: { instance: "0", leaseTtlMs: config.leaseTtlMs },
  });
  const admin: AdminServer = createAdminServer({
    ...config.admin, metrics, eventLog, logger,
    token: dataDir.secret("admin-token"),
    health: () => supervisor.health(),
    routes: (app) => breaker.routes(app, config.tenant),
  });
  const modules: Module[] = [
    breaker,
    createDetector({ eventLog, store, metrics, clock, logger }),
    createNotifier({ eventLog, store, metrics, clock, logger, sinks: openSinks(config) }),
    admin,
    collector,
  ];
  const supervisor = createSupervisor(modules, logger);
  await supervisor.start();
  // How the CLI on this machine finds a running instance.
  writeFileSync(dataDir.file("admin.json"), JSON.stringify({ url: admin.url(), pid: process.pid }), { mode: 0o600 });
  return {
    ingestUrl: collector.url(),
    adminUrl: admin.url(),
    dataDir: dataDir.path,
    health: () => supervisor.health(),
    stop: async () => {
      await supervisor.stop();
      await inventory.close();
      await Promise.allSettled([...providers.values()].map((provider) => provider.close()));
      await eventLog.close();
      await store.close();
      rmSync(dataDir.file("admin.json"), { force: true });
    },
  };
}

function openProviders(config: LauncherConfig, logger: Logger): Map<string, CredentialProvider> {
  const deps = { readSecret, warn: (message: string): void => logger.warn(message) };
  return new Map(Object.entries(config.providers).map(([name, provider]) => [name, openProvider(name, provider, deps)]));
}

/** The launcher's own copy of the registry, for the collector's question whether a secret is known. */
async function followInventory(eventLog: EventLog): Promise<{ registry: Registry; close(): Promise<void> }> {
  const registry = new Registry();
  const followed: Followed[] = await Promise.all(
    REGISTRY_TOPICS.map((topic) => follow(eventLog, topic, { from: "start" }, (items) => items.forEach(({ payload }) => registry.apply(topic, payload)), () => undefined)),
  );
  await Promise.all(followed.map((one) => one.caughtUp));
  return { registry, close: async () => void (await Promise.allSettled(followed.map((one) => one.close()))) };
}
