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
import { createHttpDoor } from "./doors/http/http-door.ts";
import { registerLeaseDoor } from "./doors/lease-door.ts";
import type { Executor } from "./executor.ts";
import { createGuard } from "./guard/guard.ts";
import { createAuthenticate } from "./identity.ts";
import { LIMITS } from "./limits.ts";
import { createShownCredentials } from "./shown-credentials.ts";
import { GateState } from "./state.ts";

export interface GateModule extends Module {
  /** Of the agents' door; after `start`. */
  url(): string;
  isListening(): boolean;
  /** Where the approvers' door listens; null before `start`. */
  approvalsUrl(): string | null;
}

/** Builds the service; nothing listens before `start`, and nothing is decided before the log has been read. */
export function createGate(deps: GateDeps): GateModule {
  const limits = { ...LIMITS, ...deps.limits };
  const state = new GateState({ ...deps, limits });
  const known = createKnownSecrets(state.registry, deps.tenantKey);
  const isKnownSecret = (tenant: string) => (text: string) => known(tenant, text);
  const guard = createGuard({ ...deps, settings: deps.config.guard, finders: deps.backupFinders });
  // The door that sends decides by what waits for approval, and what was approved is sent by it.
  const executor: Executor = { recall: (...kept) => http.executor.recall(...kept), execute: (...call) => http.executor.execute(...call) };
  const approvals = createApprovals({ ...deps, limits, state, isKnownSecret, executor, guard, pageUrl: () => approvers.pageUrl() });
  const approvers = createApproverSide({ ...deps, limits, state, approvals });
  const shownCredentials = createShownCredentials(deps, state.registry, isKnownSecret);
  const decideCall = createDecideCall({ ...deps, limits, state, holds: approvals, isKnownSecret, shownCredentials });
  const authenticate = createAuthenticate(deps, state.registry);
  const http = createHttpDoor({ ...deps, limits, state, decideCall, authenticate, isKnownSecret: known });
  const door = createAgentsDoor(limits, http.handle);
  registerDecideApi(door.app, { authenticate, decideCall, limits });
  registerApprovalRoute(door.app, { authenticate, approvals });
  registerLeaseDoor(door.app, { ...deps, authenticate, state, leasesListed: limits.leasesListed });
  const socket = createDecideSocket({ authenticate, decideCall, limits });
  return {
    name: "gate",
    url: () => door.url(),
    isListening: () => door.isListening(),
    approvalsUrl: () => approvers.url(),
    health: () => state.health(),
    start: async () => {
      await prepareClassifiers();
      await state.start();
      await approvers.listen();
      await approvals.start();
      await door.listen(deps.config.host, deps.config.port);
      if (deps.config.socket !== null) await socket.listen(deps.config.socket);
    },
    stop: async () => {
      await http.close();
      await Promise.all([socket.close(), door.close()]);
      await approvers.close();
      await approvals.stop();
      await state.stop();
    },
  };
}
