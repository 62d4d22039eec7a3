/** Ingest tokens of the configuration, as the collector looks them up: by SHA-256, so that the table holds no secret. */
import { sha256Hex } from "@tripline/canonical";
import type { TokenBinding, TokenTable } from "@tripline/collector";
import { TriplineError } from "@tripline/model";
import { type DataDir, readSecret } from "./data-dir.ts";
import type { LauncherConfig } from "./config.ts";

type Sender = { readonly id: string; readonly ingestTokenEnv?: string; readonly ingestTokenFile?: string };

/** Makes the tokens that the configuration does not name. @throws TL_CONFIG_INVALID, TL_CONFIG_SECRET_MISSING */
export function createTokenTable(config: LauncherConfig, dataDir: DataDir): TokenTable {
  const bindings = new Map<string, TokenBinding>();
  const add = (sender: Sender, binding: TokenBinding): void => {
    const digest = sha256Hex(tokenOf(sender, dataDir));
    if (bindings.has(digest)) throw new TriplineError("TL_CONFIG_INVALID", `The ingest token of "${sender.id}" is used twice.`);
    bindings.set(digest, binding);
  };
  const { tenant } = config;
  for (const agent of config.agents) add(agent, { tenant, kind: "agent", agent: agent.id, agents: [] });
  for (const relay of config.relays) add(relay, { tenant, kind: "relay", agent: relay.id, agents: relay.agents });
  return { lookup: (digest) => bindings.get(digest) ?? null };
}

function tokenOf(sender: Sender, dataDir: DataDir): string {
  if (sender.ingestTokenEnv === undefined && sender.ingestTokenFile === undefined) return dataDir.secret(`tokens/${sender.id}`);
  const token = readSecret({ env: sender.ingestTokenEnv, file: sender.ingestTokenFile });
  // Shorter ones could be guessed; the collector does not even look them up.
  if (token.length < 16) throw new TriplineError("TL_CONFIG_INVALID", `The ingest token of "${sender.id}" is shorter than 16 characters.`);
  return token;
}
