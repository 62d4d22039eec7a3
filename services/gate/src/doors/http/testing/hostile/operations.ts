/** Other ways to say the same GraphQL operation or JSON-RPC call, and to hide it among others. */
import { sha256Hex } from "@tripline/canonical";
import { type Crafted, instead, type Mutation, text, withBody } from "./crafted.ts";
import type { Draw } from "./draw.ts";
import { STORED_DOCUMENT } from "./seeds.ts";

const encoded = (value: string): string => encodeURIComponent(value.toWellFormed());

type Body = Readonly<Record<string, unknown>>;

function bodyOf(crafted: Crafted): Body | null {
  try {
    const parsed: unknown = JSON.parse(text(crafted));
    return typeof parsed === "object" && parsed !== null && !Array.isArray(parsed) ? (parsed as Body) : null;
  } catch {
    return null;
  }
}

const json = (crafted: Crafted, value: unknown): Crafted => withBody(crafted, JSON.stringify(value));

/** Changes the body of a GraphQL request. */
const onBody = (name: string, change: (body: Body & { readonly query: string }, draw: Draw, crafted: Crafted) => Crafted): Mutation => ({
  name, only: ["graphql"],
  apply: (crafted, draw) => {
    const body = bodyOf(crafted);
    return typeof body?.["query"] === "string" ? change(body as Body & { query: string }, draw, crafted) : crafted;
  },
});
const onDocument = (name: string, change: (document: string, draw: Draw) => string): Mutation => onBody(name, (body, draw, crafted) => json(crafted, { ...body, query: change(body.query, draw) }));

