/**
 * Crash simulation of the event log: several writers append on a `memory` log whose un-synced writes are lost in part or whole
 * at crashes, a reader follows over the crashes, and at the end the log is compared with what was acknowledged. One seed is one run.
 */
import { type EventLog, type LogRecord, type MemoryLog, openMemoryLog } from "@tripline/event-log";
import { createMetrics } from "@tripline/runtime";

const WRITERS = 5;
const CRASHES = 4;
/** Turns of the event loop between two crashes, at most. */
const TURNS = 60;
const KEYS = 8;

export interface SeedReport {
  readonly acked: number;
  /** Acknowledged records that are not in the log, or not at the place that was acknowledged. */
  readonly lost: number;
  /** Records in the log that nobody sent, or more than once for one send. */
  readonly phantom: number;
  /** Keys whose records are not in the order in which they were sent. */
  readonly disordered: number;
  /** Sent, not acknowledged, and gone: shows that the crashes took something. */
  readonly unackedLost: number;
  /** Records that the follower did not get, or got with another content. */
  readonly unread: number;
}

export interface SeedsReport {
  readonly seeds: number;
  readonly acked: number;
  readonly lost: number;
  readonly phantom: number;
  readonly disordered: number;
  readonly unackedLost: number;
  readonly unread: number;
  /** Seeds that broke a rule, for running again. */
  readonly failedSeeds: readonly number[];
}

/** Runs seeds `first` to `first + count - 1`, one after another. */
export async function runSeeds(count: number, first = 0): Promise<SeedsReport> {
  const total = { seeds: count, acked: 0, lost: 0, phantom: 0, disordered: 0, unackedLost: 0, unread: 0, failedSeeds: [] as number[] };
  for (let seed = first; seed < first + count; seed++) {
    const report = await runSeed(seed);
    for (const name of ["acked", "lost", "phantom", "disordered", "unackedLost", "unread"] as const) total[name] += report[name];
    if (report.lost + report.phantom + report.disordered + report.unread > 0) total.failedSeeds.push(seed);
  }
  return total;
}

interface Run {
  readonly log: MemoryLog;
  readonly random: () => number;
  /** Text of each record sent, and its place once acknowledged. */
  readonly sent: Map<string, { readonly key: string; place: string | null }>;
  /** Advances a little with each turn, jumps back now and then. */
  readonly clock: { nowMs: number };
  stopped: boolean;
}

export async function runSeed(seed: number): Promise<SeedReport> {
  const random = mulberry32(seed);
  const faults = { seed, syncTurns: Math.floor(random() * 12), redeliverRate: random() * 0.3, delayRate: random() * 0.5 };
  const clock = { nowMs: 1_000_000 };
  const log = await openMemoryLog({ partitions: 1 + Math.floor(random() * 8), faults }, { metrics: createMetrics(), clock: () => clock.nowMs });
  const run: Run = { log, random, sent: new Map(), clock, stopped: false };
  const writers = Array.from({ length: WRITERS }, (_, writer) => write(run, writer));
  const follower = new Follower(log);
  for (let crash = 0; crash < CRASHES; crash++) {
    await follower.follow();
    await advance(run, 1 + Math.floor(random() * TURNS));
    log.crash();
    await advance(run, Math.floor(random() * 5));
    log.reopen();
  }
  await follower.follow();
  await advance(run, Math.floor(random() * TURNS));
  run.stopped = true;
  await Promise.all(writers);
  await log.idle();
  const stored = await readAll(log);
  await log.close();
  return judge(run, stored, follower.seen);
}

/** Appends a few records at a time, for its own keys, in a numbered sequence per key; goes on after a refusal with the next number. */
async function write(run: Run, writer: number): Promise<void> {
  for (let n = 0; !run.stopped; n++) {
    const records = Array.from({ length: 1 + Math.floor(run.random() * 6) }, (_, i) => {
      const key = `tenant/agent-${writer}-${Math.floor(run.random() * KEYS)}`;
      const text = `${key}:${String(n).padStart(6, "0")}.${i}`;
      run.sent.set(text, { key, place: null });
      return { key, text };
    });
    const appending = run.log.append("actions", records.map(({ key, text }) => ({ key, value: Buffer.from(text) }))).then(
      (appended) => records.forEach(({ text, key }, i) => run.sent.set(text, { key, place: `${appended[i]?.partition}/${appended[i]?.offset}` })),
      () => undefined,
    );
    // Sometimes the next append does not wait for this one: order per key must hold all the same.
    if (run.random() < 0.6) await appending;
    await turn();
  }
}

/** Reads on over crashes, each time from what it had handled, and remembers everything it got by place. */
class Follower {
  readonly seen = new Map<string, string>();
  readonly #next = new Map<number, number>();
  readonly #log: EventLog;

  constructor(log: EventLog) {
    this.#log = log;
  }

  async follow(): Promise<void> {
    await this.#log.read("actions", { from: new Map(this.#next) }, async (records) => {
      for (const record of records) this.seen.set(placeOf(record), textOf(record));
      const last = records.at(-1);
      if (last !== undefined) this.#next.set(last.partition, last.offset + 1);
    });
  }
}

async function readAll(log: MemoryLog): Promise<LogRecord[]> {
  const byPlace = new Map<string, LogRecord>();
  const subscription = await log.read("actions", { from: "start" }, async (records) => {
    // Delivery is at least once: a place may come again.
    for (const record of records) byPlace.set(placeOf(record), record);
  });
  await log.idle();
  await subscription.close();
  return [...byPlace.values()].toSorted((a, b) => a.partition - b.partition || a.offset - b.offset);
}

function judge(run: Run, stored: readonly LogRecord[], seen: ReadonlyMap<string, string>): SeedReport {
  const places = new Map(stored.map((record) => [placeOf(record), textOf(record)]));
  const texts = new Map<string, number>();
  const byKey = new Map<string, string[]>();
  for (const record of stored) {
    const text = textOf(record);
    texts.set(text, (texts.get(text) ?? 0) + 1);
    byKey.set(record.key, [...(byKey.get(record.key) ?? []), text]);
  }
  const sent = [...run.sent];
  const acked = sent.filter(([, { place }]) => place !== null);
  return {
    acked: acked.length,
    lost: acked.filter(([text, { place }]) => places.get(place ?? "") !== text).length,
    phantom: stored.filter((record) => run.sent.get(textOf(record))?.key !== record.key || texts.get(textOf(record)) !== 1).length,
    disordered: [...byKey.values()].filter((sequence) => sequence.some((text, i) => i > 0 && text < (sequence[i - 1] ?? ""))).length,
    unackedLost: sent.filter(([text, { place }]) => place === null && !texts.has(text)).length,
    unread: [...places].filter(([place, text]) => seen.get(place) !== text).length,
  };
}

async function advance(run: Run, turns: number): Promise<void> {
  for (let i = 0; i < turns; i++) {
    run.clock.nowMs += Math.floor(run.random() * 40) - 5;
    await turn();
  }
}

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
const placeOf = ({ partition, offset }: LogRecord): string => `${partition}/${offset}`;
const textOf = ({ value }: LogRecord): string => Buffer.from(value).toString();

function mulberry32(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
