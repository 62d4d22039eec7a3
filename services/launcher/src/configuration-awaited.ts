/** Services that do not publish the configuration's facts wait for them: without agents and grants on record they would judge by nothing. */
import { type EventLog, follow } from "@tripline/event-log";
import type { Health, Module } from "@tripline/runtime";
import { type Seeing, seeUndecodable } from "./undecodable.ts";

/** After so long it is said what is waited for, in milliseconds. */
const SAY_AFTER_MS = 5_000;

/** A module whose start ends once a policy of this tenant is in the log: a breaker writes it after everything else. */
export function createConfigurationAwaited(eventLog: EventLog, tenant: string, seeing: Seeing): Module {
  let health: Health = { ready: false, detail: "waits for a breaker to publish the configuration" };
  return {
    name: "configuration",
    health: () => health,
    start: async () => {
      const { promise: published, resolve, reject } = Promise.withResolvers<void>();
      const say = setTimeout(() => seeing.logger.warn({ tenant }, "waiting for a breaker to publish the configuration"), SAY_AFTER_MS);
      const followed = await follow(eventLog, "policies", { from: "start" }, (items) => {
        if (items.some(({ payload }) => payload.tenant === tenant)) resolve();
      }, seeUndecodable(seeing, "configuration"));
      followed.done.catch(reject);
      try {
        await published;
      } finally {
        clearTimeout(say);
        await followed.close();
      }
      health = { ready: true, detail: "published" };
    },
    stop: () => Promise.resolve(),
  };
}
