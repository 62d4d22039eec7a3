/** The gate service: stands in line. Its doors take calls before they run, one path decides them, and what is held waits for humans. */
import type { Server } from "node:http";
import { createKnownSecrets, prepareClassifiers } from "@tripline/core";
import type { Module } from "@tripline/runtime";
import { createAgentsDoor, type Load } from "./agents-door.ts";
import { registerApprovalRoute } from "./approvals/agents-route.ts";
import { createApprovals } from "./approvals/approvals.ts";
import { createApproverSide } from "./approvals/approver-side.ts";
import { createDecideCall, type DecideCall } from "./decide-call.ts";
import type { GateDeps } from "./deps.ts";
import { createDecideSocket } from "./doors/decide/decide-socket.ts";
import { createPlainRequests } from "./doors/decide/plain-request.ts";
import { registerDecideApi } from "./doors/decide-api.ts";
import { type Authority, openAuthority } from "./doors/http/authority.ts";
import { createForwardProxy } from "./doors/http/forward.ts";
import { createHttpDoor } from "./doors/http/http-door.ts";
import { registerLeaseDoor } from "./doors/lease-door.ts";
import { createTlsFront, type TlsFront } from "./doors/tls-front.ts";
import { backupLookup } from "./guard/for-approvals.ts";
import { createGuard } from "./guard/guard.ts";
import { createAuthenticate } from "./identity.ts";
import { type GateLimits, LIMITS } from "./limits.ts";
import { createLookThrough } from "./look-through.ts";
import { Probing } from "./probing.ts";
import { createRecorder } from "./recorder.ts";
import { createShownCredentials } from "./shown-credentials.ts";
import { GateState } from "./state.ts";

export interface GateModule extends Module {
  /** Of the agents' door; after `start`. */
  url(): string;
  isListening(): boolean;
  /** Where the approvers' door listens; null before `start`. */
  approvalsUrl(): string | null;
  /** Of the forward proxy; null where none is configured. */
  forwardUrl(): string | null;
  /** Of the agents' door over TLS; null where none is configured. */
  tlsUrl(): string | null;
  /** Of the forward proxy over TLS. */
  tlsForwardUrl(): string | null;
}

/** Builds the service; nothing listens before `start`, and nothing is decided before the log has been read. */
export function createGate(deps: GateDeps): GateModule {
  const limits = { ...LIMITS, ...deps.limits };
  const state = new GateState({ ...deps, limits });
  const known = createKnownSecrets(state.registry, deps.tenantKey);
  const isKnownSecret = (tenant: string) => (text: string) => known(tenant, text);
  const guard = createGuard({ ...deps, settings: deps.config.guard, finders: deps.backupFinders });
  const authenticate = createAuthenticate(deps, state.registry);
  const lookThrough = createLookThrough(state.registry, isKnownSecret);
  const shownCredentials = createShownCredentials(deps, state.registry, lookThrough);
  // Each needs the other: what is held is executed through the door that took it.
  const decideLater: DecideCall = (caller, call) => decideCall(caller, call);
  const http = createHttpDoor({ ...deps, limits, state, decideCall: decideLater, authenticate, isKnownSecret: known });
  const approvals = createApprovals({ ...deps, limits, state, isKnownSecret, shownCredentials, executor: http.executor, guard, backups: backupLookup(guard, isKnownSecret), pageUrl: () => approvers.pageUrl() });
  const approvers = createApproverSide({ ...deps, limits, state, approvals });
  const recorder = createRecorder({ ...deps, limits, lookThrough });
  const decideCall = createDecideCall({ ...deps, state, holds: approvals, recorder, shownCredentials, probing: new Probing(state) });
  const load: Load = { inFlight: 0 };
  const decideApi = { authenticate, decideCall, lookThrough, limits };
  const plain = createPlainRequests(decideApi, load);
  const door = createAgentsDoor(limits, (request, response) => plain(request, response) || http.handle(request, response), load);
  registerDecideApi(door.app, decideApi);
  registerApprovalRoute(door.app, { authenticate, approvals, state });
  registerLeaseDoor(door.app, { ...deps, authenticate, state, leasesListed: limits.leasesListed });
  const socket = createDecideSocket(decideApi);
  const { forward: forwardAt, tls } = deps.config;
  const authority = forwardAt === null && tls === undefined ? null : openAuthority(deps.authority(), deps.clock);
  const forward = forwardAt === null || authority === null ? null : createForwardProxy({ door: http, authority, authenticate, upstreams: deps.config.upstreams, limits });
  const fronts = frontsOf({ config: deps.config, authority, limits }, door.app.server, forward?.server ?? null);
  const open = async (): Promise<void> => {
    await prepareClassifiers();
    await state.start();
    await approvers.listen();
    await approvals.start();
    await door.listen(deps.config.host, deps.config.port);
    if (deps.config.socket !== null) await socket.listen(deps.config.socket);
    if (forward !== null && forwardAt !== null) await forward.listen(forwardAt.host, forwardAt.port);
    if (tls !== undefined) await Promise.all([fronts.agents?.listen(tls.host, tls.port), fronts.forward?.listen(tls.host, tls.forwardPort)]);
  };
  const stop = async (): Promise<void> => {
    await http.close();
    await Promise.all([socket.close(), door.close(), forward?.close(), fronts.agents?.close(), fronts.forward?.close()]);
    // What passed until now is to be on record.
    await recorder.close();
    await approvers.close();
    await approvals.stop();
    await state.stop();
  };
  return {
    name: "gate",
    url: () => door.url(),
    isListening: () => door.isListening(),
    approvalsUrl: () => approvers.url(),
    forwardUrl: () => forward?.url() ?? null,
    tlsUrl: () => fronts.agents?.url() ?? null,
    tlsForwardUrl: () => fronts.forward?.url() ?? null,
    health: () => state.health(),
    start: () =>
      open().catch(async (error: unknown) => {
        // Nobody stops a module that did not start: what had begun would go on, and keep the process.
        await stop();
        throw error;
      }),
    stop,
  };
}

interface Fronts {
  readonly agents: TlsFront | null;
  readonly forward: TlsFront | null;
}

function frontsOf({ config: { tls }, authority, limits }: Pick<GateDeps, "config"> & { readonly authority: Authority | null; readonly limits: GateLimits }, agents: Server, forward: Server | null): Fronts {
  if (tls === undefined || authority === null) return { agents: null, forward: null };
  const front = (server: Server): TlsFront => createTlsFront({ server, authority, names: tls.names, limits });
  return { agents: front(agents), forward: forward === null ? null : front(forward) };
}
