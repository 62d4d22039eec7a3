/** From the values of prom-client, one flat list per metric, to families with whole histograms. */
import type { MetricObjectWithValues, MetricValue } from "prom-client";
import type { Labels, MetricFamily } from "./metrics.ts";

type Value = MetricValue<string> & { readonly metricName?: string };

/** Counters, gauges and histograms of a registry's JSON; other kinds are none of ours. */
export function familiesOf(metrics: readonly MetricObjectWithValues<MetricValue<string>>[]): MetricFamily[] {
  return metrics.flatMap<MetricFamily>(({ name, help, type, values }) => {
    // The library's type is an enum in its declarations and a string in its answers.
    const kind = String(type);
    if (kind === "histogram") return [{ name, help, kind, points: [], histograms: histogramsOf(values) }];
    if (kind !== "counter" && kind !== "gauge") return [];
    return [{ name, help, kind, points: values.map(({ labels, value }) => ({ labels: textLabels(labels), value })), histograms: [] }];
  });
}

interface Collected {
  readonly labels: Labels;
  readonly atMost: { readonly bound: number; readonly count: number }[];
  sum: number;
  count: number;
}

function histogramsOf(values: readonly Value[]): MetricFamily["histograms"] {
  const collected = new Map<string, Collected>();
  for (const { labels, value, metricName = "" } of values) {
    const { le, ...rest } = textLabels(labels);
    const key = JSON.stringify(Object.entries(rest).toSorted(([a], [b]) => (a < b ? -1 : 1)));
    const histogram = collected.get(key) ?? { labels: rest, atMost: [], sum: 0, count: 0 };
    collected.set(key, histogram);
    if (metricName.endsWith("_sum")) histogram.sum = value;
    else if (metricName.endsWith("_count")) histogram.count = value;
    else if (le !== undefined && le !== "+Inf") histogram.atMost.push({ bound: Number(le), count: value });
  }
  return [...collected.values()].map(({ labels, atMost, sum, count }) => {
    const below = atMost.map((bucket, index) => bucket.count - (atMost[index - 1]?.count ?? 0));
    return { labels, bounds: atMost.map(({ bound }) => bound), counts: [...below, count - (atMost.at(-1)?.count ?? 0)], sum, count };
  });
}

function textLabels(labels: Value["labels"]): Labels {
  return Object.fromEntries(Object.entries(labels).map(([name, value]) => [name, String(value)]));
}
