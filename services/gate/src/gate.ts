/** The gate service: stands in line. Its doors take calls before they run, one path decides them, and what is held waits for humans. */
import { createKnownSecrets } from "@tripline/core";
import type { Module } from "@tripline/runtime";
import { createAgentsDoor } from "./agents-door.ts";
import { createApprovals } from "./approvals/approvals.ts";
import { createDecideCall } from "./decide-call.ts";
import type { GateDeps } from "./deps.ts";
import { registerDecideApi } from "./doors/decide-api.ts";
import { openAuthority } from "./doors/http/authority.ts";
import { createForwardProxy } from "./doors/http/forward.ts";
import { createHttpDoor } from "./doors/http/http-door.ts";
import { createAuthenticate } from "./identity.ts";
import { LIMITS } from "./limits.ts";
import { GateState } from "./state.ts";

export interface GateModule extends Module {
  /** Of the agents' door; after `start`. */
  url(): string;
  /** Of the forward proxy; null where none is configured. */
  forwardUrl(): string | null;
}

/** Builds the service; nothing listens before `start`, and nothing is decided before the log has been read. */
export function createGate(deps: GateDeps): GateModule {
  const limits = { ...LIMITS, ...deps.limits };
  const state = new GateState({ ...deps, limits });
  const holds = createApprovals();
  const known = createKnownSecrets(state.registry, deps.tenantKey);
  const decideCall = createDecideCall({ ...deps, limits, state, holds, isKnownSecret: (tenant) => (text) => known(tenant, text) });
  const authenticate = createAuthenticate(deps, state.registry);
  const http = createHttpDoor({ ...deps, limits, state, decideCall, authenticate, isKnownSecret: known });
  const door = createAgentsDoor(limits, http.handle);
  const forward = deps.config.forward === null ? null : createForwardProxy({ door: http, authority: openAuthority(deps.authority(), deps.clock), authenticate, upstreams: deps.config.upstreams, limits });
  registerDecideApi(door.app, { authenticate, decideCall });
  return {
    name: "gate",
    url: () => door.url(),
    forwardUrl: () => forward?.url() ?? null,
    health: () => state.health(),
    start: async () => {
      await state.start();
      await door.listen(deps.config.host, deps.config.port);
      if (forward !== null && deps.config.forward !== null) await forward.listen(deps.config.forward.host, deps.config.forward.port);
    },
    stop: async () => {
      await http.close();
      await forward?.close();
      await door.close();
      await state.stop();
    },
  };
}
