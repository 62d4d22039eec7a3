/** Sends what is left when the event loop has run dry. One listener for all instances: Node warns above ten. */
import type { Sender } from "./sender.ts";

/** Longest that a process is kept from ending by a collector that does not answer. */
export const EXIT_FLUSH_MS = 2_000;

/** By sender: how many records it had left at its last flush on exit, so that a dead collector is waited for once. */
const senders = new Map<Sender, number>();

/** Registers a sender; the returned function forgets it. */
export function flushBeforeExit(sender: Sender): () => void {
  if (senders.size === 0) process.on("beforeExit", flushAll);
  senders.set(sender, 0);
  return () => {
    senders.delete(sender);
    if (senders.size === 0) process.off("beforeExit", flushAll);
  };
}

function flushAll(): void {
  for (const [sender, left] of senders) {
    const waiting = sender.queued + sender.inFlight;
    if (waiting === 0 || waiting === left) continue;
    void sender.flush(EXIT_FLUSH_MS).then(() => senders.has(sender) && senders.set(sender, sender.queued + sender.inFlight));
  }
}
