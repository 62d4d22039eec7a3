/**
 * The breaker service: reads evidence and orders, decides by the pure rule, and contains what tripped. Start order matters: facts
 * and breaker records first, then unfinished containments, and only then new evidence.
 */
import { MassTripGuard, Registry } from "@tripline/core";
import type { Followed } from "@tripline/event-log";
import { splitAgentKey } from "@tripline/model";
import type { Health, Module } from "@tripline/runtime";
import type { FastifyInstance } from "fastify";
import { BreakerStates } from "./breaker-states.ts";
import { ContainmentRunner } from "./containment-runner.ts";
import type { BreakerDeps } from "./deps.ts";
import { ForeignSeen } from "./foreign-seen.ts";
import { LIMITS } from "./limits.ts";
import { Positions } from "./positions.ts";
import { type ReaderDeps, followEvidence, followFacts } from "./readers.ts";
import { recordIntent } from "./steps/record-intent.ts";
import { createCommandWaits, registerRoutes } from "./routes.ts";

export interface BreakerModule extends Module {
  /** Adds the breaker's routes to the admin API of one tenant. */
  routes(app: FastifyInstance, tenant: string): void;
}

export function createBreaker(deps: BreakerDeps): BreakerModule {
  const stop = new AbortController();
  const states = new BreakerStates();
  const registry = new Registry();
  const foreignSeen = new ForeignSeen();
  const runner = new ContainmentRunner({ ...deps, stopping: stop.signal }, registry);
  const positions = new Positions({ store: deps.store, eventLog: deps.eventLog, instance: deps.config.instance, foreignSeen });
  const waits = createCommandWaits();
  const counter = deps.metrics.counter("tripline_breaker_inputs_total", "Evidence and orders by what came of them", ["step", "outcome", "reason"]);
  const all: ReaderDeps = {
    ...deps, states, registry, foreignSeen, runner, positions, counter,
    massTrips: new MassTripGuard(), stopping: stop.signal, commandApplied: (command) => waits.applied(command),
  };
  const followed: Followed[] = [];
  let health: Health = { ready: false, detail: "not started" };
  let checkpoints: NodeJS.Timeout | undefined;

  const fail = (error: unknown): void => {
    if (stop.signal.aborted) return;
    health = { ready: false, detail: error instanceof Error ? error.message : "a reader ended" };
    deps.logger.fatal({ reason: health.detail }, "the breaker no longer reads");
  };

  return {
    name: "breaker",
    routes: (app, tenant) => registerRoutes(app, tenant, all, waits),
    health: () => health,
    start: async () => {
      await positions.load();
      followed.push(...(await followFacts(all)));
      await resumeContainments(all);
      followed.push(...(await followEvidence(all)));
      for (const one of followed) one.done.catch(fail);
      checkpoints = setInterval(() => void positions.write().catch(fail), LIMITS.checkpointMs);
      await Promise.all(followed.map((one) => one.caughtUp));
      health = { ready: true, detail: "reading" };
    },
    stop: async () => {
      stop.abort();
      clearInterval(checkpoints);
      await Promise.allSettled(followed.map((one) => one.close()));
      await runner.stop();
      await positions.write().catch(() => undefined);
      health = { ready: false, detail: "stopped" };
    },
  };
}

/** Finishes what a crash left: open work first, then trips that were recorded but whose intent was not. */
async function resumeContainments(deps: ReaderDeps): Promise<void> {
  await deps.runner.resume();
  for (const record of deps.states.all()) {
    const { trip } = record;
    if (trip === null || record.position.state !== "open" || (await deps.runner.known(trip.id))) continue;
    const { tenant, agent } = splitAgentKey(`${record.tenant}/${record.agent}`);
    const change = { key: `${tenant}/${agent}` as const, input: { kind: "findings" as const, findings: [], receiveMs: 0 }, record, trip, items: [] };
    await recordIntent.run(change, deps);
    deps.runner.start(trip.id);
  }
}
