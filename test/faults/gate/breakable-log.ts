/** A log that can be taken away from whoever uses it, and given back. */
import type { EventLog } from "@tripline/event-log";
import { TriplineError } from "@tripline/model";

/** `refuses`: nothing is taken and nothing told, at once. `hangs`: nobody answers until it is back. `ends`: its ends cannot be asked for, all else goes on. `readers`: nothing new is delivered, all else goes on. */
export type Break = "refuses" | "hangs" | "ends" | "readers" | Lie;
/** Takes what it is given, says so, and has nothing of it: no gate can know, so that whoever looks at what passed must. */
type Lie = "forgets";

export interface BreakableLog {
  readonly log: EventLog;
  break(how: Break): void;
  mend(): void;
}

export function breakable(log: EventLog): BreakableLog {
  let how: Break | null = null;
  let back = Promise.withResolvers<void>();
  const isBroken = (...ways: Break[]): boolean => how !== null && ways.includes(how);
  const refuse = (): Promise<never> => Promise.reject(new TriplineError("TL_LOG_UNAVAILABLE"));
  const append: EventLog["append"] = async (topic, records) => {
    if (isBroken("refuses")) return refuse();
    if (isBroken("hangs")) await back.promise;
    if (isBroken("forgets")) return records.map(({ key }) => ({ partition: log.partitionOf(key), offset: 0, timestampMs: 0 }));
    return log.append(topic, records);
  };
  const ends: EventLog["ends"] = async (topic) => {
    if (isBroken("refuses")) return refuse();
    if (isBroken("hangs", "ends")) await back.promise;
    return log.ends(topic);
  };
  const read: EventLog["read"] = (topic, options, batch) =>
    log.read(topic, options, async (records) => {
      while (isBroken("refuses", "hangs", "readers")) await back.promise;
      await batch(records);
    });
  const broken: EventLog = {
    partitions: log.partitions, partitionOf: (key) => log.partitionOf(key), append, ends, read,
    consume: (group, topics, handlers) => log.consume(group, topics, handlers), trouble: () => log.trouble(), close: () => log.close(),
  };
  return {
    log: broken,
    break: (wanted) => {
      how = wanted;
      back = Promise.withResolvers();
    },
    mend: () => {
      how = null;
      back.resolve();
    },
  };
}
