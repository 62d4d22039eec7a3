/** `scheme://user:password@host` and the other ways to write a user and a password together. */
import { Quotes } from "./quotes.ts";
import { valueExtent } from "./value-extent.ts";
import { isHashable } from "./strength.ts";
import { skipMarkers, type Findings } from "./spans.ts";

const COLON = String.raw`(?::|%(?:25){0,3}3[aA])`;
const SLASHES = String.raw`(?:(?:\\{0,16}\/|%(?:25){0,3}2[fF]){2})`;
const AUTHORITY = new RegExp(COLON + SLASHES, "g");
const LONGEST_SCHEME_CHARS = 32;
const AT = String.raw`(?:@|%(?:25){0,3}40)`;
/** In web addresses a slash ends the authority; database passwords are found with raw slashes in them. */
const WEB = new RegExp(String.raw`([^\s:@/"'<>%\\]{0,128})${COLON}([^\s/"'<>\\]{1,256})${AT}`, "y");
const DATABASE = new RegExp(String.raw`([^\s:@/"'<>%\\]{0,128})${COLON}([^\s"'<>\\]{1,256})${AT}`, "y");
const IS_WEB = /(?<![A-Za-z0-9+.-])(?:https?|wss?|git|s3|file)$/i;
/** Only with these can a shell be made to execute what has no white space in it: `;rm${IFS}-rf`. */
const EXECUTES = /[;|&`].{0,256}[${]|[${].{0,256}[;|&`]|\$\(|`/;

/** Adds the password of every `user:password@` and reports its user as a principal. */
export function findUserinfo(text: string, findings: Findings): void {
  for (const authority of text.matchAll(AUTHORITY)) {
    const scheme = text.slice(Math.max(0, authority.index - LONGEST_SCHEME_CHARS), authority.index);
    const pattern = IS_WEB.test(scheme) ? WEB : DATABASE;
    const start = authority.index + authority[0].length;
    // The marker of a token that stood alone has a colon too.
    if (text.charAt(skipMarkers(text, start)) === "@") continue;
    pattern.lastIndex = start;
    const match = pattern.exec(text);
    if (match === null) {
      addLoneToken(text, start, findings);
      continue;
    }
    const [whole, user = "", password = ""] = match;
    const at = /(?:@|%(?:25){0,3}40)$/.exec(whole)?.[0].length ?? 1;
    const end = match.index + whole.length - at;
    findings.principal(user);
    if (/^\$\{?[A-Z_]/.test(password) || EXECUTES.test(password)) continue;
    findings.add(text, end - password.length, end, "password", "password");
  }
}

const LONE = /([A-Za-z0-9_.-]{20,256})@/y;

/** `https://<token>@host`: git takes a token for the user's name. Only what nobody could guess; a long name stays. */
function addLoneToken(text: string, at: number, findings: Findings): void {
  LONE.lastIndex = at;
  const token = LONE.exec(text)?.[1];
  if (token !== undefined && isHashable(token)) findings.add(text, at, at + token.length, "token", "token");
}

/** Reports the user in the credentials of HTTP Basic; false when they are something else. */
export function basicPrincipal(base64: string, findings: Findings): boolean {
  if (base64.length < 4 || base64.length > 1024 || !/^[A-Za-z0-9+/_-]+(?:={0,2}|(?:%3[dD]){0,2})$/.test(base64)) return false;
  const decoded = decodeBase64(base64.replace(/[=%].*$/, ""));
  const colon = decoded?.indexOf(":") ?? -1;
  if (decoded === null || colon < 1 || !/^[\x20-\x7e\x80-\xff]+$/.test(decoded)) return false;
  findings.principal(decoded.slice(0, colon));
  return true;
}

/** Bytes as one-byte characters, or null when it is not base64. */
export function decodeBase64(text: string): string | null {
  try {
    return atob(text.replaceAll("-", "+").replaceAll("_", "/"));
  } catch {
    return null;
  }
}

/** Flags and clauses whose value is a password, or `user:password`, by the command that takes them. */
const COMMANDS: readonly { readonly pattern: RegExp; readonly hasUser: boolean }[] = [
  { pattern: /\b(?:curl|wget)\b[^\n|;]{0,512}?\s(?:-u|--user|--proxy-user|-U|-a|--auth)[\s=]{0,2}(?=[^\s-])/g, hasUser: true },
  { pattern: /\b(?:mysql|mariadb)(?:dump|admin|import|show)?\b[^\n|;]{0,512}?\s-p(?=[^\s-])/g, hasUser: false },
  { pattern: /\bsshpass\b[^\n|;]{0,64}?\s-p\s{0,2}(?=\S)/g, hasUser: false },
  { pattern: /\bredis-cli\b[^\n|;]{0,512}?\s-a\s{1,2}(?=\S)/g, hasUser: false },
  { pattern: /\b(?:docker|podman|helm|az|oc|crane)\b[^\n|;]{0,128}?\blogin\b[^\n|;]{0,512}?\s-p\s{0,2}(?=\S)/g, hasUser: false },
  { pattern: /\blogin\s{1,8}\S{1,128}\s{1,8}password\s{1,8}(?=\S)/g, hasUser: false },
  { pattern: /\bidentified\s{1,8}(?:with\s{1,8}\S{1,64}\s{1,8})?(?:by|as)\s{1,8}(?:password\s{1,8})?(?=\\{0,16}["'`])/gi, hasUser: false },
];

/** Adds passwords given to well-known commands by a short flag. */
export function findCommandPasswords(text: string, findings: Findings): void {
  for (const { pattern, hasUser } of COMMANDS) {
    const quotes = new Quotes(text);
    for (const match of text.matchAll(pattern)) {
      const value = valueExtent(text, match.index + match[0].length, false, quotes);
      const raw = text.slice(value.start, value.end);
      const colon = hasUser ? raw.indexOf(":") : -1;
      if (hasUser && colon === -1) continue;
      if (hasUser) findings.principal(raw.slice(0, colon));
      const secret = raw.slice(colon + 1);
      if (/^\$\{?[A-Z_]/.test(secret)) continue;
      findings.add(text, value.end - secret.length, value.end, "password", "password");
    }
  }
}
