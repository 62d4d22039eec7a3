/** Other spellings of a method and an address: some mean the same to some server, some lead elsewhere. */
import type { Crafted, Mutation } from "./crafted.ts";
import { instead, text, withBody, withHeader } from "./crafted.ts";
import type { Draw } from "./draw.ts";

const hex = (char: string): string => [...Buffer.from(char)].map((byte) => `%${byte.toString(16).padStart(2, "0")}`).join("");

/** Changes one place of a text. */
function at(place: number, whole: string, change: (char: string) => string): string {
  return whole === "" ? whole : whole.slice(0, place) + change(whole[place]!) + whole.slice(place + 1);
}

const onPath = (name: string, change: (path: string, draw: Draw) => string): Mutation => ({ name, apply: (crafted, draw) => ({ ...crafted, path: change(crafted.path, draw) }) });
const onQuery = (name: string, change: (query: string, draw: Draw) => string): Mutation => ({ name, apply: (crafted, draw) => ({ ...crafted, query: change(crafted.query ?? "", draw) }) });

/** Puts a text after one of the slashes. */
const afterSlash = (path: string, draw: Draw, put: string): string => {
  const slashes = [...path.matchAll(/\//g)].map(({ index }) => index);
  if (slashes.length === 0) return `${path}/${put}`;
  const place = draw.pick(slashes) + 1;
  return path.slice(0, place) + put + path.slice(place);
};

const TRAVERSALS = ["./", "../", "x/../", "%2e/", "%2e%2e/", ".%2e/", "..;/", "..%2f", "..%5c", "%252e%252e/", "%c0%ae%c0%ae/", "\\..\\", "/", "//", ";a=b/", "%00/", "%20/", "%09/", "%0d%0a/", "%2f", "%ef%bc%8f"];
const TAILS = ["/", "//", "/.", "%20", ".", "%00", ";", ";jsessionid=1", ".json", "%3f", "%23", "#", "/..;/delete", "/%64elete", "~", "%2500", "%0a", "?", "/*"];
const STEERING = ["_method=DELETE", "method=DELETE", "httpMethod=DELETE", "$http_method=DELETE", "x-http-method-override=DELETE", "_METHOD=delete", "%5fmethod=DELETE", "_method%00=DELETE", "action=delete", "Action=DeleteDBInstance", "op=purge", "delete", "delete=", "query=mutation%7BvolumeDelete(volumeId%3A%221%22)%7D", "documentId=delete-volume", "query=DROP%20TABLE%20orders", "id=delete-volume"];

const ADDRESSES: readonly Mutation[] = [
  onPath("path encoded", (path, draw) => at(draw.below(path.length), path, (char) => (char === "/" && draw.chance(0.7) ? char : hex(char)))),
  onPath("path encoded twice", (path, draw) => at(draw.below(path.length), path, (char) => hex(char).replaceAll("%", "%25"))),
  onPath("path all encoded", (path) => path.replaceAll(/[A-Za-z0-9]/g, hex)),
  onPath("path in capitals", (path, draw) => (draw.chance(0.5) ? path.toUpperCase() : at(draw.below(path.length), path, (char) => char.toUpperCase()))),
  onPath("traversal", (path, draw) => afterSlash(path, draw, draw.pick(TRAVERSALS))),
  onPath("tail", (path, draw) => path + draw.pick(TAILS)),
  onPath("sign in the path", (path, draw) => at(draw.below(path.length), path, (char) => char + draw.pick([";x=y", "%", "%zz", "%u0064", "\u00e9", "\u0131", " ", "\t", "\\", "|", "^", "`", "{", "}", "\u00ad", "\u007f"]))),
  onPath("long", (path, draw) => `${path}/${"a".repeat(draw.pick([300, 4_000, 5_000]))}`),
  onPath("another verb", (path, draw) => `${path}/${draw.pick(["delete", "Delete", "d%65lete", "DELETE", "destroy", "purge", ":destroy", "de\u200blete"])}`),
  onQuery("steering field", (query, draw) => [query, draw.pick(STEERING)].filter(Boolean).join(draw.pick(["&", "&", ";"]))),
  onQuery("steering field first", (query, draw) => [draw.pick(STEERING), query].filter(Boolean).join("&")),
  onQuery("query twice", (query) => `${query}&${query}`),
  onQuery("query encoded", (query, draw) => (query === "" ? "%61=1" : at(draw.below(query.length), query, (char) => (/[&=]/.test(char) ? char : hex(char))))),
  onQuery("sign in the query", (query, draw) => at(draw.below(query.length), query, (char) => char + draw.pick(["+", "%00", "%0a", "[]", "#", "?", "%ff", "%", ";", "\u00e9"]))),
  onQuery("many fields", (query, draw) => `${query}&${Array.from({ length: draw.pick([50, 400]) }, (_, index) => `f${index}=${index}`).join("&")}`),
  { name: "absolute address", apply: (crafted, draw) => ({ ...crafted, path: `${draw.pick(["http://other.example", "//other.example", "/@other.example", "/http://169.254.169.254", ":80", "@127.0.0.1"])}${crafted.path}` }) },
];

const OVERRIDES = ["X-HTTP-Method-Override", "X-HTTP-Method", "X-Method-Override", "x_http_method_override", "X-Http_Method-Override", "X-Original-Method", "X-Method"];

const METHODS: readonly Mutation[] = [
  { name: "another method", apply: (crafted, draw) => ({ ...crafted, method: draw.pick(["GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE", "PURGE", "MKCOL", "MOVE", "PROPFIND", "LINK", "UNLOCK", "QUERY", "REPORT", "SEARCH", "TRACE", "ACL"]) }) },
  { name: "method in another case", apply: (crafted, draw) => ({ ...crafted, method: draw.pick([crafted.method.toLowerCase(), `${crafted.method[0] ?? ""}${crafted.method.slice(1).toLowerCase()}`, `${crafted.method}E`, ` ${crafted.method}`]), isFramed: false }) },
  { name: "override", apply: (crafted, draw) => withHeader({ ...crafted, method: draw.pick(["POST", "GET", "PUT"]) }, draw.pick(OVERRIDES), draw.pick([crafted.method, "DELETE", "delete", "PURGE"])) },
  { name: "override in a form", apply: (crafted, draw) => instead(withBody({ ...crafted, method: "POST" }, draw.pick(["_method=DELETE", "a=1&_method=delete", "%5Fmethod=DELETE", "method=DELETE"])), "Content-Type", "application/x-www-form-urlencoded") },
  { name: "override in JSON", apply: (crafted, draw) => instead(withBody({ ...crafted, method: "POST" }, draw.pick(['{"_method":"DELETE"}', '{"_metho\\u0064":"DELETE"}', '{"a":{"_method":"DELETE"}}'])), "Content-Type", "application/json") },
  { name: "override in a part", apply: (crafted, draw) => instead(withBody({ ...crafted, method: "POST" }, `--b\r\nContent-Disposition: form-data; name=${draw.pick(['"_method"', "_method", "'_method'"])}\r\n\r\nDELETE\r\n--b--\r\n`), "Content-Type", "multipart/form-data; boundary=b") },
  { name: "read with a body", apply: (crafted, draw) => withBody({ ...crafted, method: draw.pick(["GET", "HEAD", "OPTIONS"]) }, text(crafted) || "{}") },
];

const isUnchanged = ({ path, query }: Crafted): boolean => path === "" && query === null;

/** Bases that have no path of their own keep their slash. */
export const ADDRESS_MUTATIONS: readonly Mutation[] = [...ADDRESSES.map((one): Mutation => ({ ...one, apply: (crafted, draw) => (isUnchanged(crafted) && draw.chance(0.5) ? crafted : one.apply(crafted, draw)) })), ...METHODS];
