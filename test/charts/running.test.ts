/** The chart's arguments, configuration and environment of each target, run as processes on a real Kafka and PostgreSQL: nothing more is needed. */
import { type ChildProcess, spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { request } from "node:https";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { makeAuthority } from "@tripline/gate";
import { freePort } from "../servers/free-port.ts";
import { requireKafka } from "../servers/kafka.ts";
import { requirePostgres, startPostgres } from "../servers/postgres.ts";
import { environmentOf } from "./configuration.ts";
import { requireHelm, templateArgs } from "./helm.ts";
import { listAt, type Manifest, manifestsOf } from "./kubernetes.ts";
import { type Pods, podsOf } from "./network.ts";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));
const MAIN = join(ROOT, "services/launcher/src/main.ts");
const WHAT = "the chart's targets as processes";
const helm = await requireHelm(WHAT);
const [kafkaInstall] = await requireKafka(WHAT);
const [postgresInstall] = requirePostgres(WHAT);
const isPossible = helm !== null && kafkaInstall !== undefined && postgresInstall !== undefined;

interface Started {
  readonly ingestUrl: string | null;
  readonly adminUrl: string | null;
  readonly gateUrl: string | null;
  readonly gateTlsUrls: readonly string[];
  readonly monitoringUrl: string;
}

