/** The gate service: stands in line. Its doors take calls before they run, one path decides them, and what is held waits for humans. */
import { createKnownSecrets, prepareClassifiers } from "@tripline/core";
import type { Module } from "@tripline/runtime";
import { createAgentsDoor } from "./agents-door.ts";
import { registerApprovalRoute } from "./approvals/agents-route.ts";
import { createApprovals } from "./approvals/approvals.ts";
import { createApproverSide } from "./approvals/approver-side.ts";
import { createDecideCall } from "./decide-call.ts";
import type { GateDeps } from "./deps.ts";
import { createDecideSocket } from "./doors/decide/decide-socket.ts";
import { registerDecideApi } from "./doors/decide-api.ts";
import { openAuthority } from "./doors/http/authority.ts";
import { createForwardProxy } from "./doors/http/forward.ts";
import { createHttpDoor } from "./doors/http/http-door.ts";
import { registerLeaseDoor } from "./doors/lease-door.ts";
import type { Executor } from "./executor.ts";
import { createAuthenticate } from "./identity.ts";
import { LIMITS } from "./limits.ts";
import { createShownCredentials } from "./shown-credentials.ts";
import { GateState } from "./state.ts";

export interface GateModule extends Module {
  /** Of the agents' door; after `start`. */
  url(): string;
  /** Of the forward proxy; null where none is configured. */
  forwardUrl(): string | null;
  isListening(): boolean;
  /** Of the approvers' door; null before `start`. */
  approvalsUrl(): string | null;
}

/** Builds the service; nothing listens before `start`, and nothing is decided before the log has been read. */
export function createGate(deps: GateDeps): GateModule {
  const limits = { ...LIMITS, ...deps.limits };
  const state = new GateState({ ...deps, limits });
  const known = createKnownSecrets(state.registry, deps.tenantKey);
  const isKnownSecret = (tenant: string) => (text: string) => known(tenant, text);
  const executor: Executor = { recall: (...call) => http.executor.recall(...call), execute: (...call) => http.executor.execute(...call) };
  const approvals = createApprovals({ ...deps, limits, state, isKnownSecret, executor, backups: null, pageUrl: () => approvers.url() });
  const approvers = createApproverSide({ ...deps, limits, state, approvals });
  const shownCredentials = createShownCredentials(deps, state.registry, isKnownSecret);
  const decideCall = createDecideCall({ ...deps, limits, state, holds: approvals, isKnownSecret, shownCredentials });
  const authenticate = createAuthenticate(deps, state.registry);
  const http = createHttpDoor({ ...deps, limits, state, decideCall, authenticate, isKnownSecret: known });
  const door = createAgentsDoor(limits, http.handle);
  registerDecideApi(door.app, { authenticate, decideCall, limits });
  registerApprovalRoute(door.app, { authenticate, approvals });
  registerLeaseDoor(door.app, { ...deps, authenticate, state, leasesListed: limits.leasesListed });
  const forward = deps.config.forward === null || deps.authority === undefined ? null : createForwardProxy({ door: http, authority: openAuthority(deps.authority(), deps.clock), authenticate, upstreams: deps.config.upstreams, limits });
  const socket = createDecideSocket({ authenticate, decideCall, limits });
  return {
    name: "gate",
    url: () => door.url(),
    forwardUrl: () => forward?.url() ?? null,
    isListening: () => door.isListening(),
    approvalsUrl: () => approvers.url(),
    health: () => state.health(),
    start: async () => {
      await prepareClassifiers();
      await state.start();
      await approvers.listen();
      await approvals.start();
      await door.listen(deps.config.host, deps.config.port);
      if (forward !== null && deps.config.forward !== null) await forward.listen(deps.config.forward.host, deps.config.forward.port);
      if (deps.config.socket !== null) await socket.listen(deps.config.socket);
    },
    stop: async () => {
      await http.close();
      await Promise.all([socket.close(), door.close(), forward?.close()]);
      await approvers.close();
      await approvals.stop();
      await state.stop();
    },
  };
}
