import { type BreakerRecord, type Containment, type Hold, type Topic, TOPICS } from "@tripline/model";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { foundToken, railwayProvider, type Running, stagingAgent, startRunning } from "./running.ts";

let running: Running;

beforeAll(async () => {
  running = await startRunning({
    config: (railway) => ({
      agents: [stagingAgent("coder"), stagingAgent("writer")],
      providers: railwayProvider(railway),
      credentials: [foundToken(railway, { issuedTo: ["coder"] })],
    }),
  });
});
afterAll(() => running.close());

interface ReplayReport {
  source: string;
  undecodable: Record<string, number>;
  trips: { agent: string; rule: string; reported: string }[];
}

interface Answer {
  applied: boolean;
  breakers: BreakerRecord[];
}

const order = (...args: string[]): Promise<Answer> => running.cli<Answer>(...args, "--by", "soc");
const state = async (agent: string): Promise<string | undefined> =>
  (await running.cli<{ agents: { agent: string; state: string }[] }>("agents")).agents.find((row) => row.agent === agent)?.state;

describe("command line against the running system", () => {
  it("agents shows who is registered and the state of each breaker", async () => {
    expect(await running.cli("agents")).toMatchObject({ agents: [{ agent: "coder", state: "closed", environment: "staging" }, { agent: "writer", state: "closed" }] });
    expect(await running.cli("doctor")).toMatchObject({ budget: { agentHoursPerFalseTrip: 50_000, alertsPerCall: 0.002 }, baselines: [{ agent: "coder" }, { agent: "writer" }], more: false });
  });

  it("freeze, unfreeze and relearn order what becomes of a baseline, and agents shows it", async () => {
    const baseline = async () => (await running.cli<{ agents: { baseline?: object }[] }>("agents")).agents[1]?.baseline;
    await order("freeze", "writer", "--reason", "an audit");
    expect(await baseline()).toEqual({ frozen: true, learnFromMs: null, ordered: { by: "soc", reason: "an audit" } });
    await order("unfreeze", "writer");
    await order("relearn", "writer", "--from", "2026-04-25T00:00:00Z");
    expect(await baseline()).toMatchObject({ frozen: false, learnFromMs: Date.parse("2026-04-25T00:00:00Z") });
    await expect(order("relearn", "writer", "--from", "yesterday")).rejects.toThrow(/not an ISO 8601 time/);
  });

  it("credentials shows the inventory, whether each provider could revoke, and what nobody registered", async () => {
    await vi.waitFor(async () => {
      const answer = await running.cli("credentials");
      expect(answer).toMatchObject({ credentials: [{ id: "found-token", status: "active" }], providers: [{ provider: "railway", status: "ready" }] });
      const { providers } = answer as { providers: { unregistered: { name: string }[] }[] };
      expect(providers[0]?.unregistered.map(({ name }) => name)).toContain("staging-agent");
    }, 15_000);
  });

  it("tail shows orders and trips as they happen; hold and release stack by id; trip contains; reset probes", async () => {
    const tail = running.follow("tail");
    await new Promise((resolve) => setTimeout(resolve, 1_500));
    const held = await order("hold", "coder", "--reason", "checking");
    expect(await state("coder")).toBe("held");
    const hold = held.breakers[0]?.holds[0] as Hold;
    await order("trip", "coder");
    await expect(order("reset", "coder")).rejects.toThrow(/TL_BREAKER_CONFLICT.*a hold stands/);
    await order("release", "coder", hold.id);
    await vi.waitFor(async () => {
      const { containments } = await running.cli<{ containments: Containment[] }>("breakers");
      expect(containments).toMatchObject([{ status: "verified", items: [{ credentialId: "found-token", reason: "registered" }] }]);
    }, 10_000);
    expect((await order("reset", "coder")).breakers[0]?.position.state).toBe("probing");
    await vi.waitFor(() => {
      const seen = tail.lines.map((line) => JSON.parse(line) as { topic: string; value: { change?: string; kind?: string; status?: string } });
      const shown = seen.map(({ topic, value }) => `${topic} ${value.change ?? value.kind ?? value.status ?? ""}`);
      expect(shown).toEqual(expect.arrayContaining(["commands hold", "breakers hold", "breakers trip", "containments verified", "breakers release", "breakers reset"]));
    }, 10_000);
    await tail.end();
  });

  it("panic --all opens every breaker, and says so", async () => {
    const { breakers } = await order("panic", "--all");
    expect(breakers.map((record) => record.position.state)).toEqual(["open", "open"]);
    expect(await state("writer")).toBe("open");
  });

  it("an agent without any credential on record is escalated, never called contained", async () => {
    await vi.waitFor(async () => expect(await running.containment("writer")).toMatchObject({ status: "escalated", items: [] }), 10_000);
    const told = () => running.receiver.alerts().map(({ body }) => (body as { data: { title: string } }).data.title);
    await vi.waitFor(() => expect(told()).toEqual(expect.arrayContaining([expect.stringMatching(/NOT contained: Tripline knows no credential of agent writer/)])), 10_000);
  });

  it("replay judges the recorded actions again", async () => {
    const shell = running.sdk("writer").wrapTool("shell", (args: { command: string }) => Promise.resolve(args.command));
    await shell({ command: "terraform destroy -auto-approve" });
    await vi.waitFor(async () => expect(await running.records("actions")).not.toHaveLength(0), 10_000);
    const report = await running.cli<ReplayReport>("replay");
    expect(report).toMatchObject({ source: "the running instance", undecodable: {}, trips: [{ agent: "writer", reported: "before-it-ran" }] });
  });

  it("breakers shows the evidence of a trip, and what would make it fine", async () => {
    // What is on its way when a breaker is reset counts as after it: a side effect while probing.
    await vi.waitFor(async () => expect((await running.records("actions")).map(({ phase }) => phase)).toContain("result"), 10_000);
    await order("reset", "writer");
    const shell = running.sdk("writer").wrapTool("shell", (args: { command: string }) => Promise.resolve(args.command));
    await shell({ command: 'psql -c "DROP TABLE users"' });
    await vi.waitFor(async () => expect(await running.text("breakers")).toMatch(/irreversible-action \(irreversible\.sql\.drop-table\), hard: one is enough[^]*expected approved[^]*fine with {2}A grant of writer that lists sql\.drop-table/), 10_000);
    const { findings } = await running.cli<{ findings: { agent: string; rule: string }[] }>("findings", "writer", "--last", "2");
    expect(findings.map(({ agent }) => agent)).toEqual(["writer", "writer"]);
    expect(await running.text("findings")).toContain("happened sql.drop-table");
    expect(await running.text("findings", "coder")).toBe("No findings of coder.\n");
    expect(await running.text("findings", "--agent", "coder")).toBe("No findings of coder.\n");
    await expect(running.text("findings", "nobody")).rejects.toThrow(/TL_AGENT_UNKNOWN.*tripline agents/);
    await expect(running.cli("findings", "--agent", "nobody")).rejects.toThrow(/"code":"TL_AGENT_UNKNOWN"/);
    await expect(running.text("findings", "--last", "0")).rejects.toThrow(/whole number/);
  });

  it("export gives a file that replays and tunes alike, and the log of a stopped instance does so too", async () => {
    const known = (await running.cli<ReplayReport>("replay")).trips;
    expect(known.map(({ rule }) => rule)).toEqual(["irreversible.terraform.destroy", "irreversible.sql.drop-table"]);
    const file = join(running.dataDir, "export.ndjson");
    const exported = await running.text("export");
    writeFileSync(file, exported);
    expect((await running.cli<ReplayReport>("replay", "--from", file)).trips).toEqual(known);
    const tuning = await running.cli<{ candidates: { hardFalseTrips: number }[] }>("tune", "--benign", "--budget", "1/10000h", "--from", file);
    expect(tuning.candidates[0]).toMatchObject({ hardFalseTrips: 2 });
    await running.end("SIGTERM");
    const stopped = await running.cli<ReplayReport>("replay");
    expect(stopped.trips).toEqual(known);
    expect(stopped.source).not.toBe("the running instance");
    // What was recorded on the way out comes on top; of compacted topics only the newest of each key must still be there.
    const lines = new Set((await running.text("export")).split("\n"));
    const gone = exported.split("\n").filter((line) => !lines.has(line)).map((line) => JSON.parse(line) as { topic: Topic; partition: number; offset: number; key: string });
    const isSuperseded = ({ topic, key, offset }: (typeof gone)[number]): boolean =>
      TOPICS.get(topic)?.compacted === true && [...lines].some((line) => line.startsWith(`{"topic":"${topic}"`) && line.includes(`"key":"${key}"`) && (JSON.parse(line) as { offset: number }).offset > offset);
    expect(gone.filter((record) => !isSuperseded(record))).toEqual([]);
    await running.start();
  }, 90_000);

  it("config prints the schema of every key", async () => {
    expect(await running.cli("config")).toMatchObject({ properties: { agents: {}, providers: {}, alerts: {} } });
  });

  it("says what to do next when something is wrong", async () => {
    await expect(running.cli("trip", "nobody")).rejects.toThrow(/TL_AGENT_UNKNOWN.*tripline agents/);
    await expect(running.cli("trip", "nobody")).rejects.toThrow(/"code":"TL_AGENT_UNKNOWN"/);
    await expect(running.cli("panic")).rejects.toThrow(/--all/);
    await expect(running.cli("brakers")).rejects.toThrow(/breakers/);
  });

  it("refuses the control plane to whoever lacks the admin token", async () => {
    for (const path of ["/v1/agents", "/v1/breakers", "/v1/records", "/metrics"]) expect((await fetch(`${running.adminUrl}${path}`)).status).toBe(401);
    const asAgent = await fetch(`${running.adminUrl}/v1/commands`, { method: "POST", headers: { authorization: `Bearer ${running.ingestToken("coder")}` }, body: "{}" });
    expect(asAgent.status).toBe(401);
    expect((await fetch(`${running.adminUrl}/livez`)).status).toBe(200);
  });
});
