export { createGate, type GateModule } from "./gate.ts";
export { frameOf, frameReader } from "./doors/decide/frames.ts";
export { answerBody, type AnswerBody } from "./answer.ts";
export type { Approver, GateDeps, GateSettings, Injection, TokenHolder, Upstream } from "./deps.ts";
export { authorityFor, type AuthorityPair, makeAuthority, openAuthority, servedHosts } from "./doors/http/authority.ts";
export { LIMITS as GATE_LIMITS, type GateLimits } from "./limits.ts";
export type { BackupFinder, GuardedPlace, GuardSettings } from "./guard/settings.ts";
export { createGuard, type GuardDeps } from "./guard/guard.ts";
export { touchedBy } from "./guard/touched.ts";
