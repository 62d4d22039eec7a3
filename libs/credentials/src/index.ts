export * from "./provider.ts";
export * from "./registry.ts";
export { isLeaseControlToken, leaseToken, readLeaseToken } from "./gate/token.ts";
export { GATE_TOKEN_KIND } from "./gate/provider.ts";
export * from "./backups/index.ts";
