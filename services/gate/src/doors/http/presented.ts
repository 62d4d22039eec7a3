/** What a request shows of credentials: who calls, what it must not show to the upstream, and what else may be sent on. */
import { TriplineError } from "@tripline/model";
import type { Caller } from "../../call.ts";
import { type Authenticate, tokenOf } from "../../identity.ts";
import { headerOf, type HeaderList, sameName } from "./message.ts";

/** Of one connection (RFC 9110, 7.6.1), or ours to say. */
const OURS: ReadonlySet<string> = new Set([
  "connection", "keep-alive", "proxy-connection", "proxy-authenticate", "proxy-authorization", "te", "trailer", "transfer-encoding", "upgrade", "http2-settings",
  "host", "content-length", "expect", "accept-encoding", "authorization", "cookie", "cookie2",
]);
/** Some servers take another address or client from these than from the request. */
const MISLEADING = /^(?:x-(?:envoy-)?(?:original|rewrite|override)-(?:url|uri|path|host)|x-forwarded-.*|forwarded|via|x-real-ip|x-host|x-http-host-override|request-uri|x-tripline-.*)$/;
const OVERRIDES: ReadonlySet<string> = new Set(["x-http-method-override", "x-http-method", "x-method-override", "x-method", "x-original-method"]);
/** Fields that hold a credential, whatever its value. */
const CREDENTIAL = /(?:^|-)(?:authorization|token|secret|password|passwd|credentials?|session|apikey|jwt)(?:$|-)|(?:api|access|auth|app|application|subscription|private|secret|license|account|user)[-_]key$|-auth$/;
/** Fields whose value is never a token: they are not looked up. */
const PLAIN = /^(?:host|user-agent|accept.*|content-.*|connection|date|range|if-.*|origin|referer|sec-.*|cache-control|pragma)$/;

export interface Presented {
  readonly caller: Caller;
  readonly token: string;
  /** Secrets that are not the agent's token. */
  readonly foreign: readonly string[];
  /** Access key id of an AWS signature that is not the agent's token. */
  readonly signer: string | null;
  /** May be sent on. */
  readonly headers: HeaderList;
}

/** `tunnel`: who opened the connection, where a proxy's CONNECT said so. @throws TL_GATE_UNAUTHENTICATED, TL_GATE_INVALID */
export function presentedBy(headers: HeaderList, tunnel: { readonly caller: Caller; readonly token: string } | null, authenticate: Authenticate, isKnown: (caller: Caller, text: string) => boolean): Presented {
  const { caller, token } = tunnel === null ? identify(headers, authenticate) : stillIs(tunnel, authenticate);
  const dropped = namedByConnection(headers);
  const kept: string[] = [];
  const foreign: string[] = [];
  let signer: string | null = null;
  for (let at = 0; at < headers.length; at += 2) {
    const name = sameName(headers[at]!);
    const value = headers[at + 1]!;
    if (OVERRIDES.has(name)) throw new TriplineError("TL_GATE_INVALID", `The header field ${name} says another method than the request. Use the method itself.`);
    const isCredential = name === "authorization" || name === "cookie" || CREDENTIAL.test(name);
    if (name === "authorization" && /^AWS4-/i.test(value)) signer = accessKeyOf(value);
    else if (isCredential && name !== "x-amz-security-token" && !holds(value, token)) foreign.push(bare(value));
    if (isCredential || OURS.has(name) || MISLEADING.test(name) || dropped.has(name) || holds(value, token)) continue;
    const text = bare(value);
    if (text.length >= MIN_SECRET_CHARS && !PLAIN.test(name) && isKnown(caller, text)) foreign.push(text);
    else kept.push(headers[at]!, value);
  }
  return { caller, token, foreign, signer: signer === token ? null : signer, headers: kept };
}

/** A lease may have ended while the tunnel is open. */
function stillIs(tunnel: { readonly caller: Caller; readonly token: string }, authenticate: Authenticate): { readonly caller: Caller; readonly token: string } {
  if (authenticate(tunnel.token) === null) throw new TriplineError("TL_GATE_UNAUTHENTICATED");
  return tunnel;
}

const MIN_SECRET_CHARS = 8;
const MIN_TOKEN_CHARS = 16;
const MAX_TOKEN_CHARS = 1_024;

function identify(headers: HeaderList, authenticate: Authenticate): { readonly caller: Caller; readonly token: string } {
  const authorization = headerOf(headers, "authorization");
  const stated = [headerOf(headers, "x-tripline-token") ?? null, tokenOf(authorization), authorization === undefined ? null : accessKeyOf(authorization)];
  for (const token of [...stated, ...others(headers)]) {
    const caller = token === null ? null : authenticate(token);
    if (token !== null && caller !== null) return { caller, token };
  }
  throw new TriplineError("TL_GATE_UNAUTHENTICATED");
}

/** APIs have header fields of their own for tokens; the agent's client puts its token there. */
function* others(headers: HeaderList): Generator<string> {
  for (let at = 0; at < headers.length; at += 2) {
    const value = headers[at + 1]!;
    if (value.length < MIN_TOKEN_CHARS || value.length > MAX_TOKEN_CHARS || PLAIN.test(sameName(headers[at]!))) continue;
    yield bare(value);
  }
}

const bare = (value: string): string => /^(?:bearer|token|basic|apikey|key) +(.*)$/is.exec(value)?.[1]?.trim() ?? value.trim();

/** As it is, or inside of Basic. */
const holds = (value: string, token: string): boolean => value.includes(token) || tokenOf(value) === token;

function accessKeyOf(authorization: string): string | null {
  return /^AWS4-[A-Z0-9-]+ +(?:.*[ ,])?Credential=([^/,\s]{1,1024})\//is.exec(authorization)?.[1] ?? null;
}

function namedByConnection(headers: HeaderList): ReadonlySet<string> {
  const named = new Set<string>();
  for (let at = 0; at < headers.length; at += 2) {
    if (headers[at]!.toLowerCase() === "connection") for (const name of headers[at + 1]!.split(",")) named.add(sameName(name.trim()));
  }
  return named;
}

/** Takes parameters away that hold the token. @throws TL_GATE_INVALID where it stands elsewhere in the address or in the body */
export function withoutToken(url: URL, body: Buffer | null, token: string): URL {
  if (body === null && !url.href.includes("%") && !url.href.includes(token)) return url;
  const cleaned = new URL(url);
  for (const [name, value] of url.searchParams) if (value.includes(token)) cleaned.searchParams.delete(name);
  if (decoded(cleaned.href).includes(token) || body?.includes(token) === true) throw new TriplineError("TL_GATE_INVALID", "The agent's token must not be in the address or the body: it would reach the upstream.");
  return cleaned.href.length === url.href.length ? url : cleaned;
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
