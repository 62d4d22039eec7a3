/** The breaker's part of the admin API: what people and the CLI ask and order. Orders travel the log like every other fact. */
import { randomUUID } from "node:crypto";
import { type BreakerRecord, type Command, TriplineError, agentKey, encode, isId } from "@tripline/model";
import type { FastifyInstance } from "fastify";
import { appendOrRefuse } from "./append.ts";
import { registerBaselineOrders } from "./baseline-orders.ts";
import { issueLease } from "./leases.ts";
import { LIMITS } from "./limits.ts";
import type { PipelineDeps } from "./pipeline.ts";
import type { ProviderSurvey } from "./provider-survey.ts";
import type { RefusedOrder } from "./readers.ts";

type Handled = { readonly kind: "applied" } | { readonly kind: "refused"; readonly reason: RefusedOrder } | { readonly kind: "not-yet" };

export interface CommandWaits {
  /** Resolves when the command was handled here, or after the wait. */
  wait(id: string): Promise<Handled>;
}

interface CommandBody {
  kind: Command["kind"];
  agent: string | null;
  holdId?: string | null;
  credentialId?: string | null;
  tripId?: string | null;
  by: string;
  reason: string;
}

const commandSchema = {
  type: "object",
  required: ["kind", "agent", "by", "reason"],
  additionalProperties: false,
  properties: {
    kind: { enum: ["trip", "panic", "hold", "release", "reset", "revoke"] },
    agent: { type: ["string", "null"], maxLength: 256 },
    holdId: { type: ["string", "null"], maxLength: 256 },
    credentialId: { type: ["string", "null"], maxLength: 1_024 },
    tripId: { type: ["string", "null"], maxLength: 1_024 },
    by: { type: "string", minLength: 1, maxLength: 256 },
    reason: { type: "string", maxLength: 1_000 },
  },
} as const;

const leaseSchema = {
  type: "object",
  required: ["agent", "provider"],
  additionalProperties: false,
  properties: {
    agent: { type: "string", maxLength: 256 },
    provider: { type: "string", maxLength: 256 },
    ttlMs: { type: ["integer", "null"], minimum: 1_000, maximum: 86_400_000 },
  },
} as const;

/** Adds the breaker's routes for one tenant. Errors are TriplineErrors with a code; the server turns them into answers. */
export function registerRoutes(app: FastifyInstance, tenant: string, deps: PipelineDeps, { waits, survey }: { waits: CommandWaits; survey: ProviderSurvey }): void {
  app.get("/v1/breakers", () => ({ breakers: breakersOf(tenant, deps) }));
  app.get("/v1/containments", () => ({ containments: deps.runner.reports.all() }));
  app.get("/v1/agents", () => ({ agents: agents(tenant, deps) }));
  app.get("/v1/credentials", () => ({ credentials: [...deps.registry.credentials()].filter((record) => record.tenant === tenant).toSorted((a, b) => inOrder(a.id, b.id)), providers: survey.latest() }));
  app.post<{ Body: CommandBody }>("/v1/commands", { schema: { body: commandSchema } }, async (request, reply) => {
    const command = request.body.kind === "revoke" ? revokeOf(request.body, tenant, deps) : commandOf(request.body, tenant, deps);
    const wait = waits.wait(command.id);
    await appendOrRefuse(deps, "commands", agentKey(tenant, command.agent ?? "*"), encode("commands", command));
    const handled = await wait;
    if (handled.kind === "refused") throw new TriplineError("TL_BREAKER_CONFLICT", `The ${command.kind} changes nothing: ${handled.reason}.`);
    const isApplied = handled.kind === "applied";
    return reply.code(isApplied ? 200 : 202).send({ commandId: command.id, applied: isApplied, breakers: affected(command, deps) });
  });
  registerBaselineOrders(app, tenant, deps);
  app.post<{ Body: { agent: string; provider: string; ttlMs?: number | null } }>("/v1/leases", { schema: { body: leaseSchema } }, async (request, reply) => {
    const { agent, provider, ttlMs } = request.body;
    if (!isId(agent)) throw new TriplineError("TL_ADMIN_INVALID", "At agent: not an id.");
    return reply.code(201).send(await issueLease({ key: agentKey(tenant, agent), provider, ttlMs: ttlMs ?? null }, deps));
  });
}

