/** The traffic that ingest is measured with: tool spans of many sessions, 15 attributes each, about 1 KB. Seeded. */
import { traceRequest } from "./otlp-schema.ts";

export interface Traffic {
  /** Encoded ExportTraceServiceRequests. */
  readonly bodies: readonly Uint8Array[];
  readonly itemsPerBody: number;
  /** Items of all bodies that are tool calls. */
  readonly tools: number;
  readonly bytesPerItem: number;
}

const TOOLS = ["run_shell", "read_file", "edit_file", "search_code", "query_database", "http_request", "list_volumes", "run_tests"];
const COMMANDS = ["ls -la packages/api", "git diff --stat main", "pnpm test --filter api", "psql -c 'select id, name from orders limit 20'", "cat src/server/routes.ts"];

/** A small generator of its own, so that the same seed gives the same bytes everywhere (mulberry32). */
export function seeded(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/**
 * `tools`: nothing but tool spans, so every item becomes an action: the worst case. `agent-trace`: what the GenAI conventions give
 * for an agent's work, a model call before each tool call, and an invoke_agent span around ten such turns.
 */
export type Mix = "tools" | "agent-trace";

export function makeTraffic(bodies: number, itemsPerBody: number, seed: number, mix: Mix = "tools"): Traffic {
  const random = seeded(seed);
  const made = Array.from({ length: bodies }, (_, body) => encodeBody(body, itemsPerBody, mix, random));
  const bytes = made.reduce((sum, one) => sum + one.length, 0);
  return { bodies: made, itemsPerBody, tools: bodies * toolsOf(itemsPerBody, mix), bytesPerItem: Math.round(bytes / (bodies * itemsPerBody)) };
}

function encodeBody(body: number, items: number, mix: Mix, random: () => number): Uint8Array {
  const session = `session-${body.toString(16).padStart(8, "0")}-${hex(random, 6)}`;
  const traceId = bytes(random, 16);
  const spans = Array.from({ length: items }, (_, index) => {
    const sequence = body * items + index;
    const isAgent = index % SPANS_PER_AGENT_SPAN === SPANS_PER_AGENT_SPAN - 1;
    return isToolAt(index, mix) ? span(session, traceId, sequence, random) : modelSpan(session, traceId, sequence, isAgent, random);
  });
  const resource = { attributes: pairs({ "service.name": "coder", "service.version": "1.4.0", "deployment.environment.name": "staging", "host.name": "worker-3", "process.pid": 4711 }) };
  const message = { resourceSpans: [{ resource, scopeSpans: [{ scope: { name: "agent-runtime", version: "2.1.0" }, spans }] }] };
  return traceRequest.encode(traceRequest.fromObject(message)).finish();
}

function span(session: string, traceId: Uint8Array, sequence: number, random: () => number): object {
  const tool = pick(TOOLS, random);
  const command = `${pick(COMMANDS, random)} # ${hex(random, 4)}`;
  const startMs = 1_795_180_000_000 + sequence * 40;
  return {
    traceId,
    spanId: bytes(random, 8),
    parentSpanId: bytes(random, 8),
    name: `execute_tool ${tool}`,
    kind: 1,
    startTimeUnixNano: `${startMs}000000`,
    endTimeUnixNano: `${startMs + 35}000000`,
    status: {},
    attributes: pairs({
      "gen_ai.operation.name": "execute_tool",
      "gen_ai.tool.name": tool,
      "gen_ai.tool.type": "function",
      "gen_ai.tool.description": "Runs one tool of the workspace and returns what it printed.",
      "gen_ai.tool.call.id": `call_${hex(random, 12)}`,
      "gen_ai.conversation.id": session,
      "gen_ai.agent.name": "coder",
      "gen_ai.agent.id": "coder",
      "gen_ai.tool.call.arguments": JSON.stringify({ command, cwd: "/srv/app", timeoutMs: 120_000, description: "Look at the current state first" }),
      "gen_ai.tool.call.result": `exit code 0\n${pick(COMMANDS, random)}\n${"total 48 drwxr-xr-x 6 node node 4096 ".repeat(3)}`,
      "gen_ai.provider.name": "anthropic",
      "gen_ai.request.model": "large-3",
      "thread.id": 1,
      "code.function.name": "runtime.tools.execute",
      "workspace.dirty": true,
    }),
  };
}

function isToolAt(index: number, mix: Mix): boolean {
  const turn = index % SPANS_PER_AGENT_SPAN;
  return mix === "tools" || (turn % 2 === 1 && turn !== SPANS_PER_AGENT_SPAN - 1);
}

function toolsOf(items: number, mix: Mix): number {
  return Array.from({ length: items }, (_, index) => isToolAt(index, mix)).filter(Boolean).length;
}

/** Ten turns of model call and tool call, and the span around them. */
const SPANS_PER_AGENT_SPAN = 21;

function modelSpan(session: string, traceId: Uint8Array, sequence: number, isAgent: boolean, random: () => number): object {
  const startMs = 1_795_180_000_000 + sequence * 40;
  return {
    traceId,
    spanId: bytes(random, 8),
    parentSpanId: bytes(random, 8),
    name: isAgent ? "invoke_agent coder" : "chat large-3",
    kind: 3,
    startTimeUnixNano: `${startMs}000000`,
    endTimeUnixNano: `${startMs + 900}000000`,
    status: {},
    attributes: pairs({
      "gen_ai.operation.name": isAgent ? "invoke_agent" : "chat",
      "gen_ai.provider.name": "anthropic",
      "gen_ai.request.model": "large-3",
      "gen_ai.response.model": "large-3-20260801",
      "gen_ai.response.id": `msg_${hex(random, 12)}`,
      "gen_ai.response.finish_reasons": "tool_use",
      "gen_ai.request.max_tokens": 8_192,
      "gen_ai.usage.input_tokens": 18_000 + Math.floor(random() * 9_000),
      "gen_ai.usage.output_tokens": Math.floor(random() * 900),
      "gen_ai.usage.cache_read.input_tokens": 16_000,
      "gen_ai.conversation.id": session,
      "gen_ai.agent.name": "coder",
      "gen_ai.agent.id": "coder",
      "server.address": "api.example",
      "server.port": 443,
    }),
  };
}

type Simple = string | number | boolean;

function pairs(values: Readonly<Record<string, Simple>>): object[] {
  return Object.entries(values).map(([key, value]) => ({ key, value: anyValue(value) }));
}

function anyValue(value: Simple): object {
  if (typeof value === "string") return { stringValue: value };
  return typeof value === "boolean" ? { boolValue: value } : { intValue: value };
}

const pick = <T>(list: readonly T[], random: () => number): T => list[Math.floor(random() * list.length)]!;
const bytes = (random: () => number, count: number) => Uint8Array.from({ length: count }, () => Math.floor(random() * 255) + 1);
const hex = (random: () => number, count: number) => Buffer.from(bytes(random, count)).toString("hex");
