/** Judges HTTP requests: GraphQL by its document, known APIs by their table, the rest by the meaning of the method (RFC 9110). */
import { environmentOfUrl } from "../../environment/environment.ts";
import { MAX_TOOL_NESTING, PARSER_INPUT_CHARS } from "../bounds.ts";
import { compose, type Knowledge, unknownVerdict, verdictOf, worseParse } from "../compose.ts";
import { classifyGraphqlBody, classifyGraphqlQueryString, looksLikeGraphql } from "../graphql/body.ts";
import { serviceOf } from "../graphql/services.ts";
import { mayTakeProtection, protectionTakenBy, protectionTurnedOff, protectionVerdict } from "../protection/protection.ts";
import { classifySql } from "../sql/sql.ts";
import { verbMeaning } from "../verbs.ts";
import type { Classification, Target } from "../verdict.ts";
import { AWS_HOST, AWS_OPERATIONS, type AwsOperation, awsOperations } from "./apis/aws.ts";
import { rulesAt } from "./apis/registry.ts";
import { type Batch, batchIn, rpcIn } from "./carried.ts";
import { SQL_AT_ROOT, takesBatch, takesGraphql, takesSql } from "./endpoints.ts";
import { type Parameters, parametersOf, statementsAlone, statementsIn } from "./parameters.ts";

export interface HttpRequest {
  readonly method: string;
  readonly url: string;
  readonly body: string | null;
  /** Names in lower case. */
  readonly headers?: Readonly<Record<string, string>>;
  /** The body exists but cannot be seen (a file, a variable): the operation it carries is unknown. */
  readonly bodyUnknown?: boolean;
}

const GET_FIRST = "Read it first and keep what it holds, or set it inactive.";

const METHODS: Readonly<Record<string, Knowledge>> = {
  GET: { operation: "http.get", effect: "read", reversibility: "reversible", reason: "Reads over HTTP." },
  HEAD: { operation: "http.head", effect: "read", reversibility: "reversible", reason: "Reads headers over HTTP." },
  OPTIONS: { operation: "http.options", effect: "read", reversibility: "reversible", reason: "Asks what is allowed." },
  PROPFIND: { operation: "http.propfind", effect: "read", reversibility: "reversible", reason: "Lists over WebDAV." },
  POST: { operation: "http.post", effect: "write", reversibility: "unknown", reason: "Posts to an API that no table knows." },
  PUT: { operation: "http.put", effect: "write", reversibility: "unknown", reason: "Replaces a resource over HTTP.", overwrites: true },
  PATCH: { operation: "http.patch", effect: "write", reversibility: "unknown", reason: "Changes a resource over HTTP.", overwrites: true },
  DELETE: { operation: "http.delete", effect: "delete", reversibility: "irreversible", reason: "Deletes a resource over HTTP; no table says that it can be restored.", safer: GET_FIRST },
};

/** Servers that carry out what a body asks for seldom mind by which of these it comes. */
const HTTP_METHOD = /^(?:GET|HEAD|OPTIONS|POST|PUT|PATCH|DELETE)$/;
const TAKES_BODY = /^(?:POST|PUT|PATCH)$/;

/** Classifies one request. Never throws; methods and hosts nobody knows are `unknown`. */
export function classifyHttp(request: HttpRequest): Classification {
  return judge(request, 0);
}

function judge(request: HttpRequest, depth: number): Classification {
  const url = URL.parse(request.url);
  const parameters = parametersOf(url, request.body);
  const stated = request.method.toUpperCase();
  const override = overriddenMethod(request, parameters);
  const method = override !== null && METHODS[override] !== undefined ? override : stated;
  const isGraphql = looksLikeGraphql(request.url, request.body) || (serviceOf(request.url) !== null && /graphql/i.test(request.url));
  if (isGraphql && request.bodyUnknown === true) return hiddenBody(request, "graphql.unknown");
  const parts = { request, method, url, parameters };
  if (isGraphql && TAKES_BODY.test(method) && request.body !== null) return besides(classifyGraphqlBody(request.url, request.body), byFields(parts, depth), takesGraphql(url));
  if (isGraphql && method === "GET" && url?.searchParams.has("query") === true) return besides(classifyGraphqlQueryString(request.url), byFields(parts, depth), true);
  return byFields(parts, depth);
}

