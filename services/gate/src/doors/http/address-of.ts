/** The real address of a request: what is judged is exactly what is sent, so whatever two readers may take for two addresses is refused. */
import { TriplineError } from "@tripline/model";
import type { GateLimits } from "../../limits.ts";

const invalid = (detail: string): TriplineError => new TriplineError("TL_GATE_INVALID", detail);

const VISIBLE = /^[\x21-\x7e]+$/;
/**
 * Encoded dots, slashes, backslashes and control characters, and what is encoded twice: some servers decode before they route, some after. A `%` and a
 * space may be, for names hold them and no route depends on them; so may what is no ASCII.
 */
const HIDDEN = /%(?:2e|2f|5c|[01][0-9a-f]|7f|(?:25)+(?:[01][0-9a-f]|2[1-46-9a-f]|[3-7][0-9a-f]))/i;
const BROKEN_ESCAPE = /%(?![0-9a-f]{2})/i;
const DOTS = /(?:^|\/)\.{1,2}(?:;[^/]*)?(?:\/|$)/;
/** Fields that steer which operation a server carries out. */
const STEERING = ["query", "mutation", "variables", "operationName", "extensions", "documentId", "doc_id", "id", "action", "method", "_method"];

/** `rest`: what stands after the upstream's name, with its query; empty or beginning with `/` or `?`. @throws TL_GATE_INVALID */
export function addressOf(base: URL, rest: string, limits: Pick<GateLimits, "urlChars">): URL {
  if (rest !== "" && !VISIBLE.test(rest)) throw invalid("The address holds characters that it must not.");
  if (/[\\#]/.test(rest)) throw invalid("The address holds `\\` or `#`.");
  const mark = rest.indexOf("?");
  const path = mark < 0 ? rest : rest.slice(0, mark);
  if (HIDDEN.test(path)) throw invalid("The path holds encoded dots, slashes or control characters, or encodes twice, which servers read in different ways.");
  if (BROKEN_ESCAPE.test(rest)) throw invalid("The address holds a `%` that encodes nothing.");
  if (DOTS.test(path)) throw invalid("The path holds `.` or `..`.");
  if (path.includes("//")) throw invalid("The path holds an empty part.");
  const before = path === "" ? base.pathname : base.pathname.replace(/\/$/, "");
  const url = URL.parse(`${base.origin}${before}${path}${mark < 0 ? base.search : rest.slice(mark)}`);
  if (url === null || url.origin !== base.origin || !url.pathname.startsWith(before)) throw invalid("The address leads elsewhere.");
  if (url.href.length > limits.urlChars) throw invalid(`The address has more than ${limits.urlChars} characters.`);
  if (url.search !== "") checkQuery(url);
  // Of a `?` with nothing after it nothing would be sent, but it would be shown and recorded.
  else url.search = "";
  return url;
}

/** `_method=…` and its kin, and a `method` that is one of HTTP's: frameworks and APIs take it in place of the request's own. */
export function saysMethod(stated: string, value: string): boolean {
  // PHP ends a name at a NUL, and takes a dot, a blank or a bracket in it for `_`; others leave the NUL out.
  return [stated.split("\0", 1)[0]!, stated.replaceAll("\0", "")].some((name) => isMethod(name.trim().replaceAll(/[ .[]/g, "_"), value));
}

function isMethod(name: string, value: string): boolean {
  if (/^_method$|^[$_]?http_?method$|^x-http-method(?:-override)?$|^x-method-override$/i.test(name)) return true;
  return /^method$/i.test(name) && /^(?:get|head|post|put|patch|delete)$/i.test(value.trim());
}

function checkQuery({ searchParams, search }: URL): void {
  const seen = new Set<string>();
  // Some servers part fields at `;` as well.
  if (search.includes(";") && [...new URLSearchParams(search.replaceAll(";", "&"))].some(([name, value]) => saysMethod(name, value))) throw invalid("The query says another method than the request. Use the method itself.");
  for (const [name, value] of searchParams) {
    const plain = name.toLowerCase();
    if (seen.has(plain) && STEERING.some((steering) => steering.toLowerCase() === plain)) throw invalid(`The query holds \`${name.slice(0, 32)}\` twice.`);
    if (saysMethod(name, value)) throw invalid("The query says another method than the request. Use the method itself.");
    seen.add(plain);
  }
}
