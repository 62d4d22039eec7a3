/**
 * Whether a body says to the upstream what it says to the classifier. Servers choose their parser by Content-Type and the classifier by the
 * text; where the two could differ, and where nobody can read it, the call counts as unknown.
 */
import { isUtf8 } from "node:buffer";
import { sha256Hex } from "@tripline/canonical";
import { LIMITS as MODEL } from "@tripline/model";
import { verbMeaning } from "@tripline/core";
import { saysMethod } from "./address-of.ts";
import { repeatedMember } from "./json-members.ts";
import { headerOf, type HeaderList } from "./message.ts";

export type Readable =
  | { readonly kind: "text"; readonly text: string | null }
  /** Judged as unknown, whatever it says. */
  | { readonly kind: "opaque"; readonly text: string | null; readonly reason: string }
  /** Nobody honest sends it. */
  | { readonly kind: "refused"; readonly reason: string };

const JSON_TYPE = /^(?:application|text)\/(?:[\w.+-]+\+)?(?:x-amz-json-1\.[01]|json|json-rpc|graphql-response\+json|csp-report)$/;
const FORM_TYPE = "application/x-www-form-urlencoded";
const CHARSETS: ReadonlySet<string> = new Set(["utf-8", "utf8", "us-ascii", "ascii"]);
const BODILESS: ReadonlySet<string> = new Set(["GET", "HEAD", "OPTIONS"]);

