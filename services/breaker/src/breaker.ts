/**
 * The breaker service: reads evidence and orders, decides by the pure rule, and contains what tripped. Start order matters: facts
 * and breaker records first, then unfinished containments, and only then new evidence.
 */
import { MassTripGuard, mergeRecords, planContainment, Registry } from "@tripline/core";
import { agentKey, encode } from "@tripline/model";
import type { Module } from "@tripline/runtime";
import type { FastifyInstance } from "fastify";
import { Agreement } from "./agreement.ts";
import { appendUntilDurable, untilDurable } from "./append.ts";
import { BreakerStates } from "./breaker-states.ts";
import { Claims } from "./claims.ts";
import { ContainmentRunner } from "./containment-runner.ts";
import type { BreakerDeps } from "./deps.ts";
import { ForeignSeen } from "./foreign-seen.ts";
import { GateMemories } from "./gate-memories.ts";
import { endExpiredLeases } from "./lease-expiry.ts";
import { LIMITS } from "./limits.ts";
import { noPeers, StorePeers } from "./peers.ts";
import { Positions } from "./positions.ts";
import type { ReaderDeps } from "./readers.ts";
import { Reading } from "./reading.ts";
import { ProviderSurvey } from "./provider-survey.ts";
import { createCommandWaits, registerRoutes } from "./routes.ts";

export interface BreakerModule extends Module {
  /** Adds the breaker's routes to the admin API of one tenant. */
  routes(app: FastifyInstance, tenant: string): void;
}

/** Builds the service; nothing runs before `start`. */
export function createBreaker(deps: BreakerDeps): BreakerModule {
  const stop = new AbortController();
  const states = new BreakerStates();
  const registry = new Registry();
  const foreignSeen = new ForeignSeen();
  const { instance, isShared = false } = deps.config;
  const peers = isShared ? new StorePeers({ ...deps, instance }) : noPeers(instance);
  const agreement = isShared ? new Agreement() : null;
  const runner = new ContainmentRunner({ ...deps, stopping: stop.signal }, registry, new Claims({ store: deps.store, peers, instance }));
  const gates = new GateMemories(deps.clock, (partition) => deps.logger.error({ partition }, "what was remembered of the gate's decisions cannot be read; results of calls that it allowed before count as not allowed"));
  const positions = new Positions({ store: deps.store, eventLog: deps.eventLog, instance, foreignSeen, gates });
  const survey = new ProviderSurvey({ ...deps, stopping: stop.signal }, registry);
  const waits = createCommandWaits();
  const counter = deps.metrics.counter("tripline_breaker_inputs_total", "Evidence and orders by what came of them", ["step", "outcome", "reason"]);
  const all: ReaderDeps = {
    ...deps, states, registry, foreignSeen, runner, positions, gates, counter, peers, agreement,
    massTrips: new MassTripGuard(), stopping: stop.signal, commandHandled: (command, refused) => waits.handled(command, refused),
  };
  const reading = new Reading(all);
  const takeOver = takingOver(all);
  let isResumed = false;
  let unwritten: string | null = null;
  let checkpoints: NodeJS.Timeout | undefined;

  const writePositions = async (): Promise<void> => {
    try {
      await positions.write();
      unwritten = null;
    } catch (error) {
      unwritten = error instanceof Error ? error.message : "reading positions cannot be written";
      deps.logger.error({ reason: unwritten }, "reading positions cannot be written");
    }
  };

  return {
    name: "breaker",
    routes: (app, tenant) => registerRoutes(app, tenant, all, { waits, survey }),
    health: () => {
      const failing = unwritten ?? peers.failing();
      return failing === null ? reading.health() : { ready: false, detail: failing };
    },
    start: async () => {
      await positions.load();
      await positions.adoptFrom(await peers.known());
      // Before the facts are loaded nothing can be judged; what a dead instance left is picked up with all else then.
      await peers.start((dead) => void (isResumed && takeOver(dead)));
      await reading.loadFacts();
      isResumed = true;
      await resumeContainments(all);
      await reading.start();
      void survey.run();
      void endExpiredLeases({ ...all, reports: runner.reports });
      checkpoints = setInterval(() => void writePositions(), LIMITS.checkpointMs);
    },
    stop: async () => {
      stop.abort();
      clearInterval(checkpoints);
      const leaving = setTimeout(() => void peers.leave(), LIMITS.leaveMs);
      await reading.stop();
      await agreement?.stop();
      await runner.stop();
      clearTimeout(leaving);
      await peers.leave();
      await positions.write().catch(() => undefined);
    },
  };
}

/**
 * Finishes what a crash left: trips that were written ahead and are not in the log, then open work, then what evidence added to a trip
 * that was recorded but whose intent was not.
 */
async function resumeContainments(deps: ReaderDeps): Promise<void> {
  await resumeOpenWork(deps);
  for (const record of deps.states.all()) {
    const { trip } = record;
    if (trip === null || record.position.state !== "open") continue;
    const recalled = await deps.runner.recall(trip.id);
    // What was registered to the agent is in the first intent, all of it; later ones add what is foreign, and leases that were under way.
    const missing = planContainment(trip, deps.registry, deps.clock()).filter((item) => !recalled?.has(item.credentialId) && (recalled === null || item.reason !== "registered"));
    if (recalled !== null && missing.length === 0) continue;
    await untilDurable(deps, "intent", () => deps.runner.recordIntent(trip, missing, null));
    deps.runner.start(trip.id, Promise.resolve());
  }
}

async function resumeOpenWork(deps: ReaderDeps): Promise<void> {
  for (const record of await deps.runner.writtenAhead()) {
    const key = agentKey(record.tenant, record.agent);
    const known = deps.states.get(key);
    if (known.trip?.id === record.trip?.id || known.generation > record.generation) continue;
    deps.agreement?.wrote(record);
    await appendUntilDurable(deps, "breakers", key, encode("breakers", record));
    deps.states.set(deps.agreement === null ? record : mergeRecords(deps.states.get(key), record));
  }
  await deps.runner.resume();
}

/** Goes on with what a dead instance left; one after the other, since each looks at all that is open. */
function takingOver(deps: ReaderDeps): (instance: string) => void {
  let last: Promise<void> = Promise.resolve();
  return (instance) => {
    deps.logger.warn({ instance }, "another breaker is gone; what it had not finished is taken over");
    last = last
      .then(() => untilDurable(deps, "takeover", () => resumeOpenWork(deps)))
      .catch((error: unknown) => {
        if (!deps.stopping.aborted) deps.logger.error({ instance, reason: error instanceof Error ? error.message : "unknown" }, "what another breaker left could not be taken over");
      });
  };
}
