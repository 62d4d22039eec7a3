/** Opening a store: one entry per backend, no registration by side effect. */
import type { Metrics } from "@tripline/runtime";
import type { PostgresStoreOptions } from "./postgres/config.ts";
import { openSqliteStore, type SqliteOptions } from "./sqlite/sqlite-store.ts";
import type { Store } from "./store.ts";

export interface StoreDeps {
  readonly metrics: Metrics;
}

export type StoreOptions = SqliteOptions | PostgresStoreOptions;

/** @throws TL_STORE_VERSION, TL_STORE_FAILED; for `postgres` also TL_CONFIG_INVALID, TL_CONFIG_SECRET_MISSING */
export async function openStore(options: StoreOptions, deps: StoreDeps): Promise<Store> {
  switch (options.kind) {
    case "sqlite":
      return openSqliteStore(options, deps);
    case "postgres":
      // Loaded where it is used, as its client is.
      return (await import("./postgres/postgres-store.ts")).openPostgresStore(options, deps);
  }
}