function commandOf(body: CommandBody, tenant: string, deps: PipelineDeps): Command {
  const { kind, agent, by, reason } = body;
  if (agent !== null && !isId(agent)) throw new TriplineError("TL_ADMIN_INVALID", "At agent: not an id.");
  if (agent === null && kind !== "panic") throw new TriplineError("TL_ADMIN_INVALID", "At agent: only panic may leave it out.");
  if (agent !== null && deps.registry.agent(agentKey(tenant, agent)) === null && !known(agent, tenant, deps)) throw new TriplineError("TL_AGENT_UNKNOWN");
  return { v: 1, id: randomUUID(), tenant, agent, kind, holdId: body.holdId ?? null, by, reason, atMs: deps.clock() };
}

/** The order names one trip, so that read again it cannot reach what a later trip leaves to a human. */
function revokeOf({ credentialId, tripId = null, by, reason }: CommandBody, tenant: string, deps: PipelineDeps): Command {
  if (credentialId === undefined || credentialId === null || credentialId === "") throw new TriplineError("TL_ADMIN_INVALID", "At credentialId: revoke needs one.");
  const waiting = deps.runner.reports.all().filter((containment) => containment.tenant === tenant && (tripId === null || containment.tripId === tripId)
    && containment.items.some((item) => item.credentialId === credentialId && item.state !== "verified" && item.nextAttemptMs !== null));
  const [found] = waiting;
  if (found === undefined) throw new TriplineError("TL_BREAKER_CONFLICT", "No containment waits for a decision on this credential; to revoke all that an agent has, trip it.");
  if (waiting.length > 1) throw new TriplineError("TL_ADMIN_INVALID", `At tripId: several trips wait for it; name one of ${waiting.slice(0, TRIPS_NAMED).map((one) => one.tripId).join(", ")}.`);
  return { v: 1, id: randomUUID(), tenant, agent: found.agent, kind: "revoke", holdId: null, credentialId, tripId: found.tripId, by, reason, atMs: deps.clock() };
}

/** Trips named in one refusal. */
const TRIPS_NAMED = 8;

function known(agent: string, tenant: string, deps: PipelineDeps): boolean {
  return deps.states.get(agentKey(tenant, agent)).change !== "new";
}

function affected(command: Command, deps: PipelineDeps) {
  if (command.agent !== null) return [deps.states.get(agentKey(command.tenant, command.agent))];
  return breakersOf(command.tenant, deps);
}

/** Listings are the same whichever breaker answers, and in whatever order it came to know. */
const inOrder = (a: string, b: string): number => (a < b ? -1 : Number(a > b));

function breakersOf(tenant: string, deps: PipelineDeps): BreakerRecord[] {
  return [...deps.states.all()].filter((record) => record.tenant === tenant).toSorted((a, b) => inOrder(a.agent, b.agent));
}

function agents(tenant: string, deps: PipelineDeps) {
  return [...deps.registry.agents()]
    .filter((agent) => agent.tenant === tenant)
    .toSorted((a, b) => inOrder(a.agent, b.agent))
    .map((agent) => {
      const key = agentKey(tenant, agent.agent);
      const { position, holds } = deps.states.get(key);
      return { ...agent, state: holds.length > 0 ? "held" : position.state, leases: deps.registry.leases(key).filter((lease) => lease.status === "active").length };
    });
}

/** Remembers who waits for which command; bounded by the time each waits. */
export function createCommandWaits(): CommandWaits & { handled(command: Command, refused: RefusedOrder | null): void } {
  const waiting = new Map<string, (handled: Handled) => void>();
  return {
    wait: (id) =>
      new Promise((resolve) => {
        const timer = setTimeout(() => settle({ kind: "not-yet" }), LIMITS.commandWaitMs);
        const settle = (handled: Handled): void => {
          clearTimeout(timer);
          waiting.delete(id);
          resolve(handled);
        };
        waiting.set(id, settle);
      }),
    handled: (command, refused) => waiting.get(command.id)?.(refused === null ? { kind: "applied" } : { kind: "refused", reason: refused }),
  };
}
