export { createNotifier } from "./notifier.ts";
export type { NotifierDeps } from "./deps.ts";
