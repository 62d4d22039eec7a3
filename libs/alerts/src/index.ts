export * from "./sink.ts";
export * from "./registry.ts";
