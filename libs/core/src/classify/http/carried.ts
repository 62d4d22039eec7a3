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
  // A member that is read otherwise than its neighbours may be what matters.
  return found.length === 0 ? null : { requests: found.slice(0, MAX_NESTED_INPUTS), isCut: found.length > MAX_NESTED_INPUTS || found.length < members.length };
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

/** What a JSON-RPC call does, by the name of its method or of the tool that it calls; null where the body is none, or says that it reads. */
export function rpcIn(parameters: Parameters): Knowledge | null {
  const { jsonrpc, method, params } = parameters;
  if (jsonrpc === undefined || typeof method !== "string") return null;
  const tool = method === "tools/call" && typeof params === "object" && params !== null ? (params as Parameters)["name"] : undefined;
  const name = typeof tool === "string" ? tool : method;
  const operation = `${typeof tool === "string" ? "mcp" : "rpc"}.${name.slice(0, 128)}`;
  const meaning = verbMeaning(name);
  if (meaning === null) return { operation, effect: "execute", reversibility: "unknown", reason: `Calls ${name.slice(0, 64)}, which is not known here.` };
  // The host is not known: what was sent to it has left, whatever name the call bears.
  if (meaning.effect === "read") return null;
  const { effect, verb, overwrites } = meaning;
  const reversibility = effect === "delete" && !meaning.strict && meaning.reversibility === "irreversible" ? "unknown" : meaning.reversibility;
  return { operation, effect, reversibility, reason: `Only the call's name is known; it says \`${verb}\`.`, overwrites };
}
