export * from "./server.ts";
export * from "./control.ts";
export type { Fault, FaultKind } from "./faults.ts";
export type { JournalEntry } from "./journal.ts";
export { INCIDENT_WORLD, type ProjectSpec, type Token, type TokenSpec, type WorldSpec, type WorldView } from "./world.ts";
