import { parseArgs } from "node:util";

export const PARTS = ["changes", "trips", "log", "kills"] as const;
export type Part = (typeof PARTS)[number];

/** How much of each. */
export interface GateFaultsSize {
  /** Random changes between approval and execution, and threads that make them. */
  readonly changes: number;
  readonly threads: number;
  /** Concurrent uses of one approval. */
  readonly uses: number;
  /** Connections on each door, and trips. */
  readonly connections: number;
  readonly rounds: number;
  readonly kills: number;
  /** Outages in which the log takes and tells nothing, and those in which what the gate knows becomes stale. */
  readonly withoutLog: number;
  readonly stale: number;
  /** How long the log is away, or the gate stale. */
  readonly outageMs: number;
  /** Gates that have their outages side by side: each mostly waits. */
  readonly gates: number;
  /** `shortened`: the gate's own bounds, in proportion to outages that are shorter than 10 s. */
  readonly bounds: "shipped" | "shortened";
}

export const WHOLE: GateFaultsSize = { changes: 100_000, threads: 2, uses: 10_000, connections: 200, rounds: 5, kills: 40, withoutLog: 80, stale: 80, outageMs: 10_000, gates: 16, bounds: "shipped" };

export interface GateFaultsOptions {
  readonly size: GateFaultsSize;
  readonly parts: ReadonlySet<Part>;
  readonly seed: number;
  readonly json: boolean;
  readonly help: boolean;
}

export const GATE_USAGE = `pnpm faults --gate [--part changes,trips,log,kills] [--changes N] [--kills N] [--outages N] [--seed N] [--json] [--help]

The gate at its worst: ${WHOLE.changes} random changes between approval and execution, ${WHOLE.uses} uses of one approval at once, trips with
${WHOLE.connections} connections open on every door, and ${WHOLE.kills + WHOLE.withoutLog + WHOLE.stale} outages. Exit code 1 where anything passed that must not; what took longer than its goal is
said, and is no failure.

  --part a,b   only these parts
  --changes N  make so many changes (default ${WHOLE.changes})
  --kills N    kill -9 so many times (default ${WHOLE.kills})
  --outages N  take the log away so many times, and as many times make the gate's knowledge stale (default ${WHOLE.withoutLog})
  --seed N     draw the changes from this seed (default: from the clock; printed)
  --json       last line: one JSON object with the figures of each part and their goals
`;

/** Throws an Error with a text for people when an option is not known or not usable. */
export function parseGateOptions(args: readonly string[], nowMs: number): GateFaultsOptions {
  const { values } = parseArgs({
    args: [...args],
    options: {
      gate: { type: "boolean", default: true },
      part: { type: "string", default: PARTS.join(",") },
      changes: { type: "string", default: String(WHOLE.changes) },
      kills: { type: "string", default: String(WHOLE.kills) },
      outages: { type: "string", default: String(WHOLE.withoutLog) },
      seed: { type: "string", default: String(nowMs % 1_000_000) },
      json: { type: "boolean", default: false },
      help: { type: "boolean", default: false },
    },
  });
  const parts = values.part.split(",").map((name) => {
    const part = PARTS.find((one) => one === name);
    if (part === undefined) throw new Error(`--part takes ${PARTS.join(", ")}; got "${name}".`);
    return part;
  });
  const number = (name: "changes" | "kills" | "outages" | "seed", least: number): number => {
    const value = Number(values[name]);
    if (!Number.isSafeInteger(value) || value < least) throw new Error(`--${name} must be a whole number of at least ${least}; got "${values[name]}".`);
    return value;
  };
  const outages = number("outages", 1);
  const size = { ...WHOLE, changes: number("changes", 1), kills: number("kills", 1), withoutLog: outages, stale: outages };
  return { size, parts: new Set(parts), seed: number("seed", 0), json: values.json, help: values.help };
}
