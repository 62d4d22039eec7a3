export { type BreakerModule, createBreaker } from "./breaker.ts";
export { type BreakerDeps, type Secrets, secretName } from "./deps.ts";
