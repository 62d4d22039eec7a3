/** What each field does to the world. Arguments were checked against the schema before any of this runs. */
import { GraphQLError } from "graphql";
import { NotAuthorized, requireAccount, requireApiToken, requireProject, type Caller } from "./authority.ts";
import { uuidOf, type Project, type Token, type Volume, type World } from "./world.ts";

export interface Call {
  readonly world: World;
  readonly caller: Caller;
  readonly nowMs: number;
  /** Listings show a deleted token for this long. */
  readonly staleListingMs: number;
}
type Arguments = Readonly<Record<string, unknown>>;
export type Resolver = (args: Arguments, call: Call) => unknown;

const text = (args: Arguments, name: string) => String(args[name]);
const input = (args: Arguments) => args["input"] as Readonly<Record<string, string | undefined>>;
const iso = (ms: number) => new Date(ms).toISOString();
const pageInfo = { hasNextPage: false, hasPreviousPage: false, startCursor: null, endCursor: null };
const missing = (what: string) => new GraphQLError(`${what} not found`, { extensions: { code: "INTERNAL_SERVER_ERROR" } });

/** Relay pages: `first` and `after`, cursors being ids. */
function page<T extends { readonly id: string }>(all: readonly T[], args: Arguments) {
  const after = args["after"];
  const start = typeof after === "string" ? all.findIndex((item) => item.id === after) + 1 : 0;
  const count = typeof args["first"] === "number" ? args["first"] : all.length;
  const items = all.slice(start, start + count);
  return {
    edges: items.map((node) => ({ cursor: node.id, node })),
    pageInfo: { ...pageInfo, hasNextPage: start + count < all.length, endCursor: items.at(-1)?.id ?? null },
  };
}

function showVolume(world: World, volume: Volume) {
  const shown = {
    id: volume.id,
    name: volume.name,
    projectId: volume.projectId,
    createdAt: iso(world.createdAtMs),
    volumeInstances: (args: Arguments) => page(volume.instances.map((instance) => showInstance(world, volume, instance)), args),
  };
  return shown;
}

function showInstance(world: World, volume: Volume, instance: Volume["instances"][number]) {
  const environment = world.projects.get(volume.projectId)?.environments.find((one) => one.id === instance.environmentId);
  return {
    ...instance,
    volumeId: volume.id,
    mountPath: "/data",
    sizeMB: 50_000,
    currentSizeMB: 1_200,
    createdAt: iso(world.createdAtMs),
    environment,
    volume: () => showVolume(world, volume),
  };
}

function showProject(call: Call, project: Project) {
  const { world, caller } = call;
  const own = caller?.kind === "project" ? caller.environmentId : null;
  const volumes = [...world.volumes.values()].filter((volume) => volume.projectId === project.id);
  return {
    ...project,
    createdAt: iso(world.createdAtMs),
    environments: (args: Arguments) => page(project.environments.filter((one) => own === null || one.id === own), args),
    services: (args: Arguments) => page(project.services, args),
    volumes: (args: Arguments) =>
      page(volumes.filter((volume) => own === null || reaches(volume, own)).map((volume) => showVolume(world, volume)), args),
  };
}

const reaches = (volume: Volume, environmentId: string) => volume.instances.some((one) => one.environmentId === environmentId);
const displayOf = (token: Token) => `****-${token.id.slice(0, 4)}`;
const listed = (call: Call, token: Token) => token.deletedAtMs === null || call.nowMs < token.deletedAtMs + call.staleListingMs;

function showProjectToken(call: Call, token: Token) {
  const project = call.world.projects.get(token.projectId ?? "");
  if (project === undefined) throw missing("Project");
  return {
    ...token,
    secret: undefined,
    displayToken: displayOf(token),
    createdAt: iso(token.createdAtMs),
    project: () => showProject(call, project),
    environment: project.environments.find((one) => one.id === token.environmentId),
  };
}

function showApiToken(token: Token) {
  return { id: token.id, name: token.name, displayToken: displayOf(token), workspaceId: token.kind === "workspace" ? token.workspaceId : null, expiresAt: null };
}

export const QUERIES: Readonly<Record<string, Resolver>> = {
  me: (_args, { caller }) => ({ id: requireAccount(caller).userId, name: "Operator", email: "operator@example.com" }),
  apiToken: (_args, { caller }) => ({ workspaces: [{ id: requireApiToken(caller).workspaceId, name: "workspace" }] }),
  apiTokens: (args, call) => {
    const { userId } = requireAccount(call.caller);
    const own = [...call.world.tokens.values()].filter((one) => one.kind !== "project" && one.userId === userId && listed(call, one));
    return page(own.map(showApiToken), args);
  },
  projects: (args, call) => {
    requireApiToken(call.caller);
    return page([...call.world.projects.values()].map((project) => showProject(call, project)), args);
  },
  project: (args, call) => {
    requireProject(call.caller, text(args, "id"), null);
    const project = call.world.projects.get(text(args, "id"));
    if (project === undefined) throw missing("Project");
    return showProject(call, project);
  },
  projectToken: (_args, call) => {
    if (call.caller?.kind !== "project") throw new NotAuthorized();
    return showProjectToken(call, call.caller);
  },
  projectTokens: (args, call) => {
    requireApiToken(call.caller);
    const projectId = text(args, "projectId");
    if (!call.world.projects.has(projectId)) throw missing("Project");
    const tokens = [...call.world.tokens.values()].filter((one) => one.projectId === projectId && listed(call, one));
    return page(tokens.map((one) => showProjectToken(call, one)), args);
  },
  volumeInstance: (args, call) => {
    const { volume, instance } = instanceOf(call, text(args, "id"));
    return showInstance(call.world, volume, instance);
  },
  volumeInstanceBackupList: (args, call) => {
    const { instance } = instanceOf(call, text(args, "volumeInstanceId"));
    const backups = [...call.world.backups.values()].filter((backup) => backup.volumeInstanceId === instance.id);
    return backups.map((backup) => ({ ...backup, externalId: backup.id, createdAt: iso(call.world.createdAtMs), usedMB: 1_200, referencedMB: 1_200 }));
  },
};

