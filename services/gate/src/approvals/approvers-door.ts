/** The approvers' door: a server of its own, out of reach of every agent. JSON for the command line, one page for everybody else. */
import type { AddressInfo } from "node:net";
import { type BypassRequest, MAX_BYPASS_MINUTES } from "@tripline/core";
import { LIMITS as MODEL, TriplineError } from "@tripline/model";
import { BODY_CHECKS } from "@tripline/runtime";
import { fastify, type FastifyError, type FastifyInstance, type FastifyRequest } from "fastify";
import type { Approver } from "../deps.ts";
import { sendGateError } from "../doors/decide-api.ts";
import { tokenOf } from "../identity.ts";
import { ORDERS } from "./approvals.ts";
import { createBoundedServer } from "./connections.ts";
import { type ApproversDoorDeps, give, isTheirs, type Word } from "./orders.ts";
import { registerPage } from "./page-routes.ts";

export interface ApproversDoor {
  listen(host: string, port: number): Promise<void>;
  close(): Promise<void>;
  /** Null before it listens. */
  url(): string | null;
}

const BATCH = 50;
const text = (maxLength: number, minLength = 0) => ({ type: "string", maxLength, minLength });
const closed = { type: "object", additionalProperties: false } as const;
const said = { reason: text(MODEL.textChars) };
const yes = { ...said, withoutBackup: { type: "boolean" } };
const orderBody = { approve: { ...closed, properties: yes }, refuse: { ...closed, properties: said }, cancel: { ...closed, properties: said } };
const batchBody = { ...closed, required: ["ids"], properties: { ids: { type: "array", minItems: 1, maxItems: BATCH, uniqueItems: true, items: text(MODEL.idChars, 1) }, ...yes } };
const names = (minItems: number) => ({ type: "array", minItems, maxItems: 64, items: text(MODEL.nameChars, 1) });
const bypassBody = {
  ...closed,
  required: ["agent", "operations", "environments", "minutes", "reason"],
  properties: {
    agent: text(MODEL.idChars, 1), operations: names(1), resources: names(0), environments: names(1), minutes: { type: "integer", minimum: 1, maximum: MAX_BYPASS_MINUTES }, reason: text(MODEL.textChars, 1),
  },
};

export function createApproversDoor(deps: ApproversDoorDeps): ApproversDoor {
  const { limits } = deps;
  const app = fastify({
    logger: false, bodyLimit: limits.approverBodyBytes, requestTimeout: limits.requestTimeoutMs, keepAliveTimeout: limits.approverKeepAliveMs, serverFactory: (handle) => createBoundedServer(limits, handle), forceCloseConnections: true, exposeHeadRoutes: false,
    onProtoPoisoning: "error", onConstructorPoisoning: "error", ajv: BODY_CHECKS,
  });
  let inFlight = 0;
  app.addHook("onRequest", (_request, reply, done) => {
    inFlight += 1;
    // Not by the framework's own word for an answer, which never comes for a request that is cut off while its body is read.
    reply.raw.once("close", () => (inFlight -= 1));
    void reply.header("cache-control", "no-store").header("x-content-type-options", "nosniff");
    done(inFlight > limits.approversInFlight ? new TriplineError("TL_GATE_OVERLOADED") : undefined);
  });
  app.setErrorHandler((error: FastifyError, _request, reply) => sendGateError(error, reply));
  registerApprovals(app, deps);
  registerBypasses(app, deps);
  registerPage(app, deps);
  return {
    listen: async (host, port) => void (await app.listen({ host, port })),
    close: () => app.close(),
    url: () => {
      const at = app.server.address() as AddressInfo | null;
      return at === null ? null : `http://${at.family === "IPv6" ? `[${at.address}]` : at.address}:${at.port}`;
    },
  };
}

const identifyBy = ({ identify }: ApproversDoorDeps, request: FastifyRequest, id: string | null): Promise<Approver> => identify(tokenOf(request.headers.authorization), id);

interface Said {
  readonly reason?: string;
  readonly withoutBackup?: boolean;
}
const wordOf = (body: Said | null): Word => ({ reason: body?.reason ?? "", withoutBackup: body?.withoutBackup === true });

function registerApprovals(app: FastifyInstance, deps: ApproversDoorDeps): void {
  const { approvals } = deps;
  app.get("/v1/approvals", async (request) => {
    const approver = await identifyBy(deps, request, null);
    return { approver: approver.id, approvals: (await approvals.list()).filter(({ environment }) => isTheirs(approver, environment)).slice(0, 500) };
  });
  app.get<{ Params: { id: string } }>("/v1/approvals/:id", async (request) => {
    const approver = await identifyBy(deps, request, request.params.id);
    const shown = await approvals.show(request.params.id);
    if (shown === null || !isTheirs(approver, shown.approval.environment)) throw new TriplineError("TL_APPROVAL_UNKNOWN");
    return { ...shown, link: approvals.link(shown.approval.id) };
  });
  for (const order of ORDERS) {
    app.post<{ Params: { id: string }; Body: Said | null }>(`/v1/approvals/:id/${order}`, { schema: { body: orderBody[order] } }, async (request) => {
      const approver = await identifyBy(deps, request, request.params.id);
      return { approval: await give(order, request.params.id, approver, wordOf(request.body), approvals) };
    });
  }
  // Each by itself: one that cannot be approved holds up no other.
  app.post<{ Body: Said & { ids: string[] } }>("/v1/approvals/approve", { schema: { body: batchBody } }, async (request) => {
    const approver = await identifyBy(deps, request, request.body.ids[0] ?? null);
    const results = await Promise.all(request.body.ids.map((id) =>
      give("approve", id, approver, wordOf(request.body), approvals).then((approval) => ({ id, approval, error: null })).catch((error: unknown) => ({ id, approval: null, error: told(error) })),
    ));
    return { results };
  });
}

function told(error: unknown): { readonly code: string; readonly message: string } {
  return error instanceof TriplineError ? { code: error.code, message: error.message } : { code: "TL_INTERNAL", message: "It failed; see the gate's log." };
}

function registerBypasses(app: FastifyInstance, deps: ApproversDoorDeps): void {
  const { bypasses, tenantOf } = deps;
  app.get("/v1/bypasses", async (request) => {
    await identifyBy(deps, request, null);
    return { bypasses: bypasses.inForce() };
  });
  app.post<{ Body: Omit<BypassRequest, "resources"> & { resources?: readonly string[] } }>("/v1/bypasses", { schema: { body: bypassBody } }, async (request) => {
    const approver = await identifyBy(deps, request, null);
    const tenant = tenantOf(request.body.agent);
    if (tenant === null) throw new TriplineError("TL_AGENT_UNKNOWN");
    return { bypass: await bypasses.give(tenant, { ...request.body, resources: request.body.resources ?? [] }, approver) };
  });
  app.post<{ Params: { id: string } }>("/v1/bypasses/:id/end", async (request) => {
    const approver = await identifyBy(deps, request, null);
    return { bypass: await bypasses.end(request.params.id, approver) };
  });
}
