/** Starts modules in order, stops them in reverse, and rolls back a start that fails half-way. */
import type { Logger } from "./logger.ts";
import type { Health, Module } from "./module.ts";

/** A module that has not stopped by then is reported and left; the log and the store recover from that as from a crash. */
export const STOP_DEADLINE_MS = 5_000;

export interface Supervisor {
  start(): Promise<void>;
  stop(): Promise<void>;
  health(): ReadonlyMap<string, Health>;
}

/** `start` rejects with what the first failing module threw, after stopping those before it; `stop` never rejects. */
export function createSupervisor(modules: readonly Module[], logger: Logger): Supervisor {
  const started: Module[] = [];
  const stopOne = async (module: Module): Promise<void> => {
    const deadline = new Promise<"late">((resolve) => setTimeout(resolve, STOP_DEADLINE_MS, "late").unref());
    const ended = await Promise.race([module.stop().then(() => "stopped" as const), deadline]).catch((error: unknown) => {
      logger.error({ module: module.name, error: error instanceof Error ? error.message : "unknown" }, "module failed to stop");
    });
    if (ended === "late") logger.error({ module: module.name, afterMs: STOP_DEADLINE_MS }, "module did not stop in time");
  };
  const stop = async (): Promise<void> => {
    for (let module = started.pop(); module !== undefined; module = started.pop()) await stopOne(module);
  };
  return {
    start: async () => {
      for (const module of modules) {
        try {
          await module.start();
        } catch (error) {
          await stop();
          throw error;
        }
        started.push(module);
      }
    },
    stop,
    health: () => new Map(modules.map((m) => [m.name, m.health()])),
  };
}
