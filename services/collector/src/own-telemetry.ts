/**
 * Tripline's own telemetry, pointed at Tripline: taken and thrown away, or what it counts would become more of it. Its requests say
 * whose they are in a header. That hides nothing of an agent: whoever can set the header could as well not send.
 */
import type { FastifyInstance } from "fastify";

/** Set by every export of a Tripline process. */
export const OWN_TELEMETRY_HEADER = "x-tripline-own-telemetry";

/** Answers such requests on every route before anything else is looked at; `count` is called for each. */
export function dropOwnTelemetry(app: FastifyInstance, count: () => void): void {
  app.addHook("onRequest", (request, reply, done) => {
    if (request.headers[OWN_TELEMETRY_HEADER] === undefined) return done();
    count();
    // Its body stays unread and must not be taken for the next request; an empty answer is a success in OTLP.
    void reply.code(200).header("connection", "close").header("content-type", "application/x-protobuf").send();
  });
}
