/**
 * From a change in the log to an alert on its way:
 *   describe   what a human should hear of this record
 *   route      to which sinks
 *   record     as durable work, where an alert that is already there is not recorded again
 * Sending and settling (`deliverer.ts`, `settle.ts`) follow from the recorded work alone.
 */
import type { Alert, AlertSink } from "@tripline/alerts";
import type { Approval, BreakerRecord, Containment, Finding, Grant } from "@tripline/model";
import { type Step, drop, next } from "@tripline/runtime";
import type { NewWork, Store, WorkItem } from "@tripline/store";
import { approvalAlerts } from "./approval-alerts.ts";
import { breakerAlerts } from "./breaker-alerts.ts";
import { AT_ONCE, bypassAlerts, type Planned } from "./bypass-alerts.ts";
import { containmentAlerts } from "./containment-alerts.ts";
import { findingAlerts } from "./finding-alerts.ts";
import { deliveryOf, newDelivery } from "./work.ts";

export type Change =
  | { readonly topic: "breakers"; readonly record: BreakerRecord }
  | { readonly topic: "containments"; readonly record: Containment }
  | { readonly topic: "findings"; readonly record: Finding }
  | { readonly topic: "approvals"; readonly record: Approval }
  | { readonly topic: "grants"; readonly record: Grant };

export interface Notice {
  readonly change: Change;
  readonly alerts: readonly Planned[];
  readonly work: readonly NewWork[];
}

export interface PipelineDeps {
  readonly store: Store;
  readonly sinks: readonly AlertSink[];
  readonly approvalsUrl: string | null;
  readonly clock: () => number;
  /** Work is waiting. */
  readonly recorded: () => void;
}

function alertsOf(change: Change, { approvalsUrl }: PipelineDeps): Planned[] {
  const atOnce = (alerts: readonly Alert[]): Planned[] => alerts.map((alert) => ({ alert, dueMs: AT_ONCE }));
  switch (change.topic) {
    case "breakers":
      return atOnce(breakerAlerts(change.record));
    case "containments":
      return atOnce(containmentAlerts(change.record));
    case "findings":
      return atOnce(findingAlerts(change.record));
    case "approvals":
      return atOnce(approvalAlerts(change.record, approvalsUrl));
    case "grants":
      return bypassAlerts(change.record);
  }
}

const describe: Step<Notice, PipelineDeps> = {
  name: "describe",
  run(notice, deps) {
    const { change } = notice;
    const alerts = alertsOf(change, deps);
    return alerts.length === 0 ? drop("nothing-to-tell") : next({ ...notice, alerts });
  },
};

const route: Step<Notice, PipelineDeps> = {
  name: "route",
  run(notice, { sinks, clock }) {
    if (sinks.length === 0) return drop("no-sink");
    return next({ ...notice, work: notice.alerts.flatMap(({ alert, dueMs }) => sinks.map((sink) => newDelivery(alert, sink.name, Math.max(dueMs, clock())))) });
  },
};

const record: Step<Notice, PipelineDeps> = {
  name: "record",
  async run(notice, { store, recorded }) {
    const stored = await bringForward(await store.recordWork(notice.work), notice.work, store);
    if (stored.every((work) => work.nextAttemptMs === null)) return drop("already-told");
    recorded();
    return next(notice);
  },
};

/** What was planned for later, and is told of now, goes out once: now, and as it is told now. */
async function bringForward(stored: readonly WorkItem[], work: readonly NewWork[], store: Store): Promise<readonly WorkItem[]> {
  return Promise.all(stored.map(async (item, at) => {
    const { payload, nextAttemptMs } = work[at]!;
    const isPlanned = item.nextAttemptMs !== null && nextAttemptMs !== null && item.nextAttemptMs > nextAttemptMs && deliveryOf(item).attempts === 0 && deliveryOf(item).firstMs > nextAttemptMs;
    return isPlanned ? ((await store.updateWork({ ...item, payload, nextAttemptMs })) ?? item) : item;
  }));
}

export const PIPELINE: readonly Step<Notice, PipelineDeps>[] = [describe, route, record];
