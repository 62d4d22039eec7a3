/** The ingest benchmark's tool spans, spread over many agents; and requests that end with a call that is found wrong, to be timed. */
import { type ProtoItem, type ProtoPair, type ProtoRequest, traceRequest } from "../ingest/otlp-schema.ts";
import { makeTraffic } from "../ingest/traffic.ts";

export const AGENTS = 48;
/** 1,700 spans of each agent: more than the detector remembers calls of a partition, so that all are new to it when sent again. */
export const BODIES = 1_200;
export const SPANS_PER_BODY = 68;
/** Irreversible and approved by nobody: a finding that needs no baseline. */
const WRONG = JSON.stringify({ command: "npm publish" });
const AGENT_ATTRIBUTES = new Set(["service.name", "gen_ai.agent.name", "gen_ai.agent.id"]);

export const agentName = (index: number): string => `agent-${index}`;

export interface Body {
  readonly agent: number;
  readonly bytes: Uint8Array;
  /** Hexadecimal; one for all spans of a body. */
  readonly traceId: string;
  /** Tool calls among its spans. */
  readonly calls: number;
}

/** `tools`: tool spans only. `trace`: what the GenAI conventions give for an agent's work, model calls included. */
export type MixName = "tools" | "trace";

/** Encoded ExportTraceServiceRequests, one agent's session each. `wrongEvery`: every so many of them end with a wrong call. */
export function makeBodies(count: number, spans: number, seed: number, mix: MixName, wrongEvery = Number.POSITIVE_INFINITY): Body[] {
  const { bodies } = makeTraffic(count, spans, seed, mix === "tools" ? "tools" : "agent-trace");
  return bodies.map((bytes, index) => told(bytes, index, index % wrongEvery === wrongEvery - 1));
}

/** The spans of a request, each encoded for itself. */
export function spansOf({ bytes }: Body): Buffer[] {
  const type = traceRequest.root.lookupType("Span");
  const message = traceRequest.decode(bytes) as unknown as ProtoRequest;
  const spans = (message.resourceSpans ?? []).flatMap(({ scopeSpans }) => (scopeSpans ?? []).flatMap((scope) => scope.spans ?? []));
  return spans.map((span) => Buffer.from(type.encode(span as object).finish()));
}

function told(bytes: Uint8Array, index: number, isWrong: boolean): Body {
  const agent = index % AGENTS;
  const message = traceRequest.decode(bytes) as unknown as ProtoRequest;
  const [group] = message.resourceSpans ?? [];
  const spans = group?.scopeSpans?.[0]?.spans ?? [];
  for (const pairs of [group?.resource?.attributes ?? [], ...spans.map(({ attributes }) => attributes)]) {
    for (const pair of pairs) if (AGENT_ATTRIBUTES.has(pair.key)) pair.value = { stringValue: agentName(agent) };
  }
  const last = spans.at(-1);
  if (isWrong && last !== undefined) makeWrong(last);
  const traceId = Buffer.from(last?.traceId ?? []).toString("hex");
  return { agent, bytes: traceRequest.encode(message).finish(), traceId, calls: spans.filter(({ name }) => name?.startsWith("execute_tool ")).length };
}

function makeWrong({ attributes }: ProtoItem): void {
  const set = (key: string, stringValue: string): void => {
    const pair = attributes.find((one: ProtoPair) => one.key === key);
    if (pair !== undefined) pair.value = { stringValue };
  };
  set("gen_ai.tool.name", "run_shell");
  set("gen_ai.tool.call.arguments", WRONG);
}
