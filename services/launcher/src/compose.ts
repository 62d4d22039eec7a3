/**
 * The composition root: opens log, store and providers from the configuration and hands them to the modules of the chosen targets.
 * Nothing below this floor knows whether it runs in one process or in many.
 */
import { flushCompileCache } from "node:module";
import { createLogger, createMetrics, createMonitoring, createSupervisor, type Health, type Logger, type Metrics, type Module } from "@tripline/runtime";
import { type Backends, openBackends } from "./backends.ts";
import type { LauncherConfig } from "./config.ts";
import { checkReferences } from "./config-checks.ts";
import { createConfigurationAwaited } from "./configuration-awaited.ts";
import { type DataDir, openDataDir } from "./data-dir.ts";
import { checkDeployment, instanceName } from "./deployment.ts";
import { createKeys, type Keys } from "./keys.ts";
import { ALL_TARGETS, type Target } from "./targets.ts";

export interface Tripline {
  /** Null in a process without the collector. */
  readonly ingestUrl: string | null;
  /** Null in a process without the breaker, which serves it. */
  readonly adminUrl: string | null;
  /** The agents' door of the gate; null in a process without one. */
  readonly gateUrl: string | null;
  /** The approvers' door of the gate; null in a process without one. */
  readonly approvalsUrl: string | null;
  /** The forward proxy of the gate; null where none is configured. */
  readonly forwardUrl: string | null;
  /** The agents' doors over TLS: first the agents' door, then the forward proxy. */
  readonly gateTlsUrls: readonly string[];
  readonly monitoringUrl: string;
  readonly dataDir: string;
  readonly instance: string;
  health(): ReadonlyMap<string, Health>;
  stop(): Promise<void>;
}

export interface Choice {
  /** All of them if absent. */
  readonly targets?: ReadonlySet<Target>;
  /** See `instanceName`. */
  readonly instance?: string;
}

/** What the modules of every target are made from. */
export interface Composing {
  readonly config: LauncherConfig;
  readonly instance: string;
  readonly keys: Keys;
  readonly dataDir: () => DataDir;
  readonly logger: Logger;
  readonly metrics: Metrics;
  /** Epoch milliseconds. */
  readonly clock: () => number;
  readonly backends: Backends;
  readonly health: () => ReadonlyMap<string, Health>;
  /** Where the gate's agents' door is, as this process reaches it: its own once that listens, else the configured one. Null where that is not known. */
  readonly gateUrl: () => string | null;
}

/** Modules in the order in which they start, and what a process that runs them can tell of itself. */
export interface Composed {
  readonly modules: readonly Module[];
  readonly ingestUrl?: () => string;
  readonly adminUrl?: () => string;
  /** Null before it listens. */
  readonly gateUrl?: () => string | null;
  readonly approvalsUrl?: () => string;
  readonly forwardUrl?: () => string | null;
  readonly gateTlsUrls?: () => readonly string[];
}

/** Starts the chosen services; rejects with a coded error after undoing what had started. */
export async function startTripline(config: LauncherConfig, choice: Choice = {}): Promise<Tripline> {
  const targets = choice.targets ?? ALL_TARGETS;
  checkReferences(config);
  checkDeployment(config, targets);
  const instance = instanceName(config, choice.instance);
  const logger = createLogger({ level: config.logLevel, name: "tripline" });
  const metrics = createMetrics({ process: true });
  const clock = (): number => Date.now();
  const dataDir = lazily(() => openDataDir(config.dataDir));
  const service = targets.size === ALL_TARGETS.size ? "all" : [...targets].join("-");
  // OpenTelemetry's SDK is five hundred modules: loaded by those alone who use it.
  const telemetry = config.telemetry.endpoint === undefined ? null : (await import("./telemetry.ts")).createTelemetry(config.telemetry, { metrics, clock, service, instance });
  // Before anything that may take long: whoever watches this process must see that it lives and is not ready.
  const monitoring = createMonitoring({ ...config.monitoring, metrics, health: () => supervisor?.health() ?? STARTING });
  let supervisor: ReturnType<typeof createSupervisor> | null = null;
  await monitoring.start();
  let backends: Backends | null = null;
  let composed: Composed | null = null;
  try {
    const opening = openBackends(config, targets, dataDir, { metrics, clock, logger });
    // Threads open and check the files meanwhile. Both end before anything is undone.
    const [opened, warmed] = await Promise.allSettled([opening, warmUp(targets)]);
    if (opened.status === "rejected") throw opened.reason;
    backends = opened.value;
    if (warmed.status === "rejected") throw warmed.reason;
    const composing: Composing = { config, instance, keys: createKeys(config, dataDir), dataDir, logger, metrics, clock, backends, health: () => supervisor?.health() ?? STARTING, gateUrl: () => gateUrlOf(config, targets, composed) };
    composed = await compose(targets, composing);
    supervisor = createSupervisor([...(telemetry === null ? [] : [telemetry]), backends.watch, ...composed.modules], logger);
    // Also for whoever is killed, who writes nothing at the end; and before the doors open, since the first start writes all of it.
    flushCompileCache();
    await supervisor.start();
    return running({ config, instance, monitoringUrl: monitoring.url(), composed, supervisor }, [() => opened.value.close(), () => monitoring.stop()]);
  } catch (error) {
    await Promise.allSettled([backends?.close(), monitoring.stop()]);
    throw error;
  }
}

