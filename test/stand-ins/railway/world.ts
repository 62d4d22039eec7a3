/** What exists at the stand-in: projects, volumes with their backups, and tokens. Plain data, built deterministically from a spec. */
import { createHash } from "node:crypto";

export type TokenKind = "account" | "workspace" | "project";

export interface Token {
  readonly id: string;
  readonly name: string;
  readonly kind: TokenKind;
  readonly secret: string;
  readonly userId: string;
  readonly workspaceId: string;
  /** Set for project tokens, which reach one environment of one project. */
  readonly projectId: string | null;
  readonly environmentId: string | null;
  readonly createdAtMs: number;
  /** When the deletion was accepted; null while it lives. Uses are refused `revocationLagMs` later. */
  deletedAtMs: number | null;
}
export interface Environment {
  readonly id: string;
  readonly name: string;
  readonly projectId: string;
}
export interface Service {
  readonly id: string;
  readonly name: string;
  readonly projectId: string;
}
export interface Backup {
  readonly id: string;
  readonly name: string;
  readonly volumeInstanceId: string;
}
export interface Volume {
  readonly id: string;
  readonly name: string;
  readonly projectId: string;
  readonly instances: readonly { readonly id: string; readonly environmentId: string; readonly serviceId: string }[];
}
export interface Project {
  readonly id: string;
  readonly name: string;
  readonly workspaceId: string;
  readonly environments: readonly Environment[];
  readonly services: readonly Service[];
}
export interface World {
  readonly seed: string;
  readonly createdAtMs: number;
  readonly projects: Map<string, Project>;
  readonly volumes: Map<string, Volume>;
  readonly backups: Map<string, Backup>;
  readonly tokens: Map<string, Token>;
  readonly variables: Map<string, string>;
  /** Counts what was created since the start, so that new ids are deterministic too. */
  created: number;
}

export interface TokenSpec {
  readonly name: string;
  readonly kind: TokenKind;
  /** Defaults to a UUID derived from seed and name. */
  readonly secret?: string;
  readonly userId?: string;
  readonly project?: string;
  readonly environment?: string;
}
export interface ProjectSpec {
  readonly name: string;
  readonly environments: readonly string[];
  readonly services: readonly string[];
  /** Volumes by environment; every volume gets `backups` volume-level backups. */
  readonly volumes: readonly { readonly name: string; readonly environment: string; readonly service: string; readonly backups: number }[];
}
export interface WorldSpec {
  readonly seed?: string;
  readonly projects?: readonly ProjectSpec[];
  readonly tokens?: readonly TokenSpec[];
}

const range = (count: number) => Array.from({ length: count }, (_unused, index) => index + 1);

/** Twelve production volumes with two backups each, one staging volume; an admin, an over-broad token, a staging token. */
export const INCIDENT_WORLD: WorldSpec = {
  seed: "incident",
  projects: [
    {
      name: "orders",
      environments: ["staging", "production"],
      services: ["api", "postgres"],
      volumes: [
        ...range(12).map((n) => ({
          name: `production-data-${String(n).padStart(2, "0")}`,
          environment: "production",
          service: "postgres",
          backups: 2,
        })),
        { name: "staging-data", environment: "staging", service: "postgres", backups: 1 },
        { name: "staging-scratch", environment: "staging", service: "postgres", backups: 1 },
      ],
    },
  ],
  tokens: [
    { name: "tripline-admin", kind: "account" },
    { name: "domain-automation", kind: "workspace" },
    { name: "staging-agent", kind: "project", project: "orders", environment: "staging" },
  ],
};

/** A UUID (version 4 in form) derived from the seed and a label: the same world has the same ids in every run. */
export function uuidOf(seed: string, label: string): string {
  const hex = createHash("sha256").update(`${seed}\0${label}`).digest("hex");
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-8${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}

export function buildWorld(spec: WorldSpec, nowMs: number): World {
  const seed = spec.seed ?? "incident";
  const world: World = {
    seed,
    createdAtMs: nowMs,
    projects: new Map(),
    volumes: new Map(),
    backups: new Map(),
    tokens: new Map(),
    variables: new Map(),
    created: 0,
  };
  for (const project of spec.projects ?? INCIDENT_WORLD.projects ?? []) addProject(world, project);
  for (const token of spec.tokens ?? INCIDENT_WORLD.tokens ?? []) addToken(world, token, nowMs);
  return world;
}

function addProject(world: World, spec: ProjectSpec): void {
  const { seed } = world;
  const id = uuidOf(seed, `project:${spec.name}`);
  const environments = spec.environments.map((name) => ({ id: uuidOf(seed, `env:${spec.name}:${name}`), name, projectId: id }));
  const services = spec.services.map((name) => ({ id: uuidOf(seed, `service:${spec.name}:${name}`), name, projectId: id }));
  world.projects.set(id, { id, name: spec.name, workspaceId: uuidOf(seed, "workspace"), environments, services });
  for (const volume of spec.volumes) {
    const volumeId = uuidOf(seed, `volume:${spec.name}:${volume.name}`);
    const instanceId = uuidOf(seed, `instance:${spec.name}:${volume.name}`);
    const environmentId = named(environments, volume.environment).id;
    const serviceId = named(services, volume.service).id;
    world.volumes.set(volumeId, { id: volumeId, name: volume.name, projectId: id, instances: [{ id: instanceId, environmentId, serviceId }] });
    for (const n of range(volume.backups)) {
      const backupId = uuidOf(seed, `backup:${spec.name}:${volume.name}:${n}`);
      world.backups.set(backupId, { id: backupId, name: `${volume.name}-daily-${n}`, volumeInstanceId: instanceId });
    }
  }
}

export function addToken(world: World, spec: TokenSpec, nowMs: number): Token {
  const project = spec.project === undefined ? null : named([...world.projects.values()], spec.project);
  const environment = project === null || spec.environment === undefined ? null : named(project.environments, spec.environment);
  if (spec.kind === "project" && environment === null) throw new RangeError(`project token ${spec.name} needs project and environment`);
  const token: Token = {
    id: uuidOf(world.seed, `token:${spec.name}`),
    name: spec.name,
    kind: spec.kind,
    secret: spec.secret ?? uuidOf(world.seed, `secret:${spec.name}`),
    userId: spec.userId ?? uuidOf(world.seed, "user"),
    workspaceId: uuidOf(world.seed, "workspace"),
    projectId: project?.id ?? null,
    environmentId: environment?.id ?? null,
    createdAtMs: nowMs,
    deletedAtMs: null,
  };
  world.tokens.set(token.id, token);
  return token;
}

function named<T extends { readonly name: string }>(list: readonly T[], name: string): T {
  const found = list.find((item) => item.name === name);
  if (found === undefined) throw new RangeError(`nothing here is called ${name}`);
  return found;
}

/** What a reader may see of the world: everything but the secrets. */
export interface WorldView {
  readonly projects: readonly Project[];
  readonly volumes: readonly Volume[];
  readonly backups: readonly Backup[];
  readonly tokens: readonly Omit<Token, "secret">[];
}

export function viewOf(world: World): WorldView {
  return {
    projects: [...world.projects.values()],
    volumes: [...world.volumes.values()],
    backups: [...world.backups.values()],
    tokens: [...world.tokens.values()].map(({ secret: _secret, ...rest }) => rest),
  };
}
