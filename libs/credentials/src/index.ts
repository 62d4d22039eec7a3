export * from "./provider.ts";
export * from "./registry.ts";
export * from "./backups/index.ts";
