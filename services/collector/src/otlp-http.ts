/** OTLP over HTTP on fastify: routes, time-outs and sizes of the connection; everything about the content is in `export.ts`. */
import { fastify, type FastifyInstance, type FastifyReply, type FastifyRequest } from "fastify";
import type { Signal } from "@tripline/semconv";
import type { CollectorConfig } from "./collector.ts";
import type { Export, ExportRequest } from "./export.ts";
import type { CollectorLimits } from "./limits.ts";
import { dropOwnTelemetry } from "./own-telemetry.ts";

export interface OtlpServer {
  listen(): Promise<void>;
  close(): Promise<void>;
  listening(): boolean;
  url(): string;
}

const ROUTES: readonly (readonly [string, Signal])[] = [
  ["/v1/traces", "trace"],
  ["/v1/logs", "log"],
];
/** How often node looks for requests past their time; its default of 30 s would be the real limit. */
const CHECK_INTERVAL_MS = 1_000;
const OTHER_METHODS = ["GET", "HEAD", "PUT", "PATCH", "DELETE", "OPTIONS"];

export function createOtlpServer(config: CollectorConfig, limits: CollectorLimits, handle: Export, ownTelemetry: () => void): OtlpServer {
  const app = fastify({
    logger: false,
    bodyLimit: limits.bodyBytes,
    requestTimeout: limits.requestTimeoutMs,
    keepAliveTimeout: limits.keepAliveMs,
    forceCloseConnections: "idle",
    http: { headersTimeout: limits.headersTimeoutMs, connectionsCheckingInterval: CHECK_INTERVAL_MS },
  });
  app.server.maxConnections = limits.connections;
  // The body is read by `readBody`, within its bounds and after authentication; fastify hands over the bare stream.
  app.removeAllContentTypeParsers();
  app.addContentTypeParser("*", (_request, payload, done) => done(null, payload));
  app.setNotFoundHandler((_request, reply) => reply.code(404).send({ code: 5, message: "Not found. Tripline takes POST /v1/traces and /v1/logs." }));
  app.setErrorHandler((error, _request, reply) => sendError(error, reply));
  dropOwnTelemetry(app, ownTelemetry);
  for (const [url, signal] of ROUTES) addRoute(app, url, signal, handle);
  return {
    listen: async () => {
      await app.listen({ host: config.host, port: config.port });
    },
    close: () => app.close(),
    listening: () => app.server.listening,
    url: () => urlOf(app),
  };
}

function addRoute(app: FastifyInstance, url: string, signal: Signal, handle: Export): void {
  app.post(url, async (request, reply) => {
    const answer = await handle(exportRequest(request, signal));
    // A body that was refused unread would otherwise be taken for the next request of the connection.
    if (!request.raw.readableEnded) reply.header("connection", "close");
    return reply.code(answer.status).headers(answer.headers).send(answer.body);
  });
  app.route({
    method: OTHER_METHODS,
    url,
    handler: (_request, reply) => reply.code(405).header("allow", "POST").send({ code: 12, message: "Method not allowed. Send POST." }),
  });
}

function exportRequest(request: FastifyRequest, signal: Signal): ExportRequest {
  const { headers } = request;
  const length = headers["content-length"];
  return {
    signal,
    authorization: headers.authorization,
    contentType: headers["content-type"] ?? "",
    contentEncoding: headers["content-encoding"] ?? "",
    contentLength: length === undefined ? null : Number(length),
    chunks: request.raw,
  };
}

/** Errors of the framework itself. Never the error's own text: it may repeat what the client sent. */
function sendError(error: unknown, reply: FastifyReply): FastifyReply {
  const given = typeof error === "object" && error !== null && "statusCode" in error ? Number(error.statusCode) : 500;
  const status = given >= 400 && given < 500 ? given : 500;
  return reply.code(status).send({ code: status === 500 ? 13 : 3, message: status === 500 ? "Internal error." : "The request is not valid HTTP for this route." });
}

function urlOf(app: FastifyInstance): string {
  const address = app.server.address();
  if (address === null || typeof address === "string") return "";
  const host = address.family === "IPv6" ? `[${address.address}]` : address.address;
  return `http://${host}:${address.port}`;
}
