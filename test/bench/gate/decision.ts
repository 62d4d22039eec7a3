/** The decision alone: from the request's text to the answer, no door and no record. */
import { capture } from "@tripline/canonical";
import { decide, initialRecord, observe, prepareClassifiers, Registry } from "@tripline/core";
import { type Action, agentKey } from "@tripline/model";
import { GATE_TENANT } from "../../gate-world.ts";
import { type Asked, askedAt } from "./mix.ts";

export async function decisionTimesUs(from: number, count: number): Promise<number[]> {
  await prepareClassifiers();
  const registry = new Registry();
  registry.apply("agents", { v: 1, version: 1, tenant: GATE_TENANT, agent: "coder", role: null, owner: "platform", environment: "staging", status: "active", atMs: 1 });
  const breaker = initialRecord(agentKey(GATE_TENANT, "coder"));
  const texts = Array.from({ length: count }, (_, index) => JSON.stringify(askedAt(from + index)));
  const times: number[] = [];
  for (const text of texts) {
    const startMs = performance.now();
    const nowMs = Date.now();
    const observed = observe(actionOf(JSON.parse(text) as Asked, nowMs), nowMs, registry);
    const { kind } = decide(observed, { registry, breaker, isCurrent: true, injected: null });
    times.push((performance.now() - startMs) * 1_000);
    if (kind.length === 0) throw new Error("no decision");
  }
  return times;
}

function actionOf({ tool, callId, session, arguments: given, request, provenance }: Asked, nowMs: number): Action {
  return {
    v: 1, id: callId, callId, tenant: GATE_TENANT, agent: { id: "coder", name: null, version: null, role: null, runtime: null }, assurance: "channel", claimedAgent: null, session, parentSession: null, task: null,
    phase: "decision", eventMs: nowMs, tool, operation: null, request: request ?? null, inputs: capture(JSON.stringify(given)), outputs: null, provenance: { ...provenance }, resource: null, credentials: [], environment: null,
    outcome: null, decision: null, reasoning: null, source: { dialect: "gate-decide", signal: "gate", traceId: null, spanId: null, parentSpanId: null },
  };
}
