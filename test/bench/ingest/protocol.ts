/** Between the benchmark and its server processes. */
export const BENCH_TOKEN = "bench-token-0123456789";

export type ServerKind = "durable" | "decode-only";

/** Sent to the parent: first where it listens, then, whenever asked, CPU microseconds so far and records in the log. */
export type ServerMessage = { url: string } | { cpuUs: number; stored: number };