export function readable(method: string, url: URL, headers: HeaderList, body: Buffer | null): Readable {
  if (body === null) return steeredTwice(method, url, null) ?? withoutDocument(method, url) ?? doneByReading(method, url) ?? { kind: "text", text: null };
  const text = body.toString("utf8");
  // Lenient servers read it all the same: what can be read of it counts, beside what cannot.
  if (!isUtf8(body) || body.includes(0)) return { kind: "opaque", text: text.replaceAll("\0", " ").slice(0, MODEL.captureChars), reason: "The body is no text." };
  if (text.length >= MODEL.captureChars && isOperation(url)) return { kind: "refused", reason: `The operation is in the body, and only ${MODEL.captureChars} characters of one are read.` };
  // The classifier reads no further than that, and counts the rest as unknown.
  if (text.length >= MODEL.captureChars) return { kind: "opaque", text, reason: "The body is longer than what is read of one." };
  if (text.charCodeAt(0) === 0xfe_ff) return { kind: "refused", reason: "The body begins with a byte order mark." };
  if (BODILESS.has(method) || (method === "PROPFIND" && !text.trimStart().startsWith("<"))) return { kind: "opaque", text, reason: `A ${method} with such a body means different things to different servers.` };
  const { type, charset } = contentType(headerOf(headers, "content-type"));
  if (charset !== null && !CHARSETS.has(charset)) return { kind: "opaque", text, reason: "The body is in a character set that is not read here." };
  const value = parsed(text);
  if (value !== undefined && repeatedMember(text)) return { kind: "refused", reason: "An object in the body has a member twice." };
  if (JSON_TYPE.test(type) && value === undefined) return { kind: "opaque", text, reason: "The body is said to be JSON and is none." };
  if (value === undefined && LIKE_JSON.test(text) && !isLines(text)) return { kind: "opaque", text, reason: "The body begins as JSON and is none." };
  if (typeof value === "string" && /^\s*["[]|\{/.test(value)) return { kind: "opaque", text, reason: "The body is JSON within a text." };
  const isOther = type === FORM_TYPE || type.startsWith("multipart/") || type === "application/graphql" || /[/+]xml$/.test(type);
  if (isOther && typeof value === "object") return { kind: "opaque", text, reason: `The body is JSON and is said to be ${type.slice(0, 64)}.` };
  if (type === FORM_TYPE && formRepeats(text)) return { kind: "refused", reason: "The form holds a field twice, or says another method than the request." };
  if (type === FORM_TYPE && GRAPHQL_PATH.test(url.pathname) && !isPlainForm(text)) return { kind: "opaque", text, reason: "A GraphQL form with more than a document: what is carried out the server says." };
  if (type.startsWith("multipart/") && PART_METHOD.test(text)) return { kind: "refused", reason: "The form says another method than the request." };
  if (type.startsWith("multipart/") && PART_CALL.test(text)) return { kind: "opaque", text, reason: "A part of the form holds a call, which is judged where it is the body." };
  return awsOperations(url, headers, text) ?? doneByReading(method, url) ?? steeredTwice(method, url, value) ?? withStoredQuery(value, text) ?? { kind: "text", text };
}

function contentType(header: string | undefined): { readonly type: string; readonly charset: string | null } {
  const [type = "", ...parameters] = (header ?? "").split(";");
  const charset = parameters.map((parameter) => /^\s*charset\s*=\s*"?([^"\s]*)"?\s*$/i.exec(parameter)?.[1]).find((found) => found !== undefined);
  return { type: type.trim().toLowerCase(), charset: charset?.toLowerCase() ?? null };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

const FORM_STEERS: ReadonlySet<string> = new Set(["query", "mutation", "variables", "operationname", "operations", "action", "method", "_method", "extensions"]);

function formRepeats(text: string): boolean {
  const seen = new Set<string>();
  for (const [name, value] of new URLSearchParams(text)) {
    const plain = name.toLowerCase();
    if (saysMethod(name, value) || (seen.has(plain) && FORM_STEERS.has(plain))) return true;
    seen.add(plain);
  }
  return false;
}

const FORM_DOCUMENT: ReadonlySet<string> = new Set(["query", "variables", "operationName"]);
const isPlainForm = (text: string): boolean => [...new URLSearchParams(text).keys()].every((name) => FORM_DOCUMENT.has(name));

/** The member of a form with files by which frameworks take another method. */
const PART_METHOD = /\bname\s*=\s*["']?(?:_|%5f)method\b/i;

/** Comments before it some readers overlook. */
const LIKE_JSON = /^(?:\s|\/\*(?:[^*]|\*(?!\/))*\*\/|(?:\/\/|#)[^\n]*\n)*(?:\{|\[\s*[[{])/;

/** JSON of which each line is a value of its own. */
const isLines = (text: string): boolean => text.split("\n").every((line) => line.trim() === "" || parsed(line) !== undefined);

/** Members by which a call in JSON says what it does, an escape that may hide one, and statements of loss. */
const PART_CALL = /["'](?:jsonrpc|method|requests|batch|query|mutation|operationname|_method)\\{0,3}["']\s*:|(?:_|%5f)method\s*=|\\u00|^\s*(?:drop|truncate|delete|alter)\s/im;

const STEERS = /^(?:action|act|cmd|command|do|function|method|op|operation|task)$/i;
const MUTATION = /^(?:\s|#[^\n]*\n|\ufeff)*(?:mutation|subscription)\b/;

/** Some APIs do by GET what their address says. */
function doneByReading(method: string, { pathname, searchParams }: URL): Readable | null {
  if (!BODILESS.has(method) && method !== "PROPFIND") return null;
  const opaque = (reason: string): Readable => ({ kind: "opaque", text: null, reason });
  const last = pathname.split("/").findLast((part) => part !== "") ?? "";
  if (verbMeaning(decoded(last))?.effect === "delete") return opaque("The path of a read says that something is deleted.");
  for (const [name, value] of searchParams) {
    if (MUTATION.test(value)) return opaque("A mutation in the address of a read.");
    if (name === "extensions" && value.includes("persistedQuery")) return opaque("Only the name of a stored query was sent: what it does cannot be seen.");
    const meaning = STEERS.test(name) ? verbMeaning(value) : null;
    if (meaning !== null && meaning.effect !== "read") return opaque("A field in the address of a read says that something is changed.");
  }
  return null;
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

const DOCUMENT_FIELDS = ["query", "mutation", "document", "operationName", "variables", "extensions", "documentId", "doc_id"];
const GRAPHQL_PATH = /\/(?:graphql|gql)(?:\/|\.json|$)/i;

/** An operation in the address and another in the body, or in the address of a method that is judged by its name. */
function steeredTwice(method: string, { searchParams, pathname, hostname }: URL, value: unknown): Readable | null {
  const isGraphql = GRAPHQL_PATH.test(pathname);
  const steered = DOCUMENT_FIELDS.some((name) => searchParams.has(name));
  if (method !== "GET" && steered && (isGraphql || hasDocument(value))) return { kind: "refused", reason: "A GraphQL operation in the address goes with GET alone." };
  if (method === "GET" && isGraphql && ["extensions", "documentId", "doc_id", "id", "hash", "queryId"].some((name) => searchParams.has(name))) {
    return { kind: "opaque", text: null, reason: "Only the name of a stored query was sent: what it does cannot be seen." };
  }
  if (typeof value === "object" && value !== null && "_method" in value) return { kind: "refused", reason: "The body says another method than the request." };
  return AWS_HOST.test(hostname) && method === "POST" && [...searchParams.keys()].some((name) => name.toLowerCase() === "action") ? { kind: "refused", reason: "An operation in the address of a POST." } : null;
}

/** What a server finds elsewhere in place of a body, nobody has read. */
const withoutDocument = (method: string, { pathname }: URL): Readable | null =>
  BODILESS.has(method) || !GRAPHQL_PATH.test(pathname) ? null : { kind: "opaque", text: null, reason: "A GraphQL request without a document." };

const AWS_HOST = /\.(?:amazonaws\.com(?:\.cn)?|api\.aws)$/i;
/** As the classifier finds it. */
const ACTION = /(?:^|[?&\s])Action=/g;

/** AWS takes the operation from a header or from a field, by the service; the classifier takes what it finds first. */
function awsOperations({ hostname, search }: URL, headers: HeaderList, text: string): Readable | null {
  if (!AWS_HOST.test(hostname)) return null;
  const found = `${search} ${text}`.match(ACTION)?.length ?? 0;
  const stated = headerOf(headers, "x-amz-target") === undefined ? 0 : 1;
  const isHidden = !text.startsWith("{") && text.split("&").some((pair) => pair.slice(0, Math.max(0, pair.indexOf("="))).includes("%"));
  return found + stated > 1 || isHidden ? { kind: "opaque", text, reason: "It names its operation more than once, or in an encoding." } : null;
}

/** Addresses where nothing but the body says what is done: what is not read there could be anything, whatever the environment. */
const isOperation = ({ hostname, pathname }: URL): boolean => GRAPHQL_PATH.test(pathname) || (AWS_HOST.test(hostname) && pathname === "/" && !S3_HOST.test(hostname));

const S3_HOST = /(?:^|\.)s3[.-]/i;

const hasDocument = (value: unknown): boolean => members(value).some((member) => typeof member["query"] === "string");

function members(value: unknown): readonly Readonly<Record<string, unknown>>[] {
  return (Array.isArray(value) ? (value as unknown[]) : [value]).filter((member): member is Record<string, unknown> => typeof member === "object" && member !== null && !Array.isArray(member));
}

/** A document beside the name of a stored one: which of the two is carried out, the server says. */
function withStoredQuery(value: unknown, text: string): Readable | null {
  for (const member of members(value)) {
    const { query, extensions } = member;
    if (typeof query !== "string") continue;
    const persisted = typeof extensions === "object" && extensions !== null ? (extensions as Record<string, unknown>)["persistedQuery"] : undefined;
    const hash = typeof persisted === "object" && persisted !== null ? (persisted as Record<string, unknown>)["sha256Hash"] : persisted;
    const isOwn = persisted === undefined || (typeof hash === "string" && hash.toLowerCase() === sha256Hex(query));
    const isNamed = ["documentId", "doc_id", "queryId", "hash", "mutation", "document"].some((name) => member[name] !== undefined) || (typeof member["id"] === "string" && /^\s*(?:query|mutation|subscription|\{|fragment)/.test(query));
    if (!isOwn || isNamed) return { kind: "opaque", text, reason: "A document and the name of a stored one: nobody can tell which is carried out." };
  }
  return null;
}
