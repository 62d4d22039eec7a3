import { parseArgs } from "node:util";
import { FAST_PACE, INCIDENT_PACE, PROTECTIONS, type Pace, type Protection } from "./scenario.ts";

export interface DemoOptions {
  readonly json: boolean;
  readonly protections: readonly Protection[];
  readonly pace: Pace;
  readonly report: string;
}

export const USAGE = "pnpm demo [--only none,sdk,otel] [--fast] [--json] [--report FILE]";

/** Throws an Error with a text for people when an option is not known or not usable. */
export function parseOptions(args: readonly string[]): DemoOptions {
  const { values } = parseArgs({
    args: [...args],
    options: {
      json: { type: "boolean", default: false },
      fast: { type: "boolean", default: false },
      only: { type: "string" },
      report: { type: "string", default: "reports/pocketos.html" },
    },
  });
  const named = values.only === undefined ? [...PROTECTIONS] : values.only.split(",").map((name) => name.trim());
  const protections = named.map((name) => {
    const protection = PROTECTIONS.find((known) => known === name);
    if (protection === undefined) throw new Error(`--only knows ${PROTECTIONS.join(", ")}; got "${name}".`);
    return protection;
  });
  return { json: values.json, protections, pace: values.fast ? FAST_PACE : INCIDENT_PACE, report: values.report };
}
