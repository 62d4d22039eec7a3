/** From our own metrics to OpenTelemetry's: same names, same labels, cumulative since the process started. */
import { emptyResource } from "@opentelemetry/resources";
import { AggregationTemporality, type CollectionResult, type DataPoint, DataPointType, type MetricData, type MetricProducer } from "@opentelemetry/sdk-metrics";
import { type HrTime, ValueType } from "@opentelemetry/api";
import type { MetricFamily, Metrics } from "@tripline/runtime";

/** `clock`: epoch milliseconds. */
export function createMetricProducer({ metrics, clock }: { readonly metrics: Metrics; readonly clock: () => number }): MetricProducer {
  const startTime = timeOf(clock());
  return {
    collect: async (): Promise<CollectionResult> => {
      const families = await metrics.families();
      const endTime = timeOf(clock());
      const metricData = families.map((family) => dataOf(family, { startTime, endTime }));
      return { resourceMetrics: { resource: emptyResource(), scopeMetrics: [{ scope: { name: "tripline" }, metrics: metricData }] }, errors: [] };
    },
  };
}

type Span = Pick<DataPoint<number>, "startTime" | "endTime">;

function dataOf(family: MetricFamily, span: Span): MetricData {
  const base = {
    descriptor: { name: family.name, description: family.help, unit: "", valueType: ValueType.DOUBLE },
    aggregationTemporality: AggregationTemporality.CUMULATIVE,
  };
  const points = family.points.map(({ labels, value }) => ({ ...span, attributes: labels, value }));
  if (family.kind === "counter") return { ...base, dataPointType: DataPointType.SUM, isMonotonic: true, dataPoints: points };
  if (family.kind === "gauge") return { ...base, dataPointType: DataPointType.GAUGE, dataPoints: points };
  const dataPoints = family.histograms.map(({ labels, bounds, counts, sum, count }) => ({
    ...span, attributes: labels, value: { buckets: { boundaries: [...bounds], counts: [...counts] }, sum, count },
  }));
  return { ...base, dataPointType: DataPointType.HISTOGRAM, dataPoints };
}

function timeOf(epochMs: number): HrTime {
  return [Math.floor(epochMs / 1_000), (epochMs % 1_000) * 1_000_000];
}
