/** Bypasses: grants of an approver for a while, written to the log as every other grant, shown and counted. */
import { randomBytes } from "node:crypto";
import { type ApprovingHuman, bypassGrant, type BypassRequest, isBypass } from "@tripline/core";
import { agentKey, encode, type Grant, TriplineError } from "@tripline/model";
import type { GateDeps } from "../deps.ts";
import type { GateState } from "../state.ts";
import { policyOf } from "./approvals.ts";

export interface Bypasses {
  /** Durable when it resolves. @throws TL_APPROVAL_REFUSED, TL_AGENT_UNKNOWN, TL_GATE_UNAVAILABLE */
  give(tenant: string, request: BypassRequest, human: ApprovingHuman): Promise<Grant>;
  /** @throws TL_APPROVAL_UNKNOWN where none of this id is in force */
  end(id: string, human: ApprovingHuman): Promise<Grant>;
  inForce(): Grant[];
}

type Deps = Pick<GateDeps, "eventLog" | "metrics" | "clock"> & { readonly state: GateState };

const ID_BYTES = 12;

export function createBypasses({ eventLog, metrics, clock, state }: Deps): Bypasses {
  const given = metrics.counter("tripline_gate_bypasses_total", "Bypasses by what was done with them", ["change"]);
  const write = async (grant: Grant): Promise<Grant> => {
    await eventLog.append("grants", [{ key: agentKey(grant.tenant, grant.agent), value: encode("grants", grant) }]).catch((error: unknown) => {
      throw new TriplineError("TL_GATE_UNAVAILABLE", "The event log did not take the bypass.", { cause: error });
    });
    return grant;
  };
  const inForce = (): Grant[] =>
    [...state.registry.agents()].flatMap(({ tenant, agent }) => state.registry.grants(agentKey(tenant, agent), clock()).filter(isBypass)).toSorted((a, b) => b.atMs - a.atMs);
  return {
    inForce,
    give: async (tenant, request, human) => {
      const key = agentKey(tenant, request.agent);
      const agent = state.registry.agent(key);
      if (agent?.status !== "active") throw new TriplineError("TL_AGENT_UNKNOWN");
      if (!state.isCurrent()) throw new TriplineError("TL_GATE_UNAVAILABLE");
      const nowMs = clock();
      const own = state.registry.grants(key, nowMs).filter((grant) => !isBypass(grant));
      const outcome = bypassGrant(request, {
        tenant, human, nowMs, id: `bypass-${randomBytes(ID_BYTES).toString("hex")}`, policy: policyOf(tenant, { state }),
        agentEnvironments: new Set([agent.environment, ...own.flatMap(({ environments }) => environments)]),
      });
      if (outcome.kind === "refused") throw new TriplineError("TL_APPROVAL_REFUSED", outcome.reason);
      given.add(1, { change: "given" });
      return write(outcome.grant);
    },
    end: async (id, human) => {
      const grant = inForce().find((one) => one.id === id);
      if (grant === undefined) throw new TriplineError("TL_APPROVAL_UNKNOWN", "No bypass of this id is in force.");
      given.add(1, { change: "ended" });
      return write({ ...grant, version: grant.version + 1, expiresAtMs: clock(), bypass: { by: human.id, reason: `Ended by ${human.id}.` }, atMs: clock() });
    },
  };
}
