/**
 * From a change in the log to an alert on its way:
 *   describe   what a human should hear of this record
 *   route      to which sinks
 *   record     as durable work, where an alert that is already there is not recorded again
 * Sending and settling (`deliverer.ts`, `settle.ts`) follow from the recorded work alone.
 */
import type { Alert, AlertSink } from "@tripline/alerts";
import type { Approval, BreakerRecord, Containment, Finding } from "@tripline/model";
import { type Step, drop, next } from "@tripline/runtime";
import type { NewWork, Store } from "@tripline/store";
import { approvalAlerts } from "./approval-alerts.ts";
import { breakerAlerts } from "./breaker-alerts.ts";
import { containmentAlerts } from "./containment-alerts.ts";
import { findingAlerts } from "./finding-alerts.ts";
import { newDelivery } from "./work.ts";

export type Change =
  | { readonly topic: "breakers"; readonly record: BreakerRecord }
  | { readonly topic: "containments"; readonly record: Containment }
  | { readonly topic: "findings"; readonly record: Finding }
  | { readonly topic: "approvals"; readonly record: Approval };

export interface Notice {
  readonly change: Change;
  readonly alerts: readonly Alert[];
  readonly work: readonly NewWork[];
}

export interface PipelineDeps {
  readonly store: Store;
  readonly sinks: readonly AlertSink[];
  readonly clock: () => number;
  /** Work is waiting. */
  readonly recorded: () => void;
}

function alertsOf(change: Change): Alert[] {
  switch (change.topic) {
    case "breakers":
      return breakerAlerts(change.record);
    case "containments":
      return containmentAlerts(change.record);
    case "findings":
      return findingAlerts(change.record);
    case "approvals":
      return approvalAlerts(change.record);
  }
}

const describe: Step<Notice, PipelineDeps> = {
  name: "describe",
  run(notice) {
    const { change } = notice;
    const alerts = alertsOf(change);
    return alerts.length === 0 ? drop("nothing-to-tell") : next({ ...notice, alerts });
  },
};

const route: Step<Notice, PipelineDeps> = {
  name: "route",
  run(notice, { sinks, clock }) {
    if (sinks.length === 0) return drop("no-sink");
    return next({ ...notice, work: notice.alerts.flatMap((alert) => sinks.map((sink) => newDelivery(alert, sink.name, clock()))) });
  },
};

const record: Step<Notice, PipelineDeps> = {
  name: "record",
  async run(notice, { store, recorded }) {
    const stored = await store.recordWork(notice.work);
    if (stored.every((work) => work.nextAttemptMs === null)) return drop("already-told");
    recorded();
    return next(notice);
  },
};

export const PIPELINE: readonly Step<Notice, PipelineDeps>[] = [describe, route, record];