interface Parts {
  readonly request: HttpRequest;
  /** The one that is carried out. */
  readonly method: string;
  readonly url: URL | null;
  readonly parameters: Parameters;
}

/** Everything but GraphQL: a batch, SQL, an operation that is named, method and address. */
function byFields(parts: Parts, depth: number): Classification {
  const { request, method, url, parameters } = parts;
  const batch = TAKES_BODY.test(method) && depth < MAX_TOOL_NESTING ? batchIn(parameters, url) : null;
  return batch === null ? alone(parts) : besides(together(batch, request, depth), alone(parts), takesBatch(url));
}

function alone({ request, method, url, parameters }: Parts): Classification {
  const targets = targetsOf(request.url, url);
  const isDatabase = url !== null && SQL_AT_ROOT.test(url.hostname.toLowerCase());
  const statements = [...statementsIn(parameters, isDatabase ? "/sql" : (url?.pathname ?? "")), ...statementsAlone(url, request.body, isDatabase)];
  const known = knownCall(request, method, url, parameters);
  const own = known !== null ? compose([verdictOf(known.knowledge, known.rule, targets)], "parsed") : byMethod(request, method, url, targets);
  if (statements.length > 0) return carried(statements, own, url);
  if (known === null && request.bodyUnknown === true && url !== null && AWS_HOST.test(url.hostname)) return hiddenBody(request, "aws.unknown");
  return withProtection(own, method, known, parameters, targets, `${url?.search ?? ""} ${request.body ?? ""}`);
}

/** Every request of a batch counts. */
function together({ requests, isCut }: Batch, { headers }: HttpRequest, depth: number): Classification {
  const judged = requests.map((request) => judge(headers === undefined ? request : { ...request, headers: withoutOverride(headers) }, depth + 1));
  const rest = isCut ? [unknownVerdict("http.unknown", "http.batch-too-long", "The batch holds more requests than are judged.")] : [];
  return compose([...judged.flatMap(({ verdicts }) => verdicts), ...rest], judged.map(({ parse }) => parse).reduce(worseParse, isCut ? "partial" : "parsed"));
}

/** Hosts of databases: there the SQL that a request carries is all that it does. Elsewhere what is sent has left, whatever it says. */
const SQL_HOSTS = /(^|\.)(api\.supabase\.com|neon\.tech|snowflakecomputing\.com|databricks\.com|azuredatabricks\.net|googleapis\.com|amazonaws\.com|api\.cloudflare\.com|turso\.io|planetscale\.com|clickhouse\.cloud|prisma-data\.net)$/;

function carried(statements: readonly string[], own: Classification, url: URL | null): Classification {
  const judged = statements.map((text) => classifySql(text));
  const sql = compose(judged.flatMap(({ verdicts }) => verdicts), judged.map(({ parse }) => parse).reduce(worseParse));
  return besides(sql, own, url !== null && SQL_HOSTS.test(url.hostname.toLowerCase()) && takesSql(url, own.worst.operation));
}

/** Says nothing but that something was sent, or that what follows is to be run. */
const CARRIES = /^(http\.(post|get)|aws\.(Batch|Start)?(Execute|Query|Statement)\w*)$/;

/**
 * What a body or query asks for is all that a request does only where its address takes such questions, and says nothing else. Elsewhere
 * servers overlook the field, so it adds to what method and address say, and takes nothing from it.
 */
function besides(asked: Classification, own: Classification, takesSuch: boolean): Classification {
  if (takesSuch && own.verdicts.every(({ operation, effect }) => CARRIES.test(operation) && effect !== "delete")) return asked;
  return compose([...asked.verdicts, ...own.verdicts], worseParse(asked.parse, own.parse));
}

/** A path that ends in an id, as some APIs take updates by POST. */
const NAMES_ONE = /\/[^/]*\d[^/]*$/;

