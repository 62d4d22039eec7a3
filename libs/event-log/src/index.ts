export * from "./event-log.ts";
export * from "./murmur2.ts";
export * from "./open.ts";
export type { EmbeddedOptions } from "./embedded/options.ts";
export type { KafkaOptions, KafkaSasl } from "./kafka/options.ts";
export { type CrashReport, type MemoryFaults, type MemoryLog, type MemoryOptions, openMemoryLog } from "./memory/memory-log.ts";
export { follow, type Followed, type Item } from "./follow.ts";
export { type Stay, type StayDeps, stayInGroup } from "./stay-in-group.ts";
