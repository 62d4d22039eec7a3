/**
 * Requests to decide of the form that nearly all have: JSON of a stated length, from somebody who is known. They are answered before the framework
 * looks at them, for what it does with a request costs more than the decision. Whatever is otherwise is left to it, untouched.
 */
import type { IncomingMessage, ServerResponse } from "node:http";
import { TriplineError } from "@tripline/model";
import type { Load, TakeFirst } from "../../agents-door.ts";
import { answerBody, type GateAnswer } from "../../answer.ts";
import type { Caller } from "../../call.ts";
import { tokenOf } from "../../identity.ts";
import { ASKED_AGAIN_MS, type DecideApiDeps, JSON_TYPE } from "../decide-api.ts";
import { errorBody } from "./error-body.ts";
import { parseJson, readCall } from "./read-call.ts";

const PATH = "/v1/decisions";

export function createPlainRequests({ authenticate, decideCall, lookThrough, limits }: DecideApiDeps, load: Load): TakeFirst {
  const decided = (caller: Caller, body: Buffer): GateAnswer | Promise<GateAnswer> => decideCall(caller, readCall(parseJson(body, limits.bodyDepth), (text) => lookThrough(caller.tenant, text)));
  const answer = (response: ServerResponse, caller: Caller, body: Buffer): void => {
    try {
      const made = decided(caller, body);
      if (made instanceof Promise) made.then((later) => send(response, later), (error: unknown) => fail(response, error));
      else send(response, made);
    } catch (error) {
      fail(response, error);
    }
  };
  return (request, response) => {
    if (request.url !== PATH || request.method !== "POST") return false;
    const length = plainLength(request);
    if (length < 0 || length > limits.bodyBytes || load.inFlight >= limits.inFlight) return false;
    // Before the body is read: nobody unknown makes the gate parse anything.
    const token = tokenOf(request.headers.authorization);
    const caller = authenticate(token);
    if (caller === null) return false;
    const startMs = performance.now();
    load.inFlight += 1;
    response.once("close", () => (load.inFlight -= 1));
    whole(request, (body) => {
      // Asked again where the body took its time: the lease may have ended meanwhile.
      if (performance.now() - startMs >= ASKED_AGAIN_MS && authenticate(token) === null) return fail(response, new TriplineError("TL_GATE_UNAUTHENTICATED"));
      answer(response, caller, body);
    });
    return true;
  };
}

/** Bytes of a body whose end is beyond doubt; -1 where it is none of the plain ones. */
function plainLength({ headers }: IncomingMessage): number {
  const length = headers["content-length"];
  if (headers["content-type"] !== "application/json" || length === undefined || headers["transfer-encoding"] !== undefined || headers.expect !== undefined) return -1;
  return /^\d{1,9}$/.test(length) ? Number(length) : -1;
}

/** Never, where it is cut off. The parser of the server counts its bytes. */
function whole(request: IncomingMessage, done: (body: Buffer) => void): void {
  const parts: Buffer[] = [];
  request.on("data", (part: Buffer) => void parts.push(part));
  request.on("end", () => done(parts.length === 1 ? parts[0]! : Buffer.concat(parts)));
  request.on("error", () => undefined);
}

function send(response: ServerResponse, answer: GateAnswer): void {
  write(response, 200, JSON.stringify(answerBody(answer)));
}

function fail(response: ServerResponse, error: unknown): void {
  const { status, body } = errorBody(error instanceof Error ? error : new TriplineError("TL_INTERNAL"));
  if (status === 503) response.setHeader("retry-after", "1");
  if (status === 401) response.setHeader("www-authenticate", "Bearer");
  write(response, status, JSON.stringify(body));
}

function write(response: ServerResponse, status: number, text: string): void {
  if (response.destroyed) return;
  response.writeHead(status, { "content-type": JSON_TYPE, "content-length": Buffer.byteLength(text) });
  response.end(text);
}
