import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Alert } from "@tripline/alerts";
import { openMemoryLog } from "@tripline/event-log";
import { encode, type Finding } from "@tripline/model";
import { createLogger, createMetrics } from "@tripline/runtime";
import { openStore } from "@tripline/store";
import { describe, expect, it } from "vitest";
import { findingAlerts } from "./finding-alerts.ts";
import { createNotifier } from "./index.ts";

const NOW = 1_790_000_000_000;
const finding = (id: string, over: Partial<Finding> = {}): Finding => ({
  v: 1, id, tenant: "acme", agent: "builder", session: null, actionId: "a1", callId: "c1", detector: "scope-drift", weight: "soft", rule: "drift.operation", bits: 12.5,
  summary: "builder called something new", features: [{ name: "operation", bits: 12.5, expected: "known ones", observed: "shell.dd" }], atMs: NOW, receiveMs: NOW, foreignCredentials: [],
  decidedBy: { rules: "1", policy: 1, grant: 0, registry: 1 }, risk: { bits: 12.5, budgetBits: 20, over: false }, ...over,
});

describe("a finding", () => {
  it("is an alert where the detector marked it so, and says what was expected, what happened and that nothing is revoked", () => {
    const [alert, ...others] = findingAlerts(finding("f1", { alert: true }));
    expect(others).toEqual([]);
    expect(alert).toMatchObject({
      type: "finding.raised", atMs: NOW, title: expect.stringContaining("nothing is revoked") as string,
      data: { agent: "builder", riskBits: 12.5, tripBits: 20, finding: { rule: "drift.operation" }, features: [{ expected: "known ones", observed: "shell.dd" }] },
    });
    expect(findingAlerts(finding("f1", { alert: true }))[0]?.id).toBe(alert?.id);
    expect(findingAlerts(finding("f2", { alert: true }))[0]?.id).not.toBe(alert?.id);
  });
  it("is recorded alone where it is not marked, and told once however often its record comes", async () => {
    const dir = await mkdtemp(join(tmpdir(), "tripline-findings-"));
    const metrics = createMetrics();
    const clock = (): number => NOW;
    const log = await openMemoryLog({ partitions: 2 }, { metrics, clock });
    const store = await openStore({ kind: "sqlite", path: join(dir, "store.db") }, { metrics });
    const sent: Alert[] = [];
    const sink = { name: "soc", send: (alert: Alert) => Promise.resolve({ kind: "sent" as const, seen: sent.push(alert) }) };
    const notifier = createNotifier({ instance: "0", eventLog: log, store, metrics, logger: createLogger({ level: "silent", name: "test" }), clock, sinks: [sink] });
    await notifier.start();
    for (const record of [finding("f1"), finding("f2", { alert: true }), finding("f2", { alert: true })]) await log.append("findings", [{ key: "acme/builder", value: encode("findings", record) }]);
    await log.append("findings", [{ key: "acme/builder", value: new Uint8Array([1, 2, 3]) }]);
    await log.idle();
    await expect.poll(() => sent.length, { timeout: 5_000 }).toBe(1);
    expect(sent[0]).toMatchObject({ type: "finding.raised", data: { finding: { actionId: "a1" } } });
    expect([...(await log.ends("findings.dead")).values()].reduce((sum, { high }) => sum + high, 0)).toBe(1);
    await notifier.stop();
    expect(sent).toHaveLength(1);
    await log.close();
    await store.close();
    await rm(dir, { recursive: true });
  });
});
