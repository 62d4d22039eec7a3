/** Everything the collector counts. Labels come from closed sets only. */
import type { Counter, Metrics } from "@tripline/runtime";

export interface Counters {
  readonly steps: Counter;
  request(signal: string, status: number): void;
  accepted(signal: string, actions: number): void;
  dropped(reason: string, items: number): void;
  dead(reason: string, items: number): void;
  mismatch(kind: "channel" | "relay-unlisted" | "relay-ambiguous" | "relay-unnamed"): void;
  truncated(what: "value" | "request" | "record"): void;
  durable(ms: number): void;
  inFlight(requests: number, bytes: number): void;
}

export function createCounters(metrics: Metrics): Counters {
  const requests = metrics.counter("tripline_collector_requests_total", "Export requests by reply.", ["signal", "status"]);
  const accepted = metrics.counter("tripline_collector_actions_total", "Actions made durable.", ["signal"]);
  const dropped = metrics.counter("tripline_collector_dropped_total", "Items that describe no action.", ["reason"]);
  const dead = metrics.counter("tripline_collector_dead_total", "Items set aside as dead letters.", ["reason"]);
  const mismatch = metrics.counter("tripline_collector_identity_mismatch_total", "Items naming another agent than their channel's.", ["kind"]);
  const truncated = metrics.counter("tripline_collector_truncated_total", "Values cut to a bound.", ["what"]);
  const durable = metrics.histogram("tripline_collector_append_ms", "From hand-over to durable, in milliseconds.");
  const inFlight = metrics.gauge("tripline_collector_requests_in_flight", "Export requests in hand.");
  const inFlightBytes = metrics.gauge("tripline_collector_bytes_in_flight", "Bytes of bodies in hand.");
  return {
    steps: metrics.counter("tripline_collector_steps_total", "Requests that left the pipeline early.", ["step", "outcome", "reason"]),
    request: (signal, status) => requests.add(1, { signal, status: String(status) }),
    accepted: (signal, actions) => accepted.add(actions, { signal }),
    dropped: (reason, items) => dropped.add(items, { reason }),
    dead: (reason, items) => dead.add(items, { reason }),
    mismatch: (kind) => mismatch.add(1, { kind }),
    truncated: (what) => truncated.add(1, { what }),
    durable: (ms) => durable.observe(ms),
    inFlight(count, bytes) {
      inFlight.set(count);
      inFlightBytes.set(bytes);
    },
  };
}
