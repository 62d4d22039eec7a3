/** Railway's published operations that this provider uses. */
export const DELETE_BY_KIND = {
  "api-token": { field: "apiTokenDelete", query: "mutation($id: String!) { apiTokenDelete(id: $id) }" },
  "project-token": { field: "projectTokenDelete", query: "mutation($id: String!) { projectTokenDelete(id: $id) }" },
} as const;
export type TokenKind = keyof typeof DELETE_BY_KIND;

export function isTokenKind(kind: string): kind is TokenKind {
  return Object.hasOwn(DELETE_BY_KIND, kind);
}

/** What a token can ask about itself without touching anything. `me` is for account tokens only, `apiToken` also for workspace tokens. */
export const WHO_AM_I = {
  "api-token": ["{ apiToken { workspaces { id } } }", "{ me { id } }"],
  "project-token": ["{ projectToken { projectId environmentId } }"],
} as const satisfies Record<TokenKind, readonly string[]>;

export const CREATE_PROJECT_TOKEN = "mutation($input: ProjectTokenCreateInput!) { projectTokenCreate(input: $input) }";
export const ONE_API_TOKEN = "{ apiTokens(first: 1) { edges { node { id } } } }";
export const ONE_PROJECT = "{ projects(first: 1) { edges { node { id } } } }";
