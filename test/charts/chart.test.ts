import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DETECTOR_LIMITS } from "@tripline/detector";
import { TOPICS } from "@tripline/model";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { configurationOf, environmentOf, secretFoldersOf, secretsOf } from "./configuration.ts";
import { CHART, lintArgs, requireHelm, templateArgs } from "./helm.ts";
import { at, faultsOf, type Json, listAt, type Manifest, manifestsOf, textAt } from "./kubernetes.ts";
import { admits, containerPorts, OWN_NAMESPACE, outwardPorts, type Peer, type Pods, podsOf, reaches, selects } from "./network.ts";

const TARGETS = ["breaker", "collector", "detector", "gate", "notifier"] as const;
/** The gate is where the values say what it stands before. */
const targetsOf = (profile: string | null): readonly string[] => TARGETS.filter((target) => target !== "gate" || profile === "ha");
const PROFILES = [null, "minimal", "ha"] as const;
const found = await requireHelm("the Helm chart");
const helm = found ?? ((): string => "");

const render = (values: string | null, set: readonly string[] = []): Manifest[] => manifestsOf(helm(...templateArgs(values, set)));
const ofKind = (manifests: readonly Manifest[], kind: string): Manifest[] => manifests.filter((one) => one.kind === kind);
const component = (manifests: readonly Manifest[], name: string): Pods => podsOf(manifests).find((pods) => pods.component === name) ?? expect.fail(`no ${name}`);
const container = (pods: Pods): Json => at(pods.spec, "containers", 0) ?? expect.fail("no container");
const scaledNames = (manifests: readonly Manifest[]): string[] => manifests.map(({ spec }) => textAt(spec, "scaleTargetRef", "name")).filter((name) => name !== "");
const agent: Peer = { namespace: { "kubernetes.io/metadata.name": "agents", "example.com/agents": "true" }, pod: { app: "coder" } };
const monitoring: Peer = { namespace: { "kubernetes.io/metadata.name": "monitoring" }, pod: { app: "prometheus" } };

