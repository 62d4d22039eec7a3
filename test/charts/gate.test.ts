/** The gate in the chart: where it is, who reaches which of its doors, what it is given, and what agents are given of it. */
import { X509Certificate } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { parse } from "yaml";
import { configurationOf, secretFoldersOf } from "./configuration.ts";
import { CHART, requireHelm, templateArgs } from "./helm.ts";
import { at, faultsOf, type Json, listAt, type Manifest, manifestsOf, textAt } from "./kubernetes.ts";
import { admits, containerPorts, OWN_NAMESPACE, outwardPorts, type Peer, type Pods, podsOf, reaches, selects } from "./network.ts";

const found = await requireHelm("the gate in the Helm chart");
const helm = found ?? ((): string => "");
const CERTIFICATE = textAt(parse(readFileSync(join(CHART, "ci/ha-values.yaml"), "utf8")) as Json, "gate", "authority", "certificate");
/** The least with which there is a gate. */
const LEAST = ["config.gate.upstreams[0].name=api", "config.gate.upstreams[0].url=https://api.example.com", `gate.authority.certificate=${CERTIFICATE}`];
const AGENTS_DOORS = [4324, 4325];
const APPROVERS_DOOR = 4323;
const ALL_PORTS = [4318, 4319, 4320, 4321, 4322, 4323, 4324, 4325];

const render = (values: string | null, set: readonly string[] = []): Manifest[] => manifestsOf(helm(...templateArgs(values, set)));
const component = (manifests: readonly Manifest[], name: string): Pods => podsOf(manifests).find((pods) => pods.component === name) ?? expect.fail(`no ${name}`);
const ours = (manifests: readonly Manifest[], name: string): Peer => ({ namespace: OWN_NAMESPACE, pod: component(manifests, name).labels });
const from = (namespace: string, pod: Peer["pod"] = {}): Peer => ({ namespace: { "kubernetes.io/metadata.name": namespace }, pod });
const named = (manifests: readonly Manifest[], kind: string, name: string): Manifest | undefined => manifests.find((one) => one.kind === kind && one.metadata.name === `shield-tripline-${name}`);

