/** Everything that approvers meet, put together: who they are, what they decide, their door. */
import type { GateDeps } from "../deps.ts";
import type { GateLimits } from "../limits.ts";
import type { GateState } from "../state.ts";
import type { Approvals } from "./approvals.ts";
import { createIdentifyApprover } from "./approver-identity.ts";
import { createApproversDoor } from "./approvers-door.ts";
import { createBypasses } from "./bypasses.ts";

type Deps = GateDeps & { readonly limits: GateLimits; readonly state: GateState; readonly approvals: Approvals };

export interface ApproverSide {
  listen(): Promise<void>;
  close(): Promise<void>;
  /** Where it listens; null before that. */
  url(): string | null;
  /** Where approvers reach it, as the configuration says, else where it listens. */
  pageUrl(): string | null;
}

export function createApproverSide(deps: Deps): ApproverSide {
  const { host, port, url } = deps.config.approvals;
  const door = createApproversDoor({
    ...deps,
    publicUrl: url === null ? null : new URL(url),
    bypasses: createBypasses(deps),
    identify: createIdentifyApprover(deps),
    tenantOf: (agent) => [...deps.state.registry.agents()].find((one) => one.agent === agent && one.status === "active")?.tenant ?? null,
  });
  return { listen: () => door.listen(host, port), close: () => door.close(), url: () => door.url(), pageUrl: () => url?.replace(/\/$/u, "") ?? door.url() };
}
