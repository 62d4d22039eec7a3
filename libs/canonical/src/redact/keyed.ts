/** Secrets by position: what stands after a name that announces one. */
import type { Extent } from "./value-extent.ts";
import { headerStart, mayBeCommand, valueExtent, valueStart } from "./value-extent.ts";
import { natureOfKey } from "./key-names.ts";
import { Quotes } from "./quotes.ts";
import type { Findings } from "./spans.ts";
import { looksDrawn } from "./strength.ts";
import { basicPrincipal } from "./userinfo.ts";

const CORE = /pass(?!ed|es|ing|ive|age)|pwd|secret|token|key|auth(?!or(?!iz))|credential|bearer|cookie|jwt|connectionstring|sess(?:ion)?id|sig(?:nature)?(?=["'\\]{0,4}[=:%])/gi;
const NAME_CHAR = /[A-Za-z0-9_.-]/;
const NAME_REST = /[A-Za-z0-9_.-]{0,64}/y;
const LONGEST_NAME_CHARS = 64;
/** Values that are no secret: nothing, or a type's name. */
const HARMLESS_WORD = /^(?:|null|nil|none|true|false|undefined|string|str|number|int|object|optional|required|yes|no|\*+|x{3,}|\.{3}|…)$/i;
/** Where the secret is to be had, instead of the secret. Upper case only: `$ecret1` is a password. */
const REFERENCE =
  /^(?:\$\{?[A-Z_][A-Z0-9_]{0,64}(?:[:}].{0,64})?|\$\(.{0,256}|\$\{\{.{0,128}|\{\{.{0,128}|%[A-Z_]{1,64}%|<[a-zA-Z _-]{0,64}>?|process\.env\..{0,64}|os\.(?:environ|getenv).{0,64}|env\.[A-Z].{0,64}|[A-Za-z_][A-Za-z0-9_.]{0,64}\([A-Za-z0-9_.,\s]{0,64}\\{0,4})$/;

/** Adds the values behind names that announce a secret, header values among them. */
export function findKeyed(text: string, findings: Findings): void {
  const quotes = new Quotes(text);
  CORE.lastIndex = 0;
  for (let core = CORE.exec(text); core !== null; core = CORE.exec(text)) {
    const name = nameAround(text, core.index, CORE.lastIndex);
    const resume = Math.max(CORE.lastIndex, Math.min(name.end, CORE.lastIndex + LONGEST_NAME_CHARS));
    const end = addValue(text, name, findings, quotes);
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
function addValue(text: string, name: Extent, findings: Findings, quotes: Quotes): number {
  const key = text.slice(name.start, name.end).replace(/\.+$/, "");
  if (/(?:^|[-_.])authorization$/i.test(key)) return addHeader(text, name, findings, quotes);
  if (/^bearer$/i.test(key)) return addBearer(text, name.end, findings, quotes);
  if (/^_?auth$/i.test(key)) return addEncodedPair(text, name, findings, quotes);
  const nature = natureOfKey(lastSegment(key));
  if (nature === null) return -1;
  const isCookie = /cookie$/i.test(key);
  const at = valueStart(text, name);
  if (at === -1) return -1;
  const value = valueExtent(text, at, isCookie, quotes);
  const raw = text.slice(value.start, value.end);
  if (isHarmless(raw) || isOrdinary(key, raw) || mayBeCommand(text, name, value)) return -1;
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

function isHarmless(value: string): boolean {
  return value.startsWith("{") || HARMLESS_WORD.test(value) || REFERENCE.test(value.slice(0, 300));
}

/** Counts, words and names of variables, which `token:` announces in prose, in code and in logs of language models. */
function isOrdinary(key: string, value: string): boolean {
  if (/^pass$/i.test(key)) return /^\d{1,6}$/.test(value);
  return /token$/i.test(key) && /^(?:[\d.,]{1,9}|[a-z]{1,12}|[a-z]+(?:_[a-z]+)+|[A-Z_]{2,40})$/.test(value);
}

/** `"auth": "dXNlcjpwYXNz"` of Docker and npm: user and password in base64. */
function addEncodedPair(text: string, name: Extent, findings: Findings, quotes: Quotes): number {
  const at = valueStart(text, name);
  if (at === -1) return -1;
  const value = valueExtent(text, at, false, quotes);
  if (!basicPrincipal(text.slice(value.start, value.end), findings)) return -1;
  findings.add(text, value.start, value.end, "basic", "password");
  return value.end;
}

/** The scheme, and the quote before it. */
const SCHEME = /(?:\\{0,16}["'`]|%(?:25){0,3}22)?(?:\s|%20|\+){0,4}(Bearer|Basic|token|Digest|Negotiate|ApiKey|GoogleLogin|AWS4-HMAC-SHA256|[A-Za-z][A-Za-z0-9-]{1,31}(?=(?:\s|%20)[A-Za-z0-9]))(?:\s|%20|\+){1,8}/iy;

function addHeader(text: string, name: Extent, findings: Findings, quotes: Quotes): number {
  const valueAt = headerStart(text, name);
  if (valueAt === -1) return -1;
  SCHEME.lastIndex = valueAt;
  const scheme = SCHEME.exec(text)?.[1]?.toLowerCase();
  const at = scheme === undefined ? valueAt : SCHEME.lastIndex;
  const value = valueExtent(text, at, scheme !== "bearer" && scheme !== "basic" && scheme !== "token", quotes);
  const raw = text.slice(value.start, value.end);
  if (isHarmless(raw)) return -1;
  if (scheme === "basic") basicPrincipal(raw, findings);
  findings.add(text, value.start, value.end, scheme === "basic" ? "basic" : "authorization", scheme === "basic" ? "password" : "token");
  return value.end;
}

const BEARER_GAP = /(?:\s|%20|\+){1,8}/y;

/** `Bearer x` outside of a header; a word of prose after "bearer" stays. */
function addBearer(text: string, nameEnd: number, findings: Findings, quotes: Quotes): number {
  BEARER_GAP.lastIndex = nameEnd;
  if (!BEARER_GAP.test(text)) return -1;
  const value = valueExtent(text, BEARER_GAP.lastIndex, false, quotes);
  const raw = text.slice(value.start, value.end);
  if (raw.length < 8 || !/\d/.test(raw) || isHarmless(raw)) return -1;
  findings.add(text, value.start, value.end, "authorization", "token");
  return value.end;
}
