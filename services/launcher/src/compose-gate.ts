/** The gate with what it alone needs: tokens of agents and approvers, secrets to inject, keys of approvals. */
import { sha256Hex } from "@tripline/canonical";
import { isLeaseControlToken, openProvider, PROVIDER_DESCRIPTIONS, readLeaseToken, withoutUpkeep } from "@tripline/credentials";
import { type AuthorityPair, type BackupFinder, createGate, type GateSettings, type TokenHolder } from "@tripline/gate";
import { TriplineError } from "@tripline/model";
import type { Logger, Module } from "@tripline/runtime";
import { createSealer, type Store } from "@tripline/store";
import { addressModule } from "./address-module.ts";
import { approversOf } from "./approvers.ts";
import type { Composed, Composing } from "./compose.ts";
import type { LauncherConfig } from "./config.ts";
import type { DataDir } from "./data-dir.ts";
import type { GateConfig } from "./gate-config.ts";
import { authorityFile, gateAuthority } from "./gate-authority.ts";
import { checkApprovalsUrl, checkApprovers, checkSecrets, checkUpstreams } from "./gate-checks.ts";
import { guardSettings } from "./guard-config.ts";
import type { Keys } from "./keys.ts";
import { isNamed, readNamedFile, readSecret } from "./named-secrets.ts";

/** Builds the gate; nothing listens before it starts. @throws TL_CONFIG_INVALID, TL_CONFIG_SECRET_MISSING */
export function composeGate(composing: Composing, gate: GateConfig, store: Store): Composed {
  const { config, instance, keys, dataDir, logger, metrics, clock, backends: { eventLog } } = composing;
  checkUpstreams(gate, config);
  checkApprovers(gate, config);
  checkApprovalsUrl(gate);
  const secretOf = secretsOf(config, gate);
  checkSecrets(gate, secretOf);
  const sealer = createSealer(keys.sealing());
  const finders = backupFinders(config, logger);
  const created = createGate({
    eventLog, store, metrics, logger, clock,
    config: { ...settingsOf(gate, instance), guard: guardSettings(config) },
    backupFinders: finders,
    holderOf: holdersOf(config, keys),
    isLeaseControl: (token) => isLeaseControlToken(keys.leaseTokens(), token),
    approverOf: approversOf(gate, config, keys),
    tenantKey: (tenant) => keys.fingerprints(tenant),
    approvalKey: () => keys.approvals(),
    secretOf,
    sealing: sealer,
    authority: () => authorityOf(gate, dataDir, clock(), logger),
  });
  const gateUrl = (): string | null => (created.isListening() ? created.url() : null);
  return { modules: [findersModule(finders), created, addressModule(composing, "approvals", () => created.approvalsUrl() ?? "")], gateUrl, approvalsUrl: () => created.approvalsUrl() ?? "", forwardUrl: () => created.forwardUrl(), gateTlsUrls: () => [created.tlsUrl(), created.tlsForwardUrl()].filter((url) => url !== null) };
}

function authorityOf(gate: GateConfig, dataDir: () => DataDir, nowMs: number, logger: Logger): AuthorityPair {
  const { certificate, key, isAnew } = gateAuthority(gate, dataDir, nowMs);
  if (isAnew) logger.warn({ file: authorityFile(dataDir()) }, "the gate's authority was certified anew, for the hosts that are configured now: agents that trust a copy of its certificate need this one to reach what was added");
  return { certificate, key };
}

function settingsOf({ host, port, socket, forward, tls, approvals, upstreams }: GateConfig, instance: string): Omit<GateSettings, "guard"> {
  return {
    instance, host, port, tls, socket: socket ?? null, forward: forward ?? null,
    approvals: { host: approvals.host, port: approvals.port, url: approvals.url ?? null },
    upstreams: upstreams.map(({ name, url, credentials, inject, caFile, allowPrivate, addresses }) => ({
      name, credentials, allowPrivate, url: new URL(url), ca: caFile === undefined ? null : readNamedFile(caFile).toString("utf8"),
      inject: inject.kind === "header" ? inject : { kind: inject.kind, region: inject.region ?? null, service: inject.service ?? null },
      ...(addresses === undefined ? {} : { addresses: addresses.toSorted() }),
    })),
  };
}

function holdersOf({ tenant, agents }: LauncherConfig, keys: Keys): (token: string) => TokenHolder | null {
  const bySha256 = new Map(agents.map((agent) => [sha256Hex(keys.ingestToken(agent)), { tenant, agent: agent.id, leaseId: null }]));
  return (token) => bySha256.get(sha256Hex(token)) ?? readLeaseToken(keys.leaseTokens(), token);
}

/** Read once, and only those that an upstream injects. */
function secretsOf({ credentials }: LauncherConfig, { upstreams }: GateConfig): (credentialId: string) => string | null {
  const injected = new Set(upstreams.flatMap((upstream) => upstream.credentials));
  const secrets = new Map<string, string>();
  for (const { id, secretEnv: env, secretFile: file } of credentials) if (injected.has(id) && isNamed({ env, file })) secrets.set(id, readSecret({ env, file }));
  return (credentialId) => secrets.get(credentialId) ?? null;
}

/** Providers that can tell of backups. One whose secret this process is not given cannot, and says so to whoever asks. */
function backupFinders({ providers, gate }: LauncherConfig, logger: Logger): BackupFinder[] {
  const deps = { readSecret, warn: (message: string): void => logger.warn(message), ...(gate?.guard === undefined ? {} : { backupDirectory: gate.guard.directory }) };
  return Object.entries(providers).flatMap(([name, provider]): BackupFinder[] => {
    const description = PROVIDER_DESCRIPTIONS[provider.kind];
    if (description.backups === null) return [];
    try {
      return [{ name, provider: openProvider(name, withoutUpkeep(provider), deps) }];
    } catch (error) {
      if (!(error instanceof TriplineError) || error.code !== "TL_CONFIG_SECRET_MISSING") throw error;
      const reason = `the gate is not given the secret of provider ${name}`;
      return [{ name, provider: { describe: () => description, findBackups: () => Promise.resolve({ kind: "unknown", reason }), close: () => Promise.resolve() } }];
    }
  });
}

/** Stopped after the gate: a look-up under way keeps its connections. */
function findersModule(finders: readonly BackupFinder[]): Module {
  return {
    name: "backup-finders",
    health: () => ({ ready: true, detail: `${finders.length} configured` }),
    start: () => Promise.resolve(),
    stop: async () => void (await Promise.allSettled(finders.map(({ provider }) => provider.close()))),
  };
}