describe.skipIf(found === null).each(PROFILES)("the chart with the values %s", (profile) => {
  let manifests: Manifest[] = [];
  let targets: Pods[] = [];
  beforeAll(() => {
    manifests = render(profile);
    targets = podsOf(manifests).filter((pods) => pods.component !== "test");
  });

  it("passes helm's own strict look", () => expect(helm(...lintArgs(profile))).toContain("0 chart(s) failed"));
  it("is what Kubernetes and its operators know, field by field", () => expect(manifests.flatMap(faultsOf)).toEqual([]));

  it("runs one workload per target, all from one image", () => {
    expect(targets.map((pods) => pods.component).toSorted()).toEqual(targetsOf(profile));
    expect(new Set(podsOf(manifests).map((pods) => textAt(container(pods), "image"))).size).toBe(1);
    for (const pods of targets) expect(listAt(container(pods), "args")).toContain(`--target=${pods.component}`);
  });

  it("holds every pod to Kubernetes' restricted standard, without a token of its API, and with limits", () => {
    for (const pods of podsOf(manifests)) {
      expect(at(pods.spec, "automountServiceAccountToken")).toBe(false);
      expect(at(pods.spec, "securityContext")).toMatchObject({ runAsNonRoot: true, seccompProfile: { type: "RuntimeDefault" } });
      expect(at(container(pods), "securityContext")).toEqual({ allowPrivilegeEscalation: false, readOnlyRootFilesystem: true, capabilities: { drop: ["ALL"] } });
      expect(at(container(pods), "resources")).toMatchObject({ requests: { cpu: expect.anything(), memory: expect.anything() }, limits: { memory: expect.anything() } });
    }
  });

  it("gives each target a configuration that it accepts, and every secret that this names", () => {
    for (const pods of targets) {
      const config = configurationOf(manifests, pods);
      expect(config.eventLog.kind).toBe("kafka");
      expect(config.store.kind).toBe(pods.component === "collector" ? "sqlite" : "postgres");
      const isBreaker = pods.component === "breaker";
      const hasMaster = isBreaker || pods.component === "gate";
      const names = [config.keys.fingerprintEnv, config.store.kind === "postgres" ? config.store.passwordEnv : undefined, hasMaster ? config.keys.masterEnv : undefined, isBreaker ? config.admin.tokenEnv : undefined];
      for (const name of names.filter((one) => one !== undefined)) expect(environmentOf(pods).get(name), `${pods.component} ${name}`).toMatch(/\//);
      const files = filesNeeded(pods.component, config);
      const folders = [...secretFoldersOf(pods).keys()];
      for (const file of files) expect(folders.some((folder) => file.startsWith(`${folder}/`)), `${pods.component} ${file}`).toBe(true);
    }
  });

  it("probes each process on its monitoring port, and starts none anew because it is not ready", () => {
    for (const pods of targets) {
      expect(containerPorts(pods)).toContainEqual({ name: "monitoring", number: configurationOf(manifests, pods).monitoring.port });
      expect(at(container(pods), "livenessProbe", "httpGet")).toEqual({ path: "/livez", port: "monitoring" });
      expect(at(container(pods), "readinessProbe", "httpGet")).toEqual({ path: "/readyz", port: "monitoring" });
    }
  });

  it("lets agents reach ingest and the gate's doors for agents, and nothing else", () => {
    const open = targets.flatMap((pods) => [4318, 4319, 4320, 4321, 4322, 4323, 4324, 4325].filter((port) => admits(manifests, agent, pods, port)).map((port) => `${pods.component}:${port}`));
    expect(open.toSorted()).toEqual(profile === "ha" ? ["collector:4318", "gate:4324", "gate:4325"] : ["collector:4318"]);
  });

  it("asks names of the cluster's own resolvers, and of nobody else on their port", () => {
    const system = { "kubernetes.io/metadata.name": "kube-system" };
    const resolver: Peer = { namespace: system, pod: { "k8s-app": "kube-dns" } };
    const others: Peer[] = [agent, { namespace: system, pod: { app: "other" } }, { namespace: OWN_NAMESPACE, pod: { "k8s-app": "kube-dns" } }];
    for (const pods of targets) expect([resolver, ...others].map((peer) => reaches(manifests, pods, peer, 53))).toEqual([true, false, false, false]);
    const rules = ofKind(manifests, "NetworkPolicy").flatMap(({ spec }) => listAt(spec, "egress")).filter((rule) => listAt(rule, "ports").some((one) => at(one, "port") === 53));
    expect(rules.flatMap((rule) => listAt(rule, "to")).filter((peer) => at(peer, "ipBlock") !== undefined)).toEqual([]);
  });

  it("shows metrics to the monitoring namespace and to nobody beside it in Tripline's own", () => {
    const neighbour: Peer = { namespace: OWN_NAMESPACE, pod: { app: "neighbour" } };
    for (const pods of targets) {
      expect(admits(manifests, monitoring, pods, 4320)).toBe(true);
      expect(admits(manifests, neighbour, pods, 4320)).toBe(false);
      expect(admits(manifests, { ...neighbour, pod: component(manifests, "test").labels }, pods, 4320)).toBe(true);
    }
  });

  it("keeps at least two breakers, of which no drain takes the last", () => {
    const breaker = manifests.find((one) => one.kind === "StatefulSet" && one.metadata.name.endsWith("-breaker"));
    expect(Number(textAt(breaker?.spec, "replicas"))).toBeGreaterThanOrEqual(2);
    const budgets = ofKind(manifests, "PodDisruptionBudget");
    for (const pods of targets) expect(budgets.filter((budget) => selects(at(budget.spec, "selector"), pods.labels))).toHaveLength(1);
    expect(at(budgets.find((budget) => budget.metadata.name.endsWith("-breaker"))?.spec, "minAvailable")).toBe(1);
    expect(scaledNames(manifests).filter((name) => name.endsWith("-breaker"))).toEqual([]);
  });

  it("leaves the number of replicas to whatever scales them", () => {
    const scaled = scaledNames(manifests);
    const workloads = ofKind(manifests, "Deployment");
    for (const name of scaled) expect(workloads.map((one) => one.metadata.name)).toContain(name);
    for (const { metadata, spec } of workloads) expect(at(spec, "replicas") === undefined).toBe(scaled.includes(metadata.name));
  });

  it("makes no Secret", () => expect(ofKind(manifests, "Secret")).toEqual([]));
});

/** Files that a target reads when it starts: the others stand in its configuration, but are nothing to it. */
function filesNeeded(target: string, config: ReturnType<typeof configurationOf>): string[] {
  const { eventLog, store, agents, relays, providers, credentials, alerts, gate } = config;
  const injected = new Set(gate?.upstreams.flatMap((upstream) => upstream.credentials));
  const kafka = eventLog.kind === "kafka" ? [eventLog.sasl?.passwordFile, eventLog.tls?.caFile, eventLog.tls?.certFile, eventLog.tls?.keyFile] : [];
  const own = {
    collector: [...agents, ...relays].map(({ ingestTokenFile }) => ingestTokenFile),
    breaker: [...credentials.map(({ secretFile }) => secretFile), ...Object.values(providers).map((one) => (one.kind === "railway" ? one.adminTokenFile : one.kind === "postgres" ? one.adminPasswordFile : undefined))],
    gate: [...agents.map(({ ingestTokenFile }) => ingestTokenFile), ...credentials.filter(({ id }) => injected.has(id)).map(({ secretFile }) => secretFile), ...(gate?.approvers ?? []).map(({ tokenFile }) => tokenFile), gate?.authority?.keyFile],
    notifier: Object.values(alerts).flatMap(({ secrets }) => secrets.map(({ file }) => file)),
  };
  const postgres = store.kind === "postgres" ? [store.tlsCaFile] : [];
  return [...kafka, ...postgres, ...(own[target as keyof typeof own] ?? [])].filter((file) => file !== undefined);
}

describe.skipIf(found === null)("secrets", () => {
  it("go to the targets that use them", () => {
    const manifests = render("ha");
    const given = Object.fromEntries(TARGETS.map((name) => [name, secretsOf(component(manifests, name))]));
    const kafka = ["tripline-kafka-tls/ca.crt", "tripline-kafka/password"];
    const postgres = ["tripline-postgres-ca/ca.crt", "tripline-postgres/password"];
    expect(given).toEqual({
      breaker: ["tripline-admin/token", "tripline-inventory/*", ...kafka, "tripline-keys/fingerprint", "tripline-keys/master", ...postgres, "tripline-railway/*", "tripline-upstreams/*"].toSorted(),
      collector: ["tripline-ingest-tokens/*", ...kafka, "tripline-keys/fingerprint"].toSorted(),
      detector: [...kafka, ...postgres].toSorted(),
      gate: ["tripline-approvers/*", "tripline-gate-authority/ca.key", "tripline-ingest-tokens/*", ...kafka, "tripline-keys/fingerprint", "tripline-keys/master", ...postgres, "tripline-upstreams/*"].toSorted(),
      notifier: ["tripline-alerts/*", ...kafka, ...postgres].toSorted(),
    });
  });

  it("give collectors the master key only where the operator says so", () => {
    expect(secretsOf(component(render(null), "collector"))).toEqual(["tripline-keys/fingerprint"]);
    expect(secretsOf(component(render(null, ["keys.fingerprintKey="]), "collector"))).toEqual(["tripline-keys/master"]);
  });
});

describe.skipIf(found === null)("the control plane", () => {
  it("listens on loopback, and is no port of a pod, until the operator says who may reach it", () => {
    const manifests = render(null);
    const breaker = component(manifests, "breaker");
    expect(configurationOf(manifests, breaker).admin.host).toBe("127.0.0.1");
    expect(containerPorts(breaker).map(({ name }) => name)).toEqual(["monitoring"]);
    expect(ofKind(manifests, "Service").map((one) => one.metadata.name)).toEqual(["shield-tripline-collector", "shield-tripline-monitoring"]);
  });

  it("then answers operators, and neither agents nor collectors", () => {
    const manifests = render("ha");
    const breaker = component(manifests, "breaker");
    const operator: Peer = { namespace: { "kubernetes.io/metadata.name": "security-operations" }, pod: {} };
    expect(admits(manifests, operator, breaker, 4319)).toBe(true);
    expect(admits(manifests, agent, breaker, 4319)).toBe(false);
    for (const name of ["collector", "gate", "test"]) expect(admits(manifests, { namespace: OWN_NAMESPACE, pod: component(manifests, name).labels }, breaker, 4319)).toBe(false);
  });

  it("lets each target call what it needs: collectors have no way to the database, detectors none to the world", () => {
    const manifests = render("ha");
    const ports = Object.fromEntries(TARGETS.map((name) => [name, outwardPorts(manifests, component(manifests, name))]));
    expect(ports).toEqual({ breaker: [53, 443, 4324, 5432, 9096], collector: [53, 9096], detector: [53, 5432, 9096], gate: [53, 443, 5432, 9096], notifier: [53, 443, 5432, 9096] });
    expect(JSON.stringify(ofKind(manifests, "NetworkPolicy"))).toContain("169.254.0.0/16");
  });
});

describe.skipIf(found === null)("scaling", () => {
  it("follows the lag of the very group and topic that detectors read", () => {
    const scaled = ofKind(render("ha"), "ScaledObject").find((one) => one.metadata.name.endsWith("-detector"));
    expect(TOPICS.has("actions")).toBe(true);
    expect(at(scaled?.spec, "triggers", 0, "metadata")).toMatchObject({ consumerGroup: "tripline.detector", topic: "tripline.actions", sasl: "scram_sha512", tls: "enable", allowIdleConsumers: "false" });
  });
  it("can be by processor time alone", () => {
    expect(ofKind(render(null, ["detector.autoscaling.kind=hpa"]), "HorizontalPodAutoscaler").map((one) => one.metadata.name)).toEqual(["shield-tripline-collector", "shield-tripline-detector"]);
  });
});

/** Each with what must be said of it. */
const REFUSED: readonly (readonly [string, RegExp])[] = [
  ["breaker.replicas=1", /breaker\/replicas.*minimum/s],
  ["breaker.autoscaling.kind=hpa", /additional properties 'autoscaling'/],
  ["replicaCount=2", /additional properties 'replicaCount'/],
  ["admin.expose=true", /networkPolicy\/operators/],
  ["config.eventLog.kind=embedded", /config.*'eventLog'/s],
  ["config.keys.masterEnv=A", /config.*'keys'/s],
  ["postgres.password=hunter2", /additional properties 'password'/],
  ["keys.master=00", /additional properties 'master'/],
  ["keys.existingSecret=", /keys\/existingSecret/],
  ["kafka.sasl.mechanism=scram-sha-512", /kafka\/sasl\/existingSecret/],
  ["kafka.sasl.mechanism=gssapi", /kafka\/sasl\/mechanism/],
  ["kafka.brokers[0]=kafka", /kafka\/brokers\/0/],
  ["kafka.tls.certKey=tls.crt", /kafka\/tls/],
  ["securityContext.readOnlyRootFilesystem=false", /readOnlyRootFilesystem/],
  ["securityContext.capabilities.drop[0]=NET_RAW", /capabilities\/drop/],
  ["podSecurityContext.runAsUser=0", /runAsUser/],
  ["podSecurityContext.seccompProfile.type=Unconfined", /seccompProfile/],
  ["networkPolicy.agents=null", /networkPolicy.*missing property .agents/s],
  ["networkPolicy.dns=null", /networkPolicy.*missing property .dns/s],
  ["collector.ingress.enabled=true", /collector\/ingress/],
  ["collector.autoscaling.triggers[0].type=cron", /triggers/],
  ["detector.autoscaling.maxReplicas=49", /beyond kafka\.partitions/],
  ["detector.memoryBytes=1048576", /detector\/memoryBytes/],
  ["detector.autoscaling.minReplicas=13", /minReplicas is above maxReplicas/],
  ["config.agents[0].id=coder", /coder names no ingestTokenFile/],
  ["image.digest=latest", /image\/digest/],
];

describe.skipIf(found === null)("values", () => {
  it.each(REFUSED)("refuse %s", (set, said) => expect(() => render(null, [set])).toThrow(said));
  it("refuse SASL in the clear that shows its password", () => {
    const sasl = ["kafka.sasl.mechanism=plain", "kafka.sasl.username=a", "kafka.sasl.existingSecret=b"];
    expect(() => render(null, sasl)).toThrow(/kafka\/tls\/enabled/);
    expect(render(null, [...sasl, "kafka.tls.enabled=true"]).flatMap(faultsOf)).toEqual([]);
  });
  it("refuse a detector's limit of memory that its budget does not fit into, by the figures of the detector itself", () => {
    const { memoryBytes, processBytes } = DETECTOR_LIMITS;
    const leastMib = Math.ceil((1.1 * (memoryBytes + processBytes)) / 1_048_576);
    const limit = (text: string) => [`detector.resources.limits.memory=${text}`];
    expect(() => render(null, limit(`${leastMib - 1}Mi`))).toThrow(/is less than the \d+Mi that detector.memoryBytes asks for/);
    expect(() => render(null, [...limit("2Gi"), `detector.memoryBytes=${3 * memoryBytes}`])).not.toThrow();
    expect(() => render(null, [...limit("2Gi"), `detector.memoryBytes=${4 * memoryBytes}`])).toThrow(/memoryBytes/);
    expect(render(null, limit(`${leastMib}Mi`)).flatMap(faultsOf)).toEqual([]);
  });
  it("refuse KEDA on brokers that would not answer it", () => {
    expect(() => render("ha", ["detector.autoscaling.authenticationRef="])).toThrow(/authenticationRef.*SASL/);
    const own = ["detector.autoscaling.kind=keda", "kafka.tls.enabled=true", "kafka.tls.existingSecret=authority"];
    expect(() => render(null, own)).toThrow(/authenticationRef.*authority is your own/);
    expect(render(null, [...own, "detector.autoscaling.authenticationRef=kafka"]).flatMap(faultsOf)).toEqual([]);
    // The world's authorities KEDA knows itself.
    expect(() => render(null, own.slice(0, 2))).not.toThrow();
  });
});

describe.skipIf(found === null)("the notes", () => {
  const dir = mkdtempSync(join(tmpdir(), "tripline-chart-"));
  afterAll(() => rmSync(dir, { recursive: true }));
  /** `helm template` leaves NOTES.txt out, so that a copy of the chart shows it as a value. */
  function notes(values: string | null, set: readonly string[] = []): string {
    cpSync(CHART, dir, { recursive: true });
    cpSync(join(CHART, "templates/NOTES.txt"), join(dir, "notes.txt"));
    writeFileSync(join(dir, "templates/shown.yaml"), 'kind: Shown\napiVersion: v1\nmetadata: { name: notes }\ndata: { notes: {{ tpl (.Files.Get "notes.txt") . | quote }} }\n');
    return render2(templateArgs(values, set, dir)).find((one) => one.kind === "Shown")?.data?.["notes"] ?? "";
  }
  const render2 = (args: readonly string[]): Manifest[] => manifestsOf(helm(...args));

  it("say what must be there, where agents send to, and how to operate it", () => {
    expect(notes(null)).toContain("Secret tripline-keys with master and fingerprint");
    expect(notes(null)).toContain("http://shield-tripline-collector.security:4318");
    expect(notes(null)).toContain("kubectl -n security exec shield-tripline-breaker-0 -- tripline --config /etc/tripline/config/breaker.yaml breakers");
  });
  it("say of a gate where its doors are, what agents trust, and how people answer", () => {
    expect(notes(null)).not.toMatch(/gate/i);
    const shown = notes("ha");
    for (const text of ["Secret tripline-gate-authority with ca.key", "https://shield-tripline-gate.security.svc:4324", "HTTPS_PROXY=https://agent:<lease>@shield-tripline-gate.security.svc:4325", "ConfigMap shield-tripline-gate-ca", "Approvers    https://approvals.example.com"]) expect(shown).toContain(text);
    const least = notes(null, ["config.gate.upstreams[0].name=api", "config.gate.upstreams[0].url=https://api.example.com", "gate.authority.certificate=-----BEGIN CERTIFICATE-----AAAA-----END CERTIFICATE-----"]);
    expect(least).toContain("kubectl -n security port-forward deployment/shield-tripline-gate 4323");
    expect(least).toContain("WARNING: nothing here keeps agents from going past the gate");
  });
  it("warn of what is not protected, and of nothing else", () => {
    expect(notes(null).match(/WARNING: .*/g)).toEqual(["WARNING: connections to Kafka are not encrypted."]);
    expect(notes("minimal").match(/WARNING: .*/g)).toHaveLength(2);
    expect(notes("ha")).not.toContain("WARNING");
    expect(notes(null, ["networkPolicy.enabled=false"])).toContain("network policies are off");
    expect(notes(null, ["keys.fingerprintKey="])).toContain("collectors hold the master key");
  });
});

it("the chart is named in no other version than the product", () => {
  const product = JSON.parse(readFileSync(join(CHART, "../../package.json"), "utf8")) as { version: string };
  expect(readFileSync(join(CHART, "Chart.yaml"), "utf8")).toContain(`appVersion: "${product.version}"`);
});
