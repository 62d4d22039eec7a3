/**
 * OpenTelemetry GenAI spans: `execute_tool` (Gemini says `tool_call`), and the spans of a tool's side effects. A finished span
 * is told after the fact, so it gives a result and never an attempt. Attribute table: CONVENTIONS.md.
 */
import { spanCallId } from "@tripline/model";
import { readResourceText as readResource, readText as read, readWhole } from "../../attribute-text.ts";
import { ancestor } from "../../context.ts";
import { directoryOf } from "../../working-directory.ts";
import { joinId } from "../../join-id.ts";
import type { ActionDraft, Dialect, Mapped, Outcome, TraceContext } from "../../dialect.ts";
import type { ItemView } from "../../otlp/item.ts";
import { effectKind, effectRequest, effectResource, wasRefused } from "./effect.ts";
import { AGENT, ALL_NAMES, PROCESS, RESOURCE, TOOL } from "./names.ts";

export const genAi: Dialect = {
  name: "gen-ai",
  attributes: ALL_NAMES,
  matches: (item) => item.signal === "trace" && (operationOf(item) !== null || effectKind(item) !== null),
  map(item, context) {
    const operation = operationOf(item);
    if (isToolOperation(operation)) return mapTool(item, context);
    if (effectKind(item) !== null) return mapEffect(item, context);
    return { kind: "drop", reason: MODEL_CALLS.has(operation ?? "") ? "model-call" : "agent-step" };
  },
};

const MODEL_CALLS: ReadonlySet<string> = new Set(["chat", "generate_content", "text_completion", "embeddings"]);
/** Google ADK's name for a span that repeats several tool spans in one. */
const MERGED_TOOLS = "(merged tools)";
/** Written by some runtimes where they have no id; as an id it would merge all their calls. */
const NO_CALL_ID = "unknown";

const operationOf = (item: ItemView) => read(item, TOOL.operation);
const isToolOperation = (operation: string | null) => operation === "execute_tool" || operation === "tool_call";

function mapTool(item: ItemView, context: TraceContext): Mapped {
  const tool = read(item, TOOL.name);
  if (tool === MERGED_TOOLS) return { kind: "drop", reason: "merged-tools" };
  if (tool === null) return { kind: "invalid", reason: "no-tool-name" };
  const draft = draftOf(item, context, tool, callIdOf(item));
  return { kind: "actions", drafts: draft.request === null ? [draft] : [argumentsOf(draft), draft] };
}

/**
 * Some runtimes put the request that carried the call (`POST /mcp`) on the tool's own span. What the tool was asked to do is a fact
 * before it, of the same call: readers judge by a request where there is one, and would never look at the arguments. First,
 * since the baseline learns a call by its first record, and every call of a server would be the same POST.
 */
function argumentsOf(draft: ActionDraft): ActionDraft {
  const { traceId, spanId } = draft.source;
  return { ...draft, id: joinId(traceId, spanId, "arguments", "result"), request: null, outputs: null };
}

/**
 * A side effect belongs to the call whose id it carries, or to the tool span above it. Where the parent is not in this request
 * (it ends later, so it is often sent later), a query or GraphQL operation is still a fact of its own; a bare HTTP request is
 * not, since model calls and exporters make those too.
 */
function mapEffect(item: ItemView, context: TraceContext): Mapped {
  const toolSpan = ancestor(item, context, (span) => isToolOperation(operationOf(span)));
  const orphan = item.parentSpanId === null || context.parentOf(item) === null;
  const ownCall = read(item, TOOL.callId) !== null;
  if (toolSpan === null && !ownCall && (!orphan || effectKind(item) === "http")) return { kind: "drop", reason: "effect-outside-tool" };
  const tool = read(item, TOOL.name) ?? (toolSpan === null ? null : read(toolSpan, TOOL.name)) ?? effectKind(item) ?? "";
  return { kind: "actions", drafts: [draftOf(item, context, tool, ownCall || toolSpan === null ? callIdOf(item) : callIdIn(toolSpan))] };
}

/** Null where the span gives none: then it is the span's own. */
function callIdOf(item: ItemView): string | null {
  const given = read(item, TOOL.callId);
  return given === NO_CALL_ID ? null : given;
}

/** The same, for an item of another span. */
const callIdIn = (span: ItemView) => callIdOf(span) ?? spanCallId(span.traceId, span.spanId);

const NO_PROVENANCE: ActionDraft["provenance"] = new Map();
const NO_CREDENTIALS: ActionDraft["credentials"] = { sha256: [], principals: [], leaseId: null };

function draftOf(item: ItemView, context: TraceContext, tool: string, callId: string | null): ActionDraft {
  const { name, version, session } = agentOf(item, context);
  const effect = effectKind(item);
  const { traceId, spanId, parentSpanId } = item;
  return {
    id: null,
    callId,
    phase: "result",
    eventMs: item.endMs,
    tool,
    operation: null,
    agent: {
      name: name ?? readResource(item, RESOURCE.service),
      version: version ?? readResource(item, RESOURCE.version),
      role: null,
      runtime: item.scopeName === "" ? null : item.scopeName,
    },
    session: session ?? readResource(item, AGENT.session),
    parentSession: null,
    task: null,
    request: effect === null ? null : effectRequest(item),
    inputs: readWhole(item, TOOL.arguments),
    outputs: readWhole(item, TOOL.result),
    provenance: NO_PROVENANCE,
    resource: effect === null ? null : effectResource(item),
    credentials: NO_CREDENTIALS,
    environment: readResource(item, RESOURCE.environment),
    ...directoryOf(read(item, PROCESS.directory) ?? readResource(item, PROCESS.directory)),
    outcome: outcomeOf(item),
    reasoning: null,
    source: { dialect: "gen-ai", signal: "trace", traceId, spanId, parentSpanId },
  };
}

interface AgentFields {
  readonly name: string | null;
  readonly version: string | null;
  readonly session: string | null;
}

/** Often only on the invoke_agent span above. A span that names agent and conversation itself is not looked beyond. */
function agentOf(item: ItemView, context: TraceContext): AgentFields {
  const own = { name: read(item, AGENT.name), version: read(item, AGENT.version), session: read(item, AGENT.session) };
  if ((own.name !== null && own.session !== null) || context.parentOf(item) === null) return own;
  const above = (names: readonly string[]) => {
    const holder = ancestor(item, context, (span) => read(span, names) !== null);
    return holder === null ? null : read(holder, names);
  };
  return { name: own.name ?? above(AGENT.name), version: own.version ?? above(AGENT.version), session: own.session ?? above(AGENT.session) };
}

/** An unset status with an end time is success by the tracing specification. */
function outcomeOf(item: ItemView): Outcome {
  const errorType = read(item, TOOL.error);
  if (wasRefused(item)) return { status: "refused", errorType };
  return { status: item.status === "error" || errorType !== null ? "error" : "ok", errorType };
}
