import { openMemoryLog, type MemoryLog } from "@tripline/event-log";
import { agentKey, encode } from "@tripline/model";
import { createLogger, createMetrics, checkConfig } from "@tripline/runtime";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { LauncherConfig } from "../config.ts";
import { configuredFacts } from "./configured-facts.ts";
import { publishFacts } from "./publish-facts.ts";

const KEY = new Uint8Array(32).fill(7);
const CODER = agentKey("default", "coder");

const base = {
  agents: [{ id: "coder", owner: "platform", environment: "staging", grants: [{ id: "g", environments: ["staging"] }] }],
  credentials: [{ id: "deploy", provider: "railway", providerRef: "r1", kind: "api-token", secretEnv: "PUBLISH_TEST_SECRET" }],
};

let log: MemoryLog;
let metrics: ReturnType<typeof createMetrics>;
const logger = createLogger({ level: "silent", name: "test" });
let sealed: string[];
let whileSealing: () => Promise<unknown>;

beforeEach(async () => {
  metrics = createMetrics();
  log = await openMemoryLog({}, { metrics, clock: () => 1 });
  sealed = [];
  whileSealing = () => Promise.resolve();
  process.env["PUBLISH_TEST_SECRET"] = "0b0a1c9e-7d3f-4c55-9f0e-2a6f6f1f9a10";
});
afterEach(() => log.close());

const publish = (config: object, nowMs = 10) =>
  publishFacts(configuredFacts(checkConfig(LauncherConfig, config), KEY), {
    eventLog: log, metrics, logger,
    nowMs,
    seal: async (credential) => {
      sealed.push(credential.id);
      await whileSealing();
    },
    erase: (credential) => Promise.resolve(void sealed.splice(0, sealed.length, ...sealed.filter((id) => id !== credential.id))),
  });
const count = async (topic: "agents" | "grants" | "credentials" | "policies"): Promise<number> => [...(await log.ends(topic)).values()].reduce((sum, { high }) => sum + high, 0);

describe("facts of the configuration", () => {
  it("name a secret once: registered as two credentials, its rightful holder would be taken for a thief", async () => {
    const [deploy] = base.credentials;
    await expect((async () => publish({ ...base, credentials: [deploy, { ...deploy, id: "deploy-too" }] }))()).rejects.toThrow(/"deploy" and "deploy-too" have the same secret/);
  });

  it("are written once and not again at the next start", async () => {
    await publish(base);
    const registry = await publish(base, 20);
    expect([await count("agents"), await count("grants"), await count("credentials")]).toEqual([1, 1, 1]);
    expect(registry.agent(CODER)).toMatchObject({ version: 1, environment: "staging", atMs: 10 });
  });

  it("are written although others cannot be decoded, and those are counted and named", async () => {
    await log.append("grants", [{ key: CODER, value: Buffer.from("not json, and secret") }]);
    const errors = vi.spyOn(logger, "error");
    expect((await publish(base)).agent(CODER)?.version).toBe(1);
    // Read twice: before and after what was written.
    expect(await metrics.render()).toContain('tripline_undecodable_records_total{topic="grants",reason="not-json"} 2');
    expect(errors).toHaveBeenCalledWith({ reader: "publisher", topic: "grants", partition: log.partitionOf(CODER), offset: 0, reason: "not-json" }, "record cannot be decoded");
    expect(JSON.stringify(errors.mock.calls)).not.toContain("secret");
  });

  it("get the next version when they change", async () => {
    await publish(base);
    const registry = await publish({ ...base, agents: [{ ...base.agents[0], environment: "test" }] }, 20);
    expect(registry.agent(CODER)).toMatchObject({ version: 2, environment: "test", atMs: 20 });
  });

  describe("of a baseline", () => {
    const frozen = { frozen: true, learnFromMs: null };
    const stating = (baseline: object) => ({ ...base, agents: [{ ...base.agents[0], baseline }] });
    const order = async (baseline: object) => log.append("agents", [{ key: CODER, value: encode("agents", { ...(await publish(base)).agent(CODER)!, version: 2, baseline: { ...frozen, ...baseline } }) }]);

    it("end with the configuration that states them", async () => {
      expect((await publish(stating({ frozen: true }))).agent(CODER)?.baseline).toEqual(frozen);
      expect((await publish(base, 20)).agent(CODER)).toMatchObject({ version: 2 });
      expect((await publish(base, 20)).agent(CODER)).not.toHaveProperty("baseline");
    });

    it("leave what somebody ordered, until they state something else", async () => {
      const ordered = { by: "soc", reason: "a new task from Monday on" };
      await order({ ordered });
      expect((await publish(base, 20)).agent(CODER)).toMatchObject({ version: 2, baseline: { ...frozen, ordered } });
      expect((await publish({ ...base, agents: [{ ...base.agents[0], owner: "another" }] }, 30)).agent(CODER)).toMatchObject({ version: 3, owner: "another", baseline: { ...frozen, ordered } });
      expect((await publish(stating({ learnFrom: "2026-04-01" }), 40)).agent(CODER)?.baseline).toEqual({ frozen: false, learnFromMs: Date.parse("2026-04-01") });
    });
  });

  it("end a grant and retire an agent that the configuration no longer states", async () => {
    await publish(base);
    const registry = await publish({ ...base, agents: [] }, 20);
    expect(registry.agent(CODER)?.status).toBe("retired");
    expect(registry.grants(CODER, 21)).toEqual([]);
  });

  it("do not leave a secret sealed that another breaker let go meanwhile", async () => {
    const known = (await publish(base)).credential("default", "deploy");
    if (known === null) throw new Error("not published");
    whileSealing = () => log.append("credentials", [{ key: "default", value: encode("credentials", { ...known, status: "revoked", version: 2 }) }]);
    expect((await publish(base, 20)).credential("default", "deploy")?.status).toBe("revoked");
    expect(sealed).toEqual([]);
  });

  it("do not bring a contained credential back, until its secret is another one", async () => {
    const before = await publish(base);
    const contained = before.credential("default", "deploy");
    if (contained === null) throw new Error("not published");
    await log.append("credentials", [{ key: "default", value: encode("credentials", { ...contained, status: "revoked", version: 2 }) }]);
    sealed = [];
    expect((await publish(base, 20)).credential("default", "deploy")?.status).toBe("revoked");
    expect(sealed).toEqual([]);
    process.env["PUBLISH_TEST_SECRET"] = "5b3c1f0a-1111-4c55-9f0e-2a6f6f1f9a10";
    expect((await publish(base, 30)).credential("default", "deploy")?.status).toBe("active");
    expect(sealed).toEqual(["deploy"]);
  });

  it("hold a fingerprint and never the secret; a password is known by its principal alone", async () => {
    await publish({ ...base, credentials: [...base.credentials, { id: "db", provider: "pg", providerRef: "app", kind: "role", principal: "app", secretEnv: "PUBLISH_TEST_SECRET" }] });
    const registry = await publish(base);
    expect(registry.credential("default", "deploy")?.fingerprint).toMatch(/^[0-9a-f]{64}$/);
    expect(registry.credential("default", "db")).toMatchObject({ fingerprint: null, principal: "app" });
    expect(JSON.stringify([...registry.credentials()])).not.toContain(process.env["PUBLISH_TEST_SECRET"]);
  });
});
