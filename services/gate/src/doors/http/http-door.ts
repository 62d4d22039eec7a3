/** The doors through which agents reach upstreams: take the request apart, decide it, and send it anew with the credential that the agent never holds. */
import { randomUUID } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import { denied } from "@tripline/core";
import { agentKey, isId, LIMITS as MODEL, TriplineError } from "@tripline/model";
import type { GateAnswer } from "../../answer.ts";
import type { Caller, GateCall } from "../../call.ts";
import type { DecideCall } from "../../decide-call.ts";
import type { GateDeps, Upstream } from "../../deps.ts";
import type { Executor } from "../../executor.ts";
import type { Authenticate } from "../../identity.ts";
import type { GateLimits } from "../../limits.ts";
import type { GateState } from "../../state.ts";
import { addressOf } from "./address-of.ts";
import { answerError, answerRefused } from "./answers.ts";
import { bodyBound, readBody } from "./body.ts";
import { type Chosen, type ChooseCredential, createChooseCredential } from "./credential.ts";
import { Cut, exchange } from "./exchange.ts";
import { httpCall, type Outgoing, usesOf } from "./http-call.ts";
import { createHttpExecutor } from "./http-executor.ts";
import { prepare, secretsIn, withSecret } from "./injection.ts";
import { createLines, type Lines, resolveByDns } from "./line.ts";
import { checkMessage, headerOf, type HeaderList } from "./message.ts";
import { OpenCalls } from "./open-calls.ts";
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

export interface HttpDoor {
  /** True where the request is this door's: `/u/<upstream>/…`. */
  readonly handle: (request: IncomingMessage, response: ServerResponse) => boolean;
  /** A host that is no upstream: decided, recorded and refused. @throws TL_GATE_UNAVAILABLE */
  refuseHost(caller: Caller, host: URL): Promise<GateAnswer>;
  /** Never rejects. */
  serve(request: IncomingMessage, response: ServerResponse, route: Route): Promise<void>;
  readonly open: OpenCalls;
  /** Connections of a proxy's clients, whether a request is under way in them or not. */
  readonly tunnels: OpenCalls;
  readonly executor: Executor;
  close(): Promise<void>;
}

const PREFIX = /^\/u\/([A-Za-z0-9][A-Za-z0-9._:@+-]{0,255})(?=[/?]|$)/;

export function createHttpDoor(deps: HttpDoorDeps): HttpDoor {
  const { config, limits, state, secretOf, clock } = deps;
  const byName = new Map(config.upstreams.map((upstream) => [upstream.name, upstream]));
  const open = new OpenCalls();
  const tunnels = new OpenCalls();
  const lines = createLines(limits, deps.resolve ?? resolveByDns);
  const choose = createChooseCredential(deps, state.registry);
  const stopHearing = state.onBreaker((record) => {
    if (!denied(record)) return;
    for (const all of [open, tunnels]) all.cut(agentKey(record.tenant, record.agent));
  });
  const server = new Server(deps, { open, lines, choose });
  const serve = (request: IncomingMessage, response: ServerResponse, route: Route): Promise<void> => server.serve(request, response, route);
  return {
    open, tunnels, serve, refuseHost: (caller, host) => deps.decideCall(caller, hostCall(host)),
    executor: createHttpExecutor({ upstreamOf: (name) => byName.get(name) ?? null, choose, lines, secretOf, limits, clock }),
    handle: (request, response) => {
      const { url = "" } = request;
      if (!url.startsWith("/u/")) return false;
      const matched = PREFIX.exec(url);
      const upstream = byName.get(matched?.[1] ?? "") ?? null;
      if (matched === null || upstream === null) answerError(response, new TriplineError("TL_GATE_INVALID", "No upstream of this name is configured."));
      else void serve(request, response, { upstream, base: upstream.url, rest: url.slice(matched[0].length), tunnel: null });
      return true;
    },
    close: async () => {
      stopHearing();
      open.cutAll();
      tunnels.cutAll();
      await lines.close();
    },
  };
}

interface Means {
  readonly open: OpenCalls;
  readonly lines: Lines;
  readonly choose: ChooseCredential;
}

class Server {
  readonly #deps: HttpDoorDeps;
  readonly #means: Means;

  constructor(deps: HttpDoorDeps, means: Means) {
    this.#deps = deps;
    this.#means = means;
  }

  async serve(request: IncomingMessage, response: ServerResponse, route: Route): Promise<void> {
    const cut = new Cut();
    let over = (): void => undefined;
    // Nobody listens any more; what is open of it is ended by whoever opened it.
    response.on("error", () => undefined);
    try {
      const { limits, authenticate, isKnownSecret } = this.#deps;
      checkMessage(request, limits);
      if (this.#means.open.size >= limits.inFlight) throw new TriplineError("TL_GATE_OVERLOADED");
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
      answerError(response, error);
    } finally {
      over();
    }
  }

  async #decideAndSend(request: IncomingMessage, response: ServerResponse, { route, presented, cut }: { route: Route; presented: Presented; cut: Cut }): Promise<void> {
    const { upstream } = route;
    const { caller, token } = presented;
    const { limits, decideCall, state, clock } = this.#deps;
    const address = addressOf(route.base, route.rest, limits);
    const body = await readBody(request, presented.headers, limits);
    const url = withoutToken(address, body, token);
    const prepared = upstream === null ? { headers: presented.headers, scope: null } : prepare(upstream.inject, presented.headers, request.rawHeaders, url);
    const outgoing: Outgoing = { method: request.method!, upstream: upstream?.name ?? "", url, body, ...prepared };
    const chosen: Chosen = upstream === null ? { kind: "none" } : this.#means.choose(caller, upstream);
    const line = upstream === null || chosen.kind === "unfit" ? null : await this.#means.lines.get(upstream, chosen.kind === "credential" ? chosen.injected.id : "");
    const call = httpCall(outgoing, {
      ...labelsOf(request.rawHeaders), injected: chosen.kind === "credential" ? chosen.injected : null, addresses: line?.addresses ?? null,
      credentials: this.#shownBy(presented), refused: this.#refusal(route, chosen, url, caller),
    });
    const answer = await decideCall(caller, call);
    if (answer.kind !== "allow") return answerRefused(response, answer);
    // While its record was made durable the breaker may have opened.
    if (cut.isCut || denied(state.breaker(caller.tenant, caller.agent))) throw new TriplineError("TL_GATE_DENIED", "The breaker opened.");
    if (upstream === null || line === null) throw new TriplineError("TL_GATE_DENIED");
    const secret = chosen.kind === "credential" ? chosen.secret : null;
    const sent = { method: outgoing.method, path: url.pathname + url.search, headers: withSecret(outgoing, upstream.inject, secret, clock()), body };
    const ended = await exchange(line.pool, sent, response, { secret: secretsIn(upstream.inject, secret), cut, relocate: relocator(route, url) });
    if (ended.kind === "failed" && !ended.begun) throw new TriplineError("TL_GATE_UPSTREAM", `${ended.reason}. It may have been carried out.`);
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

const noUpstream = ({ host }: URL) => ({ by: "egress.no-upstream", reason: `${host} is no upstream of the gate; nothing else is reached through it.` });

function hostCall(host: URL): GateCall {
  const outgoing: Outgoing = { method: "CONNECT", upstream: "", url: host, headers: [], body: null, scope: null };
  return httpCall(outgoing, { callId: randomUUID(), session: null, task: null, injected: null, addresses: null, credentials: [], refused: noUpstream(host) });
}

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
