/** Tripline's own SDK: one log record before a call (attempt), one after (result). Attribute table: CONVENTIONS.md. */
import { sha256Hex } from "@tripline/canonical";
import { LIMITS, spanCallId, type Phase } from "@tripline/model";
import { countOf, provenanceOf, textList, textOf, firstText } from "../../attribute-text.ts";
import type { ActionDraft, Dialect, DraftValue, Mapped, Outcome } from "../../dialect.ts";
import type { ItemView } from "../../otlp/item.ts";
import { directoryOf } from "../../working-directory.ts";
import { joinId } from "../../join-id.ts";
import { requestOf } from "../../request.ts";

const EVENTS: ReadonlyMap<string, Phase> = new Map([
  ["tripline.action.attempt", "attempt"],
  ["tripline.action.result", "result"],
]);

const ATTRIBUTES = [
  "event.name",
  "gen_ai.tool.name",
  "gen_ai.tool.call.id",
  "gen_ai.conversation.id",
  "gen_ai.agent.name",
  "gen_ai.agent.version",
  "tripline.agent.role",
  "tripline.agent.runtime",
  "tripline.task",
  "tripline.session.parent",
  "tripline.sequence",
  "gen_ai.tool.call.arguments",
  "tripline.arguments.digest",
  "tripline.arguments.bytes",
  "tripline.arguments.truncated",
  "gen_ai.tool.call.result",
  "tripline.result.digest",
  "tripline.result.bytes",
  "tripline.result.truncated",
  "tripline.request",
  "tripline.resource.kind",
  "tripline.resource.id",
  "tripline.resource.environment",
  "tripline.credential.sha256",
  "tripline.credential.principal",
  "tripline.lease.id",
  "tripline.provenance",
  "tripline.outcome.status",
  "error.type",
  "tripline.reasoning",
  "service.name",
  "service.version",
  "deployment.environment.name",
  "process.working_directory",
] as const;

export const tripline: Dialect = {
  name: "tripline",
  attributes: ATTRIBUTES,
  matches: (item) => item.signal === "log" && eventOf(item).startsWith("tripline.action."),
  map: mapRecord,
};

function eventOf(item: ItemView): string {
  if (item.name !== "") return item.name;
  const attribute = item.attr("event.name");
  return typeof attribute === "string" ? attribute : (item.bodyText ?? "");
}

function mapRecord(item: ItemView): Mapped {
  const phase = EVENTS.get(eventOf(item));
  if (phase === undefined) return { kind: "invalid", reason: "bad-phase" };
  const tool = textOf(item.attr("gen_ai.tool.name"));
  if (tool === null) return { kind: "invalid", reason: "no-tool-name" };
  const callId = callIdOf(item);
  if (callId === null && (item.traceId === null || item.spanId === null)) return { kind: "invalid", reason: "no-call-id" };
  return { kind: "actions", drafts: [draftOf(item, phase, tool, callId)] };
}

function draftOf(item: ItemView, phase: Phase, tool: string, callId: string | null): ActionDraft {
  const session = textOf(item.attr("gen_ai.conversation.id"));
  return {
    id: boundedId(joinId(session ?? item.traceId ?? "-", callId ?? spanCallId(item.traceId, item.spanId), phase)),
    callId: callId === null ? null : boundedId(callId),
    phase,
    eventMs: item.startMs,
    tool,
    operation: null,
    agent: {
      name: firstText(item.attr("gen_ai.agent.name"), item.resourceAttr("gen_ai.agent.name"), item.resourceAttr("service.name")),
      version: firstText(item.attr("gen_ai.agent.version"), item.resourceAttr("gen_ai.agent.version"), item.resourceAttr("service.version")),
      role: firstText(item.attr("tripline.agent.role"), item.resourceAttr("tripline.agent.role")),
      runtime: firstText(item.attr("tripline.agent.runtime"), item.resourceAttr("tripline.agent.runtime")),
    },
    session,
    parentSession: textOf(item.attr("tripline.session.parent")),
    task: textOf(item.attr("tripline.task")),
    request: requestOf(item.attr("tripline.request")),
    inputs: capturedOf(item, "gen_ai.tool.call.arguments", "tripline.arguments"),
    outputs: capturedOf(item, "gen_ai.tool.call.result", "tripline.result"),
    provenance: provenanceOf(item.attr("tripline.provenance"), LIMITS.provenanceEntries),
    resource: resourceOf(item),
    credentials: {
      sha256: textList(item.attr("tripline.credential.sha256"), LIMITS.credentialsPerAction),
      principals: textList(item.attr("tripline.credential.principal"), LIMITS.credentialsPerAction),
      leaseId: textOf(item.attr("tripline.lease.id")),
    },
    environment: textOf(item.resourceAttr("deployment.environment.name")),
    ...directoryOf(firstText(item.attr("process.working_directory"), item.resourceAttr("process.working_directory"))),
    outcome: phase === "attempt" ? null : outcomeOf(item),
    reasoning: textOf(item.attr("tripline.reasoning")),
    source: { dialect: "tripline", signal: "log", traceId: item.traceId, spanId: item.spanId, parentSpanId: null },
  };
}

/** The tool-call id, else session and sequence, else null, which stands for the span. */
function callIdOf(item: ItemView): string | null {
  const given = textOf(item.attr("gen_ai.tool.call.id"));
  if (given !== null) return given;
  const session = textOf(item.attr("gen_ai.conversation.id"));
  const sequence = countOf(item.attr("tripline.sequence"));
  if (session !== null && sequence !== null) return joinId(session, sequence);
  return null;
}

/** Ids of senders may be long; beyond the bound their digest stands for them, as deterministically. */
function boundedId(id: string): string {
  return id.length <= LIMITS.idChars ? id : `sha256:${sha256Hex(id)}`;
}

function capturedOf(item: ItemView, textName: string, prefix: "tripline.arguments" | "tripline.result"): DraftValue | null {
  const text = textOf(item.attr(textName));
  const fullBytes = countOf(item.attr(`${prefix}.bytes`));
  const digest = textOf(item.attr(`${prefix}.digest`));
  if (text === null && digest === null) return null;
  return { text: text ?? "", fullBytes, digest, truncated: item.attr(`${prefix}.truncated`) === true };
}

function resourceOf(item: ItemView): ActionDraft["resource"] {
  const kind = textOf(item.attr("tripline.resource.kind"));
  const id = textOf(item.attr("tripline.resource.id"));
  if (kind === null || id === null) return null;
  return { kind, id, environment: textOf(item.attr("tripline.resource.environment")) };
}

const STATUSES: readonly Outcome["status"][] = ["ok", "error", "refused", "unknown"];

function outcomeOf(item: ItemView): Outcome {
  const reported = item.attr("tripline.outcome.status");
  return { status: STATUSES.find((status) => status === reported) ?? "unknown", errorType: textOf(item.attr("error.type")) };
}
