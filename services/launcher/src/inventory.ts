/**
 * The launcher's own copy of the registry, for the collector's question whether a secret is known. A reader that ends is started
 * again: a copy that no longer follows would let a new credential's secret pass as text.
 */
import { Registry, REGISTRY_TOPICS } from "@tripline/core";
import { type EventLog, type Followed, follow } from "@tripline/event-log";
import type { Health, Module } from "@tripline/runtime";
import { setTimeout as sleep } from "node:timers/promises";
import { type Seeing, seeUndecodable } from "./undecodable.ts";

/** Pause before reading again, in milliseconds. */
const READ_AGAIN_MS = 1_000;

export interface Inventory extends Module {
  readonly registry: Registry;
}

/** `start` resolves when the registry is as the log has it. */
export function createInventory(eventLog: EventLog, seeing: Seeing): Inventory {
  const { logger } = seeing;
  const registry = new Registry();
  const stopping = new AbortController();
  let health: Health = { ready: false, detail: "not started" };
  let followed: Followed[] = [];
  const close = (): Promise<unknown> => Promise.allSettled(followed.map((one) => one.close()));
  const read = async (): Promise<void> => {
    followed = await Promise.all(
      REGISTRY_TOPICS.map((topic) => follow(eventLog, topic, { from: "start" }, (items) => items.forEach(({ payload }) => registry.apply(topic, payload)), seeUndecodable(seeing, "inventory"))),
    );
    await Promise.all(followed.map((one) => one.caughtUp));
    health = { ready: true, detail: "following" };
    Promise.all(followed.map((one) => one.done)).catch(readAgain);
  };
  const readAgain = async (error: unknown): Promise<void> => {
    if (stopping.signal.aborted) return;
    health = { ready: false, detail: error instanceof Error ? error.message : "a reader ended" };
    logger.fatal({ reason: health.detail }, "the inventory is no longer followed; starting again");
    await close();
    await sleep(READ_AGAIN_MS, undefined, { signal: stopping.signal }).then(read).catch(readAgain);
  };
  return {
    name: "inventory",
    registry,
    health: () => health,
    start: read,
    stop: async () => {
      stopping.abort();
      await close();
      health = { ready: false, detail: "stopped" };
    },
  };
}
