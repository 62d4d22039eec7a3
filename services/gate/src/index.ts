export { createGate, type GateModule } from "./gate.ts";
export type { Approver, GateDeps, GateSettings, Injection, TokenHolder, Upstream } from "./deps.ts";
export { type AuthorityPair, makeAuthority } from "./doors/http/authority.ts";
export { LIMITS as GATE_LIMITS, type GateLimits } from "./limits.ts";
