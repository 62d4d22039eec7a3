/** Who may approve, by their tokens: people, apart from whatever the configuration knows as an agent or its relay. */
import { sha256Hex } from "@tripline/canonical";
import type { Approver } from "@tripline/gate";
import { TriplineError } from "@tripline/model";
import type { LauncherConfig } from "./config.ts";
import type { GateConfig } from "./gate-config.ts";
import type { Keys } from "./keys.ts";

/** An approver's token must be their own: one that an agent holds would let the agent approve itself. */
export function approversOf({ approvers }: GateConfig, { agents, relays }: LauncherConfig, keys: Keys): (sha256: string) => Approver | null {
  const bySha256 = new Map<string, Approver>();
  const senders = new Set([...agents, ...relays].map(({ id }) => id));
  const agentsTokens = new Set(agents.map((agent) => sha256Hex(keys.ingestToken(agent))));
  for (const { id, environments, ...place } of approvers) {
    if (senders.has(id)) throw new TriplineError("TL_CONFIG_INVALID", `Approver "${id}" has the id of an agent or relay; who approves is a person.`);
    const digest = sha256Hex(keys.approverToken({ id, ...place }));
    if (agentsTokens.has(digest)) throw new TriplineError("TL_CONFIG_INVALID", `The token of approver "${id}" is an agent's.`);
    if (bySha256.has(digest)) throw new TriplineError("TL_CONFIG_INVALID", `The token of approver "${id}" is used twice.`);
    bySha256.set(digest, { id, environments });
  }
  return (sha256) => bySha256.get(sha256) ?? null;
}