/** Adds the protection that the request turns off, where it changes something that is there: a POST to a collection makes a new thing. */
function withProtection(own: Classification, method: string, known: KnownCall | null, parameters: Parameters, targets: readonly Target[], text: string): Classification {
  const { effect, operation, rule } = own.worst;
  const changes = known?.isOperation === true ? mayTakeProtection(effect) : /^(PUT|PATCH|DELETE)$/.test(method) || (method === "POST" && NAMES_ONE.test(targets[0]?.id ?? ""));
  if (!changes || effect === "read" || rule.startsWith("protection.")) return own;
  const taken = (known?.isOperation === true ? protectionTakenBy(operation.slice(operation.indexOf(".") + 1)) : null) ?? protectionTurnedOff(parameters, text);
  return taken === null ? own : compose([protectionVerdict(taken, operation, effect, targets), ...own.verdicts], own.parse);
}

function byMethod(request: HttpRequest, method: string, url: URL | null, targets: readonly Target[]): Classification {
  const meaning = METHODS[method];
  if (meaning === undefined) {
    const reason = `${method.slice(0, 16)} is no method that is known here.`;
    return compose([verdictOf({ operation: "http.unknown", effect: "write", reversibility: "unknown", reason }, "http.method", targets)], "partial");
  }
  // RPC over POST names its verb in the path: /v1/volumes/delete, /admin/purge, /v1/instances/x:stop.
  const lastPart = plain(url?.pathname ?? "").split("/").findLast((part) => part !== "") ?? "";
  const named = lastPart.slice(lastPart.lastIndexOf(":") + 1);
  // Many servers read a path in any case, and then capitals in it begin no words.
  const verb = TAKES_BODY.test(method) ? ([named, named.toLowerCase()].map(verbMeaning).find((one) => one?.effect === "delete") ?? null) : null;
  if (verb !== null && verb.reversibility !== "recoverable") {
    const reason = `The path of this ${method} says \`${verb.verb}\`.`;
    return compose([verdictOf({ operation: meaning.operation, effect: "delete", reversibility: "irreversible", reason, safer: GET_FIRST }, `http.verb.${verb.verb}`, targets)], "parsed");
  }
  const rule = method === request.method.toUpperCase() ? meaning.operation : "http.method-override";
  return compose([verdictOf(meaning, rule, targets)], url === null ? "partial" : "parsed");
}

/** Percent-encoded ASCII as it is meant, slashes left alone: an encoding hides no word. */
const plain = (text: string): string => text.replace(/%(?!2f)[2-7][0-9a-f]/gi, (code) => String.fromCharCode(Number.parseInt(code.slice(1), 16)));

/** The same of a query string, in which what separates fields must not come out of an encoding. */
const plainQuery = (text: string): string => text.replace(/%(?:2[de]|3\d|[46][1-9a-f]|[57][\da]|5f|7e)/gi, (code) => String.fromCharCode(Number.parseInt(code.slice(1), 16)));

