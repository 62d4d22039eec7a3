/** Who a request is and what it may touch. Railway says "Not Authorized" alike for no token, a deleted token and too small a one. */
import { GraphQLError } from "graphql";
import type { Token, World } from "./world.ts";

export class NotAuthorized extends GraphQLError {
  constructor() {
    super("Not Authorized", { extensions: { code: "INTERNAL_SERVER_ERROR" } });
  }
}

/** The caller of one request; null = no valid token. */
export type Caller = Token | null;

/** Finds the token a request carries. Account and workspace tokens travel as Bearer, project tokens in their own header only. */
export function callerOf(
  world: World,
  headers: { readonly authorization?: string | undefined; readonly "project-access-token"?: string | string[] | undefined },
  nowMs: number,
  revocationLagMs: number,
): Caller {
  const project = headers["project-access-token"];
  const bearer = headers.authorization?.startsWith("Bearer ") === true ? headers.authorization.slice("Bearer ".length) : null;
  const secret = typeof project === "string" ? project : bearer;
  if (secret === null) return null;
  for (const token of world.tokens.values()) {
    if (token.secret !== secret || (token.kind === "project") !== (typeof project === "string")) continue;
    const works = token.deletedAtMs === null || nowMs < token.deletedAtMs + revocationLagMs;
    return works ? token : null;
  }
  return null;
}

export function requireAccount(caller: Caller): Token {
  if (caller?.kind !== "account") throw new NotAuthorized();
  return caller;
}

export function requireApiToken(caller: Caller): Token {
  if (caller === null || caller.kind === "project") throw new NotAuthorized();
  return caller;
}

/** Any token that reaches the project; a project token only its own project and, where given, its own environment. */
export function requireProject(caller: Caller, projectId: string, environmentId: string | null): Token {
  if (caller === null) throw new NotAuthorized();
  if (caller.kind !== "project") return caller;
  const reaches = caller.projectId === projectId && (environmentId === null || caller.environmentId === environmentId);
  if (!reaches) throw new NotAuthorized();
  return caller;
}
