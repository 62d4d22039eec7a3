/** Opening a store: one entry per backend, no registration by side effect. */
import type { Metrics } from "@tripline/runtime";
import { openSqliteStore, type SqliteOptions } from "./sqlite/sqlite-store.ts";
import type { Store } from "./store.ts";

export interface StoreDeps {
  readonly metrics: Metrics;
}

export type StoreOptions = SqliteOptions;

const BACKENDS: { readonly [K in StoreOptions["kind"]]: (options: Extract<StoreOptions, { kind: K }>, deps: StoreDeps) => Promise<Store> } = {
  sqlite: openSqliteStore,
};

/** @throws TL_STORE_VERSION, TL_STORE_FAILED */
export function openStore(options: StoreOptions, deps: StoreDeps): Promise<Store> {
  return BACKENDS[options.kind](options, deps);
}
