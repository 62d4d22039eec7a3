/** What the door itself answers: JSON with a code, the reasons and, where it waits for a human, the approval. */
import type { IncomingMessage, ServerResponse } from "node:http";
import { type ErrorCode, ERRORS, TriplineError } from "@tripline/model";
import { answerBody, type GateAnswer } from "../../answer.ts";

type Refusing = Exclude<GateAnswer, { kind: "allow" }>;

/** Nothing was sent to the upstream. */
export function answerRefused(response: ServerResponse, answer: Refusing): void {
  const error = answer.kind === "hold" ? held() : refused();
  writeJson(response, error.status, { error: bodyOf(error), ...answerBody(answer) }, { "x-tripline-call": answer.callId });
}

const held = (): TriplineError => new TriplineError("TL_GATE_HELD");
const refused = (): TriplineError => new TriplineError("TL_GATE_DENIED");

/** The texts of errors that have no code stay behind. */
export function answerError(response: ServerResponse, error: unknown): void {
  const coded = error instanceof TriplineError ? error : new TriplineError("TL_INTERNAL");
  const challenge = coded.status === 401 ? { "www-authenticate": 'Bearer realm="tripline", Basic realm="tripline"' } : {};
  writeJson(response, coded.status, { error: bodyOf(coded) }, { ...challenge, ...(coded.status === 503 ? { "retry-after": "1" } : {}) });
}

/** Of the forward proxy. */
export function answerUnauthenticated(response: ServerResponse): void {
  writeJson(response, 407, { error: bodyOf(new TriplineError("TL_GATE_UNAUTHENTICATED")) }, { "proxy-authenticate": 'Basic realm="tripline"' });
}

function bodyOf({ code, detail }: TriplineError): { readonly code: ErrorCode; readonly message: string; readonly next: string } {
  return { code, message: `${ERRORS[code].text}${detail === "" ? "" : ` ${detail}`}`, next: ERRORS[code].next };
}

const hasBody = ({ headers }: IncomingMessage): boolean => headers["transfer-encoding"] !== undefined || Number(headers["content-length"] ?? 0) !== 0;

function writeJson(response: ServerResponse, status: number, body: object, headers: Readonly<Record<string, string>>): void {
  if (response.headersSent || response.destroyed) return void response.destroy();
  const text = JSON.stringify(body);
  // What was not read of a request must not be taken for the next one.
  const isUnread = hasBody(response.req) && !response.req.complete;
  response.writeHead(status, { "content-type": "application/json; charset=utf-8", "content-length": Buffer.byteLength(text), "cache-control": "no-store", ...headers, ...(isUnread ? { connection: "close" } : {}) });
  response.end(text, () => (isUnread ? response.req.destroy() : undefined));
}
