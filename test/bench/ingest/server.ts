/**
 * One collector in a process of its own, so that its CPU can be told apart. `durable`: the product's pipeline on an embedded log.
 * `decode-only`: the same server, which reads the same attributes of each span and replies; nothing is mapped or stored.
 */
import { fingerprint, secretTagger, sha256Hex } from "@tripline/canonical";
import { PIPELINE, createCollector, type Pipeline } from "@tripline/collector";
import { createKnownSecrets, Registry } from "@tripline/core";
import { openEventLog } from "@tripline/event-log";
import { createMetrics, next } from "@tripline/runtime";
import { BENCH_TOKEN, type ServerKind, type ServerMessage } from "./protocol.ts";
import { ITEM_NAMES, RESOURCE_NAMES } from "./decode.ts";

const extract: Pipeline[number] = {
  name: "extract",
  run(batch) {
    for (const item of batch.items) {
      let found = 0;
      for (const name of ITEM_NAMES) if (item.attr(name) !== undefined) found += 1;
      for (const name of RESOURCE_NAMES) if (item.resourceAttr(name) !== undefined) found += 1;
      if (found < 3 || item.traceId === null || item.spanId === null || item.parentSpanId === null) throw new Error("nothing extracted");
    }
    return next(batch);
  },
};
const DECODE_ONLY: Pipeline = [...PIPELINE.filter((step) => step.name === "decode"), extract];

const TENANT_KEY = new Uint8Array(32).fill(7);

/** One registered credential, so that looking for it is on the path as in production. */
function inventory(): Registry {
  const registry = new Registry();
  const secret = "a-registered-token-of-a-service";
  registry.apply("credentials", {
    v: 1, version: 1, id: "registered", tenant: "bench", provider: "railway", providerRef: "registered", kind: "api-token", principal: null, environment: "production",
    fingerprint: fingerprint(TENANT_KEY, sha256Hex(secret)), secretTag: secretTagger(TENANT_KEY)(secret),
    reach: [], issuedTo: [], alsoUsedBy: [], autoRevoke: "yes", replacement: null, status: "active", atMs: 1,
  });
  return registry;
}

async function serve(kind: ServerKind, dir: string): Promise<void> {
  const metrics = createMetrics();
  const clock = () => Date.now();
  const eventLog = await openEventLog(kind === "durable" ? { kind: "embedded", dir } : { kind: "memory" }, { metrics, clock });
  const collector = createCollector(
    {
      config: { host: "127.0.0.1", port: 0 },
      eventLog,
      tokens: { lookup: (digest) => (digest === sha256Hex(BENCH_TOKEN) ? { tenant: "bench", kind: "agent", agent: "coder", agents: [] } : null) },
      tenantKey: () => TENANT_KEY,
      knownSecret: createKnownSecrets(inventory(), () => TENANT_KEY),
      metrics,
      clock,
    },
    kind === "durable" ? PIPELINE : DECODE_ONLY,
  );
  await collector.start();
  const send = (message: ServerMessage) => process.send?.(message);
  const report = async () => {
    const { user, system } = process.cpuUsage();
    const ends = await eventLog.ends("actions");
    send({ cpuUs: user + system, stored: [...ends.values()].reduce((sum, end) => sum + end.high - end.low, 0) });
  };
  process.on("message", () => void report());
  process.on("disconnect", () => void collector.stop().then(() => eventLog.close()));
  send({ url: collector.url() });
}

const [kind, dir] = process.argv.slice(2);
if (kind === "durable" || kind === "decode-only") await serve(kind, dir ?? "");