const STARTING: ReadonlyMap<string, Health> = new Map([["launcher", { ready: false, detail: "opens log and store" }]]);

/** The classifiers' parsers, and the code of what takes calls in and of what judges them. */
async function warmUp(targets: ReadonlySet<Target>): Promise<void> {
  if (targets.size === 1 && targets.has("notifier")) return;
  const { prepareClassifiers } = await import("@tripline/core");
  await prepareClassifiers();
  if (targets.has("collector") && targets.has("breaker")) await (await import("./rehearse.ts")).rehearse();
}

/**
 * The breaker first and the collector last: nothing is taken in before it can be judged. Each is loaded by the processes that run
 * it: code that nobody calls would make up half of a start.
 */
async function compose(targets: ReadonlySet<Target>, composing: Composing): Promise<Composed> {
  const { config, instance, backends, logger, metrics, clock } = composing;
  const { eventLog, store } = backends;
  const parts: Composed[] = [];
  if (targets.has("breaker") && store !== null) parts.push(await (await import("./compose-breaker.ts")).composeBreaker(composing, store));
  else if (targets.has("detector") || targets.has("collector") || targets.has("gate")) parts.push({ modules: [createConfigurationAwaited(eventLog, config.tenant, { metrics, logger })] });
  if (targets.has("detector") && store !== null) {
    const { createDetector } = await import("@tripline/detector");
    parts.push({ modules: [createDetector({ eventLog, store, metrics, clock, logger, config: config.detector })] });
  }
  if (targets.has("notifier") && store !== null) {
    const [{ createNotifier }, { openSinks }] = await Promise.all([import("@tripline/notifier"), import("./sinks.ts")]);
    parts.push({ modules: [createNotifier({ eventLog, store, metrics, clock, logger, sinks: openSinks(config), instance, approvalsUrl: config.gate?.approvals.url ?? null })] });
  }
  if (targets.has("gate") && config.gate !== undefined && store !== null) parts.push((await import("./compose-gate.ts")).composeGate(composing, config.gate, store));
  if (targets.has("collector")) parts.push((await import("./compose-collector.ts")).composeCollector(composing));
  return parts.reduce<Composed>((all, part) => ({ ...all, ...part, modules: [...all.modules, ...part.modules] }), { modules: [] });
}

const LOOPBACK = ["127.0.0.1", "localhost", "::1"];

function gateUrlOf({ gate }: LauncherConfig, targets: ReadonlySet<Target>, composed: Composed | null): string | null {
  if (gate === undefined) return null;
  if (targets.has("gate")) return composed?.gateUrl?.() ?? null;
  // Over a network the tokens would travel in the clear: there a provider of kind gate says where it is, behind TLS.
  return gate.port === 0 || !LOOPBACK.includes(gate.host) ? null : `http://${gate.host.includes(":") ? `[${gate.host}]` : gate.host}:${gate.port}`;
}

interface Started {
  readonly config: LauncherConfig;
  readonly instance: string;
  readonly monitoringUrl: string;
  readonly composed: Composed;
  readonly supervisor: ReturnType<typeof createSupervisor>;
}

function running({ config, instance, monitoringUrl, composed, supervisor }: Started, closing: readonly (() => Promise<void>)[]): Tripline {
  return {
    ingestUrl: composed.ingestUrl?.() ?? null,
    adminUrl: composed.adminUrl?.() ?? null,
    gateUrl: composed.gateUrl?.() ?? null,
    approvalsUrl: composed.approvalsUrl?.() ?? null,
    forwardUrl: composed.forwardUrl?.() ?? null,
    gateTlsUrls: composed.gateTlsUrls?.() ?? [],
    monitoringUrl,
    dataDir: config.dataDir,
    instance,
    health: () => supervisor.health(),
    stop: async () => {
      await supervisor.stop();
      for (const close of closing) await close();
    },
  };
}

function lazily<T>(make: () => T): () => T {
  let made: { readonly value: T } | null = null;
  return () => (made ??= { value: make() }).value;
}
