/** The gate service: stands in line. Its doors take calls before they run, one path decides them, and what is held waits for humans. */
import { createKnownSecrets } from "@tripline/core";
import type { Module } from "@tripline/runtime";
import { createAgentsDoor } from "./agents-door.ts";
import { createApprovals } from "./approvals/approvals.ts";
import { createDecideCall } from "./decide-call.ts";
import type { GateDeps } from "./deps.ts";
import { registerDecideApi } from "./doors/decide-api.ts";
import { registerLeaseDoor } from "./doors/lease-door.ts";
import { createAuthenticate } from "./identity.ts";
import { LIMITS } from "./limits.ts";
import { Probing } from "./probing.ts";
import { createShownCredentials } from "./shown-credentials.ts";
import { GateState } from "./state.ts";

export interface GateModule extends Module {
  /** Of the agents' door; after `start`. */
  url(): string;
  isListening(): boolean;
}

/** Builds the service; nothing listens before `start`, and nothing is decided before the log has been read. */
export function createGate(deps: GateDeps): GateModule {
  const limits = { ...LIMITS, ...deps.limits };
  const state = new GateState({ ...deps, limits });
  const holds = createApprovals();
  const known = createKnownSecrets(state.registry, deps.tenantKey);
  const isKnownSecret = (tenant: string) => (text: string) => known(tenant, text);
  const shownCredentials = createShownCredentials(deps, state.registry, isKnownSecret);
  const decideCall = createDecideCall({ ...deps, limits, state, holds, isKnownSecret, shownCredentials, probing: new Probing(state) });
  const authenticate = createAuthenticate(deps, state.registry);
  const door = createAgentsDoor(limits);
  registerDecideApi(door.app, { authenticate, decideCall });
  registerLeaseDoor(door.app, { ...deps, authenticate, state, leasesListed: limits.leasesListed });
  return {
    name: "gate",
    url: () => door.url(),
    isListening: () => door.isListening(),
    health: () => state.health(),
    start: async () => {
      await state.start();
      await door.listen(deps.config.host, deps.config.port);
    },
    stop: async () => {
      await door.close();
      await state.stop();
    },
  };
}
