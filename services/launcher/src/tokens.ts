/** Ingest tokens of the configuration, as the collector looks them up: by SHA-256, so that the table holds no secret. */
import { sha256Hex } from "@tripline/canonical";
import type { TokenBinding, TokenTable } from "@tripline/collector";
import { TriplineError } from "@tripline/model";
import type { LauncherConfig } from "./config.ts";
import type { Keys } from "./keys.ts";

/** Makes the tokens that the configuration does not name. @throws TL_CONFIG_INVALID, TL_CONFIG_SECRET_MISSING */
export function createTokenTable(config: LauncherConfig, keys: Keys): TokenTable {
  const bindings = new Map<string, TokenBinding>();
  const add = (sender: LauncherConfig["agents"][number] | LauncherConfig["relays"][number], binding: TokenBinding): void => {
    const digest = sha256Hex(keys.ingestToken(sender));
    if (bindings.has(digest)) throw new TriplineError("TL_CONFIG_INVALID", `The ingest token of "${sender.id}" is used twice.`);
    bindings.set(digest, binding);
  };
  const { tenant } = config;
  for (const agent of config.agents) add(agent, { tenant, kind: "agent", agent: agent.id, agents: [] });
  for (const relay of config.relays) add(relay, { tenant, kind: "relay", agent: relay.id, agents: relay.agents });
  return { lookup: (digest) => bindings.get(digest) ?? null };
}
