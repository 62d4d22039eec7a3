/** Requests and calls that the body of another request carries: batches (OData, Graph) and JSON-RPC, the Model Context Protocol's among it. */
import { MAX_NESTED_INPUTS } from "../bounds.ts";
import { type Knowledge } from "../compose.ts";
import { verbMeaning } from "../verbs.ts";
import type { Parameters } from "./parameters.ts";

export interface CarriedRequest {
  readonly method: string;
  readonly url: string;
  readonly body: string | null;
}

export interface Batch {
  readonly requests: readonly CarriedRequest[];
  /** More were there than are judged, or can be read. */
  readonly isCut: boolean;
}

const LISTS = ["requests", "batch", "batchRequests", "subrequests", "compositeRequest"];
const ADDRESSES = ["url", "path", "relative_url", "relativeUrl", "uri"];
const METHOD = /^(GET|HEAD|OPTIONS|POST|PUT|PATCH|DELETE)$/i;

/** Requests in a list of the body, their addresses taken from `base`; null where there are none. */
export function batchIn(parameters: Parameters, base: URL | null): Batch | null {
  const members = LISTS.flatMap((name) => listIn(parameters[name]));
  const found = members.flatMap((member) => requestIn(member, base));
  // Beside the list stand settings alone; another list is what somebody else may take for the batch.
  const others = Object.entries(parameters).filter(([name, value]) => !LISTS.includes(name) && typeof value === "object" && value !== null);
  // A member that is read otherwise than its neighbours may be what matters.
  return found.length === 0 ? null : { requests: found.slice(0, MAX_NESTED_INPUTS), isCut: found.length > MAX_NESTED_INPUTS || found.length < members.length || others.length > 0 };
}

function listIn(value: unknown): readonly unknown[] {
  if (typeof value !== "string") return Array.isArray(value) ? value : [];
  // Forms hold the list as text.
  try {
    const parsed: unknown = JSON.parse(value);
    return Array.isArray(parsed) ? parsed : [];
  } catch {
    return [];
  }
}

function requestIn(member: unknown, base: URL | null): CarriedRequest[] {
  if (typeof member !== "object" || member === null) return [];
  const fields = member as Readonly<Record<string, unknown>>;
  const address = ADDRESSES.map((name) => fields[name]).find((value) => typeof value === "string");
  const { method, body } = fields;
  if (typeof address !== "string" || typeof method !== "string" || !METHOD.test(method)) return [];
  const url = base === null ? address : (URL.parse(address, base)?.href ?? address);
  return [{ method, url, body: body === undefined || body === null ? null : typeof body === "string" ? body : JSON.stringify(body) }];
}

/**
 * What the JSON-RPC calls of a body do, by the names of their methods or of the tools that they call: the gravest of them. Null where there are
 * none, and where they say that they read.
 */
export function rpcIn(parameters: Parameters): Knowledge | null {
  const members = membersIn(parameters);
  const found = members.flatMap((member) => callIn(member) ?? []);
  const gravest = found.find(({ reversibility }) => reversibility === "irreversible") ?? found.find(({ reversibility }) => reversibility === "unknown") ?? found[0] ?? null;
  // What stands beside calls and is none could be anything: what they say of themselves must not speak for it.
  return gravest?.reversibility !== "irreversible" && members.some((member) => !isCall(member)) ? null : gravest;
}

/** A body, or the members of a list however deep; the text that it was read from bounds their number. */
function membersIn(parameters: Parameters): readonly unknown[] {
  const { items } = parameters;
  return Array.isArray(items) ? flat(items as unknown[]) : [parameters];
}

/** Not by calling itself: lists in a text may lie deeper than calls can. */
function flat(list: readonly unknown[]): unknown[] {
  const found: unknown[] = [];
  for (const left: unknown[] = [...list]; left.length > 0; ) {
    const member = left.pop();
    if (Array.isArray(member)) for (const one of member as unknown[]) left.push(one);
    else found.push(member);
  }
  return found;
}

const isCall = (member: unknown): boolean => typeof member === "object" && member !== null && typeof (member as Parameters)["jsonrpc"] !== "undefined" && typeof (member as Parameters)["method"] === "string";

function callIn(member: unknown): Knowledge | null {
  const { jsonrpc, method, params } = (typeof member === "object" && member !== null ? member : {}) as Parameters;
  if (typeof method !== "string" || (jsonrpc === undefined && params === undefined)) return null;
  const tool = method.trim().toLowerCase() === "tools/call" ? toolIn(params) : undefined;
  const name = tool ?? method;
  const operation = `${tool === undefined ? "rpc" : "mcp"}.${name.slice(0, 128)}`;
  const meaning = verbMeaning(name);
  // Lenient servers need no version; a body that happens to have such members is no call, unless it says that something is lost.
  if (jsonrpc === undefined && meaning?.effect !== "delete") return null;
  if (meaning === null) return { operation, effect: "execute", reversibility: "unknown", reason: `Calls ${name.slice(0, 64)}, which is not known here.` };
  // The host is not known: what was sent to it has left, whatever name the call bears.
  if (meaning.effect === "read") return null;
  const { effect, verb, overwrites } = meaning;
  const reversibility = effect === "delete" && !meaning.strict && meaning.reversibility === "irreversible" ? "unknown" : meaning.reversibility;
  return { operation, effect, reversibility, reason: `Only the call's name is known; it says \`${verb}\`.`, overwrites };
}

/** Parameters come by name, or in a list. */
function toolIn(params: unknown): string | undefined {
  const given = flat(Array.isArray(params) ? (params as unknown[]) : [params]).filter((one): one is Parameters => typeof one === "object" && one !== null);
  return given.map(({ name }) => name).find((name) => typeof name === "string");
}
