/** From what a person types or pipes in to the action that a collector would have recorded. Reads nothing but its arguments. */
import { type Action, decode, LIMITS, type Request, TriplineError } from "@tripline/model";

export const FORMS = ["shell", "sql", "graphql", "http", "tool"] as const;
export type Form = (typeof FORMS)[number];

export interface DescribedCall {
  readonly form: Form;
  /** True if the form was told from the text and not stated. */
  readonly guessed: boolean;
  readonly call: Pick<Action, "tool" | "operation" | "request" | "inputs" | "resource" | "credentials">;
  /** What is shown. */
  readonly text: string;
  /** True where spans of verdicts point into `text`: a request's body and a call's arguments hold the text that was judged somewhere within. */
  readonly hasSpans: boolean;
  /** Longer than what is kept of a call: only its beginning is judged, and the verdict says so. */
  readonly cut: boolean;
}

export interface Describing {
  /** Stated form; null: told from the text. */
  readonly form: Form | null;
  /** Name of the tool that takes the text as its arguments. */
  readonly tool: string | null;
  /** Where GraphQL is sent to. */
  readonly url: string | null;
  /** Dialect of SQL. */
  readonly system: string;
}

const SQL = /^\s*(?:(?:--[^\n]*\n|\/\*[^]*?\*\/)\s*)*(?:select|insert|update|delete|drop|truncate|alter|create|grant|revoke|with|explain|merge|vacuum|do|call)\s+[\w"'*(`[\s]*(?:\bfrom\b|\binto\b|\bset\b|\btable\b|\bdatabase\b|\bschema\b|\bindex\b|\bview\b|\brole\b|\buser\b|\bon\b|\bas\b|;|\*)/iu;
const GRAPHQL = /^\s*(?:#[^\n]*\n\s*)*(?:query|mutation|subscription)\b[^]*\{/u;
const HTTP = /^\s*(GET|HEAD|OPTIONS|POST|PUT|PATCH|DELETE)\s+(\S+)(?:\s+HTTP\/[\d.]+)?[^\S\n]*(?:\n([^]*))?$/u;

/** @throws TL_INPUT_INVALID where the text does not fit the stated form */
export function describeCall(text: string, { form, tool, url, system }: Describing): DescribedCall {
  if (text.trim() === "") throw new TriplineError("TL_INPUT_INVALID", "There is nothing to explain: the text is empty.");
  if (tool !== null) return asTool(tool, text, false);
  if (form === "shell") return asRequest("shell", false, "shell", { kind: "shell", command: text }, text);
  if (form === "sql") return asRequest("sql", false, "sql", { kind: "sql", system, text }, text);
  if (form === "graphql") return asGraphql(text, url, false);
  if (form === "http") return asHttp(text, false) ?? refuse('A request is written as: METHOD URL, then the body from the next line on; or as JSON with "method", "url" and "body".');
  if (form === "tool") return fromJson(objectIn(text), text) ?? refuse('A tool call is JSON with "tool" and "arguments"; or name the tool with --tool and give its arguments.');
  return guessed(text, url, system);
}

function refuse(why: string): never {
  throw new TriplineError("TL_INPUT_INVALID", why);
}

/** JSON says what it is by its keys; text by its first words; all else is a command line. */
function guessed(text: string, url: string | null, system: string): DescribedCall {
  const json = objectIn(text);
  const described = json === null ? null : fromJson(json, text);
  if (described !== null) return described;
  if (json !== null && typeof json["query"] === "string") return asGraphql(text, url, true);
  const http = asHttp(text, true);
  if (http !== null) return http;
  if (GRAPHQL.test(text)) return asGraphql(text, url, true);
  if (SQL.test(text)) return asRequest("sql", true, "sql", { kind: "sql", system, text }, text);
  return asRequest("shell", true, "shell", { kind: "shell", command: text }, text);
}

type Json = Readonly<Record<string, unknown>>;

function objectIn(text: string): Json | null {
  if (!text.trimStart().startsWith("{")) return null;
  try {
    const value: unknown = JSON.parse(text);
    return isObject(value) ? value : null;
  } catch {
    return null;
  }
}

const isObject = (value: unknown): value is Json => typeof value === "object" && value !== null && !Array.isArray(value);

/** A recorded action, a line of `tripline tail --json`, a tool call as MCP, hooks of runtimes and model providers write it, or a request. */
function fromJson(json: Json | null, text: string): DescribedCall | null {
  if (json === null) return null;
  if (json["topic"] === "actions" && isObject(json["value"])) return fromAction(json["value"]);
  if (json["callId"] !== undefined && json["phase"] !== undefined) return fromAction(json);
  const { params } = json;
  const given = json["method"] === "tools/call" && isObject(params) ? params : json;
  const name = [given["tool"], given["tool_name"], given["toolName"], given["name"]].find((one) => typeof one === "string");
  const inputs = [given["arguments"], given["args"], given["tool_input"], given["input"], given["inputs"], given["parameters"]].find((one) => one !== undefined);
  if (typeof name === "string" && (inputs === undefined || isObject(inputs) || typeof inputs === "string")) {
    return asTool(name, typeof inputs === "string" ? inputs : JSON.stringify(inputs ?? {}), true);
  }
  return typeof json["url"] === "string" ? asHttp(text, true) : null;
}

function fromAction(value: Json): DescribedCall {
  const decoded = decode("actions", Buffer.from(JSON.stringify(value)));
  if (!decoded.ok) throw new TriplineError("TL_INPUT_INVALID", `It looks like a recorded action and is none: ${decoded.reason} ${decoded.detail}`.trimEnd());
  const { tool, operation, request, inputs, resource, credentials } = decoded.value;
  const form = request === null ? "tool" : request.kind;
  const call = { tool, operation, request, inputs, resource, credentials };
  const shown = request === null ? argumentsText(inputs?.text ?? "") : { text: requestText(request), hasSpans: request.kind !== "http" };
  return { form, guessed: true, call, ...shown, cut: inputs?.truncated === true };
}

/** The one argument that runs, where there is one; else all of them. */
function argumentsText(text: string): { readonly text: string; readonly hasSpans: boolean } {
  const given = objectIn(text);
  const running = RUNNING.filter((name) => typeof given?.[name] === "string");
  const [only] = running;
  return running.length === 1 && only !== undefined ? { text: String(given?.[only]), hasSpans: true } : { text, hasSpans: given === null };
}

const RUNNING = ["command", "cmd", "script", "query", "sql", "statement", "mutation", "document"];

function requestText(request: Request): string {
  if (request.kind === "shell") return request.command;
  if (request.kind === "sql") return request.text;
  return request.kind === "graphql" ? request.document : `${request.method} ${request.url}${request.body === null ? "" : `\n${request.body}`}`;
}

const cutTo = (text: string): string => text.slice(0, LIMITS.captureChars);

function asRequest(form: Form, wasGuessed: boolean, tool: string, request: Request, text: string): DescribedCall {
  const cut = text.length > LIMITS.captureChars;
  const kept: Request = !cut ? request : request.kind === "shell" ? { ...request, command: cutTo(text) } : request.kind === "sql" ? { ...request, text: cutTo(text) } : request;
  return { form, guessed: wasGuessed, call: { tool, operation: null, request: kept, inputs: null, resource: null, credentials: [] }, text: cutTo(text), hasSpans: form !== "http", cut };
}

function asGraphql(text: string, url: string | null, wasGuessed: boolean): DescribedCall {
  const json = objectIn(text);
  const document = typeof json?.["query"] === "string" ? json["query"] : text;
  const operationName = typeof json?.["operationName"] === "string" ? json["operationName"].slice(0, LIMITS.nameChars) : null;
  const variables = isObject(json?.["variables"]) ? JSON.stringify(json["variables"]) : null;
  const request: Request = { kind: "graphql", url, document: cutTo(document), operationName, variables: variables === null ? null : cutTo(variables) };
  return { ...asRequest("graphql", wasGuessed, "graphql", request, document), cut: document.length > LIMITS.captureChars };
}

const METHOD_CHARS = 32;
const URL_CHARS = 4_096;

function asHttp(text: string, wasGuessed: boolean): DescribedCall | null {
  const json = objectIn(text);
  const [, method, url, rest] = HTTP.exec(text) ?? [];
  const given =
    json !== null && typeof json["url"] === "string"
      ? { method: typeof json["method"] === "string" ? json["method"] : "GET", url: json["url"], body: bodyText(json["body"]) }
      : method !== undefined && url !== undefined && /[/.:]/u.test(url)
        ? { method, url, body: rest?.trim() ? rest : null }
        : null;
  if (given === null) return null;
  const request: Request = { kind: "http", method: given.method.slice(0, METHOD_CHARS), url: given.url.slice(0, URL_CHARS), body: given.body === null ? null : cutTo(given.body) };
  return asRequest("http", wasGuessed, "http", request, text);
}

function bodyText(body: unknown): string | null {
  if (body === undefined || body === null) return null;
  return typeof body === "string" ? body : JSON.stringify(body);
}

function asTool(tool: string, text: string, wasGuessed: boolean): DescribedCall {
  const cut = text.length > LIMITS.captureChars;
  const inputs = { text: cutTo(text), fullBytes: Buffer.byteLength(text), truncated: cut, digest: "0".repeat(64) };
  return { form: "tool", guessed: wasGuessed, call: { tool: tool.slice(0, LIMITS.nameChars), operation: null, request: null, inputs, resource: null, credentials: [] }, ...argumentsText(inputs.text), cut };
}
