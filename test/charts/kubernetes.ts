/**
 * Is a manifest one that Kubernetes takes? By the schemas of packages made from Kubernetes' own API description, with their operators'
 * kinds beside. Those schemas let unknown fields pass, as a server does that was not asked to be strict; a misspelt field of a security
 * context would then simply not hold. So the reading is watched: a field that no schema asked for is one that nobody knows.
 */
import { ScaledObject } from "@kubernetes-models/keda/keda.sh/v1alpha1/ScaledObject";
import { ServiceMonitor } from "@kubernetes-models/prometheus-operator/monitoring.coreos.com/v1/ServiceMonitor";
import { Deployment } from "kubernetes-models/apps/v1/Deployment";
import { StatefulSet } from "kubernetes-models/apps/v1/StatefulSet";
import { HorizontalPodAutoscaler } from "kubernetes-models/autoscaling/v2/HorizontalPodAutoscaler";
import { Ingress } from "kubernetes-models/networking.k8s.io/v1/Ingress";
import { NetworkPolicy } from "kubernetes-models/networking.k8s.io/v1/NetworkPolicy";
import { PodDisruptionBudget } from "kubernetes-models/policy/v1/PodDisruptionBudget";
import { ConfigMap } from "kubernetes-models/v1/ConfigMap";
import { Pod } from "kubernetes-models/v1/Pod";
import { Service } from "kubernetes-models/v1/Service";
import { ServiceAccount } from "kubernetes-models/v1/ServiceAccount";
import { parseAllDocuments } from "yaml";

export interface Manifest {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly namespace?: string; readonly labels: Readonly<Record<string, string>>; readonly annotations?: Readonly<Record<string, string>> };
  readonly spec?: Json;
  readonly data?: Readonly<Record<string, string>>;
  readonly automountServiceAccountToken?: boolean;
}

export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };

/** What lies there, or undefined where nothing does. */
export function at(value: Json | undefined, ...path: readonly (string | number)[]): Json | undefined {
  return path.reduce<Json | undefined>((inner, key) => (typeof inner === "object" && inner !== null ? (inner as { readonly [key: string]: Json })[key] : undefined), value);
}

/** The list that lies there; empty where nothing does. */
export function listAt(value: Json | undefined, ...path: readonly (string | number)[]): readonly Json[] {
  const found = at(value, ...path);
  return Array.isArray(found) ? (found as readonly Json[]) : [];
}

/** The text that lies there; empty where nothing does. */
export function textAt(value: Json | undefined, ...path: readonly (string | number)[]): string {
  const found = at(value, ...path);
  return typeof found === "string" || typeof found === "number" ? String(found) : "";
}

/** `validate` judges what it is called on, and throws its faults. */
interface Schema {
  readonly apiVersion: string;
  readonly kind: string;
  readonly prototype: { validate(): void };
}

const SCHEMAS: readonly Schema[] = [
  ConfigMap, Deployment, HorizontalPodAutoscaler, Ingress, NetworkPolicy, Pod, PodDisruptionBudget, ScaledObject, Service, ServiceAccount, ServiceMonitor,
  StatefulSet,
].map((model) => model as unknown as Schema);

/** Every document that is not empty. Throws for YAML that is none, a key given twice included. */
export function manifestsOf(text: string): Manifest[] {
  return parseAllDocuments(text).flatMap((document) => {
    if (document.errors[0] !== undefined) throw document.errors[0];
    const value = document.toJS() as Manifest | null;
    return value === null ? [] : [value];
  });
}

/** What is wrong with it, as sentences; empty if nothing is. */
export function faultsOf(manifest: Manifest): string[] {
  const name = `${manifest.kind} ${manifest.metadata.name}`;
  const schema = SCHEMAS.find(({ apiVersion, kind }) => apiVersion === manifest.apiVersion && kind === manifest.kind);
  if (schema === undefined) return [`${name}: no schema is known for ${manifest.apiVersion} ${manifest.kind}`];
  const asked = new Set<string>();
  try {
    schema.prototype.validate.call(watched(manifest, "", asked));
  } catch (error) {
    return [`${name}: ${error instanceof Error ? error.message : "invalid"}`];
  }
  return fieldsOf(manifest, "").filter((path) => !asked.has(path)).map((path) => `${name}: ${path} is a field that no schema knows`);
}

function watched(value: object, path: string, asked: Set<string>): object {
  return new Proxy(value, {
    get: (target, key) => {
      const found: unknown = Reflect.get(target, key);
      if (typeof key === "symbol") return found;
      const place = `${path}/${key}`;
      asked.add(place);
      return typeof found === "object" && found !== null ? watched(found, place, asked) : found;
    },
  });
}

/** Paths of all fields, but not of those inside one that is unknown already. */
function fieldsOf(value: unknown, path: string): string[] {
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([key, inner]) => [`${path}/${key}`, ...fieldsOf(inner, `${path}/${key}`)]);
}
