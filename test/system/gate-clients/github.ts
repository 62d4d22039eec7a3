/** GitHub's GraphQL endpoint as far as agents here use it: executed by the reference implementation, so that what ran is a fact and not a guess of ours. */
import { buildSchema, graphql } from "graphql";
import type { Respond } from "./upstreams.ts";

const SCHEMA = buildSchema(`
  input DeleteRefInput { refId: ID! clientMutationId: String }
  input DeleteIssueInput { issueId: ID! }
  input AddCommentInput { subjectId: ID! body: String! }
  input UpdateRefInput { refId: ID! oid: String! force: Boolean = false }
  type Done { clientMutationId: String }
  type Repository { id: ID! name: String! }
  type Query { viewer: Viewer! repository(owner: String!, name: String!): Repository }
  type Viewer { login: String! }
  type Mutation {
    deleteRef(input: DeleteRefInput!): Done
    deleteIssue(input: DeleteIssueInput!): Done
    updateRef(input: UpdateRefInput!): Done
    addComment(input: AddCommentInput!): Done
  }
`);

export interface GithubStandIn {
  readonly respond: Respond;
  /** Mutations that were carried out: field and argument. */
  readonly effects: { readonly field: string; readonly input: unknown }[];
}

export function githubStandIn(): GithubStandIn {
  const effects: { field: string; input: unknown }[] = [];
  const does = (field: string) => ({ input }: { input: unknown }) => {
    effects.push({ field, input: JSON.parse(JSON.stringify(input)) });
    return { clientMutationId: null };
  };
  const root = {
    viewer: { login: "octo" }, repository: ({ name }: { name: string }) => ({ id: "R_1", name }),
    deleteRef: does("deleteRef"), deleteIssue: does("deleteIssue"), updateRef: does("updateRef"), addComment: does("addComment"),
  };
  const run = (asked: { query?: unknown; variables?: unknown; operationName?: unknown }) =>
    graphql({ schema: SCHEMA, rootValue: root, source: String(asked.query), variableValues: asked.variables as Record<string, unknown>, ...(typeof asked.operationName === "string" ? { operationName: asked.operationName } : {}) });
  /** As lenient as servers are: whatever it is sent as, and batches, and in the address. */
  const execute = async (method: string, target: string, body: string): Promise<unknown> => {
    const { searchParams } = new URL(target, "http://here");
    if (method === "GET" || searchParams.has("query")) {
      return run({ query: searchParams.get("query"), variables: JSON.parse(searchParams.get("variables") ?? "{}"), operationName: searchParams.get("operationName") ?? undefined });
    }
    const asked = JSON.parse(body) as unknown;
    return Array.isArray(asked) ? Promise.all(asked.map((one) => run(one as object))) : run(asked as object);
  };
  return {
    effects,
    respond: ({ method, target, body }, response) => {
      execute(method, target, body).then(
        (answer) => response.setHeader("content-type", "application/json").end(JSON.stringify(answer)),
        (error: unknown) => response.writeHead(400).end(String(error)),
      );
    },
  };
}
