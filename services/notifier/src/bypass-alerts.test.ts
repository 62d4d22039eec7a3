import type { Alert } from "@tripline/alerts";
import { openMemoryLog } from "@tripline/event-log";
import { encode, type Grant } from "@tripline/model";
import { createLogger, createMetrics } from "@tripline/runtime";
import { openStore, type Store } from "@tripline/store";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { bypassAlerts } from "./bypass-alerts.ts";
import { createNotifier } from "./notifier.ts";

const T0 = 1_790_000_000_000;
const HOUR = 3_600_000;
const BYPASS: Grant = {
  v: 1, version: 1, id: "bypass-1", tenant: "acme", agent: "coder", task: null, environments: ["production"], operations: [], resources: [], effects: [], irreversible: ["http.delete"],
  expiresAtMs: T0 + HOUR, bypass: { by: "ann", reason: "moving services" }, atMs: T0,
};
const ENDED: Grant = { ...BYPASS, version: 2, expiresAtMs: T0 + 1_000, bypass: { by: "bob", reason: "Ended by bob." }, atMs: T0 + 1_000 };

describe("a bypass", () => {
  it("is told when it is given and when it is over: who, for what, where, until when", () => {
    const [given, ended, ...more] = bypassAlerts(BYPASS);
    const scope = { tenant: "acme", agent: "coder", bypassId: "bypass-1", severity: "high", environments: ["production"], operations: ["http.delete"], resources: "all", until: new Date(T0 + HOUR).toISOString() };
    expect([given, ended, more]).toEqual([
      { dueMs: 0, alert: expect.objectContaining({ type: "bypass.given", data: expect.objectContaining({ ...scope, by: "ann", reason: "moving services", end: "tripline bypass-end bypass-1" }) as unknown }) as unknown },
      { dueMs: T0 + HOUR, alert: expect.objectContaining({ type: "bypass.ended", atMs: T0 + HOUR, data: expect.objectContaining({ ...scope, by: null }) as unknown }) as unknown },
      [],
    ]);
    expect(bypassAlerts({ ...BYPASS, environments: ["staging"] })[0]!.alert.data["severity"]).toBe("medium");
    expect(bypassAlerts({ ...BYPASS, id: "bypass-2" })[0]!.alert.id).not.toBe(given!.alert.id);
  });

  it("is told of with at most so many names, whoever gave it", () => {
    const many = Array.from({ length: 64 }, (_, at) => `n${at}`);
    const { data } = bypassAlerts({ ...BYPASS, irreversible: many, environments: [...many, "production"], resources: many })[0]!.alert;
    expect([data["operations"], data["environments"], data["resources"]].map((names) => (names as string[]).length)).toEqual([16, 16, 16]);
    expect(data["severity"]).toBe("high");
  });

  it("is all that is told of grants", () => {
    const { bypass: _bypass, ...configured } = BYPASS;
    expect(bypassAlerts(configured)).toEqual([]);
  });
});

describe("the notifier", () => {
  let dir: string;
  let store: Store;
  const metrics = createMetrics();
  beforeEach(async () => {
    dir = mkdtempSync(join(tmpdir(), "tripline-bypasses-"));
    store = await openStore({ kind: "sqlite", path: join(dir, "store.db") }, { metrics });
  });
  afterEach(async () => {
    await store.close();
    rmSync(dir, { recursive: true, force: true });
  });

  async function told(grants: readonly Grant[], untilMs: number): Promise<readonly string[]> {
    const clock = { nowMs: T0 };
    const eventLog = await openMemoryLog({}, { metrics, clock: () => clock.nowMs });
    const sent: Alert[] = [];
    const sink = { name: "soc", send: (alert: Alert) => (sent.push(alert), Promise.resolve({ kind: "sent" } as const)) };
    const notifier = createNotifier({ instance: "0", eventLog, store, metrics, logger: createLogger({ level: "silent", name: "test" }), clock: () => clock.nowMs, sinks: [sink] });
    await notifier.start();
    for (const [at, grant] of grants.entries()) {
      await eventLog.append("grants", [{ key: "acme/coder", value: encode("grants", grant) }]);
      await expect.poll(() => sent.length).toBe(at + 1);
    }
    // Nothing more before its time.
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(sent).toHaveLength(grants.length);
    clock.nowMs = untilMs;
    await notifier.stop();
    const again = createNotifier({ instance: "0", eventLog, store, metrics, logger: createLogger({ level: "silent", name: "test" }), clock: () => clock.nowMs, sinks: [sink] });
    await again.start();
    if (grants.length === 1) await expect.poll(() => sent.length).toBe(2);
    else await new Promise((resolve) => setTimeout(resolve, 100));
    await again.stop();
    await eventLog.close();
    return sent.map(({ type, data }) => `${type} ${JSON.stringify(data["by"])}`);
  }

  it("tells that a bypass is over when its time is, also after a restart", async () => {
    expect(await told([BYPASS], T0 + HOUR)).toEqual(['bypass.given "ann"', "bypass.ended null"]);
  });

  it("tells at once that one was ended before its time, and not again at its time", async () => {
    expect(await told([BYPASS, ENDED], T0 + HOUR + 1)).toEqual(['bypass.given "ann"', 'bypass.ended "bob"']);
  });
});
