/** One export request from admission to reply. Knows nothing of the web framework, so another HTTP server can carry it. */
import type { ErrorCode } from "@tripline/model";
import { runPipeline } from "@tripline/runtime";
import type { Signal } from "@tripline/semconv";
import type { Admission, Ticket } from "./admission.ts";
import type { Batch, Encoding, Pipeline, StepDeps } from "./batch.ts";
import { readBody, type BodySource } from "./body.ts";
import { failure, success, type Reply } from "./reply.ts";
import type { Standstill } from "./standstill.ts";
import { authenticate, type TokenBinding, type TokenTable } from "./tokens.ts";

export interface ExportRequest extends BodySource {
  readonly signal: Signal;
  readonly authorization: string | undefined;
  readonly contentType: string;
}

/** Answers every request; never rejects but when the client goes away while its body is read. */
export type Export = (request: ExportRequest) => Promise<Reply>;

export interface ExportDeps extends StepDeps {
  readonly tokens: TokenTable;
  readonly admission: Admission;
  readonly pipeline: Pipeline;
  readonly standstill: Pick<Standstill, "recent">;
}

/** In this order: who is it, is there room, what does it send. So a stranger costs nothing but a look-up. */
export function createExport(deps: ExportDeps): Export {
  return async (request) => {
    const encoding = encodingOf(request.contentType);
    const caller = authenticate(deps.tokens, request.authorization);
    const reply = caller === null ? failure("TL_INGEST_UNAUTHENTICATED", encoding ?? "json", null) : await admitted(request, encoding, caller, deps);
    deps.counters.request(request.signal, reply.status);
    return reply;
  };
}

async function admitted(request: ExportRequest, encoding: Encoding | null, caller: TokenBinding, deps: ExportDeps): Promise<Reply> {
  if (encoding === null) return failure("TL_INGEST_MEDIA_TYPE", "json", null);
  const ticket = deps.admission.enter();
  if (ticket === null) return refusal("TL_INGEST_OVERLOADED", encoding, deps);
  try {
    return await store(request, encoding, caller, ticket, deps);
  } finally {
    ticket.leave();
  }
}

async function store(request: ExportRequest, encoding: Encoding, caller: TokenBinding, ticket: Ticket, deps: ExportDeps): Promise<Reply> {
  const { signal } = request;
  const body = await readBody(request, deps.limits, ticket);
  if (!body.ok) return refusal(body.code, encoding, deps);
  if (deps.standstill.recent()) return refusal("TL_INGEST_UNAVAILABLE", encoding, deps);
  const batch: Batch = { signal, encoding, caller, body, items: [], drafted: [], identities: [], actions: [], records: [], memory: null, rejected: [] };
  const result = await runPipeline(deps.pipeline, batch, deps, deps.counters.steps);
  switch (result.kind) {
    case "done":
      return success(signal, encoding, result.item.rejected.length, partialMessage(result.item));
    case "retry":
    case "dead":
    case "drop":
      return refusal(result.reason as ErrorCode, encoding, deps);
  }
}

const RETRYABLE: ReadonlySet<ErrorCode> = new Set<ErrorCode>(["TL_INGEST_OVERLOADED", "TL_INGEST_UNAVAILABLE"]);

function refusal(code: ErrorCode, encoding: Encoding, deps: ExportDeps): Reply {
  return failure(code, encoding, RETRYABLE.has(code) ? deps.limits.retryAfterMs : null);
}

/** Reasons with their counts; from closed sets, so no value of the request is repeated. */
function partialMessage(batch: Batch): string {
  const counts = new Map<string, number>();
  for (const one of batch.rejected) counts.set(one.reason, (counts.get(one.reason) ?? 0) + 1);
  return [...counts].map(([reason, count]) => `TL_ITEM_INVALID ${reason}: ${count}`).join("; ");
}

function encodingOf(contentType: string): Encoding | null {
  const media = contentType.split(";", 1)[0]!.trim().toLowerCase();
  if (media === "application/x-protobuf" || media === "application/protobuf") return "protobuf";
  return media === "application/json" ? "json" : null;
}
