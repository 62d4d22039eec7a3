/** Reads Railway's token listings page by page. A listing that could not be read to its end is a failure, not a shorter listing. */
import type { ListedCredential, ListOutcome } from "../provider.ts";
import { isObject, type RailwayAnswer } from "./client.ts";

export type Admin = (query: string, variables: Readonly<Record<string, unknown>>, signal: AbortSignal) => Promise<RailwayAnswer>;

const PAGE = 100;
/** Pages read of one listing: 10,000 tokens of an account or a project. */
const MAX_PAGES = 100;
/** Projects whose tokens are listed. */
export const MAX_PROJECTS = 256;

const API_TOKENS = "query($first: Int, $after: String) { apiTokens(first: $first, after: $after) { edges { node { id name } } pageInfo { hasNextPage endCursor } } }";
const PROJECTS = "query($first: Int, $after: String) { projects(first: $first, after: $after) { edges { node { id } } pageInfo { hasNextPage endCursor } } }";
const PROJECT_TOKENS =
  "query($projectId: String!, $first: Int, $after: String) { projectTokens(projectId: $projectId, first: $first, after: $after) { edges { node { id name createdAt } } pageInfo { hasNextPage endCursor } } }";

/** Lists account and workspace tokens of the admin, and the tokens of `projectIds` (or of every project the admin sees). */
export async function listTokens(admin: Admin, projectIds: readonly string[], signal: AbortSignal): Promise<ListOutcome> {
  const apiTokens = await listApiTokens(admin, signal);
  if (apiTokens.kind === "failed") return apiTokens;
  const projectTokens = await listProjectTokens(admin, projectIds, signal);
  if (projectTokens.kind === "failed") return projectTokens;
  return { kind: "listed", credentials: [...apiTokens.credentials, ...projectTokens.credentials] };
}

export async function listApiTokens(admin: Admin, signal: AbortSignal): Promise<ListOutcome> {
  return credentials("api-token", await pages(admin, { query: API_TOKENS, field: "apiTokens", variables: {} }, signal));
}

export async function listProjectTokens(admin: Admin, projectIds: readonly string[], signal: AbortSignal): Promise<ListOutcome> {
  const projects = projectIds.length > 0 ? projectIds : await allProjects(admin, signal);
  if (typeof projects === "string") return { kind: "failed", reason: projects };
  if (projects.length > MAX_PROJECTS) return { kind: "failed", reason: `more than ${MAX_PROJECTS} projects: name them in projectIds` };
  const found: ListedCredential[] = [];
  for (const projectId of projects) {
    const listed = credentials("project-token", await pages(admin, { query: PROJECT_TOKENS, field: "projectTokens", variables: { projectId } }, signal));
    if (listed.kind === "failed") return listed;
    found.push(...listed.credentials);
  }
  return { kind: "listed", credentials: found };
}

/** Ids of every project that the admin sees, or why they cannot all be read. */
export async function allProjects(admin: Admin, signal: AbortSignal): Promise<string[] | string> {
  const nodes = await pages(admin, { query: PROJECTS, field: "projects", variables: {} }, signal);
  return typeof nodes === "string" ? nodes : nodes.map((node) => node.id);
}

interface Node {
  readonly id: string;
  readonly name: string;
  readonly createdAtMs: number | null;
}

function credentials(kind: "api-token" | "project-token", nodes: readonly Node[] | string): ListOutcome {
  if (typeof nodes === "string") return { kind: "failed", reason: nodes };
  const listed = nodes.map(({ id, name, createdAtMs }) => ({ target: { id: `railway:${id}`, kind, providerRef: id, principal: null }, name, createdAtMs }));
  return { kind: "listed", credentials: listed };
}

/** All nodes of a connection, or why they could not all be read. */
async function pages(
  admin: Admin,
  listing: { readonly query: string; readonly field: string; readonly variables: Readonly<Record<string, unknown>> },
  signal: AbortSignal,
): Promise<Node[] | string> {
  const nodes: Node[] = [];
  let after: string | null = null;
  for (let page = 0; page < MAX_PAGES; page += 1) {
    const answer = await admin(listing.query, { ...listing.variables, first: PAGE, after }, signal);
    if (answer.kind !== "data") return `${listing.field}: ${answer.kind === "failed" ? answer.reason : answer.kind}`;
    const connection: unknown = answer.data[listing.field];
    if (!isObject(connection) || !Array.isArray(connection["edges"]) || !isObject(connection["pageInfo"])) return `${listing.field}: not a listing`;
    for (const edge of connection["edges"] as unknown[]) {
      const node = nodeOf(edge);
      if (node === null) return `${listing.field}: an entry without id`;
      nodes.push(node);
    }
    const { hasNextPage, endCursor } = connection["pageInfo"];
    if (hasNextPage !== true) return nodes;
    if (typeof endCursor !== "string" || endCursor === after) return `${listing.field}: paging does not advance`;
    after = endCursor;
  }
  return `${listing.field}: more than ${MAX_PAGES * PAGE} entries`;
}

function nodeOf(edge: unknown): Node | null {
  const node: unknown = isObject(edge) ? edge["node"] : null;
  if (!isObject(node) || typeof node["id"] !== "string") return null;
  const createdAtMs = typeof node["createdAt"] === "string" ? Date.parse(node["createdAt"]) : Number.NaN;
  return { id: node["id"], name: typeof node["name"] === "string" ? node["name"] : "", createdAtMs: Number.isFinite(createdAtMs) ? createdAtMs : null };
}
