/** What services read of the configuration's facts: what cannot be decoded is passed by, counted, and named without its contents. */
import { Registry } from "@tripline/core";
import { openMemoryLog, type MemoryLog } from "@tripline/event-log";
import { type CredentialRecord, encode } from "@tripline/model";
import { createLogger, createMetrics, type Module } from "@tripline/runtime";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { createConfigurationAwaited } from "./configuration-awaited.ts";
import { createInventory } from "./inventory.ts";
import type { Seeing } from "./undecodable.ts";

const TENANT = "acme";
const credential: CredentialRecord = {
  v: 1, version: 1, id: "found", tenant: TENANT, provider: "railway", providerRef: "ref-1", kind: "api-token", fingerprint: "a".repeat(64), principal: null,
  environment: "production", reach: [], issuedTo: [], alsoUsedBy: [], autoRevoke: "yes", replacement: null, status: "active", atMs: 1,
};

let log: MemoryLog;
let seeing: Seeing;
let running: Module;

beforeEach(async () => {
  seeing = { metrics: createMetrics(), logger: createLogger({ level: "silent", name: "test" }) };
  log = await openMemoryLog({}, { metrics: seeing.metrics, clock: () => 1 });
});
afterEach(async () => {
  await running.stop();
  await log.close();
});

describe("a fact that cannot be decoded", () => {
  it("is told of by the collector's inventory, for whose credential it was is not recognised; those around it are", async () => {
    const errors = vi.spyOn(seeing.logger, "error");
    await log.append("credentials", [{ key: TENANT, value: Buffer.from('{"v":9,"id":"told-to-nobody"}') }, { key: TENANT, value: encode("credentials", credential) }]);
    const inventory = createInventory(log, seeing);
    running = inventory;
    await inventory.start();
    expect(inventory.registry.credential(TENANT, "found")?.version).toBe(1);
    expect(await seeing.metrics.render()).toContain('tripline_undecodable_records_total{topic="credentials",reason="unknown-version"} 1');
    const place = { reader: "inventory", topic: "credentials", partition: log.partitionOf(TENANT), offset: 0, reason: "unknown-version" };
    expect(errors.mock.calls).toEqual([[place, "record cannot be decoded"]]);
  });

  it("is told of by who waits for the configuration, and waited on", async () => {
    const errors = vi.spyOn(seeing.logger, "error");
    await log.append("policies", [{ key: TENANT, value: Buffer.from("not json") }]);
    running = createConfigurationAwaited(log, TENANT, seeing);
    const starting = running.start().then(() => "started", () => "ended");
    await vi.waitFor(() => expect(errors).toHaveBeenCalledWith(expect.objectContaining({ reader: "configuration", topic: "policies", offset: 0, reason: "not-json" }), "record cannot be decoded"));
    expect(running.health().ready).toBe(false);
    await log.append("policies", [{ key: TENANT, value: encode("policies", { ...new Registry().policy(TENANT), version: 1, atMs: 1 }) }]);
    expect(await starting).toBe("started");
    expect(await seeing.metrics.render()).toContain('tripline_undecodable_records_total{topic="policies",reason="not-json"} 1');
  });
});
