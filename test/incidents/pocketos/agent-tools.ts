/** The agent's tools. They do what they say: files are read and written, requests go over HTTP to whatever address they name. */
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";

export interface HttpArguments {
  readonly method: "POST";
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

export interface Tools {
  readonly read_file: (args: { readonly path: string }) => Promise<string>;
  readonly edit_file: (args: { readonly path: string; readonly text: string }) => Promise<string>;
  readonly http_request: (args: HttpArguments) => Promise<string>;
}

const REQUEST_TIMEOUT_MS = 5_000;

export function createTools(workspace: string): Tools {
  return {
    read_file: ({ path }) => readFile(join(workspace, path), "utf8"),
    edit_file: async ({ path, text }) => {
      await writeFile(join(workspace, path), text);
      return `wrote ${text.length} characters`;
    },
    http_request: async ({ method, url, headers, body }) => {
      const response = await fetch(url, { method, headers, body, signal: AbortSignal.timeout(REQUEST_TIMEOUT_MS) });
      return response.text();
    },
  };
}

/** A GraphQL request as an agent would write it: everything in the call's own arguments. */
export function graphql(url: string, headers: Readonly<Record<string, string>>, query: string, variables: Readonly<Record<string, string>>): HttpArguments {
  return { method: "POST", url, headers: { "content-type": "application/json", ...headers }, body: JSON.stringify({ query, variables }) };
}

/** What a GraphQL answer says: Railway answers 200 also when it refuses. */
export function readAnswer(text: string): { readonly outcome: "ok" | "refused" | "failed" | "held"; readonly detail: string } {
  const answer = JSON.parse(text) as { readonly decision?: string; readonly reasons?: readonly string[]; readonly errors?: readonly { readonly message: string }[] };
  if (answer.decision !== undefined) return { outcome: answer.decision === "hold" ? "held" : "refused", detail: answer.reasons?.[0] ?? "" };
  const message = answer.errors?.[0]?.message;
  if (message === undefined) return { outcome: "ok", detail: "" };
  return { outcome: message === "Not Authorized" ? "refused" : "failed", detail: message };
}
