/** What a configuration says of agents, grants and resources, without reading a single secret: enough to explain a call. */
import { Registry } from "@tripline/core";
import type { LauncherConfig } from "../config.ts";
import { configuredFacts } from "../facts/configured-facts.ts";
import type { Subject } from "./explanation.ts";

export interface ConfiguredRegistry {
  readonly tenant: string;
  readonly registry: Registry;
  readonly agents: readonly Subject[];
}

/** Null: no configuration was named. Credentials are left out, since they are known by their secrets. */
export function configuredRegistry(config: LauncherConfig | null): ConfiguredRegistry {
  const registry = new Registry();
  if (config === null) return { tenant: "default", registry, agents: [] };
  const { agents, grants, resources, policy } = configuredFacts({ ...config, credentials: [] }, new Uint8Array(32));
  const stated = { v: 1, version: 1, atMs: 0 } as const;
  for (const agent of agents) registry.apply("agents", { ...stated, ...agent });
  for (const grant of grants) registry.apply("grants", { ...stated, ...grant });
  for (const resource of resources) registry.apply("resources", { ...stated, ...resource });
  registry.apply("policies", { ...stated, ...policy });
  return { tenant: config.tenant, registry, agents: agents.map(({ agent, environment }) => ({ agent, environment })) };
}
