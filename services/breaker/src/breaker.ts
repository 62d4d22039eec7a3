/**
 * The breaker service: reads evidence and orders, decides by the pure rule, and contains what tripped. Start order matters: facts
 * and breaker records first, then unfinished containments, and only then new evidence.
 */
import { MassTripGuard, planContainment, Registry } from "@tripline/core";
import { agentKey, encode } from "@tripline/model";
import type { Module } from "@tripline/runtime";
import type { FastifyInstance } from "fastify";
import { appendUntilDurable, untilDurable } from "./append.ts";
import { BreakerStates } from "./breaker-states.ts";
import { ContainmentRunner } from "./containment-runner.ts";
import type { BreakerDeps } from "./deps.ts";
import { ForeignSeen } from "./foreign-seen.ts";
import { endExpiredLeases } from "./lease-expiry.ts";
import { LIMITS } from "./limits.ts";
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
  const runner = new ContainmentRunner({ ...deps, stopping: stop.signal }, registry);
  const positions = new Positions({ store: deps.store, eventLog: deps.eventLog, instance: deps.config.instance, foreignSeen });
  const survey = new ProviderSurvey({ ...deps, stopping: stop.signal }, registry);
  const waits = createCommandWaits();
  const counter = deps.metrics.counter("tripline_breaker_inputs_total", "Evidence and orders by what came of them", ["step", "outcome", "reason"]);
  const all: ReaderDeps = {
    ...deps, states, registry, foreignSeen, runner, positions, counter,
    massTrips: new MassTripGuard(), stopping: stop.signal, commandHandled: (command, refused) => waits.handled(command, refused),
  };
  const reading = new Reading(all);
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
    health: () => (unwritten === null ? reading.health() : { ready: false, detail: unwritten }),
    start: async () => {
      await positions.load();
      await reading.loadFacts();
      await resumeContainments(all);
      await reading.start();
      void survey.run();
      void endExpiredLeases({ ...all, reports: runner.reports });
      checkpoints = setInterval(() => void writePositions(), LIMITS.checkpointMs);
    },
    stop: async () => {
      stop.abort();
      clearInterval(checkpoints);
      await reading.stop();
      await runner.stop();
      await positions.write().catch(() => undefined);
    },
  };
}

/**
 * Finishes what a crash left: trips that were written ahead and are not in the log, then open work, then what evidence added to a trip
 * that was recorded but whose intent was not.
 */
async function resumeContainments(deps: ReaderDeps): Promise<void> {
  for (const record of await deps.runner.writtenAhead()) {
    const key = agentKey(record.tenant, record.agent);
    const known = deps.states.get(key);
    if (known.trip?.id === record.trip?.id || known.generation > record.generation) continue;
    await appendUntilDurable(deps, "breakers", key, encode("breakers", record));
    deps.states.set(record);
  }
  await deps.runner.resume();
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
