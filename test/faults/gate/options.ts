import { parseArgs } from "node:util";

export const PARTS = ["changes", "trips", "kills", "breaks"] as const;
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
  /** Outages of the log with bounds of the gate shortened, and with the shipped ones. */
  readonly shortBreaks: number;
  readonly longBreaks: number;
  /** How long the log is away then. */
  readonly shortMs: number;
  readonly longMs: number;
}

export const WHOLE: GateFaultsSize = { changes: 100_000, threads: 2, uses: 10_000, connections: 200, rounds: 5, kills: 40, shortBreaks: 152, longBreaks: 8, shortMs: 400, longMs: 10_000 };

export interface GateFaultsOptions {
  readonly size: GateFaultsSize;
  readonly parts: ReadonlySet<Part>;
  readonly seed: number;
  readonly json: boolean;
  readonly help: boolean;
}

export const GATE_USAGE = `pnpm faults --gate [--part changes,trips,kills,breaks] [--seed N] [--json] [--help]

The gate at its worst: ${WHOLE.changes} random changes between approval and execution, ${WHOLE.uses} uses of one approval at once, trips with
${WHOLE.connections} connections open on every door, and ${WHOLE.kills + WHOLE.shortBreaks + WHOLE.longBreaks} outages. Exit code 1 where anything irreversible passed that must not.

  --part a,b  only these parts
  --seed N    draw the changes from this seed (default: from the clock; printed)
  --json      last line: one JSON object with the figures
`;

/** Throws an Error with a text for people when an option is not known or not usable. */
export function parseGateOptions(args: readonly string[], nowMs: number): GateFaultsOptions {
  const { values } = parseArgs({
    args: [...args],
    options: {
      gate: { type: "boolean", default: true },
      part: { type: "string", default: PARTS.join(",") },
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
  const seed = Number(values.seed);
  if (!Number.isSafeInteger(seed) || seed < 0) throw new Error(`--seed must be a whole number; got "${values.seed}".`);
  return { size: WHOLE, parts: new Set(parts), seed, json: values.json, help: values.help };
}
