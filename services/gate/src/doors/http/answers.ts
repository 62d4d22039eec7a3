/** What the door itself answers: a code, the reasons and, where it waits for a human, the approval. JSON, unless the client reads only another form. */
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Duplex } from "node:stream";
import { type ErrorCode, ERRORS, TriplineError } from "@tripline/model";
import { answerBody, type GateAnswer } from "../../answer.ts";
import { type AnswerForm, written } from "./answer-form.ts";

type Refusing = Exclude<GateAnswer, { kind: "allow" }>;

/** Nothing was sent to the upstream. */
export function answerRefused(response: ServerResponse, answer: Refusing, form: AnswerForm = "json"): void {
  const error = answer.kind === "hold" ? held() : refused();
  const body = { error: bodyOf(error), ...answerBody(answer) };
  const { message, next } = body.error;
  const approval = body.approval === null ? [] : [`Approval ${body.approval.id}${body.approval.link === null ? "" : `: ${body.approval.link}`}.`];
  const safer = body.saferAlternative === null ? [] : [`Safer: ${body.saferAlternative}`];
  const { text, headers } = written(form, body, error.code, [message, ...body.reasons, ...approval, ...safer, next].join(" "));
  write(response, error.status, text, { ...headers, "x-tripline-call": answer.callId });
}

const held = (): TriplineError => new TriplineError("TL_GATE_HELD");
const refused = (): TriplineError => new TriplineError("TL_GATE_DENIED");

/** The texts of errors that have no code stay behind. */
export function answerError(response: ServerResponse, error: unknown, form: AnswerForm = "json", framing: Framing = "unclear"): void {
  const coded = error instanceof TriplineError ? error : new TriplineError("TL_INTERNAL");
  const challenge = coded.status === 401 ? { "www-authenticate": 'Bearer realm="tripline", Basic realm="tripline"' } : {};
  const body = bodyOf(coded);
  const { text, headers } = written(form, { error: body }, coded.code, `${body.message} ${body.next}`);
  write(response, coded.status, text, { ...headers, ...challenge, ...(coded.status === 503 ? { "retry-after": "1" } : {}) }, framing);
}

/** Of the forward proxy. */
export function answerUnauthenticated(response: ServerResponse): void {
  const body = bodyOf(new TriplineError("TL_GATE_UNAUTHENTICATED"));
  const { text, headers } = written("json", { error: body }, body.code, body.message);
  write(response, 407, text, { ...headers, "proxy-authenticate": 'Basic realm="tripline"' });
}

function bodyOf({ code, detail }: TriplineError): { readonly code: ErrorCode; readonly message: string; readonly next: string } {
  return { code, message: `${ERRORS[code].text}${detail === "" ? "" : ` ${detail}`}`, next: ERRORS[code].next };
}

const hasBody = ({ headers }: IncomingMessage): boolean => headers["transfer-encoding"] !== undefined || Number(headers["content-length"] ?? 0) !== 0;

/** Whether it is beyond doubt where the body ends. */
export type Framing = "clear" | "unclear";

function write(response: ServerResponse, status: number, text: string, headers: Readonly<Record<string, string>>, framing: Framing = "clear"): void {
  if (response.headersSent || response.destroyed) return void response.destroy();
  const { req: request } = response;
  // What was not read of a request must not be taken for the next one.
  const isUnread = hasBody(request) && !request.complete;
  response.writeHead(status, { "content-length": Buffer.byteLength(text), "cache-control": "no-store", ...headers, ...(isUnread ? { connection: "close" } : {}) });
  if (!isUnread) return void response.end(text);
  if (framing === "unclear") return void response.end(text, () => request.destroy());
  response.write(text);
  linger(request, () => response.end(() => request.destroy()));
}

const LINGER_MS = 1_000;
const LINGER_BYTES = 16_777_216;
const lingering = new WeakSet<Duplex>();

/** What comes on a connection that is about to be closed is no request any more. */
export const isLingering = ({ socket }: IncomingMessage): boolean => lingering.has(socket);

/** A client that is still sending when the connection closes never reads the answer: for a moment its body is read and thrown away. */
function linger(request: IncomingMessage, done: () => void): void {
  lingering.add(request.socket);
  let left = LINGER_BYTES;
  const timer = setTimeout(() => end(), LINGER_MS);
  const end = (): void => {
    clearTimeout(timer);
    request.off("data", count).off("end", end).off("close", end);
    done();
  };
  const count = (part: Buffer): void => {
    left -= part.length;
    if (left <= 0) end();
  };
  request.on("data", count).on("end", end).on("close", end).resume();
}
