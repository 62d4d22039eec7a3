export * from "./sink.ts";
export * from "./registry.ts";
export { visibleText } from "./visible-text.ts";
