/**
 * POSTs JSON and says exactly how far the exchange got, which is what tells `effect: none` from `effect: unknown`. On node:http
 * rather than fetch: it never follows a redirect (a token must not travel to another host), shows whether the request can have
 * left, and keeps warm connections under our own bounds.
 */
import { Agent as HttpAgent, request as httpRequest, type IncomingMessage } from "node:http";
import { Agent as HttpsAgent, request as httpsRequest } from "node:https";
import { failureReason, parseRetryAfter } from "@tripline/runtime";

export type Exchange =
  | { readonly kind: "answered"; readonly status: number; readonly retryAfterMs: number | null; readonly text: string }
  /** The request did not leave: no connection. */
  | { readonly kind: "not-sent"; readonly reason: string }
  /** The request may have arrived, but no whole answer came back. */
  | { readonly kind: "no-answer"; readonly reason: string };

export interface JsonClient {
  /** Resolves within the time-out whatever happens; never rejects. */
  post(headers: Readonly<Record<string, string>>, body: unknown, signal: AbortSignal): Promise<Exchange>;
  /** Another path of the same server. As `post`. */
  get(path: string, headers: Readonly<Record<string, string>>, signal: AbortSignal): Promise<Exchange>;
  close(): void;
}

/** Largest answer read, in bytes; more is cut off and counts as no answer. */
export const MAX_RESPONSE_BYTES = 1_048_576;
/** Longest Retry-After believed; a provider cannot put a revocation off for longer. */
const MAX_RETRY_AFTER_MS = 60_000;
/** Connections kept per provider. */
const MAX_SOCKETS = 16;

/** `ca`: PEM of the one authority that may vouch for an https address; null = the system's. */
export function createJsonClient(url: URL, timeoutMs: number, ca: string | null = null): JsonClient {
  const agentOptions = { keepAlive: true, maxSockets: MAX_SOCKETS, maxFreeSockets: 4, scheduling: "lifo" } as const;
  const agent = url.protocol === "https:" ? new HttpsAgent({ ...agentOptions, ...(ca === null ? {} : { ca }) }) : new HttpAgent(agentOptions);
  const closed = new AbortController();
  const call = async (what: Pick<Attempt, "url" | "method" | "headers" | "body">, signal: AbortSignal): Promise<Exchange> => {
    const limit = AbortSignal.any([signal, closed.signal, AbortSignal.timeout(timeoutMs)]);
    const send = () => exchange({ ...what, agent, limit, timeoutMs });
    const first = await send();
    // A kept connection may have been closed by the server just before this request: once more, on a new one.
    return first.kind === "stale-connection" ? settled(await send()) : first;
  };
  return {
    post: (headers, body, signal) => call({ url, method: "POST", headers: { "content-type": "application/json", ...headers }, body: JSON.stringify(body) }, signal),
    get: (path, headers, signal) => call({ url: new URL(path, url), method: "GET", headers, body: "" }, signal),
    close() {
      closed.abort();
      agent.destroy();
    },
  };
}

interface Attempt {
  readonly url: URL;
  readonly method: "POST" | "GET";
  readonly agent: HttpAgent | HttpsAgent;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  readonly limit: AbortSignal;
  readonly timeoutMs: number;
}
type AttemptResult = Exchange | { readonly kind: "stale-connection" };

function settled(result: AttemptResult): Exchange {
  return result.kind === "stale-connection" ? { kind: "no-answer", reason: "connection reset" } : result;
}

function exchange(attempt: Attempt): Promise<AttemptResult> {
  const { url, agent, limit } = attempt;
  return new Promise((resolve) => {
    if (limit.aborted) return resolve({ kind: "not-sent", reason: reasonOf(limit.reason, attempt) });
    let left = false;
    const start = url.protocol === "https:" ? httpsRequest : httpRequest;
    const headers = { accept: "application/json", ...attempt.headers, ...(attempt.method === "POST" ? { "content-length": Buffer.byteLength(attempt.body) } : {}) };
    const request = start(url, { method: attempt.method, agent, headers, signal: limit });
    request.once("socket", (socket) => {
      if (!socket.connecting) left = true;
      else socket.once(url.protocol === "https:" ? "secureConnect" : "connect", () => (left = true));
    });
    request.once("response", (response) => {
      readAnswer(response).then(resolve, (error: unknown) => resolve({ kind: "no-answer", reason: reasonOf(error, attempt) }));
    });
    request.once("error", (error: NodeJS.ErrnoException) => {
      const stale = request.reusedSocket && (error.code === "ECONNRESET" || error.code === "EPIPE");
      if (stale && !limit.aborted) return resolve({ kind: "stale-connection" });
      resolve({ kind: left ? "no-answer" : "not-sent", reason: reasonOf(error, attempt) });
    });
    request.end(attempt.body);
  });
}

async function readAnswer(response: IncomingMessage): Promise<Exchange> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > MAX_RESPONSE_BYTES) {
      response.destroy();
      return { kind: "no-answer", reason: `the answer exceeds ${MAX_RESPONSE_BYTES} bytes` };
    }
    chunks.push(chunk);
  }
  const retryAfterMs = parseRetryAfter(response.headers["retry-after"], Date.now(), MAX_RETRY_AFTER_MS);
  return { kind: "answered", status: response.statusCode ?? 0, retryAfterMs, text: Buffer.concat(chunks).toString("utf8") };
}

function reasonOf(error: unknown, attempt: Attempt): string {
  if (attempt.limit.aborted) {
    const cause: unknown = attempt.limit.reason;
    return cause instanceof Error && cause.name === "TimeoutError" ? `no answer within ${attempt.timeoutMs} ms` : "cancelled";
  }
  return failureReason(error);
}