describe.skipIf(!isPossible)("the chart's targets", () => {
  const dir = mkdtempSync(join(tmpdir(), "tripline-chart-run-"));
  const ingestToken = randomBytes(32).toString("hex");
  const children = new Map<string, ChildProcess>();
  const started = new Map<string, Started>();
  const authority = makeAuthority(Date.now(), "Tripline gate");
  let gatePort = 0;
  const closing: (() => Promise<unknown>)[] = [];

  /** As the kubelet would start it, but with folders of this machine, and with free ports on loopback in a last file. */
  async function start(manifests: readonly Manifest[], pods: Pods, secrets: Readonly<Record<string, string>>): Promise<void> {
    const home = join(dir, pods.component);
    mkdirSync(home);
    const loopback = { host: "127.0.0.1", port: 0 };
    const gate = pods.component === "gate" ? { gate: { port: 0, tls: { names: ["localhost"], host: "127.0.0.1", port: gatePort, forwardPort: 0 }, forward: { port: 0 }, approvals: { port: 0 } } } : {};
    const toGate = pods.component === "breaker" ? { providers: { gate: { url: `https://localhost:${gatePort}` } } } : {};
    writeFileSync(join(home, "here.yaml"), JSON.stringify({ dataDir: join(home, "data"), ingest: loopback, admin: loopback, monitoring: loopback, ...gate, ...toGate }));
    for (const [file, text] of Object.entries(manifests.find(({ kind, metadata }) => kind === "ConfigMap" && metadata.name === "shield-tripline")?.data ?? {})) writeFileSync(join(home, file), text.replaceAll("/etc/tripline/gate-", `${dir}/gate-`));
    const args = listAt(pods.spec, "containers", 0, "args").map(String).map((arg) => arg.replace(/^\/app\//, ROOT).replace("/etc/tripline/config/", `${home}/`));
    const given = [...environmentOf(pods)].map(([name, place]) => [name, place === null ? `${pods.component}-0` : secrets[place]]);
    const env = { HOME: home, ...(Object.fromEntries(given) as Record<string, string>) };
    const child = spawn(process.execPath, [MAIN, "--config", ...args.slice(1, args.indexOf("--json")), "--config", join(home, "here.yaml"), ...args.slice(args.indexOf("--json"))], { env, stdio: ["ignore", "pipe", "inherit"] });
    children.set(pods.component, child);
    const [line] = (await Promise.race([once(createInterface(child.stdout), "line"), once(child, "exit").then(([code]) => [`ended with ${String(code)}`])])) as [string];
    started.set(pods.component, JSON.parse(line) as Started);
  }

  beforeAll(async () => {
    if (helm === null || kafkaInstall === undefined || postgresInstall === undefined) return;
    const [kafka, postgres] = await Promise.all([kafkaInstall.start({ nodes: 1 }), startPostgres(postgresInstall)]);
    closing.push(() => kafka.stop(), () => postgres.stop());
    const tokenFile = join(dir, "token");
    writeFileSync(tokenFile, ingestToken);
    const values = { "kafka.replicationFactor": 1, "kafka.partitions": 12, "kafka.topicPrefix": `chart_${randomBytes(4).toString("hex")}.`, "postgres.host": postgres.host, "postgres.port": postgres.port, "postgres.database": postgres.database, "postgres.user": postgres.superuser, "postgres.tls": "off" };
    for (const [folder, file, text] of [["gate-ca", "ca.crt", authority.certificate], ["gate-authority", "ca.key", authority.key]] as const) {
      mkdirSync(join(dir, folder));
      writeFileSync(join(dir, folder, file), text);
    }
    gatePort = await freePort();
    const gateValues = join(dir, "gate-values.json");
    const gate = { forward: {}, upstreams: [{ name: "api", url: "https://api.example.com" }], approvers: [{ id: "ann" }] };
    writeFileSync(gateValues, JSON.stringify({ config: { gate }, gate: { authority: { certificate: authority.certificate } } }));
    const agent = ["config.agents[0].id=coder", "config.agents[0].owner=platform-team", `config.agents[0].ingestTokenFile=${tokenFile}`];
    const set = [...Object.entries(values).map(([key, value]) => `${key}=${value}`), ...kafka.brokers.map((broker, index) => `kafka.brokers[${index}]=${broker}`), ...agent];
    const manifests = manifestsOf(helm(...templateArgs(null, set), "--values", gateValues));
    const secrets = { "tripline-keys/master": randomBytes(32).toString("hex"), "tripline-keys/fingerprint": randomBytes(32).toString("hex"), "tripline-postgres/password": postgres.password };
    // Together, as a cluster does it: those that wait for a breaker's configuration have to wait for it.
    await Promise.all(podsOf(manifests).filter((pods) => pods.component !== "test").map((pods) => start(manifests, pods, secrets)));
  }, 120_000);

  afterAll(async () => {
    for (const child of children.values()) child.kill("SIGKILL");
    await Promise.allSettled(closing.map((close) => close()));
    rmSync(dir, { recursive: true, force: true });
  });

  it("all become ready", async () => {
    expect([...started.keys()].toSorted()).toEqual(["breaker", "collector", "detector", "gate", "notifier"]);
    for (const [target, { monitoringUrl }] of started) await expect.poll(async () => `${target} ${(await fetch(`${monitoringUrl}/readyz`)).status}`, { timeout: 30_000 }).toBe(`${target} 200`);
  }, 60_000);

  it("take an agent's telemetry by its token, and nobody's without", async () => {
    const post = (headers: Record<string, string>): Promise<number> =>
      fetch(`${started.get("collector")?.ingestUrl}/v1/traces`, { method: "POST", headers: { "content-type": "application/json", ...headers }, body: "{}" }).then(({ status }) => status);
    expect([await post({ authorization: `Bearer ${ingestToken}` }), await post({})]).toEqual([200, 401]);
  });

  it("open ingest in collectors alone, the control plane in breakers alone, and the gate's doors in gates alone", () => {
    const having = (door: "ingestUrl" | "adminUrl" | "gateUrl"): string[] => [...started].filter(([, one]) => one[door] !== null).map(([target]) => target);
    expect([having("ingestUrl"), having("adminUrl"), having("gateUrl")]).toEqual([["collector"], ["breaker"], ["gate"]]);
    expect(started.get("gate")?.gateTlsUrls).toHaveLength(2);
  });

  it("know each other: the gate answers the agent over TLS, and the breaker finds the gate by the certificate that it is given", async () => {
    const whoami = (token: string) => new Promise((resolve, reject) => {
      const sent = request(`https://localhost:${gatePort}/v1/whoami`, { ca: authority.certificate, headers: { authorization: `Bearer ${token}` }, agent: false });
      sent.once("response", (response) => resolve(response.resume().statusCode)).once("error", reject).end();
    });
    await expect.poll(() => whoami(ingestToken), { timeout: 20_000 }).toBe(200);
    expect(await whoami("x".repeat(64))).toBe(401);
    const authorization = `Bearer ${readFileSync(join(dir, "breaker/data/admin-token"), "utf8").trim()}`;
    const providers = async (): Promise<unknown> => ((await (await fetch(`${started.get("breaker")?.adminUrl}/v1/credentials`, { headers: { authorization } })).json()) as { providers: unknown }).providers;
    await expect.poll(providers, { timeout: 30_000 }).toMatchObject([{ provider: "gate", status: "ready" }]);
  }, 60_000);

  it("end when told", async () => {
    const codes = await Promise.all([...children].map(async ([target, child]) => {
      child.kill("SIGTERM");
      const [code] = (await once(child, "exit")) as [number | null];
      return `${target} ${code}`;
    }));
    expect(codes.toSorted()).toEqual(["breaker 0", "collector 0", "detector 0", "gate 0", "notifier 0"]);
  }, 30_000);
});
