/** The agents' door: one fastify server for the decide API and the reverse proxy, and its bounds. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { TriplineError } from "@tripline/model";
import { BODY_CHECKS } from "@tripline/runtime";
import { fastify, type FastifyError, type FastifyInstance } from "fastify";
import { sendGateError } from "./doors/decide-api.ts";
import type { GateLimits } from "./limits.ts";

export interface AgentsDoor {
  readonly app: FastifyInstance;
  listen(host: string, port: number): Promise<void>;
  close(): Promise<void>;
  /** Whether `url` is known. */
  isListening(): boolean;
  url(): string;
}

/** With the bounds that the framework would set. */
export function createHttpServer(limits: GateLimits, handle: (request: IncomingMessage, response: ServerResponse) => void): Server {
  const { headersTimeoutMs: headersTimeout, requestTimeoutMs: requestTimeout, keepAliveMs: keepAliveTimeout } = limits;
  return createServer({ headersTimeout, requestTimeout, keepAliveTimeout, connectionsCheckingInterval: CHECK_INTERVAL_MS, insecureHTTPParser: false }, handle);
}

/** How often node looks for requests past their time. */
const CHECK_INTERVAL_MS = 1_000;

/** Takes a request before the framework looks at it, and as it came; false = not its own. */
export type TakeFirst = (request: IncomingMessage, response: ServerResponse) => boolean;

/** Requests under way, whoever answers them. */
export interface Load {
  inFlight: number;
}

export function createAgentsDoor(limits: GateLimits, takeFirst: TakeFirst, load: Load = { inFlight: 0 }): AgentsDoor {
  const app = fastify({
    logger: false, bodyLimit: limits.bodyBytes, requestTimeout: limits.requestTimeoutMs, keepAliveTimeout: limits.keepAliveMs, forceCloseConnections: true,
    serverFactory: (handle) => createHttpServer(limits, (request, response) => (takeFirst(request, response) ? undefined : handle(request, response))),
    exposeHeadRoutes: false, onProtoPoisoning: "error", onConstructorPoisoning: "error",
    ajv: BODY_CHECKS,
  });
  app.server.maxConnections = limits.connections;
  app.addHook("onRequest", (_request, reply, done) => {
    load.inFlight += 1;
    // Not by the framework's own word for an answer, which never comes for a request that is cut off while its body is read.
    reply.raw.once("close", () => (load.inFlight -= 1));
    done(load.inFlight > limits.inFlight ? new TriplineError("TL_GATE_OVERLOADED") : undefined);
  });
  app.setErrorHandler((error: FastifyError, _request, reply) => sendGateError(error, reply));
  return {
    app,
    listen: async (host, port) => void (await app.listen({ host, port })),
    close: () => app.close(),
    isListening: () => app.server.listening,
    url: () => {
      const { address, family, port } = app.server.address() as AddressInfo;
      return `http://${family === "IPv6" ? `[${address}]` : address}:${port}`;
    },
  };
}
