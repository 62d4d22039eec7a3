/** The gate service: stands in line. Its doors take calls before they run, one path decides them, and what is held waits for humans. */
import { createKnownSecrets } from "@tripline/core";
import type { Module } from "@tripline/runtime";
import { createAgentsDoor } from "./agents-door.ts";
import { registerApprovalRoute } from "./approvals/agents-route.ts";
import { createApprovals } from "./approvals/approvals.ts";
import { createApproverSide } from "./approvals/approver-side.ts";
import { createDecideCall } from "./decide-call.ts";
import type { GateDeps } from "./deps.ts";
import { registerDecideApi } from "./doors/decide-api.ts";
import { createAuthenticate } from "./identity.ts";
import { LIMITS } from "./limits.ts";
import { GateState } from "./state.ts";

export interface GateModule extends Module {
  /** Of the agents' door; after `start`. */
  url(): string;
  /** Where the approvers' door listens; null before `start`. */
  approvalsUrl(): string | null;
}

/** Builds the service; nothing listens before `start`, and nothing is decided before the log has been read. */
export function createGate(deps: GateDeps): GateModule {
  const limits = { ...LIMITS, ...deps.limits };
  const state = new GateState({ ...deps, limits });
  const known = createKnownSecrets(state.registry, deps.tenantKey);
  const isKnownSecret = (tenant: string) => (text: string) => known(tenant, text);
  const approvals = createApprovals({ ...deps, limits, state, isKnownSecret, executor: null, backups: null, pageUrl: () => approvers.pageUrl() });
  const approvers = createApproverSide({ ...deps, limits, state, approvals });
  const decideCall = createDecideCall({ ...deps, limits, state, holds: approvals, isKnownSecret });
  const authenticate = createAuthenticate(deps, state.registry);
  const door = createAgentsDoor(limits);
  registerDecideApi(door.app, { authenticate, decideCall });
  registerApprovalRoute(door.app, { authenticate, approvals });
  return {
    name: "gate",
    url: () => door.url(),
    approvalsUrl: () => approvers.url(),
    health: () => state.health(),
    start: async () => {
      await state.start();
      await approvers.listen();
      await approvals.start();
      await door.listen(deps.config.host, deps.config.port);
    },
    stop: async () => {
      await door.close();
      await approvers.close();
      await approvals.stop();
      await state.stop();
    },
  };
}
