/** A collector over real HTTP on a free port, with the memory log behind it; what tests send and what they find in the log. */
import { request as httpRequest, type IncomingHttpHeaders } from "node:http";
import { sha256Hex } from "@tripline/canonical";
import { openMemoryLog, type EventLog } from "@tripline/event-log";
import { decode, type Action, type DeadLetter, type Topic } from "@tripline/model";
import { createMetrics } from "@tripline/runtime";
import { createCollector, type Collector } from "../collector.ts";
import type { CollectorLimits } from "../limits.ts";
import type { TokenBinding } from "../tokens.ts";

export const TOKENS = { alice: "alice-token-0123456789", bob: "bob-token-0123456789", relay: "relay-token-0123456789" } as const;
const BINDINGS: Readonly<Record<string, TokenBinding>> = {
  [sha256Hex(TOKENS.alice)]: { tenant: "acme", kind: "agent", agent: "alice", agents: [] },
  [sha256Hex(TOKENS.bob)]: { tenant: "acme", kind: "agent", agent: "bob", agents: [] },
  [sha256Hex(TOKENS.relay)]: { tenant: "acme", kind: "relay", agent: "gateway", agents: ["alice", "carol"] },
};
export const REGISTERED_SECRET = "2f6c1a8e-90d4-4f0a-9b1c-6c5f1f0e7d21";
export const TENANT_KEY = new Uint8Array(32).fill(9);

export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

export interface Sending {
  readonly path?: string;
  readonly method?: string;
  readonly token?: string | null;
  readonly headers?: Readonly<Record<string, string>>;
  /** Leaves out Content-Length, so that the body goes in chunks. */
  readonly chunked?: boolean;
}

export interface World {
  readonly collector: Collector;
  readonly log: EventLog;
  send(body: unknown, sending?: Sending): Promise<Answer>;
  actions(): Promise<{ key: string; action: Action; bytes: Uint8Array }[]>;
  deadLetters(): Promise<DeadLetter[]>;
  metrics(): Promise<string>;
  close(): Promise<void>;
}

/** `append` replaces the log's, for logs that fail or are slow. */
export async function openWorld(limits: Partial<CollectorLimits> = {}, append?: EventLog["append"]): Promise<World> {
  const metrics = createMetrics();
  const clock = () => 1_795_180_900_000;
  const log = await openMemoryLog({}, { metrics, clock });
  const collector = createCollector({
    config: { host: "127.0.0.1", port: 0, limits },
    eventLog: append === undefined ? log : { append },
    tokens: { lookup: (digest) => BINDINGS[digest] ?? null },
    tenantKey: () => TENANT_KEY,
    knownSecret: (_tenant, text) => text === REGISTERED_SECRET,
    metrics,
    clock,
  });
  await collector.start();
  return {
    collector,
    log,
    send: (body, sending = {}) => send(collector.url(), body, sending),
    actions: async () =>
      (await records(log, "actions")).map(({ key, value }) => {
        const decoded = decode("actions", value);
        if (!decoded.ok) throw new Error(`${decoded.reason} ${decoded.detail}`);
        return { key, action: decoded.value, bytes: value };
      }),
    deadLetters: async () =>
      (await records(log, "actions.dead")).map(({ value }) => {
        const decoded = decode("actions.dead", value);
        if (!decoded.ok) throw new Error(`${decoded.reason} ${decoded.detail}`);
        return decoded.value;
      }),
    metrics: () => metrics.render(),
    async close() {
      await collector.stop();
      await log.close();
    },
  };
}

/** Everything in a topic now. */
async function records(log: EventLog, topic: Topic): Promise<{ key: string; value: Uint8Array }[]> {
  const ends = await log.ends(topic);
  const expected = [...ends.values()].reduce((sum, end) => sum + end.high - end.low, 0);
  const found: { key: string; value: Uint8Array }[] = [];
  if (expected === 0) return found;
  const { promise, resolve } = Promise.withResolvers<void>();
  const subscription = await log.read(topic, { from: "start" }, async (batch) => {
    found.push(...batch.map(({ key, value }) => ({ key, value })));
    if (found.length >= expected) resolve();
  });
  await promise;
  await subscription.close();
  return found;
}

function send(url: string, body: unknown, { path = "/v1/traces", method = "POST", token = TOKENS.alice, headers = {}, chunked = false }: Sending): Promise<Answer> {
  const bytes = body instanceof Uint8Array ? body : Buffer.from(typeof body === "string" ? body : JSON.stringify(body));
  const sent: Record<string, string> = { "content-type": "application/json", ...headers };
  if (token !== null) sent["authorization"] = `Bearer ${token}`;
  if (!chunked) sent["content-length"] = String(bytes.length);
  return new Promise((resolve, reject) => {
    const outgoing = httpRequest(url + path, { method, headers: sent, agent: false }, (reply) => {
      const parts: Buffer[] = [];
      reply.on("data", (part: Buffer) => parts.push(part));
      reply.once("end", () => resolve({ status: reply.statusCode ?? 0, headers: reply.headers, body: Buffer.concat(parts) }));
      reply.once("error", reject);
    });
    outgoing.once("error", reject);
    outgoing.end(bytes);
  });
}

export const TRACE_ID = "0af7651916cd43dd8448eb211c80319c";

export function attributes(values: Readonly<Record<string, unknown>>): object[] {
  return Object.entries(values).map(([key, value]) => ({ key, value: typeof value === "string" ? { stringValue: value } : value }));
}

/** One `execute_tool` span in OTLP/JSON. */
export function toolSpan(spanId: string, values: Readonly<Record<string, unknown>> = {}): object {
  return {
    traceId: TRACE_ID,
    spanId,
    name: "execute_tool",
    startTimeUnixNano: "1795180891000000000",
    endTimeUnixNano: "1795180892000000000",
    attributes: attributes({ "gen_ai.operation.name": "execute_tool", "gen_ai.tool.name": "run_shell", ...values }),
  };
}

export function traces(spans: readonly object[], resource: Readonly<Record<string, unknown>> = {}): object {
  return { resourceSpans: [{ resource: { attributes: attributes(resource) }, scopeSpans: [{ spans }] }] };
}

export function attempt(values: Readonly<Record<string, unknown>>): object {
  const record = { timeUnixNano: "1795180891000000000", eventName: "tripline.action.attempt", attributes: attributes({ "gen_ai.tool.name": "railway", ...values }) };
  return { resourceLogs: [{ scopeLogs: [{ logRecords: [record] }] }] };
}
