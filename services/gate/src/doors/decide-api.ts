/** The decide API: `POST /v1/decisions` on the agents' door. It decides and executes nothing. */
import { randomUUID } from "node:crypto";
import { sha256Hex, canonicalJson, capture } from "@tripline/canonical";
import { ERRORS, isId, LIMITS as MODEL, PROVENANCES, TriplineError } from "@tripline/model";
import type { FastifyInstance, FastifyReply } from "fastify";
import { answerBody } from "../answer.ts";
import type { GateCall } from "../call.ts";
import type { DecideCall } from "../decide-call.ts";
import { type Authenticate, tokenOf } from "../identity.ts";

interface DecisionBody {
  callId?: string;
  session?: string | null;
  task?: string | null;
  tool: string;
  operation?: string | null;
  arguments?: unknown;
  request?: GateCall["request"];
  resource?: GateCall["resource"];
  environment?: string | null;
  provenance?: GateCall["provenance"];
  approvalId?: string | null;
}

const nullable = (schema: object) => ({ anyOf: [schema, { type: "null" }] });
const text = (maxLength: number) => ({ type: "string", maxLength });

export const decisionSchema = {
  type: "object",
  required: ["tool"],
  additionalProperties: false,
  properties: {
    callId: text(MODEL.idChars),
    session: nullable(text(MODEL.idChars)),
    task: nullable(text(MODEL.idChars)),
    tool: { type: "string", minLength: 1, maxLength: MODEL.nameChars },
    operation: nullable(text(MODEL.nameChars)),
    arguments: {},
    request: nullable({
      type: "object",
      required: ["kind"],
      oneOf: [
        { additionalProperties: false, required: ["kind", "command"], properties: { kind: { const: "shell" }, command: text(1_048_576) } },
        { additionalProperties: false, required: ["kind", "system", "text"], properties: { kind: { const: "sql" }, system: text(MODEL.nameChars), text: text(1_048_576) } },
        { additionalProperties: false, required: ["kind", "method", "url", "body"], properties: { kind: { const: "http" }, method: text(32), url: text(4_096), body: nullable(text(1_048_576)) } },
        {
          additionalProperties: false, required: ["kind", "url", "document", "operationName", "variables"],
          properties: { kind: { const: "graphql" }, url: nullable(text(4_096)), document: text(1_048_576), operationName: nullable(text(MODEL.nameChars)), variables: nullable(text(1_048_576)) },
        },
      ],
    }),
    resource: nullable({
      type: "object", required: ["kind", "id", "environment"], additionalProperties: false,
      properties: { kind: text(MODEL.nameChars), id: { type: "string", minLength: 1, maxLength: MODEL.idChars }, environment: nullable(text(MODEL.nameChars)) },
    }),
    environment: nullable(text(MODEL.nameChars)),
    provenance: { type: "object", maxProperties: MODEL.provenanceEntries, additionalProperties: { enum: [...PROVENANCES] } },
    approvalId: nullable(text(MODEL.idChars)),
  },
} as const;

export interface DecideApiDeps {
  readonly authenticate: Authenticate;
  readonly decideCall: DecideCall;
}

export function registerDecideApi(app: FastifyInstance, { authenticate, decideCall }: DecideApiDeps): void {
  app.post<{ Body: DecisionBody }>("/v1/decisions", { schema: { body: decisionSchema } }, async (request, reply) => {
    const caller = authenticate(tokenOf(request.headers.authorization));
    if (caller === null) throw new TriplineError("TL_GATE_UNAUTHENTICATED");
    return reply.send(answerBody(await decideCall(caller, callOf(request.body))));
  });
}

/** @throws TL_GATE_INVALID */
export function callOf(body: DecisionBody): GateCall {
  const callId = body.callId ?? randomUUID();
  if (!isId(callId)) throw new TriplineError("TL_GATE_INVALID", "At callId: not an id.");
  const executed = canonicalJson({ tool: body.tool, operation: body.operation ?? null, arguments: body.arguments ?? null, request: body.request ?? null, resource: body.resource ?? null });
  if (!executed.ok) throw new TriplineError("TL_GATE_INVALID", `At arguments: ${executed.reason}.`);
  return {
    callId, door: "decide", session: body.session ?? null, task: body.task ?? null, tool: body.tool, operation: body.operation ?? null, request: body.request ?? null,
    inputs: body.arguments === undefined ? null : capture(JSON.stringify(body.arguments)), provenance: body.provenance ?? {}, resource: body.resource ?? null,
    environment: body.environment ?? null, credentials: [], injected: null, payload: sha256Hex(executed.text), target: null, stored: null, resourceVersion: null,
    approvalId: body.approvalId ?? null,
  };
}

/** Coded errors say what to do next; the texts of others stay behind. */
export function sendGateError(error: Error & { statusCode?: number; validation?: unknown }, reply: FastifyReply): FastifyReply {
  if (error instanceof TriplineError) {
    if (error.status === 503) void reply.header("retry-after", "1");
    return reply.code(error.status).send({ error: { code: error.code, message: error.message, next: ERRORS[error.code].next } });
  }
  const invalid = error.validation !== undefined || (error.statusCode ?? 500) < 500;
  const code = invalid ? "TL_GATE_INVALID" : "TL_INTERNAL";
  return reply.code(error.statusCode ?? 500).send({ error: { code, message: error.validation === undefined ? ERRORS[code].text : error.message, next: ERRORS[code].next } });
}
