export { createGate, type GateModule } from "./gate.ts";
export { answerBody, type AnswerBody } from "./answer.ts";
export type { Approver, GateDeps, GateSettings, Injection, TokenHolder, Upstream } from "./deps.ts";
export { LIMITS as GATE_LIMITS, type GateLimits } from "./limits.ts";
