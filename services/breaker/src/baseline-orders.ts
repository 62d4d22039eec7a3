/**
 * What people order of a baseline: that it stays as it is, learns again, or is learned afresh. Each is the agent's registration anew, a fact
 * with a version like any other, so a recovery and a replay carry it out where it was given.
 */
import { type AgentRegistration, type BaselineOrder, agentKey, encode, isId, TriplineError } from "@tripline/model";
import type { FastifyInstance } from "fastify";
import { appendOrRefuse } from "./append.ts";
import type { PipelineDeps } from "./pipeline.ts";

const KINDS = ["freeze", "unfreeze", "relearn"] as const;

interface Body {
  readonly kind: (typeof KINDS)[number];
  readonly agent: string;
  /** Of `relearn`: epoch milliseconds from which on it learns; absent = from now on. */
  readonly fromMs?: number | null;
  readonly by: string;
  readonly reason: string;
}

const schema = {
  type: "object",
  required: ["kind", "agent", "by", "reason"],
  additionalProperties: false,
  properties: {
    kind: { enum: KINDS },
    agent: { type: "string", maxLength: 256 },
    fromMs: { type: ["integer", "null"], minimum: 0, maximum: 8.64e15 },
    by: { type: "string", minLength: 1, maxLength: 256 },
    reason: { type: "string", maxLength: 1_000 },
  },
} as const;

/** Adds POST /v1/baseline-orders. Answers the registration as it is recorded. */
export function registerBaselineOrders(app: FastifyInstance, tenant: string, deps: PipelineDeps): void {
  app.post<{ Body: Body }>("/v1/baseline-orders", { schema: { body: schema } }, async ({ body }) => {
    if (!isId(body.agent)) throw new TriplineError("TL_ADMIN_INVALID", "At agent: not an id.");
    if (body.kind !== "relearn" && typeof body.fromMs === "number") throw new TriplineError("TL_ADMIN_INVALID", "At fromMs: only relearn takes it.");
    const key = agentKey(tenant, body.agent);
    const known = deps.registry.agent(key);
    if (known === null || known.status !== "active") throw new TriplineError("TL_AGENT_UNKNOWN");
    const nowMs = deps.clock();
    const agent: AgentRegistration = { ...known, version: known.version + 1, baseline: ordered(body, known.baseline, nowMs), atMs: nowMs };
    await appendOrRefuse(deps, "agents", key, encode("agents", agent));
    // At once and not only when the reader comes to it: the next order builds on this one.
    deps.registry.apply("agents", agent);
    return { agent };
  });
}

function ordered({ kind, fromMs, by, reason }: Body, before: BaselineOrder | undefined, nowMs: number): BaselineOrder {
  if (before !== undefined && before.ordered === undefined) {
    throw new TriplineError("TL_BREAKER_CONFLICT", "The configuration states what becomes of this baseline, at `agents[].baseline`: change it there.");
  }
  const isFrozen = before?.frozen === true;
  if (kind !== "relearn" && isFrozen === (kind === "freeze")) throw new TriplineError("TL_BREAKER_CONFLICT", `The ${kind} changes nothing: the baseline is ${isFrozen ? "" : "not "}frozen.`);
  // It would forget what is usual and take nothing in: all that the agent does would be new for ever.
  if (kind === "relearn" && isFrozen) throw new TriplineError("TL_BREAKER_CONFLICT", "The baseline is frozen, and could not learn: unfreeze it first.");
  return { frozen: kind === "freeze", learnFromMs: kind === "relearn" ? (fromMs ?? nowMs) : (before?.learnFromMs ?? null), ordered: { by, reason } };
}
