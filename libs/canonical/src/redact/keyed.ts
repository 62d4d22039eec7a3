/** Secrets by position: what stands after a name that announces one. */
import type { Extent } from "./value-extent.ts";
import { valueExtent, valueStart, type Lead } from "./value-extent.ts";
import { natureOfKey } from "./key-names.ts";
import type { Findings, Nature } from "./spans.ts";
import { looksDrawn } from "./strength.ts";
import { basicPrincipal } from "./userinfo.ts";

const CORE = /pass(?!ed|es|ing|ive|age)|pwd|secret|token|key|auth(?!or(?!iz))|credential|bearer|cookie|jwt|connectionstring|sess(?:ion)?id|sig(?:nature)?(?=["'\\]{0,4}[=:%])/gi;
const NAME_CHAR = /[A-Za-z0-9_.-]/;
const NAME_REST = /[A-Za-z0-9_.-]{0,64}/y;
const LONGEST_NAME_CHARS = 64;
/** Values that are no secret: nothing, a type's name, a reference to where the secret is. */
const HARMLESS =
  /^(?:|null|nil|none|true|false|undefined|string|str|number|int|object|optional|required|yes|no|\*+|x{3,}|\.{3}|…|\$\{?[A-Z_][A-Z0-9_]{0,64}(?:[:}].{0,64})?|\$\(.{0,256}|\$\{\{.{0,128}|\{\{.{0,128}|%[A-Z_]{1,64}%|<[a-zA-Z _-]{0,64}>?|process\.env\..{0,64}|os\.(?:environ|getenv).{0,64}|env\..{0,64})$/i;

/** Adds the values behind names that announce a secret, header values among them. */
export function findKeyed(text: string, findings: Findings): void {
  CORE.lastIndex = 0;
  for (let core = CORE.exec(text); core !== null; core = CORE.exec(text)) {
    const name = nameAround(text, core.index, CORE.lastIndex);
    const resume = Math.max(CORE.lastIndex, Math.min(name.end, CORE.lastIndex + LONGEST_NAME_CHARS));
    const end = addValue(text, name, findings);
    CORE.lastIndex = Math.max(resume, end);
  }
}

function nameAround(text: string, from: number, to: number): Extent {
  let start = from;
  while (start > 0 && from - start < LONGEST_NAME_CHARS && NAME_CHAR.test(text.charAt(start - 1))) start--;
  NAME_REST.lastIndex = to;
  NAME_REST.test(text);
  // A name in URL-encoded or escaped text begins after the escape: `%26token`, `\ntoken`.
  const before = text.charAt(start - 1);
  if (before === "%" && /^[0-9A-Fa-f]{2}/.test(text.slice(start, from))) start += 2;
  if (before === "\\" && /^[nrt]/.test(text.slice(start, from))) start += 1;
  return { start, end: NAME_REST.lastIndex };
}

/** Adds the value behind one name; returns where to go on. */
function addValue(text: string, name: Extent, findings: Findings): number {
  const key = text.slice(name.start, name.end).replace(/\.+$/, "");
  if (/authorization$/i.test(key)) return addHeader(text, name.end, findings);
  if (/^bearer$/i.test(key)) return addBearer(text, name.end, findings);
  if (/^_?auth$/i.test(key)) return addEncodedPair(text, name, findings);
  const nature = natureOfKey(lastSegment(key));
  if (nature === null) return -1;
  const isCookie = /cookie$/i.test(key);
  const at = valueStart(text, name.end, leadOf(text, name.start, key));
  if (at === -1) return -1;
  const value = valueExtent(text, at, isCookie);
  const raw = text.slice(value.start, value.end);
  if (isHarmless(raw, nature) || (/^pass$/i.test(key) && /^\d{1,6}$/.test(raw))) return -1;
  if (nature === "weak") {
    if (!looksDrawn(raw)) return -1;
    findings.add(text, value.start, value.end, "key", "token");
    return value.end;
  }
  const scheme = /^(?:Bearer|Basic|token)(?:\s|%20)+/i.exec(raw)?.[0].length ?? 0;
  findings.add(text, value.start + scheme, value.end, nature, isCookie ? "password" : nature);
  return value.end;
}

/** `config.db.password` is about its last member; `next.token` too. */
const lastSegment = (key: string): string => key.slice(key.lastIndexOf(".") + 1) || key;

function leadOf(text: string, start: number, key: string): Lead {
  if (key.startsWith("-")) return "flag";
  return text.charAt(start - 1) === "<" ? "element" : "plain";
}

function isHarmless(value: string, nature: Nature | "weak"): boolean {
  if (value.startsWith("{") || HARMLESS.test(value.slice(0, 300))) return true;
  // Counts and single words are what `token:` announces in prose and in logs of language models.
  return nature === "token" && (/^[\d.,]{1,9}$/.test(value) || /^[a-z]{1,12}$/.test(value));
}

/** `"auth": "dXNlcjpwYXNz"` of Docker and npm: user and password in base64. */
function addEncodedPair(text: string, name: Extent, findings: Findings): number {
  const at = valueStart(text, name.end, "plain");
  if (at === -1) return -1;
  const value = valueExtent(text, at, false);
  if (!basicPrincipal(text.slice(value.start, value.end), findings)) return -1;
  findings.add(text, value.start, value.end, "basic", "password");
  return value.end;
}

const HEADER_VALUE = /(?:\\{0,16}["'`]|%22)?(?:\s|%20){0,8}(?:[:=,]|%3[aAdD])(?:\s|%20|\+){0,8}(?:\\{0,16}["'`]|%22)?/y;
const SCHEME = /(Bearer|Basic|token|Digest|Negotiate|ApiKey|GoogleLogin|AWS4-HMAC-SHA256|[A-Za-z][A-Za-z0-9-]{1,31}(?=(?:\s|%20)[A-Za-z0-9]))(?:\s|%20|\+){1,8}/iy;

function addHeader(text: string, nameEnd: number, findings: Findings): number {
  HEADER_VALUE.lastIndex = nameEnd;
  if (!HEADER_VALUE.test(text)) return -1;
  SCHEME.lastIndex = HEADER_VALUE.lastIndex;
  const scheme = SCHEME.exec(text)?.[1]?.toLowerCase();
  const at = scheme === undefined ? HEADER_VALUE.lastIndex : SCHEME.lastIndex;
  const value = valueExtent(text, at, scheme !== "bearer" && scheme !== "basic" && scheme !== "token");
  const raw = text.slice(value.start, value.end);
  if (isHarmless(raw, "password")) return -1;
  if (scheme === "basic") basicPrincipal(raw, findings);
  findings.add(text, value.start, value.end, scheme === "basic" ? "basic" : "authorization", scheme === "basic" ? "password" : "token");
  return value.end;
}

const BEARER_GAP = /(?:\s|%20|\+){1,8}/y;

/** `Bearer x` outside of a header; a word of prose after "bearer" stays. */
function addBearer(text: string, nameEnd: number, findings: Findings): number {
  BEARER_GAP.lastIndex = nameEnd;
  if (!BEARER_GAP.test(text)) return -1;
  const value = valueExtent(text, BEARER_GAP.lastIndex, false);
  const raw = text.slice(value.start, value.end);
  if (raw.length < 8 || !/\d/.test(raw) || HARMLESS.test(raw.slice(0, 300))) return -1;
  findings.add(text, value.start, value.end, "authorization", "token");
  return value.end;
}
