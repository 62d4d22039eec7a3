/**
 * What an agent may ask of its own held calls: `GET /v1/approvals/<id>` on the agents' door. It says what became of one, and decides nothing. But
 * an upstream's answer is in it, so an agent whose breaker is open learns nothing here either.
 */
import { denied } from "@tripline/core";
import { TriplineError } from "@tripline/model";
import type { FastifyInstance } from "fastify";
import { type Authenticate, tokenOf } from "../identity.ts";
import type { GateState } from "../state.ts";
import type { Approvals } from "./approvals.ts";

interface Deps {
  readonly authenticate: Authenticate;
  readonly approvals: Pick<Approvals, "ofAgent">;
  readonly state: Pick<GateState, "breaker">;
}

export function registerApprovalRoute(app: FastifyInstance, { authenticate, approvals, state }: Deps): void {
  app.get<{ Params: { id: string } }>("/v1/approvals/:id", async (request) => {
    const caller = authenticate(tokenOf(request.headers.authorization));
    if (caller === null) throw new TriplineError("TL_GATE_UNAUTHENTICATED");
    const refuseTripped = (): void => {
      if (denied(state.breaker(caller.tenant, caller.agent))) throw new TriplineError("TL_GATE_DENIED", "The breaker is open.");
    };
    refuseTripped();
    const found = await approvals.ofAgent(caller, request.params.id);
    // Another agent's approval is none: whether it exists is not told.
    if (found === null) throw new TriplineError("TL_APPROVAL_UNKNOWN");
    // It may have opened while the store was read.
    refuseTripped();
    const { id, callId, status, reason, operation, environment, needed, given, executeAtMs, expiresAtMs } = found.approval;
    return { id, callId, status, reason, operation, environment, needed, given: given.length, executeAtMs, expiresAtMs, answer: found.answer };
  });
}