function instanceOf(call: Call, instanceId: string) {
  for (const volume of call.world.volumes.values()) {
    const instance = volume.instances.find((one) => one.id === instanceId);
    if (instance === undefined) continue;
    requireProject(call.caller, volume.projectId, instance.environmentId);
    return { volume, instance };
  }
  if (call.caller === null) throw new NotAuthorized();
  throw missing("VolumeInstance");
}

export const MUTATIONS: Readonly<Record<string, Resolver>> = {
  /** Takes the volume-level backups with it, as happened in the incident. */
  volumeDelete: (args, call) => {
    if (call.caller === null) throw new NotAuthorized();
    const volume = call.world.volumes.get(text(args, "volumeId"));
    if (volume === undefined) throw missing("Volume");
    const environmentId = call.caller.environmentId;
    requireProject(call.caller, volume.projectId, null);
    if (environmentId !== null && !reaches(volume, environmentId)) throw new NotAuthorized();
    const instances = new Set(volume.instances.map((one) => one.id));
    for (const backup of call.world.backups.values()) if (instances.has(backup.volumeInstanceId)) call.world.backups.delete(backup.id);
    return call.world.volumes.delete(volume.id);
  },
  volumeInstanceBackupDelete: (args, call) => {
    const { instance } = instanceOf(call, text(args, "volumeInstanceId"));
    const backup = call.world.backups.get(text(args, "volumeInstanceBackupId"));
    if (backup?.volumeInstanceId !== instance.id) throw missing("VolumeInstanceBackup");
    call.world.backups.delete(backup.id);
    return { workflowId: `delete-backup-${backup.id}` };
  },
  apiTokenCreate: (args, call) => {
    const owner = requireAccount(call.caller);
    return createToken(call, owner, { kind: input(args)["workspaceId"] === undefined ? "account" : "workspace", projectId: null, environmentId: null }, input(args)["name"] ?? "");
  },
  apiTokenDelete: (args, call) => {
    const { userId } = requireAccount(call.caller);
    const token = call.world.tokens.get(text(args, "id"));
    if (token !== undefined && token.userId !== userId) throw new NotAuthorized();
    return deleteToken(call, token, (one) => one.kind !== "project", "ApiToken");
  },
  projectTokenCreate: (args, call) => {
    const owner = requireApiToken(call.caller);
    const { projectId = "", environmentId = "", name = "" } = input(args);
    const environment = call.world.projects.get(projectId)?.environments.find((one) => one.id === environmentId);
    if (environment === undefined) throw missing("Environment");
    return createToken(call, owner, { kind: "project", projectId, environmentId }, name);
  },
  projectTokenDelete: (args, call) => {
    requireApiToken(call.caller);
    return deleteToken(call, call.world.tokens.get(text(args, "id")), (one) => one.kind === "project", "ProjectToken");
  },
  variableUpsert: (args, call) => {
    const { projectId = "", environmentId = "", serviceId = "", name = "", value = "" } = input(args);
    requireProject(call.caller, projectId, environmentId);
    call.world.variables.set([projectId, environmentId, serviceId, name].join("/"), value);
    return true;
  },
  serviceInstanceRedeploy: (args, call) => {
    const project = [...call.world.projects.values()].find((one) => one.services.some((service) => service.id === text(args, "serviceId")));
    if (call.caller === null) throw new NotAuthorized();
    if (project === undefined) throw missing("ServiceInstance");
    requireProject(call.caller, project.id, text(args, "environmentId"));
    return true;
  },
};

function createToken(call: Call, owner: Token, reach: Pick<Token, "kind" | "projectId" | "environmentId">, name: string): string {
  const { world } = call;
  world.created += 1;
  const label = `created:${world.created}`;
  const secret = uuidOf(world.seed, `secret:${label}`);
  const id = uuidOf(world.seed, `token:${label}`);
  world.tokens.set(id, { ...owner, ...reach, id, name, secret, createdAtMs: call.nowMs, deletedAtMs: null });
  return secret;
}

function deleteToken(call: Call, token: Token | undefined, fits: (token: Token) => boolean, type: string): boolean {
  if (token === undefined || !fits(token) || token.deletedAtMs !== null) throw missing(type);
  token.deletedAtMs = call.nowMs;
  return true;
}
