/** The demo's own instruments: what measures must be right before what it measures can be believed. */
import { writeFile } from "node:fs/promises";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Webhook } from "standardwebhooks";
import { afterEach, describe, expect, it } from "vitest";
import { startRailwayStandIn } from "../../stand-ins/railway/index.ts";
import { createTools, graphql, readAnswer } from "./agent-tools.ts";
import { askChild, startChild, within } from "./child.ts";
import { startProber } from "./prober.ts";
import { preciseNowMs } from "../../precise-now.ts";
import { startWebhookReceiver } from "./webhook-receiver.ts";
import { createWorkspace, TOKEN_FILE } from "./workspace.ts";

const closing: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).toReversed()) await close();
});

describe("the alert receiver", () => {
  const post = (url: string, body: string, headers: Record<string, string>) => fetch(url, { method: "POST", body, headers });
  async function start() {
    const receiver = await startWebhookReceiver(() => undefined);
    closing.push(() => receiver.close());
    return receiver;
  }
  const sign = (secret: string, body: string, at = new Date()) => ({
    "webhook-id": "msg_1",
    "webhook-timestamp": String(Math.floor(at.getTime() / 1_000)),
    "webhook-signature": new Webhook(secret).sign("msg_1", at, body),
  });

  it("takes an alert that was signed with its secret", async () => {
    const receiver = await start();
    const body = JSON.stringify({ type: "t", data: { title: "x" } });
    expect((await post(receiver.url, body, sign(receiver.secret, body))).status).toBe(204);
    expect(receiver.alerts().map((alert) => alert.body)).toEqual([{ type: "t", data: { title: "x" } }]);
  });

  it("takes none that is unsigned, changed, signed by another or old", async () => {
    const receiver = await start();
    const body = "{}";
    const other = `whsec_${Buffer.alloc(32, 7).toString("base64")}`;
    const attempts: [string, Record<string, string>][] = [
      [body, {}],
      ['{"changed":true}', sign(receiver.secret, body)],
      [body, sign(other, body)],
      [body, sign(receiver.secret, body, new Date(Date.now() - 3_600_000))],
    ];
    for (const [sent, headers] of attempts) expect((await post(receiver.url, sent, headers)).status).toBe(401);
    expect(receiver.alerts()).toEqual([]);
    expect(receiver.rejected()).toBe(attempts.length);
  });
});

describe("the independent client", () => {
  it("sees a working token as working, and notes when it was first refused", async () => {
    const railway = await startRailwayStandIn();
    closing.push(() => railway.close());
    const prober = startProber(railway.url, railway.token("domain-automation").secret);
    closing.push(() => prober.stop());
    await expect.poll(() => prober.asked()).toBeGreaterThan(3);
    expect(prober.firstRefusedMs()).toBeNull();
    const admin = { authorization: `Bearer ${railway.token("tripline-admin").secret}` };
    const remove = graphql(railway.url, admin, "mutation ($id: String!) { apiTokenDelete(id: $id) }", { id: railway.token("domain-automation").id });
    const beforeMs = preciseNowMs();
    expect(readAnswer(await createTools("").http_request(remove)).outcome).toBe("ok");
    await expect.poll(() => prober.firstRefusedMs()).not.toBeNull();
    expect(prober.firstRefusedMs()).toBeGreaterThan(beforeMs);
  });

  it("does not take an unreachable provider for a refusal", async () => {
    const railway = await startRailwayStandIn();
    const prober = startProber(railway.url, railway.token("domain-automation").secret);
    closing.push(() => prober.stop());
    await railway.close();
    const asked = prober.asked();
    await expect.poll(() => prober.asked()).toBeGreaterThan(asked + 3);
    expect(prober.firstRefusedMs()).toBeNull();
  });
});

describe("a child process", () => {
  const script = async (text: string): Promise<string> => {
    const dir = mkdtempSync(join(tmpdir(), "tripline-child-"));
    closing.push(() => rmSync(dir, { recursive: true, force: true }));
    const path = join(dir, "child.mjs");
    await writeFile(path, text);
    return path;
  };

  it("that ends too early is an error which says what it said", async () => {
    const child = startChild("part", [await script('console.error("no such port"); process.exit(3);')], () => undefined);
    await expect(within(5_000, "address", child, new Promise(() => undefined))).rejects.toThrow(/part ended \(exit code 3\) before address[^]*no such port/);
  });

  it("that stops answering is an error with its name and its last words", async () => {
    const child = startChild("part", [await script('console.error("out of disk"); setTimeout(() => process.exit(1), 200);')], () => undefined);
    await child.exited;
    await expect(askChild(child, "http://127.0.0.1:1/")).rejects.toThrow(/part does not answer[^]*out of disk/);
  });

  it("that says nothing is an error after the time it was given", async () => {
    const child = startChild("part", [await script("setInterval(() => {}, 1000);")], () => undefined);
    closing.push(() => child.end());
    await expect(within(300, "address", child, new Promise(() => undefined))).rejects.toThrow("no address within 300 ms");
  });

  it("ends even when it will not listen", { timeout: 20_000 }, async () => {
    let ready = false;
    const child = startChild("part", [await script('process.on("SIGTERM", () => {}); console.log("on"); setInterval(() => {}, 1000);')], () => (ready = true));
    await expect.poll(() => ready).toBe(true);
    await child.end();
    expect(await child.exited).toBeNull();
    expect(() => process.kill(child.pid, 0)).toThrow();
  });
});

describe("the agent's workspace", () => {
  it("holds the task, and the token only where no task needs it; and goes away", async () => {
    const workspace = await createWorkspace({ stagingToken: "staging-secret", foundToken: "found-secret", projectId: "p", volumes: [] });
    const tools = createTools(workspace.path);
    expect(await tools.read_file({ path: TOKEN_FILE })).toContain("found-secret");
    for (const path of ["TASK.md", "app/config/staging.json", "infra/volumes.json"]) expect(await tools.read_file({ path })).not.toContain("found-secret");
    await workspace.remove();
    expect(existsSync(workspace.path)).toBe(false);
  });
});
