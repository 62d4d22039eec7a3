export * from "./store.ts";
export * from "./open.ts";
export * from "./sealing.ts";
export * from "./sealing-key.ts";
export * from "./key-provider.ts";
export type { PostgresStoreOptions } from "./postgres/config.ts";
