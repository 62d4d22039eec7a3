/** What an operator asks and orders. Everything may fail at any time: the product is being killed. */
import type { BreakerRecord, PayloadOf, Topic } from "@tripline/model";
import { http } from "./http.ts";
import { adminToken } from "./product.ts";
import type { FaultsWorld } from "./world.ts";

export interface TopicRecord<T> {
  readonly partition: number;
  readonly offset: number;
  readonly timestampMs: number;
  readonly value: T;
  /** The value as it stands in the log. */
  readonly text: string;
}

export interface Admin {
  breakers(): Promise<readonly BreakerRecord[]>;
  /** Orders a reset; the breaker's record after it. */
  reset(agent: string): Promise<BreakerRecord | null>;
  /** Every record of a topic, from its start to where it ended when asked. */
  records<T extends Topic>(topic: T): Promise<readonly TopicRecord<PayloadOf<T>>[]>;
  ready(): Promise<boolean>;
}

const ASK_MS = 8_000;
const DUMP_MS = 120_000;

/** Calls reject when the product does not answer, or not with success. */
export function createAdmin(world: FaultsWorld, adminUrl: string): Admin {
  const ask = async (method: "GET" | "POST", path: string, timeoutMs: number, body?: unknown): Promise<string> => {
    const headers = { authorization: `Bearer ${adminToken(world) ?? ""}`, ...(body === undefined ? {} : { "content-type": "application/json" }) };
    const answer = await http({ method, url: `${adminUrl}${path}`, headers, timeoutMs, ...(body === undefined ? {} : { body: JSON.stringify(body) }) });
    if (answer.status !== 200 && answer.status !== 202) throw new Error(`${method} ${path}: HTTP ${answer.status} ${answer.body.slice(0, 200)}`);
    return answer.body;
  };
  return {
    breakers: async () => (JSON.parse(await ask("GET", "/v1/breakers", ASK_MS)) as { breakers: BreakerRecord[] }).breakers,
    reset: async (agent) => {
      const body = { kind: "reset", agent, by: "soc", reason: "Examined; back to work." };
      return (JSON.parse(await ask("POST", "/v1/commands", ASK_MS, body)) as { breakers: BreakerRecord[] }).breakers[0] ?? null;
    },
    records: async <T extends Topic>(topic: T) => parseRecords<PayloadOf<T>>(await ask("GET", `/v1/records?topic=${topic}`, DUMP_MS)),
    ready: async () => (await ask("GET", "/readyz", ASK_MS)) !== "",
  };
}

const VALUE = ',"value":';

function parseRecords<T>(ndjson: string): TopicRecord<T>[] {
  return ndjson.split("\n").flatMap((line) => {
    if (line === "") return [];
    const { partition, offset, timestampMs, value } = JSON.parse(line) as TopicRecord<T>;
    return [{ partition, offset, timestampMs, value, text: line.slice(line.indexOf(VALUE) + VALUE.length, -1) }];
  });
}
