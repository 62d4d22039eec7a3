/** One request through the door: take it apart, decide it, and send it anew with the credential that the agent never holds. */
import { randomUUID } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import { denied } from "@tripline/core";
import { isId, LIMITS as MODEL, TriplineError } from "@tripline/model";
import type { Caller } from "../../call.ts";
import type { DecideCall } from "../../decide-call.ts";
import type { GateDeps, Upstream } from "../../deps.ts";
import type { Authenticate } from "../../identity.ts";
import type { GateLimits } from "../../limits.ts";
import type { GateState } from "../../state.ts";
import { addressOf } from "./address-of.ts";
import { type AnswerForm, formFor } from "./answer-form.ts";
import { answerError, answerRefused, type Framing, isLingering } from "./answers.ts";
import { isAwsChunked, unchunked, type Whole, withoutFraming } from "./aws-chunks.ts";
import { bodyBound, readBody } from "./body.ts";
import type { Chosen, ChooseCredential } from "./credential.ts";
import { Cut, exchange } from "./exchange.ts";
import { httpCall, noUpstream, type Outgoing, usesOf } from "./http-call.ts";
import { prepare, secretsIn, withSecret } from "./injection.ts";
import type { Lines } from "./line.ts";
import { checkMessage, headerOf, type HeaderList } from "./message.ts";
import type { OpenCalls } from "./open-calls.ts";
import { type Presented, presentedBy, withoutToken } from "./presented.ts";

export interface HttpDoorDeps extends Pick<GateDeps, "config" | "clock" | "metrics" | "logger" | "secretOf" | "tenantKey" | "resolve"> {
  readonly limits: GateLimits;
  readonly state: GateState;
  readonly decideCall: DecideCall;
  readonly authenticate: Authenticate;
  readonly isKnownSecret: (tenant: string, text: string) => boolean;
}

/** Who opened the connection, where a proxy's CONNECT said so. */
export interface Tunnel {
  readonly caller: Caller;
  readonly token: string;
}

export interface Route {
  /** Null: an address that is no upstream. It is decided, recorded and refused. */
  readonly upstream: Upstream | null;
  /** Base of the real address. */
  readonly base: URL;
  /** Path and query after it. */
  readonly rest: string;
  readonly tunnel: Tunnel | null;
}

/** What all requests share. */
interface Means {
  readonly open: OpenCalls;
  readonly lines: Lines;
  readonly choose: ChooseCredential;
}

export class RequestServer {
  readonly #deps: HttpDoorDeps;
  readonly #means: Means;

  constructor(deps: HttpDoorDeps, means: Means) {
    this.#deps = deps;
    this.#means = means;
  }

  async serve(request: IncomingMessage, response: ServerResponse, route: Route): Promise<void> {
    if (isLingering(request)) return void request.socket.destroy();
    const cut = new Cut();
    let framing: Framing = "unclear";
    let over = (): void => undefined;
    // Nobody listens any more; what is open of it is ended by whoever opened it.
    response.on("error", () => undefined);
    try {
      const { limits, authenticate, isKnownSecret } = this.#deps;
      checkMessage(request, limits);
      if (this.#means.open.size >= limits.inFlight) throw new TriplineError("TL_GATE_OVERLOADED");
      framing = "clear";
      const presented = presentedBy(request.rawHeaders, route.tunnel, authenticate, ({ tenant }, text) => isKnownSecret(tenant, text));
      if (this.#means.open.sizeOf(presented.caller) >= limits.inFlightPerAgent) throw new TriplineError("TL_GATE_OVERLOADED", "Too many requests of this agent are under way.");
      const given = this.#means.open.reserve(presented.caller, bodyBound(request, presented.headers, limits), limits.bodyBytesPerAgent);
      if (given === null) throw new TriplineError("TL_GATE_OVERLOADED", "Too much of this agent is under way.");
      const ended = this.#means.open.add(presented.caller, () => {
        cut.cut();
        response.destroy();
      });
      over = () => {
        given();
        ended();
      };
      await this.#decideAndSend(request, response, { route, presented, cut });
    } catch (error) {
      if (!(error instanceof TriplineError)) this.#deps.logger.error({ reason: error instanceof Error ? error.name : "unknown" }, "a request failed in the gate");
      answerError(response, error, formOf(route, request), framing);
    } finally {
      over();
    }
  }

