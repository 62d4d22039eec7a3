/**
 * Finds a volume's backups. On Railway they belong to the volume and go with it: whoever may delete the volume deletes them too, so they are
 * never outside an agent's reach.
 */
import type { BackupTarget, FoundBackup, FoundBackups } from "../provider.ts";
import { isObject, type RailwayAnswer } from "./client.ts";
import { type Admin, allProjects, MAX_PROJECTS } from "./listing.ts";

const PAGE = 100;
/** Pages read of one project's volumes. */
const MAX_PAGES = 20;
/** Instances of one volume, one an environment, whose backups are listed. */
const MAX_INSTANCES = 16;
/** Backups kept of a listing. */
const MAX_BACKUPS = 256;
const ID = /^[A-Za-z0-9_-]{1,128}$/u;

const VOLUMES = `query($projectId: String!, $first: Int, $after: String) { project(id: $projectId) { volumes(first: $first, after: $after) {
  edges { node { id volumeInstances(first: ${MAX_INSTANCES}) { edges { node { id } } pageInfo { hasNextPage } } } } pageInfo { hasNextPage endCursor } } } }`;
const BACKUPS = "query($id: String!) { volumeInstanceBackupList(volumeInstanceId: $id) { id createdAt } }";

export interface BackupAccess {
  readonly admin: Admin;
  readonly projectIds: readonly string[];
}

/** Backups of a `volume`, in all its environments, or of a `volume-instance`; newest first. */
export async function findVolumeBackups(access: BackupAccess, { kind, id }: BackupTarget, signal: AbortSignal): Promise<FoundBackups> {
  if (!ID.test(id)) return unknown("not an id of Railway");
  if (kind !== "volume" && kind !== "volume-instance") return unknown("not a kind of thing whose backups Railway lists");
  const instances = kind === "volume-instance" ? [id] : await instancesOf(access, id, signal);
  if (typeof instances === "string") return unknown(instances);
  const found: FoundBackup[] = [];
  for (const instance of instances) {
    const listed = backupsIn(await access.admin(BACKUPS, { id: instance }, signal));
    if (typeof listed === "string") return unknown(listed);
    found.push(...listed);
  }
  const backups = found.toSorted((one, other) => other.atMs - one.atMs).slice(0, MAX_BACKUPS);
  return backups.length === 0 ? { kind: "none" } : { kind: "found", backups };
}

const unknown = (reason: string): FoundBackups => ({ kind: "unknown", reason });

/** Ids of the volume's instances, or why they are not known. A volume that no project of the admin has may well exist elsewhere. */
async function instancesOf({ admin, projectIds }: BackupAccess, volumeId: string, signal: AbortSignal): Promise<readonly string[] | string> {
  const projects = projectIds.length > 0 ? projectIds : await allProjects(admin, signal);
  if (typeof projects === "string") return projects;
  if (projects.length > MAX_PROJECTS) return `more than ${MAX_PROJECTS} projects: name them in projectIds`;
  for (const projectId of projects) {
    const found = await instancesIn(admin, projectId, volumeId, signal);
    if (found !== null) return found;
  }
  return "no project that the admin sees has this volume";
}

/** Null where the project has no such volume. */
async function instancesIn(admin: Admin, projectId: string, volumeId: string, signal: AbortSignal): Promise<readonly string[] | string | null> {
  let after: string | null = null;
  for (let page = 0; page < MAX_PAGES; page += 1) {
    const answer = await admin(VOLUMES, { projectId, first: PAGE, after }, signal);
    if (answer.kind !== "data") return `volumes: ${why(answer)}`;
    const volumes = connectionOf(isObject(answer.data["project"]) ? answer.data["project"]["volumes"] : null);
    if (volumes === null) return "volumes: not a listing";
    const volume = volumes.nodes.find(({ id }) => id === volumeId);
    if (volume !== undefined) return instanceIds(volume["volumeInstances"]);
    if (!volumes.hasNextPage) return null;
    if (volumes.endCursor === null || volumes.endCursor === after) return "volumes: paging does not advance";
    after = volumes.endCursor;
  }
  return `volumes: more than ${MAX_PAGES * PAGE} in one project`;
}

function instanceIds(value: unknown): readonly string[] | string {
  const instances = connectionOf(value);
  if (instances === null) return "volumes: an entry without instances";
  if (instances.hasNextPage) return `more than ${MAX_INSTANCES} instances of one volume`;
  return instances.nodes.map(({ id }) => id);
}

type Node = Readonly<Record<string, unknown>> & { readonly id: string };

function connectionOf(value: unknown): { readonly nodes: readonly Node[]; readonly hasNextPage: boolean; readonly endCursor: string | null } | null {
  if (!isObject(value) || !Array.isArray(value["edges"]) || !isObject(value["pageInfo"])) return null;
  const nodes = (value["edges"] as readonly unknown[]).map((edge) => (isObject(edge) ? edge["node"] : null));
  if (!nodes.every(isNode)) return null;
  const { hasNextPage, endCursor } = value["pageInfo"];
  return { nodes, hasNextPage: hasNextPage === true, endCursor: typeof endCursor === "string" ? endCursor : null };
}

const isNode = (value: unknown): value is Node => isObject(value) && typeof value["id"] === "string" && ID.test(value["id"]);

function backupsIn(answer: RailwayAnswer): readonly FoundBackup[] | string {
  if (answer.kind !== "data") return `backups: ${why(answer)}`;
  const listed = answer.data["volumeInstanceBackupList"];
  if (!Array.isArray(listed)) return "backups: not a listing";
  const backups: FoundBackup[] = [];
  for (const entry of listed as readonly unknown[]) {
    if (!isNode(entry) || typeof entry["createdAt"] !== "string") return "backups: an entry without id or time";
    const atMs = Date.parse(entry["createdAt"]);
    if (!Number.isFinite(atMs)) return "backups: an entry without a time";
    backups.push({ id: entry.id, atMs, outsideReach: false, restorable: "listed", detail: "a volume backup, which is deleted with its volume" });
  }
  return backups;
}

const why = (answer: RailwayAnswer): string => (answer.kind === "failed" ? answer.reason : answer.kind);
