/** What `helm test` runs in a cluster, run here against a process: each of its questions must be able to fail. */
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

const SCRIPT = fileURLToPath(new URL("../../charts/tripline/tests/reachable.mjs", import.meta.url));
const MAIN = fileURLToPath(new URL("../../services/launcher/src/main.ts", import.meta.url));
const home = mkdtempSync(join(tmpdir(), "tripline-reachable-"));
const portOf = (url: string): string => new URL(url).port;
let stop = async (): Promise<void> => undefined;
let asked: Record<string, string> = {};
let adminPort = "";
let approvalsPort = "";
let closedPort = "";

beforeAll(async () => {
  const config = join(home, "tripline.yaml");
  writeFileSync(config, "ingest: { port: 0 }\nadmin: { port: 0 }\ngate: { port: 0, approvals: { port: 0 }, tls: { names: [localhost], port: 0 } }\n");
  const child = spawn(process.execPath, [MAIN, "--config", config, "--json", "up"], { cwd: home, stdio: ["ignore", "pipe", "inherit"] });
  stop = async () => {
    child.kill("SIGTERM");
    await once(child, "exit");
  };
  const [line] = (await once(createInterface(child.stdout), "line")) as [string];
  const started = JSON.parse(line) as { ingestUrl: string; adminUrl: string; monitoringUrl: string; approvalsUrl: string; gateTlsUrls: string[] };
  const unused = createServer().listen(0, "127.0.0.1");
  await once(unused, "listening");
  closedPort = String((unused.address() as AddressInfo).port);
  unused.close();
  adminPort = portOf(started.adminUrl);
  approvalsPort = portOf(started.approvalsUrl);
  asked = { INGEST: new URL(started.ingestUrl).host, MONITORING_HOST: "127.0.0.1", MONITORING_PORT: portOf(started.monitoringUrl), ADMIN_PORT: closedPort, LEAST_PODS: "1", READY_MS: "0", GATE: new URL(started.gateTlsUrls[0] ?? "").host, APPROVALS_PORT: closedPort, NODE_EXTRA_CA_CERTS: join(home, "tripline-data/gate-ca.crt") };
});
afterAll(async () => {
  await stop();
  rmSync(home, { recursive: true, force: true });
});

const run = (over: Record<string, string> = {}): { readonly status: number | null; readonly text: string } => {
  const { status, stdout, stderr } = spawnSync(process.execPath, [SCRIPT], { env: { ...asked, ...over }, encoding: "utf8" });
  return { status, text: stdout + stderr };
};

describe("helm test", () => {
  it("passes where all pods are ready, ingest asks for a token and the control plane does not answer", () => {
    expect(run()).toEqual({ status: 0, text: expect.stringContaining("1 pods are ready") });
  });
  it("fails where the control plane answers", () => expect(run({ ADMIN_PORT: adminPort })).toEqual({ status: 1, text: expect.stringContaining("the control plane of 127.0.0.1 answers here") }));
  it("fails where the approvers' door answers", () => expect(run({ APPROVALS_PORT: approvalsPort })).toEqual({ status: 1, text: expect.stringContaining("the approvers' door of 127.0.0.1 answers here") }));
  it("fails where the gate is not there, or has another certificate than agents are given", () => {
    expect(run({ GATE: `localhost:${closedPort}` })).toEqual({ status: 1, text: expect.stringContaining("the gate without a token: expected 401, got no answer") });
    expect(run({ NODE_EXTRA_CA_CERTS: "" })).toEqual({ status: 1, text: expect.stringContaining("the gate without a token: expected 401, got no answer") });
  });
  it("asks no gate where there is none", () => {
    const { GATE: _gate, APPROVALS_PORT: _port, ...without } = asked;
    const { status, stdout } = spawnSync(process.execPath, [SCRIPT], { env: without, encoding: "utf8" });
    expect([status, stdout]).toEqual([0, expect.not.stringContaining("gate")]);
  });
  it("fails where pods are missing", () => expect(run({ LEAST_PODS: "7" })).toEqual({ status: 1, text: expect.stringContaining("1 of at least 7 pods") }));
  it("fails where a pod does not answer", () => expect(run({ MONITORING_PORT: closedPort })).toEqual({ status: 1, text: expect.stringContaining("not ready: no answer") }));
  it("fails where ingest takes what nobody signed", async () => {
    const open = createServer((_request, response) => response.end()).listen(0, "127.0.0.1");
    await once(open, "listening");
    // Waiting for the script in the manner of the others would keep this server from answering it.
    const child = spawn(process.execPath, [SCRIPT], { env: { ...asked, INGEST: `127.0.0.1:${(open.address() as AddressInfo).port}` }, stdio: ["ignore", "ignore", "pipe"] });
    const [[message], [code]] = (await Promise.all([once(createInterface(child.stderr), "line"), once(child, "exit")])) as [[string], [number]];
    expect([message, code]).toEqual(["ingest without a token: expected 401, got 200", 1]);
    open.closeAllConnections();
    open.close();
  });
});
