/** What SIZING.md derives must follow from what it says was measured: a figure that is measured anew changes both. */
import { readFileSync } from "node:fs";
import { DEFAULT_PARTITIONS, TOPICS } from "@tripline/model";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { at, type Json, textAt } from "./kubernetes.ts";

const chart = (file: string): string => readFileSync(new URL(`../../charts/tripline/${file}`, import.meta.url), "utf8");
const rows = new Map([...chart("SIZING.md").matchAll(/^\| ([^|]+) \| (.+) \|$/gm)].map((match) => [match[1] ?? "", (match[2] ?? "").split(" | ")]));
const number = (text = ""): number => Number(text.replaceAll(",", ""));
const measured = (name: string): number => number(rows.get(name)?.[0]);
const RATES = [1_000, 10_000, 100_000];
const COPIES = 3;
const READERS = 3;

const perSecond = {
  collectorS: measured("collector on Kafka: one tool span made durable, CPU µs") / 1e6,
  detectorS: measured("detector on Kafka: one action read, parsed, judged and checkpointed, CPU µs") / 1e6,
  aloneMB: measured("Kafka: bytes of one action alone in its batch") / 1e6,
  packedMB: measured("Kafka: bytes of one action, 64 to a batch") / 1e6,
  stateMB: measured("PostgreSQL: bytes of a stored baseline") / 1e6,
  checkpointS: measured("PostgreSQL: ms of one checkpoint of 2,000 baselines") / 1e3,
  checkpointCpuS: measured("PostgreSQL: CPU ms of ours for it") / 1e3,
};
const keptS = (TOPICS.get("actions")?.retentionDays ?? 0) * 86_400;

/** Row → what one action per second costs, and the places after the point. */
const DERIVED: Readonly<Record<string, readonly [number, number]>> = {
  "collectors: processors busy": [perSecond.collectorS, 2],
  "detectors: processors busy": [perSecond.detectorS, 2],
  "checkpoints of as many agents: processors of detectors busy besides": [perSecond.checkpointCpuS / 2_000, 2],
  "checkpoints per second": [1 / 2_000, 1],
  "baselines written per second": [1, 0],
  "MB of baselines written per second, before PostgreSQL's own log": [perSecond.stateMB, 1],
  "database connections busy with them": [perSecond.checkpointS / 2_000, 2],
  "Kafka, MB per second in, full batches": [perSecond.packedMB, 1],
  "Kafka, MB per second in, batches of one": [perSecond.aloneMB, 1],
  "Kafka, MB per second out to detectors and two breakers, full batches": [perSecond.packedMB * READERS, 1],
  "TB of 30 days in three copies, full batches": [(perSecond.packedMB / 1e6) * keptS * COPIES, 1],
  "TB of 30 days in three copies, batches of one": [(perSecond.aloneMB / 1e6) * keptS * COPIES, 1],
};

describe("the sizing", () => {
  it.each(Object.entries(DERIVED))("says of %s what follows from what was measured", (row, [each, places]) => {
    expect(Number.isFinite(each)).toBe(true);
    const found = rows.get(row)?.map(number) ?? [];
    expect(found).toHaveLength(RATES.length);
    // To the last place shown, in either way of rounding.
    found.forEach((value, index) => expect(Math.abs(value - each * (RATES[index] ?? 0)), row).toBeLessThanOrEqual(0.5 * 10 ** -places + 1e-9));
  });

  it("leaves no row of its table without a derivation", () => {
    const threes = [...rows].filter(([, cells]) => cells.length === RATES.length && cells.every((cell) => /^[\d.,]+$/.test(cell))).map(([row]) => row);
    expect(threes.filter((row) => row !== "actions per second").toSorted()).toEqual(Object.keys(DERIVED).toSorted());
  });

  it("counts partitions and connections as the values and the model do", () => {
    const values = parse(chart("values.yaml")) as Json;
    expect(rows.get("partitions")?.[0]).toBe(textAt(values, "kafka", "partitions"));
    expect(at(values, "kafka", "partitions")).toBe(DEFAULT_PARTITIONS);
    const each = Number(textAt(values, "postgres", "maxConnections"));
    const copies = ["detector", "breaker", "notifier"].reduce((sum, target) => sum + Number(textAt(values, target, "replicas")), 0);
    expect(number(rows.get("database connections")?.[0])).toBe(each * copies);
    const ha = parse(chart("ci/ha-values.yaml")) as Json;
    const most = Number(textAt(ha, "detector", "autoscaling", "maxReplicas")) + Number(textAt(ha, "breaker", "replicas")) + Number(textAt(values, "notifier", "replicas")) + Number(textAt(ha, "gate", "replicas"));
    expect(chart("SIZING.md")).toContain(`${each * most} connections`);
  });
});
