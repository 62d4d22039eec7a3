/** What a campaign on the Kafka and PostgreSQL layout is told. */
import { parseArgs } from "node:util";

export interface KafkaFaultsOptions {
  /** Actions that must be acknowledged, under faults. */
  readonly acked: number;
  /** kill -9 of random service processes. */
  readonly kills: number;
  /** SIGSTOP of random service processes. */
  readonly pauses: number;
  readonly pauseMs: { readonly low: number; readonly high: number };
  readonly brokerKills: number;
  readonly brokerPauses: number;
  /** All three brokers at once. */
  readonly allBrokerKills: number;
  /** Agents that do ordinary work. */
  readonly agents: number;
  readonly partitions: number;
  /** How long each part of measuring the quiet capacity takes. */
  readonly measureMs: number;
  /** Mean time between two strikes of one kind. */
  readonly everyMs: number;
  readonly seed: number;
  readonly json: boolean;
  readonly keep: boolean;
  readonly help: boolean;
}

export const KAFKA_USAGE = `pnpm faults --kafka [--short] [--acked N] [--kills N] [--pauses N] [--broker-kills N] [--broker-pauses N]
                    [--all-broker-kills N] [--agents N] [--seed N] [--json] [--keep] [--help]

Two instances of every service on three Kafka brokers and PostgreSQL, under half the load that they bear when all is quiet, while
processes and brokers are killed and paused; then everything acknowledged is accounted for.

  --short             small numbers, about a minute
  --acked N           acknowledged actions (500000)
  --kills N           kill -9 of random service processes (40)
  --pauses N          SIGSTOP of random service processes for 5 to 40 s (20)
  --broker-kills N    kill -9 of one broker (15)
  --broker-pauses N   SIGSTOP of one broker (5)
  --all-broker-kills N  kill -9 of all brokers at once (1)
  --agents N          agents that work (96)
  --seed N            draw everything from this seed (default: from the clock; printed)
  --json              last line: one JSON object with the figures
  --keep              leave the directory with configuration and what the processes said
`;

const FULL = { acked: 500_000, kills: 40, pauses: 20, brokerKills: 15, brokerPauses: 5, allBrokerKills: 1, agents: 96, partitions: 48, measureMs: 20_000, everyMs: 12_000, pauseMs: { low: 5_000, high: 40_000 } };
/** Each kind of fault at least once, within what a test may take. */
export const SHORT = { acked: 4_000, kills: 3, pauses: 1, brokerKills: 1, brokerPauses: 1, allBrokerKills: 0, agents: 24, partitions: 12, measureMs: 3_000, everyMs: 2_000, pauseMs: { low: 5_000, high: 6_000 } };

/** Throws an Error with a text for people when an option is not known or not usable. */
export function parseKafkaOptions(args: readonly string[], nowMs: number): KafkaFaultsOptions {
  const number = { type: "string" } as const;
  const { values } = parseArgs({
    args: [...args],
    options: {
      kafka: { type: "boolean" }, short: { type: "boolean", default: false }, json: { type: "boolean", default: false }, keep: { type: "boolean", default: false },
      help: { type: "boolean", default: false }, acked: number, kills: number, pauses: number, "broker-kills": number, "broker-pauses": number, "all-broker-kills": number,
      agents: number, seed: number,
    },
  });
  const base = values.short ? SHORT : FULL;
  const read = (name: keyof typeof values, otherwise: number, least = 0): number => whole(`--${name}`, values[name], otherwise, least);
  return {
    ...base,
    acked: read("acked", base.acked, 1),
    kills: read("kills", base.kills),
    pauses: read("pauses", base.pauses),
    brokerKills: read("broker-kills", base.brokerKills),
    brokerPauses: read("broker-pauses", base.brokerPauses),
    allBrokerKills: read("all-broker-kills", base.allBrokerKills),
    agents: read("agents", base.agents, 1),
    seed: read("seed", nowMs % 1_000_000),
    json: values.json,
    keep: values.keep,
    help: values.help,
  };
}

function whole(name: string, text: string | boolean | undefined, otherwise: number, least: number): number {
  const value = text === undefined ? otherwise : Number(text);
  if (!Number.isSafeInteger(value) || value < least) throw new Error(`${name} must be a whole number of at least ${least}; got "${String(text)}".`);
  return value;
}