const LOSS = 'mutation Lost { volumeDelete(volumeId: "vol-1") }';
const HARMLESS = "query Read { me { id } }";
/** The selection of a mutation, without the braces. */
const selection = (document: string): string => /^mutation[^{]*\{(.*)\}\s*$/s.exec(document)?.[1] ?? 'volumeDelete(volumeId: "v")';

function inFragments(document: string, draw: Draw): string {
  const depth = draw.pick([1, 2, 8, 60]);
  const inner = Array.from({ length: depth - 1 }, (_, index) => `fragment F${index} on Mutation { ...F${index + 1} }`);
  return `mutation { ${draw.pick(["...F0", "__typename ...F0", "... on Mutation { ...F0 }", "... @include(if: true) { ...F0 }"])} } ${inner.join(" ")} fragment F${depth - 1} on Mutation { ${selection(document)} }`;
}

const GRAPHQL_MUTATIONS: readonly Mutation[] = [
  onDocument("alias", (document, draw) => document.replace(/\{\s*(\w+)/, (_, field: string) => `{ ${draw.pick(["me", "project", "a", "__typename", "volumeDelete", "query"])}: ${field}`)),
  onDocument("fragments", inFragments),
  onDocument("inline fragment", (document, draw) => `mutation { ${draw.pick(["... on Mutation", "...", "... on Query"])} { ${selection(document)} } }`),
  onDocument("directive", (document, draw) => document.replace(/\)(?!.*\))/s, `) ${draw.pick(["@skip(if: false)", "@include(if: true)", "@include(if: $x)", "@skip(if: true)", "@live", "@defer"])}`)),
  onDocument("beside a read", (document, draw) => draw.pick([`${HARMLESS} ${document}`, `${document} ${HARMLESS}`, `${HARMLESS}\n${LOSS}`])),
  onDocument("comment", (document, draw) => draw.pick([`# query { me { id } }\n${document}`, document.replace("{", "{ # }\n"), `#${document}\r${document}`, `${document}#`, `#\u2028${document}`])),
  onDocument("blanks", (document, draw) => document.replaceAll(" ", () => draw.pick([" ", ",", "\n", "\t", ",,", "\ufeff", "  "]))),
  onDocument("block string", (document) => document.replaceAll(/"([^"]*)"/g, '"""$1"""')),
  onDocument("escape in a string", (document) => document.replace(/"(\w)/, (_, char: string) => `"\\u{${char.charCodeAt(0).toString(16)}}`)),
  onDocument("another operation", (document, draw) => document.replace(/^(mutation|query)/, draw.pick(["mutation", "query", "subscription", "Mutation", "query Q", "mutation M($x: Boolean = true)", ""]))),
  onDocument("subscription beside", (document) => `${document} subscription S { logs }`),
  onDocument("many aliases", (document, draw) => `mutation { ${Array.from({ length: draw.pick([20, 300]) }, (_, index) => `a${index}: ${selection(document)}`).join(" ")} }`),
  onDocument("deep", (document, draw) => `${document.slice(0, -1)} x ${"{ a ".repeat(draw.pick([20, 700]))}${"}".repeat(20)}`),
  onDocument("in a value", (document) => `query { me(note: ${JSON.stringify(document)}) { id } }`),
  onBody("name of the operation", (body, draw, crafted) => json(crafted, { ...body, query: `${HARMLESS} ${LOSS}`, operationName: draw.pick(["Read", "Lost", "lost", "", null, "Other", 1]) })),
  onBody("batch", (body, draw, crafted) => {
    const others = Array.from({ length: draw.pick([1, 5, 60]) }, () => ({ query: HARMLESS }));
    return json(crafted, draw.chance(0.5) ? [...others, body] : [body, ...others]);
  }),
  onBody("hash beside", (body, draw, crafted) => json(crafted, { ...body, query: draw.pick([body.query, HARMLESS]), extensions: { persistedQuery: { version: 1, sha256Hash: sha256Hex(draw.pick([LOSS, body.query, HARMLESS])) } } })),
  onBody("hash alone", (body, draw, crafted) => json(crafted, { extensions: { persistedQuery: { version: 1, sha256Hash: sha256Hex(draw.pick([body.query, LOSS])) } } })),
  onBody("stored document", (_body, draw, crafted) => json(crafted, { ...(draw.chance(0.5) ? { query: HARMLESS } : {}), [draw.pick(["documentId", "doc_id", "id", "queryId", "documentID", "hash"])]: STORED_DOCUMENT })),
  onBody("by GET", (body, draw, crafted) => ({ ...crafted, method: draw.pick(["GET", "GET", "HEAD", "POST"]), body: null, query: `query=${encoded(body.query)}${draw.chance(0.3) ? "&operationName=Lost" : ""}` })),
  onBody("a document alone", (body, _draw, crafted) => instead(withBody(crafted, body.query), "Content-Type", "application/graphql")),
  onBody("as a form", (body, draw, crafted) => instead(withBody(crafted, draw.pick([`query=${encoded(body.query)}`, `query=${encoded(HARMLESS)}&query=${encoded(body.query)}`, `qu%65ry=${encoded(body.query)}`])), "Content-Type", "application/x-www-form-urlencoded")),
  onBody("in address and body", (body, draw, crafted) => ({ ...crafted, query: `query=${encoded(draw.pick([body.query, HARMLESS, LOSS]))}` })),
  onBody("under another name", (body, draw, crafted) => json(crafted, { [draw.pick(["Query", "QUERY", "document", "mutation", "gql", " query", "query "])]: body.query, ...(draw.chance(0.5) ? { query: HARMLESS } : {}) })),
];

const onCall = (name: string, change: (call: Body, draw: Draw) => unknown): Mutation => ({
  name, only: ["rpc"],
  apply: (crafted, draw) => {
    const body = bodyOf(crafted);
    return body === null ? crafted : json(crafted, change(body, draw));
  },
});
const LIST = { jsonrpc: "2.0", id: 2, method: "tools/list" };

const RPC_MUTATIONS: readonly Mutation[] = [
  onCall("batch", (call, draw) => draw.pick([[LIST, call], [call, LIST], [...Array.from({ length: 70 }, () => LIST), call], [[call]], [LIST, [call]]])),
  onCall("notification", ({ id: _id, ...call }) => call),
  onCall("version", (call, draw) => ({ ...call, jsonrpc: draw.pick(["1.0", 2, null, "2.0 ", "2.00"]) })),
  onCall("no version", ({ jsonrpc: _version, ...call }) => call),
  onCall("another method", (call, draw) => ({ ...call, method: draw.pick(["tools/call ", "Tools/Call", "tools\u2215call", "tools/list", "resources/read", "call_tool"]) })),
  onCall("params as a list", (call) => ({ ...call, params: [call["params"]] })),
  onCall("call in a call", (call) => ({ ...LIST, params: call })),
];

export const OPERATION_MUTATIONS: readonly Mutation[] = [...GRAPHQL_MUTATIONS, ...RPC_MUTATIONS];
