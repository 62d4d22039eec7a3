/** The one list of providers. Adding one = its folder + one line in each of the three tables here. */
import { Type, type Static } from "typebox";
import { TriplineError } from "@tripline/model";
import type { CredentialProvider, ProviderDescription } from "./provider.ts";
import { GateProviderConfig } from "./gate/config.ts";
import { createGateProvider, gateDescription } from "./gate/provider.ts";
import { PostgresConfig } from "./postgres/config.ts";
import { createPostgresProvider, postgresDescription } from "./postgres/provider.ts";
import { RailwayConfig } from "./railway/config.ts";
import { createRailwayProvider, railwayDescription } from "./railway/provider.ts";

/** Where a secret is found; exactly one is set. Only the launcher reads environment and files. */
export interface SecretRef {
  readonly env: string | undefined;
  readonly file: string | undefined;
}

export interface ProviderDeps {
  /** Throws TL_CONFIG_SECRET_MISSING, naming the variable or file. */
  readSecret(ref: SecretRef): string;
  /** Something a human should see, that belongs to no containment. Never holds a secret. */
  warn(message: string): void;
  /** Of this deployment's gate: the key of its lease tokens, and where it is, null while that is not known. Absent where it has none. */
  readonly gate?: { readonly key: Uint8Array; readonly url: () => string | null };
  /** Where the guard keeps its dumps; absent where there is no guard. */
  readonly backupDirectory?: string;
}

export const ProviderConfig = Type.Union([PostgresConfig, RailwayConfig, GateProviderConfig]);
export type ProviderConfig = Static<typeof ProviderConfig>;
export type ProviderKind = ProviderConfig["kind"];

type Factories = { readonly [K in ProviderKind]: (config: Extract<ProviderConfig, { kind: K }>, deps: ProviderDeps) => CredentialProvider };

const FACTORIES: Factories = {
  postgres: createPostgresProvider,
  railway: createRailwayProvider,
  gate: createGateProvider,
};

export const PROVIDER_DESCRIPTIONS: Readonly<Record<ProviderKind, ProviderDescription>> = {
  postgres: postgresDescription,
  railway: railwayDescription,
  gate: gateDescription,
};

/** The same provider for whoever only asks it: nothing of it runs by itself. */
export function withoutUpkeep(config: ProviderConfig): ProviderConfig {
  switch (config.kind) {
    case "postgres":
      return { ...config, sweepEveryMs: 0 };
    case "railway":
      return { ...config, keepWarmMs: 0 };
    case "gate":
      return config;
  }
}

/** Opens one provider of the configuration. Throws TriplineError with the provider's name where the configuration cannot work. */
export function openProvider(name: string, config: ProviderConfig, deps: ProviderDeps): CredentialProvider {
  const create = FACTORIES[config.kind] as (config: ProviderConfig, deps: ProviderDeps) => CredentialProvider;
  const checked: ProviderDeps = {
    ...deps,
    warn: (message) => deps.warn(`provider "${name}": ${message}`),
    readSecret(ref) {
      if ((ref.env === undefined) === (ref.file === undefined)) {
        throw new TriplineError("TL_CONFIG_INVALID", `Provider "${name}" must name its secret once: as an environment variable or as a file.`);
      }
      return deps.readSecret(ref);
    },
  };
  return create(config, checked);
}
