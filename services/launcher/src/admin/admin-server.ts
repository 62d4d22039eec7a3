/**
 * The admin API: loopback by default, one bearer token, JSON. It is the control plane: an agent that could reach it could reset
 * its own breaker, so the token lies in a file that only the operator's account can read.
 */
import { createHash, timingSafeEqual } from "node:crypto";
import type { AddressInfo } from "node:net";
import { ERRORS, TriplineError } from "@tripline/model";
import { BODY_CHECKS, type Health, type Logger, type Metrics, type Module, readiness } from "@tripline/runtime";
import { type FastifyError, type FastifyInstance, type FastifyReply, fastify } from "fastify";
import { registerRecordRoutes } from "./record-routes.ts";
import type { EventLog } from "@tripline/event-log";

/** Largest admin request body, in bytes. */
const BODY_BYTES = 65_536;

export interface AdminDeps {
  readonly host: string;
  readonly port: number;
  readonly token: string;
  readonly metrics: Metrics;
  readonly eventLog: EventLog;
  readonly logger: Logger;
  readonly health: () => ReadonlyMap<string, Health>;
  /** Adds the services' own routes. */
  readonly routes: (app: FastifyInstance) => void;
}

export interface AdminServer extends Module {
  url(): string;
}

/** Builds the server; it listens after `start`. Everything but /livez and /readyz asks for the token. */
export function createAdminServer(deps: AdminDeps): AdminServer {
  const app = fastify({
    bodyLimit: BODY_BYTES, logger: false, requestTimeout: 30_000, forceCloseConnections: true,
    // A HEAD of a stream would start one that nobody ends.
    exposeHeadRoutes: false,
    ajv: BODY_CHECKS,
  });
  let health: Health = { ready: false, detail: "not listening" };
  app.addHook("onRequest", (request, reply, done) => {
    if (request.url === "/livez" || request.url === "/readyz") return done();
    if (!authorized(request.headers.authorization, deps.token)) return void sendError(reply, new TriplineError("TL_ADMIN_UNAUTHENTICATED"));
    done();
  });
  app.setErrorHandler((error: FastifyError, request, reply) => {
    if (!(error instanceof TriplineError) && (error.statusCode ?? 500) >= 500) deps.logger.error({ route: request.routeOptions.url, error: error.name, at: whereOf(error) }, "an admin request failed");
    return sendError(reply, error);
  });
  app.get("/livez", () => ({ live: true }));
  app.get("/readyz", (_request, reply) => {
    const answer = readiness(deps.health());
    return reply.code(answer.ready ? 200 : 503).send(answer);
  });
  app.get("/metrics", async (_request, reply) => reply.type("text/plain; version=0.0.4").send(await deps.metrics.render()));
  registerRecordRoutes(app, deps.eventLog);
  deps.routes(app);
  return {
    name: "admin",
    health: () => health,
    url: () => {
      const { port } = app.server.address() as AddressInfo;
      return `http://${deps.host.includes(":") ? `[${deps.host}]` : deps.host}:${port}`;
    },
    start: async () => {
      await app.listen({ host: deps.host, port: deps.port });
      health = { ready: true, detail: "listening" };
    },
    stop: async () => {
      health = { ready: false, detail: "stopped" };
      await app.close();
    },
  };
}

function authorized(header: string | undefined, token: string): boolean {
  const given = createHash("sha256").update(header ?? "").digest();
  const expected = createHash("sha256").update(`Bearer ${token}`).digest();
  return timingSafeEqual(given, expected);
}

/** Where it was thrown; its message stays behind, for those of libraries can carry what they were given. */
function whereOf(error: Error): string[] {
  return (error.stack ?? "").split("\n").filter((line) => line.startsWith("    at ")).slice(0, 8).map((line) => line.trim());
}

/** Coded errors say what to do next; anything else is ours to fix and must not leak its text. */
function sendError(reply: FastifyReply, error: Error & { statusCode?: number; validation?: unknown }): FastifyReply {
  if (error instanceof TriplineError) {
    return reply.code(error.status).send({ error: { code: error.code, message: error.message, next: ERRORS[error.code].next } });
  }
  const invalid = error.validation !== undefined || (error.statusCode ?? 500) < 500;
  const message = invalid ? error.message : "Internal error; see the log.";
  return reply.code(error.statusCode ?? 500).send({ error: { code: invalid ? "TL_ADMIN_INVALID" : "TL_INTERNAL", message, next: "" } });
}
