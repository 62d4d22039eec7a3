/** What a configuration says of agents, grants, resources and policy, without reading a single secret. */
import { Registry, type RegistryFact } from "@tripline/core";
import type { LauncherConfig } from "../config.ts";
import { configuredFacts } from "../facts/configured-facts.ts";
import type { Subject } from "./explanation.ts";

export interface ConfiguredRegistry {
  readonly tenant: string;
  readonly registry: Registry;
  readonly agents: readonly Subject[];
}

/** Null: no configuration was named. */
export function configuredRegistry(config: LauncherConfig | null): ConfiguredRegistry {
  const registry = new Registry();
  if (config === null) return { tenant: "default", registry, agents: [] };
  for (const { topic, payload } of configuredStatements(config)) registry.apply(topic, payload);
  return { tenant: config.tenant, registry, agents: config.agents.map(({ id, environment }) => ({ agent: id, environment })) };
}

/** Credentials are left out, since they are known by their secrets. */
export function configuredStatements(config: LauncherConfig): RegistryFact[] {
  const { agents, grants, resources, policy } = configuredFacts({ ...config, credentials: [] }, new Uint8Array(32));
  const stated = { v: 1, version: 1, atMs: 0 } as const;
  return [
    ...agents.map((agent) => ({ topic: "agents" as const, payload: { ...stated, ...agent } })),
    ...grants.map((grant) => ({ topic: "grants" as const, payload: { ...stated, ...grant } })),
    ...resources.map((resource) => ({ topic: "resources" as const, payload: { ...stated, ...resource } })),
    { topic: "policies", payload: { ...stated, ...policy } },
  ];
}
