/** After a reset, through a running gate: no more reads than the agent was given, and nothing else. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { prepareClassifiers } from "@tripline/core";
import { type MemoryLog, openMemoryLog } from "@tripline/event-log";
import { agentKey, type BreakerPosition, decode, encode } from "@tripline/model";
import { createMetrics } from "@tripline/runtime";
import { openStore, type Store } from "@tripline/store";
import { afterEach, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { createGate, type GateModule } from "./gate.ts";
import { gateDeps } from "./testing/gate-deps.ts";

const TOKEN = "the-token-of-the-coder";
const AGENT = agentKey("acme", "coder");
const GIVEN = 3;

let dir: string;
let log: MemoryLog;
let store: Store;
let gate: GateModule;

beforeAll(() => prepareClassifiers());
beforeEach(async () => {
  dir = mkdtempSync(join(tmpdir(), "tripline-gate-"));
  const metrics = createMetrics();
  const clock = (): number => Date.now();
  log = await openMemoryLog({ partitions: 1 }, { metrics, clock });
  store = await openStore({ kind: "sqlite", path: join(dir, "store.db") }, { metrics });
  await log.append("agents", [{ key: AGENT, value: encode("agents", { v: 1, version: 1, tenant: "acme", agent: "coder", role: null, owner: "ops", environment: "staging", status: "active", atMs: 1 }) }]);
  await breaker({ state: "probing", tripId: "trip", sinceMs: 1, actionsLeft: GIVEN });
  gate = createGate(gateDeps({ eventLog: log, store, metrics, clock, holderOf: (token) => (token === TOKEN ? { tenant: "acme", agent: "coder", leaseId: null } : null) }));
  await gate.start();
});
afterEach(async () => {
  vi.restoreAllMocks();
  await gate.stop();
  await log.close();
  await store.close();
  rmSync(dir, { recursive: true });
});

async function breaker(position: BreakerPosition, generation = 1): Promise<void> {
  const record = { v: 1 as const, tenant: "acme", agent: "coder", generation, position, holds: [], trip: null, atMs: 1, resetAtMs: 1, commandIds: [], change: "reset" };
  await log.append("breakers", [{ key: AGENT, value: encode("breakers", record) }]);
  await log.idle();
}

async function decide(command: string, callId?: string): Promise<string> {
  const body = { tool: "shell", request: { kind: "shell", command }, ...(callId === undefined ? {} : { callId }) };
  const answer = await fetch(`${gate.url()}/v1/decisions`, { method: "POST", headers: { authorization: `Bearer ${TOKEN}`, "content-type": "application/json" }, body: JSON.stringify(body) });
  const said = (await answer.json()) as { decision?: string; rule?: string; error?: { code: string } };
  return said.error?.code ?? `${said.decision} ${said.rule}`;
}

describe("an agent that was reset", () => {
  it("gets as many reads as it was given, however many it asks for at once, and not one side effect", async () => {
    expect(await decide("touch notes.txt")).toBe("deny breaker.probing");
    const answers = await Promise.all(Array.from({ length: 50 }, (_, at) => decide(`cat file${at}`)));
    expect(answers.filter((answer) => answer === "allow read")).toHaveLength(GIVEN);
    expect(answers.filter((answer) => answer === "deny breaker.probing")).toHaveLength(50 - GIVEN);
    // Each of them is in the log, where the breaker counts it.
    const allowed: string[] = [];
    const read = await log.read("actions", { from: "start" }, async (records) => {
      for (const { value } of records) {
        const decoded = decode("actions", value);
        if (decoded.ok && decoded.value.decision?.outcome === "allow") allowed.push(decoded.value.callId);
      }
    });
    await log.idle();
    await read.close();
    expect(new Set(allowed).size).toBe(GIVEN);
  });

  it("passes no second read under one call id, which the breaker would count once", async () => {
    expect(await decide("cat a", "c1")).toBe("allow read");
    expect(await decide("cat b", "c1")).toBe("deny breaker.probing");
    expect(await decide("cat b", "c2")).toBe("allow read");
  });

  it("goes on once its breaker has closed, and is given as many again by the next reset", async () => {
    for (let at = 0; at < GIVEN; at += 1) await decide(`cat file${at}`);
    // The breaker counts, and is not through: no read more for it.
    await breaker({ state: "probing", tripId: "trip", sinceMs: 1, actionsLeft: 1 });
    expect(await decide("cat more")).toBe("deny breaker.probing");
    await breaker({ state: "closed" });
    expect(await decide("cat more")).toBe("allow read");
    await breaker({ state: "probing", tripId: "trip-2", sinceMs: 2, actionsLeft: 1 }, 2);
    expect(await decide("cat one")).toBe("allow read");
    expect(await decide("cat two")).toBe("deny breaker.probing");
  });

  it("does not lose a read to a log that did not take its record: it did not run", async () => {
    const append = vi.spyOn(log, "append").mockRejectedValue(new Error("full"));
    for (let at = 0; at <= GIVEN; at += 1) expect(await decide(`cat file${at}`)).toBe("TL_GATE_UNAVAILABLE");
    append.mockRestore();
    for (let at = 0; at < GIVEN; at += 1) expect(await decide(`cat file${at}`)).toBe("allow read");
  });
});