/** JSON in one spelling: escapes and white space hide no word. */
function plainBody(body: string | null): string {
  const text = (body ?? "").slice(0, PARSER_INPUT_CHARS);
  if (!/^\s*[[{]/.test(text)) return text;
  try {
    return JSON.stringify(JSON.parse(text));
  } catch {
    return text;
  }
}

interface KnownCall {
  readonly knowledge: Knowledge;
  readonly rule: string;
  /** The request names its operation, as AWS's do. */
  readonly isOperation?: true;
}

function knownCall(request: HttpRequest, method: string, url: URL | null, parameters: Parameters): KnownCall | null {
  if (url === null) return null;
  const host = url.hostname.toLowerCase();
  const text = `${plainQuery(url.search)} ${plainBody(request.body)}`.trimStart();
  // Services that speak REST tell by method and path; none of them is changed at its root, nor by a method that only other protocols know.
  const byName = (url.pathname === "/" && TAKES_BODY.test(method)) || !HTTP_METHOD.test(method) ? "POST" : method;
  const named = awsOperations(host, byName, text, request.headers?.["x-amz-target"]).map((operation) => awsCall(operation, text, parameters, (row) => row.onlyIf?.(url, request.body) ?? true));
  // Of several names a service takes the one that it looks for: the gravest counts, and one that nobody knows before any that is known to read.
  if (named.length > 0) return named.find((one) => one?.knowledge.reversibility === "irreversible") ?? (named.includes(null) ? unknownOf(byName) : (named.find((one) => one?.knowledge.effect !== "read") ?? named[0]!));
  const rpc = TAKES_BODY.test(method) ? rpcIn(parameters) : null;
  if (rpc !== null) return { knowledge: rpc, rule: "http.json-rpc", isOperation: true };
  const path = plain(url.pathname);
  const row = rulesAt(method, host).find((rule) => rule.path.test(path) && (rule.text === undefined || rule.text.test(text)) && (rule.onlyIf === undefined || rule.onlyIf(url, request.body)));
  if (row === undefined) return null;
  const { rule = `http.${row.operation}` } = row;
  return { knowledge: isCounted(row) ? { ...row, ...counted(text) } : row, rule };
}

/** A POST of which nothing is known is judged as that; a GET would pass for a read, and AWS acts on those as well. */
function unknownOf(method: string): KnownCall | null {
  if (method === "POST") return null;
  return { knowledge: { operation: "aws.unknown", effect: "write", reversibility: "unknown", reason: "Names an operation of AWS that nothing here knows." }, rule: "aws.unknown", isOperation: true };
}

function awsCall(operation: string, text: string, parameters: Parameters, fits: (row: AwsOperation) => boolean): KnownCall | null {
  const name = `aws.${operation}`;
  const row = AWS_OPERATIONS.find((one) => one.names.test(operation) && (one.text === undefined || one.text.test(text)) && fits(one));
  const radius = awsCount(parameters);
  if (row !== undefined) return { knowledge: { ...row, operation: name, ...radius }, rule: row.rule ?? `http.${name}`, isOperation: true };
  const meaning = verbMeaning(operation);
  if (meaning === null) return null;
  const { effect, reversibility, verb, overwrites } = meaning;
  return { knowledge: { operation: name, effect, reversibility, reason: `Calls AWS ${operation}.`, overwrites, ...(effect === "delete" ? { safer: "Describe it and take a snapshot first." } : {}), ...radius }, rule: `aws.verb.${verb}`, isOperation: true };
}

/** `InstanceId.1=…&InstanceId.2=…`, or a list of ids in JSON. */
function awsCount(parameters: Parameters): Pick<Knowledge, "blast"> {
  const numbered = Object.keys(parameters).filter((name) => /\.\d+$/.test(name)).length;
  const lists = Object.entries(parameters).flatMap(([name, value]) => (Array.isArray(value) && /ids?$|names?$|arns?$/i.test(name) ? [value.length] : []));
  const count = Math.max(numbered, ...lists);
  return count < 1 ? {} : { blast: { extent: "named", count } };
}

const isCounted = ({ operation }: Knowledge): boolean => operation === "s3.deleteObjects";
const counted = (text: string): Pick<Knowledge, "blast"> => {
  const count = text.split(/<Key>/i).length - 1;
  return count < 1 ? {} : { blast: { extent: "named", count } };
};

const OVERRIDES = ["x-http-method-override", "x-http-method", "x-method-override"];

/** Frameworks take the method from a header or, of a POST, from a field. */
function overriddenMethod(request: HttpRequest, parameters: Parameters): string | null {
  const header = OVERRIDES.map((name) => request.headers?.[name]).find((value) => value !== undefined);
  const field = request.method.toUpperCase() === "POST" ? parameters["_method"] : undefined;
  return header?.trim().toUpperCase() ?? (typeof field === "string" ? field.trim().toUpperCase() : null);
}

const withoutOverride = (headers: Readonly<Record<string, string>>): Record<string, string> => Object.fromEntries(Object.entries(headers).filter(([name]) => !OVERRIDES.includes(name) && name !== "x-amz-target"));

function targetsOf(text: string, url: URL | null): Target[] {
  // The query may hold tokens and is no part of the resource's name.
  const id = url === null ? text.split("?")[0]! : `${url.host}${url.pathname}`;
  return [{ kind: "url", id: id.slice(0, 256), environment: environmentOfUrl(text) }];
}

function hiddenBody(request: HttpRequest, operation: string): Classification {
  const known = { operation, effect: "write", reversibility: "unknown", reason: "The body of this request cannot be seen, and the operation is in the body." } as const;
  return compose([verdictOf(known, "http.hidden-body", targetsOf(request.url, URL.parse(request.url)))], "partial");
}
