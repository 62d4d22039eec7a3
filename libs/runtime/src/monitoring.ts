/**
 * What the machinery around a process asks of it: is it alive, may it get work, what does it count. A port of its own, apart from
 * what agents and operators use; no token, so it says nothing but states and counts.
 */
import type { AddressInfo } from "node:net";
import { fastify } from "fastify";
import type { Metrics } from "./metrics.ts";
import type { Health, Module } from "./module.ts";

/** Longest a request may take, in milliseconds. */
const REQUEST_MS = 5_000;
/** Connections at once; those beyond are closed. */
const MAX_CONNECTIONS = 64;

export interface MonitoringDeps {
  readonly host: string;
  /** 0 = any free port. */
  readonly port: number;
  readonly metrics: Metrics;
  readonly health: () => ReadonlyMap<string, Health>;
}

export interface MonitoringServer extends Module {
  /** `http://host:port`, once started. */
  url(): string;
}

/** `/livez` answers while the process does; `/readyz` is 503 with what is missing until every module is ready; `/metrics` is Prometheus text. */
export function createMonitoring(deps: MonitoringDeps): MonitoringServer {
  const app = fastify({ logger: false, bodyLimit: 1, requestTimeout: REQUEST_MS, forceCloseConnections: true });
  app.server.maxConnections = MAX_CONNECTIONS;
  const ready = deps.metrics.gauge("tripline_ready", "1 if the part of this process is ready", ["module"]);
  app.get("/livez", () => ({ live: true }));
  app.get("/readyz", (_request, reply) => {
    const answer = readiness(deps.health());
    return reply.code(answer.ready ? 200 : 503).send(answer);
  });
  app.get("/metrics", async (_request, reply) => {
    for (const [module, health] of deps.health()) ready.set(health.ready ? 1 : 0, { module });
    return reply.type("text/plain; version=0.0.4").send(await deps.metrics.render());
  });
  return {
    name: "monitoring",
    health: () => ({ ready: app.server.listening, detail: app.server.listening ? "listening" : "not listening" }),
    url: () => `http://${deps.host.includes(":") ? `[${deps.host}]` : deps.host}:${(app.server.address() as AddressInfo).port}`,
    start: async () => {
      await app.listen({ host: deps.host, port: deps.port });
    },
    stop: () => app.close(),
  };
}

/** The answer to `/readyz`: ready when all are, with one line for each. */
export function readiness(health: ReadonlyMap<string, Health>): { readonly ready: boolean; readonly modules: Record<string, Health> } {
  return { ready: [...health.values()].every((module) => module.ready), modules: Object.fromEntries(health) };
}
