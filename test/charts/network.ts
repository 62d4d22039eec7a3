/** What network policies let through, by Kubernetes' rules: a pod that any policy selects takes only what some rule of those allows. */
import { at, type Json, listAt, type Manifest, textAt } from "./kubernetes.ts";

export type Labels = Readonly<Record<string, string>>;

export interface Peer {
  /** Labels of the namespace that it is in; one named as the policy's own is the release's. */
  readonly namespace: Labels;
  readonly pod: Labels;
}

/** Where the chart is rendered to, see `templateArgs`. */
const NAME = "kubernetes.io/metadata.name";
export const OWN_NAMESPACE: Labels = { [NAME]: "security" };

/** A workload's pods, or a pod. */
export interface Pods {
  /** Absent: the release's own. */
  readonly namespace?: string;
  readonly component: string;
  readonly labels: Labels;
  readonly spec: Json;
}

export function podsOf(manifests: readonly Manifest[]): Pods[] {
  return manifests.flatMap((manifest) => {
    const pod = manifest.kind === "Pod" ? (manifest as unknown as Json) : at(manifest.spec, "template");
    const labels = at(pod, "metadata", "labels") as Labels | undefined;
    const spec = at(pod, "spec");
    return labels === undefined || spec === undefined ? [] : [{ component: labels["app.kubernetes.io/component"] ?? "", labels, spec }];
  });
}

export function selects(selector: Json | undefined, labels: Labels): boolean {
  const wanted = Object.entries(at(selector, "matchLabels") ?? {}).every(([key, value]) => labels[key] === value);
  const among = listAt(selector, "matchExpressions").every((one) => {
    if (textAt(one, "operator") !== "In") throw new Error(`The operator ${textAt(one, "operator")} is not known here.`);
    return listAt(one, "values").includes(labels[textAt(one, "key")] ?? "");
  });
  return wanted && among;
}

/** May this peer open a connection to this port of these pods? */
export function admits(manifests: readonly Manifest[], from: Peer, to: Pods, port: number): boolean {
  const policies = policiesOn(manifests, to, "Ingress");
  if (policies.length === 0) return true;
  return policies.some(({ spec }) => listAt(spec, "ingress").some((rule) => portsOf(rule, to).includes(port) && peersOf(rule, "from").some((peer) => isPeer(peer, from))));
}

/** Ports on which these pods may call others, sorted. */
export function outwardPorts(manifests: readonly Manifest[], from: Pods): number[] {
  const policies = policiesOn(manifests, from, "Egress");
  if (policies.length === 0) throw new Error(`${from.component} may call anything`);
  return [...new Set(policies.flatMap(({ spec }) => listAt(spec, "egress").flatMap((rule) => portsOf(rule, from))))].toSorted((a, b) => a - b);
}

/** May these pods open a connection to this peer, at this port? A peer is a pod: addresses are none. */
export function reaches(manifests: readonly Manifest[], from: Pods, to: Peer, port: number): boolean {
  const policies = policiesOn(manifests, from, "Egress");
  return policies.length === 0 || policies.some(({ spec }) => listAt(spec, "egress").some((rule) => portsOf(rule, from).includes(port) && peersOf(rule, "to").some((peer) => isPeer(peer, to))));
}

function policiesOn(manifests: readonly Manifest[], pods: Pods, way: "Ingress" | "Egress"): Manifest[] {
  // A policy is for pods of its own namespace, whatever their labels.
  const isHere = ({ metadata }: Manifest): boolean => (metadata.namespace ?? OWN_NAMESPACE[NAME]) === (pods.namespace ?? OWN_NAMESPACE[NAME]);
  return manifests.filter((one) => one.kind === "NetworkPolicy" && isHere(one) && selects(at(one.spec, "podSelector"), pods.labels) && listAt(one.spec, "policyTypes").includes(way));
}

/** A rule without peers is for everybody: undefined stands for that. */
function peersOf(rule: Json, way: "from" | "to"): readonly (Json | undefined)[] {
  return at(rule, way) === undefined ? [undefined] : listAt(rule, way);
}

function isPeer(peer: Json | undefined, from: Peer): boolean {
  if (peer === undefined) return true;
  if (at(peer, "ipBlock") !== undefined) return false;
  const [namespaces, pods] = [at(peer, "namespaceSelector"), at(peer, "podSelector")];
  const isThere = namespaces === undefined ? selects({ matchLabels: OWN_NAMESPACE }, from.namespace) : selects(namespaces, from.namespace);
  return isThere && (pods === undefined || selects(pods, from.pod));
}

/** Numbers of a rule's ports; a name is one of the pods' own. */
function portsOf(rule: Json, pods: Pods): number[] {
  return listAt(rule, "ports").flatMap((one) => {
    const port = at(one, "port");
    return typeof port === "number" ? [port] : containerPorts(pods).filter(({ name }) => name === port).map(({ number }) => number);
  });
}

export function containerPorts(pods: Pods): { readonly name: string; readonly number: number }[] {
  return listAt(pods.spec, "containers").flatMap((container) => listAt(container, "ports").map((port) => ({ name: textAt(port, "name"), number: Number(textAt(port, "containerPort")) })));
}
