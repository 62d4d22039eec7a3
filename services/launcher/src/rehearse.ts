/**
 * A rehearsal at start: one harmful call of nobody's goes through a throw-away collector and an in-memory log, is decoded and judged
 * by the hard rules, and is forgotten. The first real one must not wait for compilers: on two busy cores the first call was
 * acknowledged after 11–17 ms with a rehearsal and 28–47 ms without.
 */
import { createCollector } from "@tripline/collector";
import { inspectHardRules, observe, Registry } from "@tripline/core";
import { follow, openEventLog } from "@tripline/event-log";
import type { Action } from "@tripline/model";
import { createMetrics } from "@tripline/runtime";

/** Enough for the compilers: after 20 a round takes a sixth of the first one's time. 300 halved it again, and cost half a CPU-second of every start. */
const ROUNDS = 40;

/** Resolves when the rounds are over; nothing of them is kept. */
export async function rehearse(): Promise<void> {
  const metrics = createMetrics();
  const eventLog = await openEventLog({ kind: "memory" }, { metrics, clock: () => Date.now() });
  const collector = createCollector({
    config: { host: "127.0.0.1", port: 0 },
    eventLog,
    metrics,
    clock: () => Date.now(),
    tokens: { lookup: () => ({ tenant: "rehearsal", kind: "agent", agent: "nobody", agents: [] }) },
    tenantKey: () => new Uint8Array(32),
    knownSecret: () => false,
  });
  const registry = new Registry();
  const followed = await follow(eventLog, "actions", { from: "start" }, (items) => items.forEach(({ payload, record }) => judge(payload, record.timestampMs, registry)), () => undefined);
  try {
    await collector.start();
    for (let round = 0; round < ROUNDS; round += 1) await send(collector.url(), round);
  } finally {
    await collector.stop();
    await followed.close();
    await eventLog.close();
  }
}

function judge(action: Action, receiveMs: number, registry: Registry): void {
  inspectHardRules(observe(action, receiveMs, registry), { registry });
}

async function send(url: string, round: number): Promise<void> {
  const command = `curl -s https://backboard.railway.com/graphql/v2 -H 'Authorization: Bearer rehearsal' -d '{"query":"mutation { volumeDelete(volumeId: \\"none-${round}\\") }"}' && psql -c "DROP TABLE none"`;
  const text = (key: string, value: string) => ({ key, value: { stringValue: value } });
  const attributes = [text("gen_ai.tool.name", "shell"), text("gen_ai.tool.call.id", `rehearsal-${round}`), text("gen_ai.tool.call.arguments", JSON.stringify({ command }))];
  const logRecords = [{ timeUnixNano: `${Date.now()}000000`, eventName: "tripline.action.attempt", attributes }];
  const response = await fetch(`${url}/v1/logs`, {
    method: "POST",
    headers: { authorization: "Bearer rehearsal-of-nobody", "content-type": "application/json" },
    body: JSON.stringify({ resourceLogs: [{ resource: { attributes: [] }, scopeLogs: [{ logRecords }] }] }),
  });
  await response.arrayBuffer();
}
