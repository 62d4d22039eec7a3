/** Railway: account, workspace and project tokens, over its public GraphQL API. */
import { TriplineError } from "@tripline/model";
import { createJsonClient } from "../http/json-client.ts";
import type { ProviderDeps } from "../registry.ts";
import type { CredentialProvider, ProviderDescription, VerifyOutcome } from "../provider.ts";
import { findVolumeBackups } from "./backups.ts";
import { ask } from "./client.ts";
import type { RailwayConfig } from "./config.ts";
import { issueToken } from "./issue.ts";
import type { Admin } from "./listing.ts";
import { ONE_API_TOKEN, ONE_PROJECT, WHO_AM_I } from "./operations.ts";
import { probeToken } from "./probe.ts";
import { listAndRemember, revokeToken } from "./revoke.ts";
import { createSeenTokens } from "./seen-tokens.ts";

export const railwayDescription: ProviderDescription = {
  kind: "railway",
  revokes: "immediately",
  cutsOpenSessions: true,
  credentialKinds: ["api-token", "project-token"],
  permissions: [
    "an account token: `apiTokens`, `apiTokenDelete` for account and workspace tokens of the same account",
    "`projects`, `projectTokens`, `projectTokenDelete`, `projectTokenCreate` for project tokens",
    "`project` and `volumeInstanceBackupList` to find backups",
  ],
  example: [
    "providers:",
    "  railway:",
    "    kind: railway",
    "    adminTokenEnv: RAILWAY_ADMIN_TOKEN",
    "    # leases: { projectId: <id>, environments: { staging: <environment id> } }",
  ].join("\n"),
  probes: ["used-and-refused", "provider-listing"],
  limits: [
    "a call that Railway is already executing is not undone",
    "tokens of another account are neither listed nor deletable: their owner must delete them",
    "tokens have no expiry of their own and no read-only scope",
  ],
  backups: {
    kinds: ["volume", "volume-instance"],
    detail: "volume backups, which every token that may delete the volume deletes with it: never outside an agent's reach",
  },
};

/** Opens the provider; connects lazily. Throws TL_CONFIG_INVALID for an endpoint that would send tokens in the clear. */
export function createRailwayProvider(config: RailwayConfig, deps: ProviderDeps): CredentialProvider {
  const client = createJsonClient(endpointOf(config.endpoint), config.timeoutMs);
  const secret = deps.readSecret({ env: config.adminTokenEnv, file: config.adminTokenFile });
  const admin: Admin = (query, variables, signal) => ask(client, { kind: "api-token", secret }, { query, variables }, signal);
  const access = { admin, client, projectIds: config.projectIds, seen: createSeenTokens() };
  const warm = keepWarm(admin, config.keepWarmMs);
  return {
    describe: () => railwayDescription,
    verify: (signal) => verifyAdmin(admin, signal),
    issue: (request, signal) => issueToken(access, config.leases, request, signal),
    revoke: (target, signal) => revokeToken(access, target, signal),
    probe: (target, tokenSecret, signal) => probeToken(access, target, tokenSecret, signal),
    list: (signal) => listAndRemember(access, signal),
    findBackups: (target, signal) => findVolumeBackups(access, target, signal),
    close: async () => {
      clearInterval(warm);
      client.close();
    },
  };
}

function endpointOf(text: string): URL {
  const url = URL.parse(text);
  const loopback = url !== null && ["127.0.0.1", "localhost", "[::1]"].includes(url.hostname);
  if (url === null || url.username !== "" || (url.protocol !== "https:" && !(url.protocol === "http:" && loopback))) {
    throw new TriplineError("TL_CONFIG_INVALID", "A Railway endpoint must be an https URL (http on loopback only), without credentials in it.");
  }
  return url;
}

/** The answer does not matter: what matters is that the connection has been used. */
function keepWarm(admin: Admin, everyMs: number): NodeJS.Timeout | undefined {
  if (everyMs === 0) return undefined;
  return setInterval(() => void admin(WHO_AM_I["api-token"][0], {}, AbortSignal.timeout(everyMs)), everyMs).unref();
}

async function verifyAdmin(admin: Admin, signal: AbortSignal): Promise<VerifyOutcome> {
  const [apiTokens, projects] = await Promise.all([admin(ONE_API_TOKEN, {}, signal), admin(ONE_PROJECT, {}, signal)]);
  const unanswered = [apiTokens, projects].find((answer) => answer.kind !== "data" && answer.kind !== "refused");
  if (unanswered !== undefined) return { kind: "unreachable", reason: unanswered.kind === "failed" ? unanswered.reason : unanswered.kind };
  const missing = [
    ...(apiTokens.kind === "data" ? [] : ["apiTokens: the admin token must be an account token to revoke account and workspace tokens"]),
    ...(projects.kind === "data" ? [] : ["projects: the admin token sees no projects, so project tokens cannot be listed"]),
  ];
  return missing.length === 0 ? { kind: "ready", detail: "account token accepted; listings readable" } : { kind: "unfit", missing };
}
