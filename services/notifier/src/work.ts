/** An alert on its way to one sink, as the store keeps it. */
import type { Alert } from "@tripline/alerts";
import type { NewWork, WorkItem } from "@tripline/store";

export interface Delivery {
  readonly alert: Alert;
  readonly sink: string;
  readonly attempts: number;
  /** When it is first to be sent, in epoch milliseconds: giving up counts from here. */
  readonly firstMs: number;
  readonly state: "open" | "sent" | "rejected" | "given-up" | "sink-removed";
  readonly lastReason: string | null;
  /** The instance that is sending it now; the others leave it alone until its next attempt is due. */
  readonly claimedBy?: string;
}

/** The same delivery, sent by nobody. */
export function unclaimed({ claimedBy: _claimedBy, ...delivery }: Delivery): Delivery {
  return delivery;
}

export function newDelivery(alert: Alert, sink: string, nowMs: number): NewWork {
  const { tripId } = alert.data;
  const delivery: Delivery = { alert, sink, attempts: 0, firstMs: nowMs, state: "open", lastReason: null };
  return { kind: "alert", id: `${alert.id}|${sink}`, group: typeof tripId === "string" ? tripId : alert.id, payload: JSON.stringify(delivery), nextAttemptMs: nowMs };
}

/** Rows are written by this service alone; one that does not parse is a bug or a damaged store, and must be seen. */
export function deliveryOf(work: WorkItem): Delivery {
  const payload: unknown = JSON.parse(work.payload);
  if (typeof payload === "object" && payload !== null && "alert" in payload && "sink" in payload) return payload as Delivery;
  throw new Error(`work item ${work.id} is not an alert's delivery`);
}