  async #decideAndSend(request: IncomingMessage, response: ServerResponse, { route, presented, cut }: { route: Route; presented: Presented; cut: Cut }): Promise<void> {
    const { upstream } = route;
    const { caller, token } = presented;
    const { limits, decideCall, state, clock } = this.#deps;
    const address = addressOf(route.base, route.rest, limits);
    const { headers, shown, body } = await received(request, presented, upstream, limits);
    const url = withoutToken(address, body, token);
    const prepared = upstream === null ? { headers, scope: null } : prepare(upstream.inject, headers, shown, url);
    const outgoing: Outgoing = { method: request.method!, upstream: upstream?.name ?? "", url, body, ...prepared };
    const chosen: Chosen = upstream === null ? { kind: "none" } : this.#means.choose(caller, upstream);
    const line = upstream === null || chosen.kind === "unfit" ? null : await this.#means.lines.get(upstream, chosen.kind === "credential" ? chosen.injected.id : "");
    const call = httpCall(outgoing, {
      ...labelsOf(request.rawHeaders), injected: chosen.kind === "credential" ? chosen.injected : null, addresses: line?.addresses ?? null, within: upstream?.addresses ?? null,
      credentials: this.#shownBy(presented), refused: this.#refusal(route, chosen, url, caller),
    });
    const answer = await decideCall(caller, call);
    if (answer.kind !== "allow") return answerRefused(response, answer, formOf(route, request));
    // While its record was made durable the breaker may have opened.
    if (cut.isCut || denied(state.breaker(caller.tenant, caller.agent))) throw new TriplineError("TL_GATE_DENIED", "The breaker opened.");
    if (upstream === null || line === null) throw new TriplineError("TL_GATE_DENIED");
    const secret = chosen.kind === "credential" ? chosen.secret : null;
    const sent = { method: outgoing.method, path: url.pathname + url.search, headers: withSecret(outgoing, upstream.inject, secret, clock()), body };
    const ended = await exchange(line.pool, sent, response, { secret: secretsIn(upstream.inject, secret), cut, relocate: relocator(route, url) });
    if (ended.kind === "failed" && !ended.begun) throw new TriplineError("TL_GATE_UPSTREAM", `${ended.reason}. ${UNSENT.test(ended.reason) ? "Nothing was sent." : "It may have been carried out."}`);
  }

  #refusal({ upstream, base }: Route, chosen: Chosen, url: URL, { tenant }: Caller): { readonly by: string; readonly reason: string } | null {
    if (upstream === null) return noUpstream(base);
    if (chosen.kind === "unfit") return { by: "credential.unfit", reason: chosen.reason };
    const isShown = [...url.searchParams.values()].some((value) => value.length >= MIN_SECRET_CHARS && this.#deps.isKnownSecret(tenant, value));
    return isShown ? { by: "credential.in-address", reason: "The address holds the secret of a registered credential." } : null;
  }

  #shownBy({ foreign, signer, caller }: Presented) {
    const { tenantKey, state } = this.#deps;
    const shown = foreign.length === 0 ? [] : usesOf(foreign, tenantKey(caller.tenant));
    // A signature is no secret: it counts where the key that made it is registered.
    const isRegistered = signer !== null && state.registry.credentialByPrincipal(caller.tenant, signer) !== null;
    return isRegistered ? [{ fingerprint: null, principal: signer, leaseId: null }, ...shown].slice(0, MODEL.credentialsPerAction) : shown;
  }
}

/** `shown`: as the agent sent it, without what only frames the body. */
async function received(request: IncomingMessage, { headers }: Presented, upstream: Upstream | null, limits: GateLimits): Promise<Whole & { readonly shown: HeaderList }> {
  const { rawHeaders } = request;
  if (upstream?.inject.kind !== "aws-sigv4" || !isAwsChunked(headers)) return { headers, shown: rawHeaders, body: await readBody(request, headers, limits) };
  return { ...unchunked(headers, await readBody(request, withoutFraming(headers), limits)), shown: withoutFraming(rawHeaders) };
}

const formOf = ({ upstream }: Route, { rawHeaders }: IncomingMessage): AnswerForm => formFor(upstream?.inject ?? null, rawHeaders);

/** No connection came about. */
const UNSENT = /^(?:ECONNREFUSED|EHOSTUNREACH|ENETUNREACH|UND_ERR_CONNECT_TIMEOUT|CERT_\w+|ERR_TLS_CERT_ALTNAME_INVALID|DEPTH_ZERO_SELF_SIGNED_CERT|UNABLE_TO_\w+|SELF_SIGNED_CERT_IN_CHAIN)$/;

const MIN_SECRET_CHARS = 8;

/** The agent may say which call of its session it is, so that attempt, decision and result are one. */
function labelsOf(headers: HeaderList): { readonly callId: string; readonly session: string | null; readonly task: string | null } {
  const label = (name: string): string | null => {
    const value = headerOf(headers, name);
    return value !== undefined && isId(value) ? value : null;
  };
  return { callId: label("x-tripline-call") ?? randomUUID(), session: label("x-tripline-session"), task: label("x-tripline-task") };
}

/** An address at the upstream itself is the gate's, where the agent came by its reverse door. */
function relocator({ upstream, base, tunnel }: Route, url: URL): (location: string) => string {
  if (upstream === null || tunnel !== null) return (location) => location;
  const before = base.pathname.replace(/\/$/, "");
  return (location) => {
    const target = URL.parse(location, url);
    return target !== null && target.origin === base.origin && target.pathname.startsWith(before) ? `/u/${upstream.name}${target.pathname.slice(before.length)}${target.search}` : location;
  };
}
