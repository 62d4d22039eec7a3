/**
 * Told on the main thread once an append's records are durable, before its promise resolves: `{ topic, count }`. For harnesses
 * that break things exactly there; costs nothing while nobody listens.
 */
import { channel } from "node:diagnostics_channel";
import type { Topic } from "@tripline/model";

const durable = channel("tripline:event-log.durable");

export function publishDurable(topic: Topic, count: number): void {
  if (durable.hasSubscribers) durable.publish({ topic, count });
}
