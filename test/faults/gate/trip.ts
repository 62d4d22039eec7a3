/**
 * A trip while every door has its connections open: how long each goes on. Over the running product, an order through the breaker's admin
 * API opens the breaker; another agent, which nobody tripped, has connections beside it that must go on.
 */
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { makeAuthority, openAuthority } from "@tripline/gate/battery";
import { http } from "../http.ts";
import { DOORS, type Door, type Doors, type Open, openOn, Tempo } from "./doors.ts";
import { keptConnection, requestText } from "./kept-connection.ts";
import { createProduct } from "./product.ts";
import { startUpstream } from "./upstream.ts";

export interface TripOptions {
  readonly dir: string;
  /** Of each door. */
  readonly connections: number;
  /** Trips, each of another agent. */
  readonly rounds: number;
  readonly say: (line: string) => void;
}

export interface DoorTimes {
  /** Connections measured, over all rounds. */
  readonly connections: number;
  /** From the log's record of the opened breaker to the end of the connection, ms. */
  readonly p50: number;
  readonly p99: number;
  readonly max: number;
  /** From sending the order. */
  readonly p99FromOrder: number;
  /** That was still served after so long, ms from the record, at worst. */
  readonly lastPassed: number;
}

export interface Trips {
  readonly doors: Readonly<Record<Door, DoorTimes>>;
  /** Connections that were never refused or cut. */
  readonly notEnded: readonly string[];
  /** Connections that were never served before, or ended before the trip. */
  readonly notOpen: readonly string[];
  /** Connections of an agent that nobody tripped, ended all the same. */
  readonly othersEnded: readonly string[];
}

/** All are served within this, however slow the machine. */
const OPEN_MS = 30_000;
/** A connection that goes on for so long is not cut. */
const END_MS = 10_000;
/** Of the agent that nobody tripped, on each door. */
const OTHERS = 3;
const ASK_EVERY_MS = 5;
/** Connections begin to ask within this. */
const SPREAD_MS = 1_000;

interface Round {
  readonly opens: readonly Open[];
  readonly orderedMs: number;
  readonly openedMs: number;
}

export async function runTrips({ dir, connections, rounds, say }: TripOptions): Promise<Trips> {
  const authority = makeAuthority(Date.now(), "Upstream authority");
  const { certificate: cert, key } = openAuthority(authority, () => Date.now()).issueFor("127.0.0.1");
  const [plain, secure] = await Promise.all([startUpstream(), startUpstream({ key, cert })]);
  const agents = Array.from({ length: rounds }, (_, n) => `coder-${n}`);
  const product = await createProduct({ dir: join(dir, "trips"), agents: [...agents, BYSTANDER], plain, secure: { upstream: secure, ca: authority.certificate } });
  const life = product.start();
  const all: Round[] = [];
  const notOpen: string[] = [];
  try {
    const readyMs = await Promise.race([life.ready, life.gone.then(() => null)]);
    if (readyMs === null) throw new Error(`the product ended\n${life.complaints()}`);
    const others = await openAll(product.doors, product.token(BYSTANDER), OTHERS, new Tempo());
    for (const agent of agents) {
      const tempo = new Tempo();
      const opens = await openAll(product.doors, product.token(agent), connections, tempo);
      notOpen.push(...opens.filter(({ served, endedMs }) => !served || endedMs !== null).map(({ door, how }) => `${agent} ${door}: ${how || "not served"}`));
      const orderedMs = performance.now();
      const ordered = product.order("trip", agent);
      // From now on the next request of each connection tells. The order's own answer comes later: by then the breaker has begun to revoke.
      await Promise.race([ordered, known(product.doors, product.token(agent))]);
      tempo.hurry();
      await ordered;
      const untilMs = performance.now() + END_MS;
      while (opens.some(({ endedMs }) => endedMs === null) && performance.now() < untilMs) await sleep(5);
      all.push({ opens, orderedMs, openedMs: (await product.openedAtMs(agent)) - performance.timeOrigin });
      say(`${agent} tripped: ${opens.filter(({ endedMs }) => endedMs !== null).length} of ${opens.length} connections ended`);
      for (const open of opens) open.close();
    }
    const othersEnded = others.filter(({ endedMs }) => endedMs !== null).map(({ door, how }) => `${door}: ${how}`);
    for (const open of others) open.close();
    return { doors: timesOf(all), notOpen, othersEnded, notEnded: all.flatMap(({ opens }) => opens.filter(({ endedMs }) => endedMs === null).map(({ door }) => door)) };
  } finally {
    life.kill("SIGKILL");
    await life.gone;
    await Promise.all([plain.close(), secure.close()]);
  }
}

const BYSTANDER = "bystander";

/** Resolves when all are served, and have gone on for a moment. */
async function openAll(doors: Doors, token: string, each: number, tempo: Tempo): Promise<Open[]> {
  const approvalId = await heldId(doors, token);
  const opens = DOORS.flatMap((door) => Array.from({ length: each }, (_, n) => openOn(door, { doors, token, approvalId, delayMs: (n / each) * SPREAD_MS, tempo })));
  const untilMs = performance.now() + OPEN_MS;
  while (opens.some(({ served, endedMs }) => !served && endedMs === null) && performance.now() < untilMs) await sleep(20);
  await sleep(SPREAD_MS * 2);
  return opens;
}

/** Resolves when a door says that the breaker has opened. */
async function known({ gateUrl }: Doors, token: string): Promise<void> {
  const connection = keptConnection(gateUrl);
  const asked = requestText("GET", `${gateUrl}/v1/whoami`, { authorization: `Bearer ${token}` });
  const untilMs = performance.now() + END_MS;
  try {
    while (performance.now() < untilMs && !(await connection.ask(asked)).text.includes('"breaker":"open"')) await sleep(ASK_EVERY_MS);
  } finally {
    connection.close();
  }
}

/** An approval of this agent's own, for it to ask about. */
async function heldId({ gateUrl }: Doors, token: string): Promise<string> {
  const body = JSON.stringify({ tool: "query", request: { kind: "sql", system: "postgresql", text: "drop table orders" } });
  const answer = await http({ method: "POST", url: `${gateUrl}/v1/decisions`, headers: { authorization: `Bearer ${token}`, "content-type": "application/json" }, body, timeoutMs: OPEN_MS });
  const { approval } = JSON.parse(answer.body) as { approval?: { id: string } | null };
  if (!approval) throw new Error(`the call was not held: ${answer.body.slice(0, 300)}`);
  return approval.id;
}

function timesOf(rounds: readonly Round[]): Trips["doors"] {
  const of = (door: Door): DoorTimes => {
    const ended = rounds.flatMap(({ opens, orderedMs, openedMs }) => opens.filter((open) => open.door === door && open.endedMs !== null).map(({ endedMs, lastPassedMs }) => ({ record: Math.max(0, endedMs! - openedMs), order: endedMs! - orderedMs, passed: Math.max(0, lastPassedMs - openedMs) })));
    const times = ended.map(({ record }) => record);
    return { connections: ended.length, p50: quantile(times, 0.5), p99: quantile(times, 0.99), max: quantile(times, 1), p99FromOrder: quantile(ended.map(({ order }) => order), 0.99), lastPassed: quantile(ended.map(({ passed }) => passed), 1) };
  };
  return Object.fromEntries(DOORS.map((door) => [door, of(door)])) as Trips["doors"];
}

export function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  const at = Math.min(sorted.length - 1, Math.max(0, Math.ceil(sorted.length * share) - 1));
  return Math.round((sorted[at] ?? Number.NaN) * 10) / 10;
}
