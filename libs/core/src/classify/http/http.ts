/** Judges HTTP requests: GraphQL by its document, known APIs by their table, the rest by the meaning of the method (RFC 9110). */
import { environmentOfUrl } from "../../environment/environment.ts";
import { PARSER_INPUT_CHARS } from "../bounds.ts";
import { compose, type Knowledge, verdictOf } from "../compose.ts";
import { classifyGraphqlBody, classifyGraphqlQueryString, looksLikeGraphql } from "../graphql/body.ts";
import { serviceOf } from "../graphql/services.ts";
import { verbMeaning } from "../verbs.ts";
import type { Classification, Target } from "../verdict.ts";
import { awsOperation, HTTP_RULES } from "./apis.ts";

export interface HttpRequest {
  readonly method: string;
  readonly url: string;
  readonly body: string | null;
  /** Names in lower case. */
  readonly headers?: Readonly<Record<string, string>>;
  /** The body exists but cannot be seen (a file, a variable): the operation it carries is unknown. */
  readonly bodyUnknown?: boolean;
}

const METHODS: Readonly<Record<string, Knowledge>> = {
  GET: { operation: "http.get", effect: "read", reversibility: "reversible", reason: "Reads over HTTP." },
  HEAD: { operation: "http.head", effect: "read", reversibility: "reversible", reason: "Reads headers over HTTP." },
  OPTIONS: { operation: "http.options", effect: "read", reversibility: "reversible", reason: "Asks what is allowed." },
  PROPFIND: { operation: "http.propfind", effect: "read", reversibility: "reversible", reason: "Lists over WebDAV." },
  POST: { operation: "http.post", effect: "write", reversibility: "unknown", reason: "Posts to an API that no table knows." },
  PUT: { operation: "http.put", effect: "write", reversibility: "unknown", reason: "Replaces a resource over HTTP." },
  PATCH: { operation: "http.patch", effect: "write", reversibility: "unknown", reason: "Changes a resource over HTTP." },
  DELETE: { operation: "http.delete", effect: "delete", reversibility: "irreversible", reason: "Deletes a resource over HTTP; no table says that it can be restored." },
};

/** Classifies one request. Never throws; methods and hosts nobody knows are `unknown`. */
export function classifyHttp(request: HttpRequest): Classification {
  const method = request.method.toUpperCase();
  const url = URL.parse(request.url);
  const isGraphql = looksLikeGraphql(request.url, request.body) || (serviceOf(request.url) !== null && /graphql/i.test(request.url));
  if (isGraphql && request.bodyUnknown === true) return hiddenBody(request, "graphql.unknown");
  if (isGraphql && method === "POST" && request.body !== null) return classifyGraphqlBody(request.url, request.body);
  if (isGraphql && method === "GET" && url?.searchParams.has("query") === true) return classifyGraphqlQueryString(request.url);
  const targets = targetsOf(request.url, url);
  const text = `${url?.search ?? ""} ${(request.body ?? "").slice(0, PARSER_INPUT_CHARS)}`;
  const known = knownCall(request, method, url, text);
  if (known !== null) return compose([verdictOf(known.knowledge, known.rule, targets)], "parsed");
  if (request.bodyUnknown === true && url !== null && url.hostname.endsWith(".amazonaws.com")) return hiddenBody(request, "aws.unknown");
  return byMethod(request, method, url, targets);
}

function byMethod(request: HttpRequest, method: string, url: URL | null, targets: readonly Target[]): Classification {
  const meaning = METHODS[method];
  const override = overriddenMethod(request);
  if (override !== null && METHODS[override] !== undefined) return compose([verdictOf(METHODS[override], "http.method-override", targets)], "parsed");
  if (meaning === undefined) {
    const reason = `${method.slice(0, 16)} is no method that is known here.`;
    return compose([verdictOf({ operation: "http.unknown", effect: "write", reversibility: "unknown", reason }, "http.method", targets)], "partial");
  }
  // RPC over POST names its verb in the path: /v1/volumes/delete, /admin/purge.
  const lastPart = url?.pathname.split("/").findLast((part) => part !== "") ?? "";
  const verb = ["POST", "PUT", "PATCH"].includes(method) ? verbMeaning(lastPart) : null;
  if (verb?.effect === "delete") {
    const reason = `The path of this ${method} says \`${verb.verb}\`.`;
    return compose([verdictOf({ operation: meaning.operation, effect: "delete", reversibility: "irreversible", reason }, `http.verb.${verb.verb}`, targets)], "parsed");
  }
  return compose([verdictOf(meaning, meaning.operation, targets)], url === null ? "partial" : "parsed");
}

function knownCall(request: HttpRequest, method: string, url: URL | null, text: string): { knowledge: Knowledge; rule: string } | null {
  if (url === null) return null;
  const host = url.hostname.toLowerCase();
  const aws = awsOperation(host, text, request.headers?.["x-amz-target"]);
  const meaning = aws === null ? null : verbMeaning(aws);
  if (aws !== null && meaning !== null) {
    const { effect, reversibility, verb } = meaning;
    return { knowledge: { operation: `aws.${aws}`, effect, reversibility, reason: `Calls AWS ${aws}.` }, rule: `aws.verb.${verb}` };
  }
  const row = HTTP_RULES.find(
    (rule) =>
      (rule.method === method || (rule.method === "*" && method !== "GET" && method !== "HEAD")) &&
      rule.host.test(host) &&
      rule.path.test(url.pathname) &&
      (rule.text === undefined || rule.text.test(text.trimStart())),
  );
  return row === undefined ? null : { knowledge: row, rule: `http.${row.operation}` };
}

function overriddenMethod(request: HttpRequest): string | null {
  const header = request.headers?.["x-http-method-override"] ?? request.headers?.["x-http-method"];
  return header?.trim().toUpperCase() ?? null;
}

function targetsOf(text: string, url: URL | null): Target[] {
  // The query may hold tokens and is no part of the resource's name.
  const id = url === null ? text.split("?")[0]! : `${url.host}${url.pathname}`;
  return [{ kind: "url", id: id.slice(0, 256), environment: environmentOfUrl(text) }];
}

function hiddenBody(request: HttpRequest, operation: string): Classification {
  const known = { operation, effect: "write", reversibility: "unknown", reason: "The body of this request cannot be seen, and the operation is in the body." } as const;
  return compose([verdictOf(known, "http.hidden-body", targetsOf(request.url, URL.parse(request.url)))], "partial");
}
