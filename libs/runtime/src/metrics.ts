/**
 * Counters, gauges and histograms behind a narrow interface, on prom-client. Names are checked by the library; label values
 * must be from closed sets (step, outcome, reason), never an id, so that cardinality stays bounded.
 */
import { collectDefaultMetrics, Counter as PromCounter, Gauge as PromGauge, Histogram as PromHistogram, Registry } from "prom-client";
import { familiesOf } from "./metric-families.ts";

export type Labels = Readonly<Record<string, string>>;
export interface Counter {
  add(count: number, labels?: Labels): void;
}
export interface Gauge {
  set(value: number, labels?: Labels): void;
}
export interface Histogram {
  observe(value: number, labels?: Labels): void;
}

export interface Metrics {
  counter(name: string, help: string, labelNames?: readonly string[]): Counter;
  gauge(name: string, help: string, labelNames?: readonly string[]): Gauge;
  /** Buckets are for milliseconds, 1 ms to 60 s, unless given. */
  histogram(name: string, help: string, labelNames?: readonly string[], buckets?: readonly number[]): Histogram;
  /** Prometheus text format. */
  render(): Promise<string>;
  /** Everything as values, for another format. */
  families(): Promise<readonly MetricFamily[]>;
}

export interface MetricFamily {
  readonly name: string;
  readonly help: string;
  readonly kind: "counter" | "gauge" | "histogram";
  /** Of counters and gauges. */
  readonly points: readonly { readonly labels: Labels; readonly value: number }[];
  /** Of histograms: `counts[i]` values lie at or below `bounds[i]` and above the bound before; the last count is of those above all bounds. */
  readonly histograms: readonly { readonly labels: Labels; readonly bounds: readonly number[]; readonly counts: readonly number[]; readonly sum: number; readonly count: number }[];
}

const MS_BUCKETS = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000, 2_000, 5_000, 10_000, 30_000, 60_000];

/** A registry of its own, so that two instances in one process do not share counts. `process`: memory, CPU and event loop as well. */
export function createMetrics(options: { readonly process?: boolean } = {}): Metrics {
  const registry = new Registry();
  if (options.process === true) collectDefaultMetrics({ register: registry });
  const made = new Map<string, Counter | Gauge | Histogram>();
  /** The same name asked for twice is the same instrument, so that two modules can share one counter. */
  const once = <T extends Counter | Gauge | Histogram>(name: string, make: () => T): T => {
    const known = made.get(name) as T | undefined;
    if (known !== undefined) return known;
    const instrument = make();
    made.set(name, instrument);
    return instrument;
  };
  return {
    counter: (name, help, labelNames = []) =>
      once(name, () => {
        const counter = new PromCounter({ name, help, labelNames: [...labelNames], registers: [registry] });
        return { add: (count, labels = {}) => counter.inc({ ...labels }, count) };
      }),
    gauge: (name, help, labelNames = []) =>
      once(name, () => {
        const gauge = new PromGauge({ name, help, labelNames: [...labelNames], registers: [registry] });
        return { set: (value, labels = {}) => gauge.set({ ...labels }, value) };
      }),
    histogram: (name, help, labelNames = [], buckets = MS_BUCKETS) =>
      once(name, () => {
        const histogram = new PromHistogram({ name, help, labelNames: [...labelNames], buckets: [...buckets], registers: [registry] });
        return { observe: (value, labels = {}) => histogram.observe({ ...labels }, value) };
      }),
    render: () => registry.metrics(),
    families: async () => familiesOf(await registry.getMetricsAsJSON()),
  };
}
