import { parseArgs } from "node:util";

export interface FaultsOptions {
  readonly kills: number;
  readonly seed: number;
  readonly simSeeds: number;
  readonly minAcknowledged: number;
  readonly json: boolean;
  readonly keep: boolean;
  readonly help: boolean;
}

export const USAGE = `pnpm faults [--kills 200] [--seed N] [--sim-seeds 1000] [--json] [--keep] [--help]

Kills the running product again and again while agents report and trips are contained, then checks that nothing acknowledged
was lost, nothing was applied twice, and every trip ended verified or escalated.

  --kills N       kill -9 so many times (at least 9)
  --seed N        draw the plan from this seed (default: from the clock; printed)
  --sim-seeds N   seeds of the simulation on a log that loses un-synced writes (0 = leave it out)
  --json          last line: one JSON object with the figures
  --keep          leave the data directory for inspection
  --kafka         the campaign on Kafka and PostgreSQL instead; see --kafka --help
  --gate          what the gate lets pass at its worst; see --gate --help
`;

/** Acknowledged actions that a whole run must reach; fewer kills ask for fewer. */
const ACKNOWLEDGED_PER_KILL = 50;
const MIN_KILLS = 9;

/** Throws an Error with a text for people when an option is not known or not usable. */
export function parseOptions(args: readonly string[], nowMs: number): FaultsOptions {
  const { values } = parseArgs({
    args: [...args],
    options: {
      kills: { type: "string", default: "200" },
      seed: { type: "string", default: String(nowMs % 1_000_000) },
      "sim-seeds": { type: "string", default: "1000" },
      json: { type: "boolean", default: false },
      keep: { type: "boolean", default: false },
      help: { type: "boolean", default: false },
    },
  });
  const kills = whole("--kills", values.kills, MIN_KILLS);
  return {
    kills,
    seed: whole("--seed", values.seed, 0),
    simSeeds: whole("--sim-seeds", values["sim-seeds"], 0),
    minAcknowledged: kills * ACKNOWLEDGED_PER_KILL,
    json: values.json,
    keep: values.keep,
    help: values.help,
  };
}

function whole(name: string, text: string, least: number): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value) || value < least) throw new Error(`${name} must be a whole number of at least ${least}; got "${text}".`);
  return value;
}
