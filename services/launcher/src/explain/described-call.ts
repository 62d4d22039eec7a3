/** From what a person types or pipes in to the action that a collector would have recorded. Reads nothing but its arguments. */
import { type Action, decode, LIMITS, type Request, TriplineError } from "@tripline/model";

export const FORMS = ["shell", "sql", "graphql", "http", "tool"] as const;
export type Form = (typeof FORMS)[number];
/** For people. */
export const FORM_WORDS: Readonly<Record<Form, string>> = { shell: "a command line", sql: "SQL", graphql: "GraphQL", http: "an HTTP request", tool: "a tool call" };

export interface DescribedCall {
  readonly form: Form;
  /** True if the form was told from the text and not stated. */
  readonly guessed: boolean;
  /** What of a text in JSON told the form, for people: `by its keys "tool" and "arguments"`. Null for all others. */
  readonly toldBy: string | null;
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

/** @throws TL_INPUT_INVALID where the text does not fit what is stated, or could be several things of which none is stated */
export function describeCall(text: string, describing: Describing): DescribedCall {
  const described = describedAs(text, describing);
  if (describing.url !== null && described.form !== "graphql") refuse(`--url says where GraphQL is sent to, and the text was read as ${FORM_WORDS[described.form]}. Leave it out, or say --as graphql.`);
  return described;
}

function describedAs(text: string, { form, tool, url, system }: Describing): DescribedCall {
  if (text.trim() === "") refuse("There is nothing to explain: the text is empty.");
  if (tool !== null) return argumentsOf(tool, text, form);
  if (form === "shell") return asRequest("shell", false, "shell", { kind: "shell", command: text }, text);
  if (form === "sql") return asRequest("sql", false, "sql", { kind: "sql", system, text }, text);
  if (form === "graphql") return asGraphql(text, url, false);
  if (form === "http") return asHttp(text, false) ?? refuse('A request is written as: METHOD URL, then the body from the next line on; or as JSON with "method", "url" and "body".');
  const json = objectIn(text);
  if (form === "tool") return actionIn(json) ?? toolCallIn(json) ?? refuse('A tool call is JSON with "tool" and "arguments"; or name the tool with --tool and give its arguments.');
  return guessed(text, url, system);
}

function refuse(why: string): never {
  throw new TriplineError("TL_INPUT_INVALID", why);
}

/** What is stated to be a tool's arguments is nothing else: judged as text, a slip of the pen would pass for harmless. */
function argumentsOf(tool: string, text: string, form: Form | null): DescribedCall {
  if (form !== null && form !== "tool") refuse(`--tool says that the text is a tool's arguments, --as that it is ${FORM_WORDS[form]}. Give one of them.`);
  if (objectIn(text) === null) refuse(`--tool: the arguments are an object in JSON, such as '{"path": "a.txt"}', and the text is none. Without --tool it is read as what it looks like; --as says what it is.`);
  return asTool(tool, text, false, null);
}

/** What no shell would begin with; a group may begin with a quote, and a test with a bracket. */
const LIKE_JSON = /^\s*(?:\{\s*(?:\}|"[^"]*"\s*:)|\[\s*\{\s*")/u;

/** JSON says what it is by its keys; text by its first words; all else is a command line. */
function guessed(text: string, url: string | null, system: string): DescribedCall {
  const json = objectIn(text);
  if (json !== null) return fromJson(json, text, url);
  if (LIKE_JSON.test(text) || parsed(text) !== undefined) refuse(`The text begins like JSON and is no object in it. ${STATE_IT}`);
  const http = asHttp(text, true);
  if (http !== null) return http;
  if (GRAPHQL.test(text)) return asGraphql(text, url, true);
  if (SQL.test(text)) return asRequest("sql", true, "sql", { kind: "sql", system, text }, text);
  return asRequest("shell", true, "shell", { kind: "shell", command: text }, text);
}

type Json = Readonly<Record<string, unknown>>;

function objectIn(text: string): Json | null {
  const value = parsed(text);
  return isObject(value) ? value : null;
}

/** An object or a list; undefined for all else, also for words and numbers that happen to be JSON. */
function parsed(text: string): unknown {
  if (!/^\s*[{[]/u.test(text)) return undefined;
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

const isObject = (value: unknown): value is Json => typeof value === "object" && value !== null && !Array.isArray(value);

const STATE_IT = 'State what it is: --tool <name> for the arguments of a tool; a whole tool call with "tool" and "arguments"; --as http for a request with "method", "url" and "body"; --as graphql for a document with "variables"; --as shell or --as sql for text that only looks like JSON.';

/** A recorded action, a line of `tripline tail --json`, a tool call as MCP, hooks of runtimes and model providers write it, a request, or GraphQL. */
function fromJson(json: Json, text: string, url: string | null): DescribedCall {
  const action = actionIn(json);
  if (action !== null) return action;
  const tool = toolCallIn(json);
  const isDocument = typeof json["query"] === "string" && (url !== null || GRAPHQL.test(json["query"]) || json["query"].trimStart().startsWith("{"));
  const read = [
    ...(tool === null ? [] : [tool]),
    ...(typeof json["url"] === "string" ? [asHttp(text, true)!] : []),
    ...(isDocument ? [asGraphql(text, url, true)] : []),
  ];
  const [only] = read;
  if (only === undefined) refuse(`The text is JSON that does not say what it is. ${STATE_IT}`);
  if (read.length > 1) refuse(`The text is JSON that may be ${read.map(({ form, toldBy }) => `${FORM_WORDS[form]}, ${toldBy}`).join(", or ")}. ${STATE_IT}`);
  return only;
}

/** Names of a tool that say so themselves; a bare name may be that of anything, unless arguments stand beside it. */
const TOOL_KEYS = ["tool", "tool_name", "toolName"];
const INPUT_KEYS = ["arguments", "args", "tool_input", "input", "inputs", "parameters"];

function toolCallIn(json: Json | null): DescribedCall | null {
  if (json === null) return null;
  const isCall = json["method"] === "tools/call";
  const given = isCall && isObject(json["params"]) ? json["params"] : isObject(json["function"]) ? json["function"] : json;
  const inputKey = INPUT_KEYS.find((key) => given[key] !== undefined);
  const inputs = inputKey === undefined ? undefined : given[inputKey];
  const nameKey = [...TOOL_KEYS, ...(isCall || inputKey !== undefined ? ["name"] : [])].find((key) => typeof given[key] === "string");
  if (nameKey === undefined || !(inputs === undefined || isObject(inputs) || typeof inputs === "string")) return null;
  const toldBy = inputKey === undefined ? `by its key "${nameKey}"` : `by its keys "${nameKey}" and "${inputKey}"`;
  return asTool(String(given[nameKey]), typeof inputs === "string" ? inputs : JSON.stringify(inputs ?? {}), true, toldBy);
}

function actionIn(json: Json | null): DescribedCall | null {
  if (json?.["topic"] === "actions" && isObject(json["value"])) return fromAction(json["value"]);
  return json !== null && json["callId"] !== undefined && json["phase"] !== undefined ? fromAction(json) : null;
}

function fromAction(value: Json): DescribedCall {
  const decoded = decode("actions", Buffer.from(JSON.stringify(value)));
  if (!decoded.ok) throw new TriplineError("TL_INPUT_INVALID", `It looks like a recorded action and is none: ${decoded.reason} ${decoded.detail}`.trimEnd());
  const { tool, operation, request, inputs, resource, credentials } = decoded.value;
  const form = request === null ? "tool" : request.kind;
  const call = { tool, operation, request, inputs, resource, credentials };
  const shown = request === null ? argumentsText(inputs?.text ?? "") : { text: requestText(request), hasSpans: request.kind !== "http" };
  return { form, guessed: true, toldBy: "in a recorded action", call, ...shown, cut: inputs?.truncated === true };
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
  return { form, guessed: wasGuessed, toldBy: null, call: { tool, operation: null, request: kept, inputs: null, resource: null, credentials: [] }, text: cutTo(text), hasSpans: form !== "http", cut };
}

function asGraphql(text: string, url: string | null, wasGuessed: boolean): DescribedCall {
  const json = objectIn(text);
  const document = typeof json?.["query"] === "string" ? json["query"] : text;
  const operationName = typeof json?.["operationName"] === "string" ? json["operationName"].slice(0, LIMITS.nameChars) : null;
  const variables = isObject(json?.["variables"]) ? JSON.stringify(json["variables"]) : null;
  const request: Request = { kind: "graphql", url, document: cutTo(document), operationName, variables: variables === null ? null : cutTo(variables) };
  return { ...asRequest("graphql", wasGuessed, "graphql", request, document), toldBy: document === text ? null : 'by its key "query"', cut: document.length > LIMITS.captureChars };
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
  return { ...asRequest("http", wasGuessed, "http", request, text), toldBy: json === null ? null : 'by its key "url"' };
}

function bodyText(body: unknown): string | null {
  if (body === undefined || body === null) return null;
  return typeof body === "string" ? body : JSON.stringify(body);
}

function asTool(tool: string, text: string, wasGuessed: boolean, toldBy: string | null): DescribedCall {
  const cut = text.length > LIMITS.captureChars;
  const inputs = { text: cutTo(text), fullBytes: Buffer.byteLength(text), truncated: cut, digest: "0".repeat(64) };
  return { form: "tool", guessed: wasGuessed, toldBy, call: { tool: tool.slice(0, LIMITS.nameChars), operation: null, request: null, inputs, resource: null, credentials: [] }, ...argumentsText(inputs.text), cut };
}
