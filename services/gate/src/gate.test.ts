/** A gate that cannot start leaves nothing behind. */
import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openMemoryLog } from "@tripline/event-log";
import { createMetrics } from "@tripline/runtime";
import { openStore } from "@tripline/store";
import { expect, it } from "vitest";
import { createGate } from "./gate.ts";
import { gateDeps } from "./testing/gate-deps.ts";

it("closes again what it had opened where an address cannot be listened at, and says which", async () => {
  const dir = mkdtempSync(join(tmpdir(), "tripline-gate-"));
  const metrics = createMetrics();
  const eventLog = await openMemoryLog({}, { metrics, clock: () => Date.now() });
  const store = await openStore({ kind: "sqlite", path: join(dir, "store.db") }, { metrics });
  const taken = createServer();
  await new Promise<void>((resolve) => taken.listen(0, "127.0.0.1", resolve));
  const { port } = taken.address() as AddressInfo;
  const gate = createGate(gateDeps({ eventLog, store, metrics, config: { port } }));
  await expect(gate.start()).rejects.toMatchObject({ code: "EADDRINUSE", port });
  expect([gate.isListening(), gate.approvalsUrl(), gate.health().ready]).toEqual([false, null, false]);
  taken.close();
  await store.close();
  await eventLog.close();
  rmSync(dir, { recursive: true });
});
