import { parseArgs } from "node:util";
import { FAST_PACE, INCIDENT_PACE, PROTECTIONS, type Pace, type Protection } from "./scenario.ts";

export interface DemoOptions {
  readonly json: boolean;
  readonly protections: readonly Protection[];
  readonly pace: Pace;
  readonly report: string;
  /** Tripline as two instances of every service on Kafka and PostgreSQL; else as one process. */
  readonly kafka: boolean;
}

const MAX_INTERVAL_MS = 10_000;

export const USAGE = "pnpm demo [--only none,sdk,otel,gate] [--fast] [--interval-ms N] [--kafka] [--json] [--report FILE]";

/** Throws an Error with a text for people when an option is not known or not usable. */
export function parseOptions(args: readonly string[]): DemoOptions {
  const { values } = parseArgs({
    args: [...args],
    options: {
      json: { type: "boolean", default: false },
      fast: { type: "boolean", default: false },
      kafka: { type: "boolean", default: false },
      only: { type: "string" },
      "interval-ms": { type: "string" },
      report: { type: "string", default: "reports/pocketos.html" },
    },
  });
  const named = values.only === undefined ? PROTECTIONS.filter((protection) => !values.kafka || protection !== "none") : values.only.split(",").map((name) => name.trim());
  const protections = named.map((name) => {
    const protection = PROTECTIONS.find((known) => known === name);
    if (protection === undefined) throw new Error(`--only knows ${PROTECTIONS.join(", ")}; got "${name}".`);
    return protection;
  });
  const pace = values.fast ? FAST_PACE : INCIDENT_PACE;
  const callIntervalMs = values["interval-ms"] === undefined ? pace.callIntervalMs : Number(values["interval-ms"]);
  if (!Number.isInteger(callIntervalMs) || callIntervalMs < 1 || callIntervalMs > MAX_INTERVAL_MS) {
    throw new Error(`--interval-ms takes 1 to ${MAX_INTERVAL_MS} milliseconds.`);
  }
  return { json: values.json, protections, pace: { ...pace, callIntervalMs }, report: values.report, kafka: values.kafka };
}
