/**
 * Which environment a text states: a host, a path, a context, a connection string, an argument. Cautious by design: a guess
 * would let a staging agent pass for production or the reverse, so only whole words in known spellings count.
 */

/** Longest text looked at, in UTF-16 units. */
const STATED_CHARS = 2_048;

const SPELLINGS: Readonly<Record<string, string>> = {
  production: "production",
  prod: "production",
  prd: "production",
  live: "production",
  staging: "staging",
  stage: "staging",
  stg: "staging",
  preprod: "staging",
  preproduction: "staging",
  uat: "staging",
  qa: "test",
  development: "development",
  dev: "development",
  develop: "development",
  local: "development",
  localhost: "development",
  sandbox: "development",
  test: "test",
  testing: "test",
  ci: "test",
  preview: "preview",
};

const WORD = /[a-z]+/g;

/**
 * The environment that `name` states, in canonical spelling (`production staging development test preview`), or null.
 * `name` is a short identifier: a host, database, namespace, context, profile or branch. Where it states several
 * (`prod-to-staging`), production wins, as the one that must not be missed.
 */
export function statedEnvironment(name: string): string | null {
  let found: string | null = null;
  const text = name.slice(0, STATED_CHARS).toLowerCase().replaceAll("pre-prod", "preprod").replaceAll("non-prod", "nonprod");
  WORD.lastIndex = 0;
  for (let word = WORD.exec(text); word !== null; word = WORD.exec(text)) {
    const environment = SPELLINGS[word[0]];
    if (environment === undefined) continue;
    if (environment === "production") return environment;
    found ??= environment;
  }
  return found;
}

const ASSIGNMENT = /(?:^|[\s;&|"'{,])(?:NODE_ENV|RAILS_ENV|RACK_ENV|APP_ENV|DJANGO_ENV|FLASK_ENV|MIX_ENV|ENVIRONMENT|DEPLOY_ENV|STAGE|RAILWAY_ENVIRONMENT|VERCEL_ENV|TF_WORKSPACE|AWS_PROFILE)["']?\s*[=:]\s*["']?([\w.-]{1,64})/;
const FLAG = /(?:^|\s)--?(?:environment|env|context|kube-context|profile|stage|namespace|cluster)(?:=|\s+)["']?([\w.:@/-]{1,128})/;

/** Observed pieces of one action, any of them missing. */
export interface ObservedPieces {
  /** Address of what is called. */
  readonly url?: string | null;
  /** Short names: database, namespace, resource, branch, credential label. */
  readonly names?: readonly string[];
  /** A command line: only its assignments (`NODE_ENV=`) and flags (`--context`) are read, not its prose. */
  readonly command?: string | null;
}

/** The environment that the pieces of an action state, or null. An explicit flag or assignment outranks names, names the URL. */
export function environmentOf(pieces: ObservedPieces): string | null {
  const command = pieces.command?.slice(0, STATED_CHARS) ?? "";
  for (const pattern of [ASSIGNMENT, FLAG]) {
    const stated = pattern.exec(command)?.[1];
    const environment = stated === undefined ? null : statedEnvironment(stated);
    if (environment !== null) return environment;
  }
  for (const name of pieces.names ?? []) {
    const environment = statedEnvironment(name);
    if (environment !== null) return environment;
  }
  return pieces.url === undefined || pieces.url === null ? null : environmentOfUrl(pieces.url);
}

/** Host labels first, then the path, the database name of a connection string, and `env`-like query parameters. */
export function environmentOfUrl(url: string): string | null {
  const parsed = URL.parse(url.slice(0, STATED_CHARS));
  if (parsed === null) return null;
  // Loopback says where the client connects, not what stands behind it: tunnels to production end there.
  const host = parsed.hostname === "localhost" ? "" : parsed.hostname;
  const query = ["env", "environment", "stage"].map((key) => parsed.searchParams.get(key) ?? "").join(" ");
  // The top-level domain is no environment: `.dev` and `.live` are sold to anyone.
  const labels = host.split(".").slice(0, -1).join(".");
  return statedEnvironment(labels) ?? statedEnvironment(query) ?? statedEnvironment(decodeSafely(parsed.pathname));
}

function decodeSafely(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    return path;
  }
}
