/** Which names announce a secret: `DB_PASSWORD`, `railwayApiToken`, `x-api-key`; and which only sound like it: `max_tokens`. */
import type { Nature } from "./spans.ts";

/** Words that announce a secret wherever they stand in a name. */
const ALWAYS = new Map<string, Nature>([
  ...["password", "passwd", "pwd", "passphrase", "passcode", "pass", "pgpassword", "userpass"].map((word) => [word, "password"] as const),
  ...["secret", "token", "apikey", "accesskey", "secretkey", "privatekey", "authkey", "accesstoken", "authtoken", "jwt", "bearer", "credential", "credentials"].map(
    (word) => [word, "token"] as const,
  ),
  ...["authorization", "cookie", "connectionstring", "clientsecret", "sessionid", "sessid", "phpsessid", "jsessionid", "authtoken"].map((word) => [word, "token"] as const),
  ...["sig", "signature"].map((word) => [word, "token"] as const),
]);
/** `key` is a secret only after one of these. */
const SECRET_KEY_OWNERS = new Set(
  "api access secret private signing encryption master account shared client auth deploy ingest admin session root webhook service license storage subscription function hmac".split(" "),
);
/** After these words a token is a place in a list or a count of text. */
const NOT_BEFORE = new Set("max min num total prompt completion input output reasoning cached next previous prev page continuation continue cancellation sync per count stop eos bos pad special public".split(" "));
/** A name that goes on like this speaks about a secret and does not hold one. */
const NOT_AFTER = new Set(
  "type count counts name names id ids ref refs url uri path file filename dir limit limits length len expiry expires expire expiration ttl policy field fields version status usage budget manager store endpoint prefix format size required enabled disabled strength reset rotation rotated provider issuer scope scopes created updated at algorithm hint label input form page kind reuse attempts stdin prompt".split(" "),
);
const LONGEST_NAME_CHARS = 64;
const WORD = /[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+/g;

/** Owners whose key is a place or a name and no secret. */
const PLAIN_KEY_OWNERS = new Set(
  "public primary foreign cache partition sort routing idempotency object s3 group row index map dict composite natural surrogate unique lookup translation message issue project sorting shard hash range dedup deduplication host known ssh pub field column json api_version version instrumentation".split(" "),
);

/**
 * What a value under this name is: a token, a password, `weak` (a key of something: a secret if it looks drawn at random), or
 * nothing secret (`null`).
 */
export function natureOfKey(name: string): Nature | "weak" | null {
  if (name.length > LONGEST_NAME_CHARS) return null;
  const words = name.match(WORD)?.map((word) => word.toLowerCase()) ?? [];
  let found: Nature | "weak" | null = null;
  for (let i = 0; i < words.length; i++) {
    const word = words[i] as string;
    const before = words[i - 1] ?? "";
    if (found !== null && NOT_AFTER.has(word)) return null;
    const nature = ALWAYS.get(word) ?? (word === "key" ? natureOfOwner(before) : suffixNature(word));
    if (nature === null || (nature === "token" && NOT_BEFORE.has(before))) continue;
    found = found === "password" || (found === "token" && nature === "weak") ? found : nature;
  }
  return found;
}

function natureOfOwner(owner: string): Nature | "weak" | null {
  if (SECRET_KEY_OWNERS.has(owner)) return "token";
  return owner === "" || PLAIN_KEY_OWNERS.has(owner) ? null : "weak";
}

/** Names written without any separator: `dbpassword`, `githubtoken`, `stripesecret`. */
function suffixNature(word: string): Nature | null {
  if (word.endsWith("password") || word.endsWith("passwd")) return "password";
  if (word.endsWith("apikey") || word.endsWith("secretkey") || word.endsWith("accesskey") || word.endsWith("privatekey")) return "token";
  return word.endsWith("token") || word.endsWith("secret") ? "token" : null;
}
