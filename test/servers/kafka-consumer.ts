/** A member of a group in a process of its own, to be stopped and killed: its parent keeps the store, and answers over IPC. */
import type { Topic } from "@tripline/model";
import { openEventLog } from "@tripline/event-log";
import { createMetrics } from "@tripline/runtime";

export type FromConsumer =
  | { readonly kind: "joined" }
  | { readonly kind: "began" }
  | { readonly kind: "claim"; readonly id: number; readonly partition: number; readonly epoch: number }
  | { readonly kind: "commit"; readonly id: number; readonly partition: number; readonly epoch: number; readonly from: number; readonly to: number; readonly current: boolean }
  | { readonly kind: "revoked"; readonly partition: number }
  | { readonly kind: "ended"; readonly reason: string };
/** The answer to a claim is an offset; to a commit, 1 if it was taken and 0 if a newer owner fenced it. */
export interface ToConsumer {
  readonly id: number;
  readonly answer: number;
}

const [brokers = "", sessionTimeoutMs = "3000", partitions = "12", workMs = "20"] = process.argv.slice(2);
const waiting = new Map<number, (answer: number) => void>();
let asked = 0;
const tell = (message: FromConsumer): void => void process.send?.(message);
const ask = (message: (id: number) => FromConsumer): Promise<number> =>
  new Promise((resolve) => {
    const id = asked++;
    waiting.set(id, resolve);
    tell(message(id));
  });
process.on("message", ({ id, answer }: ToConsumer) => waiting.get(id)?.(answer));

const log = await openEventLog(
  { kind: "kafka", brokers: brokers.split(","), clientId: "consumer", partitions: Number(partitions), replicationFactor: 1, sessionTimeoutMs: Number(sessionTimeoutMs) },
  { metrics: createMetrics(), clock: () => Date.now() },
);
const subscription = await log.consume("judges", ["actions"], {
  assigned: async ({ partition, epoch }) => new Map<Topic, number>([["actions", await ask((id) => ({ kind: "claim", id, partition, epoch }))]]),
  batch: async (records, ownership) => {
    // Some work, in which a process may be stopped.
    tell({ kind: "began" });
    await new Promise((resolve) => setTimeout(resolve, Number(workMs)));
    const { partition, epoch } = ownership;
    const from = records[0]?.offset ?? 0;
    const taken = await ask((id) => ({ kind: "commit", id, partition, epoch, from, to: from + records.length, current: ownership.current() }));
    if (taken === 0) throw new Error("fenced");
  },
  revoked: async (partition) => tell({ kind: "revoked", partition }),
});
tell({ kind: "joined" });
subscription.done.then(
  () => tell({ kind: "ended", reason: "closed" }),
  (error: unknown) => tell({ kind: "ended", reason: String(error) }),
);
process.once("SIGTERM", () => void log.close().then(() => process.disconnect?.()));
