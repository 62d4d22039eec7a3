/** One GraphQL request to Railway, with its answer sorted into the few cases that decide what a revocation or a probe may claim. */
import type { Exchange, JsonClient } from "../http/json-client.ts";

export type RailwayAnswer =
  | { readonly kind: "data"; readonly data: Readonly<Record<string, unknown>> }
  /** The token used was not accepted for this. Railway answers so alike for a dead token and for too small a one. */
  | { readonly kind: "refused" }
  | { readonly kind: "not-found" }
  | { readonly kind: "rate-limited"; readonly retryAfterMs: number | null }
  | { readonly kind: "failed"; readonly effect: "none" | "unknown"; readonly reason: string; readonly retryAfterMs: number | null };

/** How a token travels: account and workspace tokens as Bearer, project tokens in their own header; never both. */
export type RailwayAuth = { readonly kind: "api-token" | "project-token"; readonly secret: string };

/** Answers of these statuses were given before anything ran. */
const REFUSED_BEFORE_WORK = new Set([400, 404, 405, 411, 413, 414, 415, 422, 431]);

export async function ask(
  client: JsonClient,
  auth: RailwayAuth,
  document: { readonly query: string; readonly variables?: Readonly<Record<string, unknown>> },
  signal: AbortSignal,
): Promise<RailwayAnswer> {
  const headers: Record<string, string> =
    auth.kind === "project-token" ? { "project-access-token": auth.secret } : { authorization: `Bearer ${auth.secret}` };
  return sortAnswer(await client.post(headers, { query: document.query, variables: document.variables ?? {} }, signal));
}

/** Pure, so that every status and body shape can be tried in a table. */
export function sortAnswer(exchange: Exchange): RailwayAnswer {
  if (exchange.kind === "not-sent") return failed("none", exchange.reason);
  if (exchange.kind === "no-answer") return failed("unknown", exchange.reason);
  const { status, retryAfterMs } = exchange;
  if (status === 429) return { kind: "rate-limited", retryAfterMs };
  if (status === 401 || status === 403) return { kind: "refused" };
  if (status >= 300 && status < 400) return failed("unknown", `redirect (HTTP ${status}) not followed`);
  if (REFUSED_BEFORE_WORK.has(status)) return sortErrors(exchange.text) ?? failed("none", `HTTP ${status}`);
  if (status !== 200) return { ...failed("unknown", `HTTP ${status}`), retryAfterMs };
  return sortBody(exchange.text);
}

function sortBody(text: string): RailwayAnswer {
  const errors = sortErrors(text);
  if (errors !== null) return errors;
  const data = parseObject(text)?.["data"];
  return isObject(data) ? { kind: "data", data } : failed("unknown", "the answer is not a GraphQL response");
}

/** Only the error's class is kept: its text comes from outside and may quote what was sent. */
function sortErrors(text: string): RailwayAnswer | null {
  const errors = parseObject(text)?.["errors"];
  if (!Array.isArray(errors) || errors.length === 0) return null;
  const messages = errors.map((error: unknown) => (isObject(error) && typeof error["message"] === "string" ? error["message"] : ""));
  if (messages.some((message) => /^(not authorized|unauthorized|forbidden)\b/i.test(message))) return { kind: "refused" };
  if (messages.some((message) => /\b(not found|does not exist)\b/i.test(message))) return { kind: "not-found" };
  if (messages.some((message) => /\b(too many requests|rate limit)/i.test(message))) return { kind: "rate-limited", retryAfterMs: null };
  const inputFault = messages.every((message) => /^(Cannot query field|Unknown argument|Syntax Error|Variable )/.test(message));
  return failed(inputFault ? "none" : "unknown", inputFault ? "the API no longer accepts this request" : "the API reported an error");
}

const failed = (effect: "none" | "unknown", reason: string) => ({ kind: "failed", effect, reason, retryAfterMs: null }) as const;

function parseObject(text: string): Readonly<Record<string, unknown>> | null {
  try {
    const value: unknown = JSON.parse(text);
    return isObject(value) ? value : null;
  } catch {
    return null;
  }
}

export function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
