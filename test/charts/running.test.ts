/** The chart's arguments, configuration and environment of each target, run as processes on a real Kafka and PostgreSQL: nothing more is needed. */
import { type ChildProcess, spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
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
  readonly monitoringUrl: string;
}

describe.skipIf(!isPossible)("the chart's targets", () => {
  const dir = mkdtempSync(join(tmpdir(), "tripline-chart-run-"));
  const ingestToken = randomBytes(32).toString("hex");
  const children = new Map<string, ChildProcess>();
  const started = new Map<string, Started>();
  const closing: (() => Promise<unknown>)[] = [];

  /** As the kubelet would start it, but with folders of this machine, and with free ports on loopback in a last file. */
  async function start(manifests: readonly Manifest[], pods: Pods, secrets: Readonly<Record<string, string>>): Promise<void> {
    const home = join(dir, pods.component);
    mkdirSync(home);
    const loopback = { host: "127.0.0.1", port: 0 };
    writeFileSync(join(home, "here.yaml"), JSON.stringify({ dataDir: join(home, "data"), ingest: loopback, admin: loopback, monitoring: loopback }));
    for (const [file, text] of Object.entries(manifests.find(({ kind }) => kind === "ConfigMap")?.data ?? {})) writeFileSync(join(home, file), text);
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
    const agent = ["config.agents[0].id=coder", "config.agents[0].owner=platform-team", `config.agents[0].ingestTokenFile=${tokenFile}`];
    const set = [...Object.entries(values).map(([key, value]) => `${key}=${value}`), ...kafka.brokers.map((broker, index) => `kafka.brokers[${index}]=${broker}`), ...agent];
    const manifests = manifestsOf(helm(...templateArgs(null, set)));
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
    expect([...started.keys()].toSorted()).toEqual(["breaker", "collector", "detector", "notifier"]);
    for (const [target, { monitoringUrl }] of started) await expect.poll(async () => `${target} ${(await fetch(`${monitoringUrl}/readyz`)).status}`, { timeout: 30_000 }).toBe(`${target} 200`);
  }, 60_000);

  it("take an agent's telemetry by its token, and nobody's without", async () => {
    const post = (headers: Record<string, string>): Promise<number> =>
      fetch(`${started.get("collector")?.ingestUrl}/v1/traces`, { method: "POST", headers: { "content-type": "application/json", ...headers }, body: "{}" }).then(({ status }) => status);
    expect([await post({ authorization: `Bearer ${ingestToken}` }), await post({})]).toEqual([200, 401]);
  });

  it("open ingest in collectors alone, and the control plane in breakers alone", () => {
    const having = (door: "ingestUrl" | "adminUrl"): string[] => [...started].filter(([, one]) => one[door] !== null).map(([target]) => target);
    expect([having("ingestUrl"), having("adminUrl")]).toEqual([["collector"], ["breaker"]]);
  });

  it("end when told", async () => {
    const codes = await Promise.all([...children].map(async ([target, child]) => {
      child.kill("SIGTERM");
      const [code] = (await once(child, "exit")) as [number | null];
      return `${target} ${code}`;
    }));
    expect(codes.toSorted()).toEqual(["breaker 0", "collector 0", "detector 0", "notifier 0"]);
  }, 30_000);
});
