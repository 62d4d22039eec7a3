/**
 * The decide API over HTTP: `POST /v1/decisions` on the agents' door, and its own description. It decides and executes nothing. Requests of
 * the form that nearly all have are answered before the framework looks at them: see `decide/plain-request.ts`.
 */
import { TriplineError } from "@tripline/model";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { answerBody } from "../answer.ts";
import type { Caller } from "../call.ts";
import type { DecideCall } from "../decide-call.ts";
import { type Authenticate, tokenOf } from "../identity.ts";
import type { GateLimits } from "../limits.ts";
import type { LookThrough } from "../look-through.ts";
import { errorBody } from "./decide/error-body.ts";
import { openApiText } from "./decide/openapi.ts";
import { parseJson, readCall } from "./decide/read-call.ts";

export interface DecideApiDeps {
  readonly authenticate: Authenticate;
  readonly decideCall: DecideCall;
  readonly lookThrough: LookThrough;
  readonly limits: Pick<GateLimits, "bodyBytes" | "bodyDepth" | "inFlight">;
}

/** In a context of its own: how this API reads a body is no business of the other routes of the door. */
export function registerDecideApi(door: FastifyInstance, { authenticate, decideCall, lookThrough, limits }: DecideApiDeps): void {
  void door.register(async (app) => {
    app.removeAllContentTypeParsers();
    app.addContentTypeParser("application/json", { parseAs: "buffer", bodyLimit: limits.bodyBytes }, (_request: FastifyRequest, bytes: Buffer, done: (error: Error | null, body?: unknown) => void) => {
      try {
        done(null, parseJson(bytes, limits.bodyDepth));
      } catch (error) {
        done(error instanceof Error ? error : new TriplineError("TL_INTERNAL"));
      }
    });
    app.decorateRequest(CALLER, null);
    const callerOf = (request: FastifyRequest): Caller => {
      const known = request.getDecorator<KnownCaller | null>(CALLER);
      // Asked again where the body took its time: the lease may have ended meanwhile.
      if (known !== null && performance.now() - known.atMs < ASKED_AGAIN_MS) return known.caller;
      const caller = authenticate(tokenOf(request.headers.authorization));
      if (caller === null) throw new TriplineError("TL_GATE_UNAUTHENTICATED");
      request.setDecorator<KnownCaller | null>(CALLER, { caller, atMs: performance.now() });
      return caller;
    };
    // Before the body is read: nobody unknown makes the gate parse anything.
    const onRequest = (request: FastifyRequest, _reply: FastifyReply, done: (error?: Error) => void): void => {
      try {
        callerOf(request);
        done();
      } catch (error) {
        done(error instanceof Error ? error : new TriplineError("TL_INTERNAL"));
      }
    };
    app.post("/v1/decisions", { onRequest }, async (request, reply) => {
      const caller = callerOf(request);
      const answer = await decideCall(caller, readCall(request.body, (text) => lookThrough(caller.tenant, text)));
      return await reply.type(JSON_TYPE).send(JSON.stringify(answerBody(answer)));
    });
    app.get("/openapi.json", (_request, reply) => reply.type(JSON_TYPE).send(openApiText()));
  });
}

export const JSON_TYPE = "application/json; charset=utf-8";
/** A body that took longer may have outlived the lease. */
export const ASKED_AGAIN_MS = 100;
const CALLER = "gateCaller";

interface KnownCaller {
  readonly caller: Caller;
  readonly atMs: number;
}

export function sendGateError(error: Error & { statusCode?: number }, reply: FastifyReply): FastifyReply {
  const { status, body } = errorBody(error);
  if (status === 503) void reply.header("retry-after", "1");
  if (status === 401) void reply.header("www-authenticate", "Bearer");
  return reply.code(status).send(body);
}
