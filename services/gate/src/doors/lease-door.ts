/** Lease tokens at the agents' door: `GET /v1/whoami` tries one, and the breaker ends and lists leases with a control token of its own. */
import { agentKey, encode, type Lease, LIMITS as MODEL, TriplineError } from "@tripline/model";
import type { FastifyInstance } from "fastify";
import type { GateDeps } from "../deps.ts";
import { type Authenticate, tokenOf } from "../identity.ts";
import type { GateState } from "../state.ts";

export interface LeaseDoorDeps extends Pick<GateDeps, "eventLog" | "clock" | "isLeaseControl"> {
  readonly authenticate: Authenticate;
  readonly state: GateState;
  readonly leasesListed: number;
}

interface LeaseBody {
  readonly do: "list" | "show" | "end";
  readonly tenant?: string;
  readonly agent?: string;
  readonly lease?: string;
}

const id = { type: "string", minLength: 1, maxLength: MODEL.idChars };
const leaseSchema = { type: "object", required: ["do"], additionalProperties: false, properties: { do: { enum: ["list", "show", "end"] }, tenant: id, agent: id, lease: id } };

/** Kind of credential, as the inventory has it, whose leases are the gate's own. */
const TOKEN_KIND = "gate-token";

export function registerLeaseDoor(app: FastifyInstance, deps: LeaseDoorDeps): void {
  const { authenticate, state } = deps;
  app.get("/v1/whoami", (request, reply) => {
    const caller = authenticate(tokenOf(request.headers.authorization));
    if (caller === null) throw new TriplineError("TL_GATE_UNAUTHENTICATED");
    const { position, holds } = state.breaker(caller.tenant, caller.agent);
    return reply.send({ agent: caller.agent, lease: caller.leaseId, breaker: holds.length > 0 ? "held" : position.state });
  });
  app.post<{ Body: LeaseBody }>("/v1/leases", { schema: { body: leaseSchema } }, async (request, reply) => {
    const token = tokenOf(request.headers.authorization);
    if (token === null || deps.isLeaseControl?.(token) !== true) throw new TriplineError("TL_GATE_UNAUTHENTICATED");
    if (request.body.do === "list") return reply.send(listed(deps));
    const lease = leaseIn(request.body, deps);
    if (lease === null) return reply.send({ status: "gone" });
    if (request.body.do === "show") return reply.send({ status: "active" });
    await end(lease, deps);
    return reply.send({ status: "ended" });
  });
}

/** Null for one that is not in force. */
function leaseIn({ tenant, agent, lease }: LeaseBody, { state, clock }: LeaseDoorDeps): Lease | null {
  if (tenant === undefined || agent === undefined || lease === undefined) throw new TriplineError("TL_GATE_INVALID", "At body: it names no lease.");
  const found = state.registry.leases(agentKey(tenant, agent)).find((one) => one.id === lease);
  return found?.status === "active" && found.expiresAtMs > clock() ? found : null;
}

/** Durable first: a gate that restarts must refuse it as well. Then here at once, and not only when the reader comes to it. */
async function end(lease: Lease, { eventLog, state, clock }: LeaseDoorDeps): Promise<void> {
  const ended: Lease = { ...lease, version: lease.version + 1, status: "revoked", atMs: clock() };
  const key = agentKey(lease.tenant, lease.agent);
  await eventLog.append("leases", [{ key, value: encode("leases", ended) }]).catch((error: unknown) => {
    throw new TriplineError("TL_GATE_UNAVAILABLE", "The event log did not take the end of the lease.", { cause: error });
  });
  state.registry.apply("leases", ended);
}

function listed({ state, clock, leasesListed }: LeaseDoorDeps): object {
  const nowMs = clock();
  const leases: object[] = [];
  for (const { tenant, agent, id: lease, credentialId, expiresAtMs, atMs } of state.registry.activeLeases()) {
    if (expiresAtMs <= nowMs || state.registry.credential(tenant, credentialId)?.kind !== TOKEN_KIND) continue;
    if (leases.length >= leasesListed) return { leases, truncated: true };
    leases.push({ tenant, agent, lease, credential: credentialId, atMs });
  }
  return { leases, truncated: false };
}
