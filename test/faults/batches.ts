/**
 * What agents report, as OTLP/HTTP JSON. Ids are deterministic: a batch is made once and sent, byte for byte, until acknowledged.
 */
import type { FoundToken } from "./world.ts";
import { between, pick, type Random } from "./random.ts";

export interface Batch {
  readonly agent: string;
  readonly path: "/v1/logs" | "/v1/traces";
  readonly body: string;
  /** Ids under which its actions must be found once it was acknowledged. */
  readonly actionIds: readonly string[];
  readonly callIds: readonly string[];
}

type Attributes = Readonly<Record<string, string>>;
interface Call {
  readonly callId: string;
  readonly tool: string;
  readonly request: Readonly<Record<string, string>>;
}

/** Reads and small edits: nothing here trips by itself. */
const COMMANDS = ["ls -la src", "git status --short", "git diff --stat", "cat src/server/routes.ts", "grep -rn healthz src", "node --version"];
const QUERIES = ["select id, name from orders limit 20", "select count(*) from customers", "update jobs set seen = true where id = 7"];

/** Irreversible, and with nobody's approval: each is a hard finding that needs no baseline. */
const WRONGS = ["npm publish", "kubectl delete pod orders-0"];

/**
 * A batch of ordinary work, of which `wrongShare` is what no agent may do. Every fourth agent reports by spans, as a stock OpenTelemetry SDK does,
 * the others before and after each call.
 */
export function ordinaryBatch(agent: string, number: number, calls: number, bySpans: boolean, random: Random, wrongShare = 0): Batch {
  const made = Array.from({ length: calls }, (_, index) => ordinaryCall(`call-${number}-${index}`, random, wrongShare));
  return bySpans ? spans(agent, number, made) : logs(agent, number, made);
}

function ordinaryCall(callId: string, random: Random, wrongShare: number): Call {
  if (wrongShare > 0 && random() < wrongShare) return { callId, tool: "run_shell", request: { kind: "shell", command: pick(random, WRONGS) } };
  return between(random, 0, 2) === 0
    ? { callId, tool: "query_database", request: { kind: "sql", system: "postgresql", text: pick(random, QUERIES) } }
    : { callId, tool: "run_shell", request: { kind: "shell", command: pick(random, COMMANDS) } };
}

/** The attempt that must trip: one `volumeDelete` with a token that was never issued to this agent. */
export function destructiveBatch(agent: string, number: number, volumeId: string, { token }: FoundToken): Batch {
  const headers: Attributes = token.kind === "project" ? { "project-access-token": token.secret } : { authorization: `Bearer ${token.secret}` };
  const document = "mutation ($volumeId: String!) { volumeDelete(volumeId: $volumeId) }";
  const variables = JSON.stringify({ volumeId });
  const callId = `delete-${number}`;
  const record = logRecord(agent, number, "attempt", {
    callId,
    tool: "http_request",
    request: { kind: "graphql", url: "https://backboard.railway.com/graphql/v2", document, variables },
    headers: JSON.stringify({ headers, body: { query: document, variables: { volumeId } } }),
  });
  return { agent, path: "/v1/logs", body: logsBody(agent, [record]), actionIds: [logId(agent, callId, "attempt")], callIds: [callId] };
}

function logs(agent: string, number: number, calls: readonly Call[]): Batch {
  const phases = ["attempt", "result"] as const;
  const records = calls.flatMap((call) => phases.map((phase) => logRecord(agent, number, phase, call)));
  const actionIds = calls.flatMap(({ callId }) => phases.map((phase) => logId(agent, callId, phase)));
  return { agent, path: "/v1/logs", body: logsBody(agent, records), actionIds, callIds: calls.map(({ callId }) => callId) };
}

const session = (agent: string) => `session-of-${agent}`;
const logId = (agent: string, callId: string, phase: string) => `${session(agent)}:${callId}:${phase}`;
/** Times are part of the content: fixed by the batch's number, so that sending again repeats them. */
const BASE_MS = Date.now();
const nanosOf = (number: number) => `${BASE_MS + number}000000`;
const attributesOf = (values: Attributes) => Object.entries(values).map(([key, stringValue]) => ({ key, value: { stringValue } }));

function logRecord(agent: string, number: number, phase: "attempt" | "result", call: Call & { readonly headers?: string }): unknown {
  return {
    timeUnixNano: nanosOf(number),
    eventName: `tripline.action.${phase}`,
    attributes: attributesOf({
      "gen_ai.tool.name": call.tool,
      "gen_ai.tool.call.id": call.callId,
      "gen_ai.conversation.id": session(agent),
      "gen_ai.agent.name": agent,
      "gen_ai.tool.call.arguments": call.headers ?? JSON.stringify(call.request),
      "tripline.request": JSON.stringify(call.request),
      ...(phase === "result" ? { "gen_ai.tool.call.result": "done", "tripline.outcome.status": "ok" } : {}),
    }),
  };
}

function logsBody(agent: string, logRecords: readonly unknown[]): string {
  const resource = { attributes: attributesOf({ "service.name": agent, "telemetry.sdk.name": "tripline" }) };
  return JSON.stringify({ resourceLogs: [{ resource, scopeLogs: [{ scope: { name: "tripline" }, logRecords }] }] });
}

function spans(agent: string, number: number, calls: readonly Call[]): Batch {
  const traceId = hex(`${agent}:${number}`, 32);
  const made = calls.map(({ callId, tool, request }, index) => ({
    traceId,
    spanId: hex(`${agent}:${number}:${index}`, 16),
    name: `execute_tool ${tool}`,
    kind: 1,
    startTimeUnixNano: nanosOf(number),
    endTimeUnixNano: nanosOf(number + 1),
    attributes: attributesOf({
      "gen_ai.operation.name": "execute_tool",
      "gen_ai.tool.name": tool,
      "gen_ai.tool.call.id": callId,
      "gen_ai.conversation.id": session(agent),
      "gen_ai.tool.call.arguments": JSON.stringify(request["command"] === undefined ? { query: request["text"] } : { command: request["command"] }),
    }),
  }));
  const resource = { attributes: attributesOf({ "service.name": agent }) };
  return {
    agent,
    path: "/v1/traces",
    body: JSON.stringify({ resourceSpans: [{ resource, scopeSpans: [{ scope: { name: "agent-runtime" }, spans: made }] }] }),
    actionIds: made.map(({ spanId }) => `${traceId}:${spanId}:result`),
    callIds: calls.map(({ callId }) => callId),
  };
}

/** Digits of a trace or span id from a name: an id need not be secret, only its own. */
function hex(name: string, digits: number): string {
  let hash = 0xcbf29ce484222325n;
  let text = "";
  for (let round = 0; text.length < digits; round += 1) {
    for (const char of `${name}#${round}`) hash = ((hash ^ BigInt(char.codePointAt(0) ?? 0)) * 0x100000001b3n) & 0xffffffffffffffffn;
    text += hash.toString(16).padStart(16, "0");
  }
  return text.slice(0, digits);
}
