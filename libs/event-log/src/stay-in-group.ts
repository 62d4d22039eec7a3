/** A place in a group that is taken again whenever it was lost: one failure of log or store must not end a service's work for good. */
import { setTimeout as sleep } from "node:timers/promises";
import { type Topic, TriplineError } from "@tripline/model";
import type { EventLog, GroupHandlers, Subscription } from "./event-log.ts";

/** First and longest pause before the group is joined again. */
const AGAIN_MS = 250;
const AGAIN_MAX_MS = 10_000;
/** A join under way while no broker answers ends with the log itself. */
const CLOSE_MS = 2_000;

export interface StayDeps {
  /** Nothing is read until `joined`; each failure is told once. */
  readonly lost: (error: unknown) => void;
  /** Called whenever the group is joined, the first time too. */
  readonly joined: () => void;
}

export interface Stay {
  /** Lets everything go and begins anew from what the store holds: for an owner whose state in memory can no longer be trusted. */
  again(error: unknown): void;
  /** Stops for good; resolves when no handler runs any more, and within bounds while the group is being joined again. */
  close(): Promise<void>;
}

/**
 * Consumes until closed. What a failed handler had in hand is delivered again from where `assigned` says. Rejects as `consume` does if the
 * group cannot be joined the first time; later failures are told and tried again.
 */
export async function stayInGroup(log: EventLog, group: string, topics: readonly Topic[], handlers: GroupHandlers, deps: StayDeps): Promise<Stay> {
  const stopping = new AbortController();
  let subscription = await log.consume(group, topics, handlers);
  let doubt = Promise.withResolvers<never>();
  deps.joined();

  /** Resolves when the subscription was closed, by us or with the log; rejects with why it must begin anew. */
  const ended = async (current: Subscription): Promise<void> => {
    doubt.promise.catch(() => undefined);
    await Promise.race([current.done, doubt.promise]);
  };

  const join = async (): Promise<Subscription | null> => {
    for (let waitMs = AGAIN_MS; !stopping.signal.aborted; waitMs = Math.min(waitMs * 2, AGAIN_MAX_MS)) {
      await sleep(waitMs * (0.5 + Math.random()), undefined, { signal: stopping.signal }).catch(() => undefined);
      if (stopping.signal.aborted) return null;
      doubt = Promise.withResolvers<never>();
      try {
        return await log.consume(group, topics, handlers);
      } catch (error) {
        if (isClosed(error)) return null;
        deps.lost(error);
      }
    }
    return null;
  };

  const run = async (): Promise<void> => {
    for (let current: Subscription | null = subscription; current !== null; ) {
      try {
        return await ended(current);
      } catch (error) {
        if (stopping.signal.aborted || isClosed(error)) return;
        deps.lost(error);
      }
      await current.close();
      current = await join();
      if (current === null) return;
      subscription = current;
      // Closed while it was joining: nobody else would close this one.
      if (stopping.signal.aborted) return await current.close();
      deps.joined();
    }
  };
  const running = run();

  return {
    again: (error) => doubt.reject(error),
    close: async () => {
      stopping.abort();
      await subscription.close();
      await Promise.race([running, sleep(CLOSE_MS, undefined, { ref: false })]);
    },
  };
}

const isClosed = (error: unknown): boolean => error instanceof TriplineError && error.code === "TL_LOG_CLOSED";