describe.skipIf(found === null)("the gate", () => {
  let ha: Manifest[] = [];
  let least: Manifest[] = [];
  beforeAll(() => {
    ha = render("ha");
    least = render(null, LEAST);
  });
  const both = (): Manifest[][] => [ha, least];

  it("is nowhere until the configuration has one, and is then what Kubernetes knows, field by field", () => {
    for (const profile of [null, "minimal"]) expect(JSON.stringify(render(profile).filter(({ kind }) => kind !== "NetworkPolicy").map(({ metadata, spec }) => [metadata, at(spec, "template", "metadata")]))).not.toMatch(/gate/);
    expect(least.flatMap(faultsOf)).toEqual([]);
  });

  it("runs at least twice on no disk, of which no drain takes the last", () => {
    for (const manifests of both()) {
      const pods = component(manifests, "gate");
      const deployment = named(manifests, "Deployment", "gate");
      expect(Number(textAt(deployment?.spec, "replicas"))).toBeGreaterThanOrEqual(2);
      expect(at(deployment?.spec, "strategy", "rollingUpdate")).toEqual({ maxSurge: 1, maxUnavailable: 0 });
      expect(at(named(manifests, "PodDisruptionBudget", "gate")?.spec, "minAvailable")).toBe(1);
      expect(listAt(pods.spec, "volumes").flatMap((volume) => Object.keys(volume as object)).filter((kind) => !["name", "configMap", "emptyDir", "secret"].includes(kind))).toEqual([]);
    }
  });

  it("speaks TLS on every door that is reached from elsewhere, under the names by which it is", () => {
    for (const manifests of both()) {
      const config = configurationOf(manifests, component(manifests, "gate"));
      expect(config.gate).toMatchObject({ host: "127.0.0.1", tls: { host: "0.0.0.0", port: 4324, forwardPort: 4325 }, authority: { certificateFile: "/etc/tripline/gate-ca/ca.crt", keyFile: "/etc/tripline/gate-authority/ca.key" } });
      expect([config.gate?.forward?.host ?? "127.0.0.1", config.gate?.guard]).toEqual(["127.0.0.1", undefined]);
      const provider = configurationOf(manifests, component(manifests, "breaker")).providers["gate"];
      expect(provider).toMatchObject({ kind: "gate", caFile: "/etc/tripline/gate-ca/ca.crt" });
      const url = new URL(provider?.kind === "gate" ? (provider.url ?? "") : "");
      expect([url.protocol, config.gate?.tls?.names.includes(url.hostname)]).toEqual(["https:", true]);
      expect(listAt(named(manifests, "Service", "gate")?.spec, "ports").map((_port, index) => textAt(named(manifests, "Service", "gate")?.spec, "ports", index, "port"))).toContain(url.port);
    }
    expect(configurationOf(render(null, [...LEAST, "gate.extraNames[0]=gate.example.com"]), component(least, "gate")).gate?.tls?.names).toContain("gate.example.com");
  });

  it("is told of the operator's gate alone: no other target gets upstreams and approvers", () => {
    for (const name of ["breaker", "collector", "detector", "notifier"]) expect(configurationOf(ha, component(ha, name)).gate, name).toBeUndefined();
    expect(configurationOf(ha, component(ha, "gate")).gate).toMatchObject({ upstreams: [{ name: "railway" }], approvers: [{ id: "ann" }] });
  });

  it("opens its doors to agents for agents, and the approvers' door to responders: neither to the other", () => {
    const gate = component(ha, "gate");
    const open = (peer: Peer): number[] => ALL_PORTS.filter((port) => admits(ha, peer, gate, port));
    const agent: Peer = { namespace: { "kubernetes.io/metadata.name": "agents", "example.com/agents": "true" }, pod: { app: "coder" } };
    expect(open(agent)).toEqual(AGENTS_DOORS);
    expect(open(from("ingress-nginx-internal"))).toEqual([APPROVERS_DOOR]);
    expect(open(ours(ha, "breaker"))).toEqual([4324]);
    expect(open(ours(ha, "test"))).toEqual([4320, 4324]);
    for (const name of ["collector", "detector", "notifier"]) expect(open(ours(ha, name)), name).toEqual([]);
    for (const peer of [from("default"), from("security-operations")]) expect(open(peer)).toEqual([]);
  });

  it("keeps the approvers' door on loopback, no port of a pod and behind no Service, until the operator says who may reach it", () => {
    const gate = component(least, "gate");
    expect(configurationOf(least, gate).gate?.approvals).toEqual({ host: "127.0.0.1", port: APPROVERS_DOOR });
    expect(containerPorts(gate).map(({ name }) => name)).toEqual(["monitoring", "gate"]);
    expect(least.filter(({ kind }) => kind === "Service").map(({ metadata }) => metadata.name)).not.toContain("shield-tripline-gate-approvals");
    expect(configurationOf(ha, component(ha, "gate")).gate?.approvals).toEqual({ host: "0.0.0.0", port: APPROVERS_DOOR, url: "https://approvals.example.com" });
    const agentsService = named(ha, "Service", "gate");
    expect(listAt(agentsService?.spec, "ports").map((_one, index) => textAt(agentsService?.spec, "ports", index, "targetPort"))).toEqual(["gate", "forward"]);
  });

  it("goes to upstreams on their ports, and confined agents go nowhere but to it, the collectors and the resolvers", () => {
    expect(outwardPorts(render(null, [...LEAST, "networkPolicy.upstreamPorts[0]=8443"]), component(least, "gate"))).toEqual([53, 5432, 8443, 9092]);
    const coder: Pods = { namespace: "agents", component: "coder", labels: { app: "coder" }, spec: {} };
    expect(outwardPorts(ha, coder)).toEqual([53, 4318, ...AGENTS_DOORS]);
    const reached = (name: string): number[] => ALL_PORTS.filter((port) => reaches(ha, coder, ours(ha, name), port));
    expect(Object.fromEntries(["breaker", "collector", "detector", "gate", "notifier"].map((name) => [name, reached(name)]))).toEqual({ breaker: [], collector: [4318], detector: [], gate: AGENTS_DOORS, notifier: [] });
    expect(reaches(ha, coder, from("elsewhere"), 443)).toBe(false);
    const policy = ha.find(({ kind, metadata }) => kind === "NetworkPolicy" && metadata.namespace === "agents");
    expect(JSON.stringify(policy?.spec)).not.toContain("ipBlock");
    expect(selects(at(policy?.spec, "podSelector"), coder.labels)).toBe(true);
  });

  it("hands agents the certificate and never a key, in their own namespaces as well", () => {
    const handed = ha.filter(({ metadata }) => metadata.name === "shield-tripline-gate-ca");
    expect(handed.map(({ kind, metadata }) => [kind, metadata.namespace])).toEqual([["ConfigMap", "security"], ["ConfigMap", "agents"]]);
    for (const { data } of handed) {
      expect(Object.keys(data ?? {})).toEqual(["ca.crt"]);
      expect(new X509Certificate(data?.["ca.crt"] ?? "").ca).toBe(true);
    }
    expect(JSON.stringify(ha)).not.toContain("PRIVATE KEY");
  });

  it("rolls with its authority, and so do the breakers, which know it by that", () => {
    const other = render("ha", [`gate.authority.certificate=${CERTIFICATE.replace("\n", "\n\n")}`]);
    const noted = (manifests: readonly Manifest[], kind: string, name: string): string => textAt(named(manifests, kind, name)?.spec, "template", "metadata", "annotations", "checksum/gate-ca");
    for (const [kind, name] of [["Deployment", "gate"], ["StatefulSet", "breaker"]] as const) expect(noted(ha, kind, name)).not.toBe(noted(other, kind, name));
    expect(noted(ha, "Deployment", "collector")).toBe("");
  });

  it.each<readonly [string, RegExp]>([
    ["gate.replicas=1", /gate\/replicas.*minimum/s],
    ["gate.authority.certificate=", /gate\/authority\/certificate/],
    ["gate.authority.certificate=-----BEGIN PRIVATE KEY-----", /gate\/authority\/certificate/],
    ["gate.authority.existingSecret=", /gate\/authority\/existingSecret/],
    ["gate.authority.key=x", /additional properties 'key'/],
    ["gate.approvals.expose=true", /networkPolicy\/responders/],
    ["gate.approvals.port=4324", /gate\/approvals\/port/],
    ["config.gate.guard.directory=/backups", /config.*'guard'/s],
    ["config.gate.socket=gate.sock", /config.*'socket'/s],
    ["config.gate.host=0.0.0.0", /config.*'host'/s],
    ["config.gate.approvals.host=0.0.0.0", /config.*'approvals'/s],
    ["config.providers.gate.kind=railway", /config\.providers\.gate/],
  ])("refuses %s", (set, said) => expect(() => render(null, [...LEAST, set])).toThrow(said));

  it("runs with the values that the README shows, and with the certificate as it says to give it", () => {
    const dir = mkdtempSync(join(tmpdir(), "tripline-chart-gate-"));
    try {
      const blocks = [...readFileSync(join(CHART, "README.md"), "utf8").matchAll(/^( *)```yaml\n([^]*?)^\1```/gm)].map(([, indent = "", text = ""]) => text.replaceAll(new RegExp(`^${indent}`, "gm"), ""));
      expect(blocks).toHaveLength(2);
      blocks.forEach((text, index) => writeFileSync(join(dir, `${index}.yaml`), text));
      writeFileSync(join(dir, "ca.crt"), CERTIFICATE);
      const manifests = manifestsOf(helm(...templateArgs(null), ...blocks.flatMap((_text, index) => ["--values", join(dir, `${index}.yaml`)]), "--set-file", `gate.authority.certificate=${join(dir, "ca.crt")}`));
      expect(manifests.flatMap(faultsOf)).toEqual([]);
      const [gate, breaker] = [component(manifests, "gate"), component(manifests, "breaker")];
      for (const pods of [gate, breaker]) expect([...secretFoldersOf(pods).keys()], pods.component).toContain("/etc/tripline/secrets/tripline-upstreams");
      expect([...secretFoldersOf(gate).keys()]).toContain("/etc/tripline/secrets/tripline-ingest-tokens");
      expect(configurationOf(manifests, gate)).toMatchObject({ agents: [{ id: "staging-coder" }], gate: { forward: { port: 4322 }, upstreams: [{ credentials: ["railway-staging"] }] } });
    } finally {
      rmSync(dir, { recursive: true });
    }
  });

  it("refuses an Ingress of the approvers' door that leads nowhere, and one in the clear", () => {
    const ingress = [...LEAST, "gate.approvals.ingress.enabled=true", "gate.approvals.ingress.host=a.example.com"];
    expect(() => render(null, ingress)).toThrow(/ingress/);
    expect(() => render(null, [...ingress, "gate.approvals.ingress.tlsSecret=tls"])).toThrow(/it needs gate\.approvals\.expose/);
  });
});
