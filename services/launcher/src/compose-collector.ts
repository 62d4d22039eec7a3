/** The collector with what it alone needs: tokens of agents and relays, and the secrets on record. */
import { createCollector } from "@tripline/collector";
import { createKnownSecrets } from "@tripline/core";
import type { Composed, Composing } from "./compose.ts";
import { createInventory } from "./inventory.ts";
import { createTokenTable } from "./tokens.ts";

/** Builds the collector; nothing listens before it starts. @throws TL_CONFIG_SECRET_MISSING */
export function composeCollector({ config, keys, logger, metrics, clock, backends: { eventLog } }: Composing): Composed {
  const inventory = createInventory(eventLog, { metrics, logger });
  const collector = createCollector({
    config: config.ingest, eventLog, metrics, clock,
    tenantKey: (tenant) => keys.fingerprints(tenant),
    tokens: createTokenTable(config, keys),
    knownSecret: createKnownSecrets(inventory.registry, (tenant) => keys.fingerprints(tenant)),
  });
  return { modules: [inventory, collector], ingestUrl: () => collector.url() };
}
