/**
 * The process that writes: registrations as a breaker publishes them, then actions of all agents in random order, as fast as the log
 * takes them. One line to standard output for each on standard input.
 */
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";
import { DEFAULT_POLICY } from "@tripline/core";
import { type AppendRecord, type EventLog, type EventLogOptions, openEventLog } from "@tripline/event-log";
import { type Action, ActionWriter, encode, type Topic, TriplineError } from "@tripline/model";
import { createMetrics } from "@tripline/runtime";
import { between, type Random, seededRandom } from "../../faults/random.ts";
import { actionOf, keyOf, registrationOf, TENANT } from "./traffic.ts";

export interface LoadPlan {
  readonly log: EventLogOptions;
  readonly agents: number;
  readonly actionsEach: number;
  readonly seed: number;
}
/** `register`: the agents from `from` on; `publish`: that all are. `actions`: the next so many of the plan. `again`: one more of each agent named. */
export type LoadTask = { readonly kind: "register"; readonly from: number; readonly count: number } | { readonly kind: "publish" } | { readonly kind: "actions"; readonly count: number } | { readonly kind: "again"; readonly agents: readonly number[] };
export interface LoadAnswer {
  readonly written: number;
}

/** As many as a collector appends at once from a busy agent runtime, and how many appends are under way together. */
const APPEND_RECORDS = 512;
const APPENDS_AT_ONCE = 16;
const FULL_PAUSE_MS = 5;

class Writer {
  readonly #log: EventLog;
  readonly #underWay = new Set<Promise<void>>();
  #failure: unknown = null;
  written = 0;

  constructor(log: EventLog) {
    this.#log = log;
  }

  async append(topic: Topic, records: readonly AppendRecord[]): Promise<void> {
    while (this.#underWay.size >= APPENDS_AT_ONCE) await Promise.race(this.#underWay);
    if (this.#failure !== null) throw this.#failure;
    const one = this.#appendOne(topic, records).catch((error: unknown) => void (this.#failure = error)).finally(() => this.#underWay.delete(one));
    this.#underWay.add(one);
  }

  async settled(): Promise<void> {
    await Promise.all(this.#underWay);
    if (this.#failure !== null) throw this.#failure;
  }

  /** A full queue refuses at once and takes nothing: waited for, as a sender would that is told to come again. */
  async #appendOne(topic: Topic, records: readonly AppendRecord[]): Promise<void> {
    for (;;) {
      try {
        await this.#log.append(topic, records);
        this.written += records.length;
        return;
      } catch (error) {
        if (!(error instanceof TriplineError) || error.code !== "TL_LOG_FULL") throw error;
        await sleep(FULL_PAUSE_MS);
      }
    }
  }
}

async function register(writer: Writer, first: number, end: number): Promise<void> {
  for (let from = first; from < end; from += APPEND_RECORDS) {
    const length = Math.min(APPEND_RECORDS, end - from);
    await writer.append("agents", Array.from({ length }, (_, at) => ({ key: keyOf(from + at), value: encode("agents", registrationOf(from + at, Date.now())) })));
  }
}

/** Last, as a breaker does: who finds a policy in the log finds everything else there as well. */
function publish(writer: Writer): Promise<void> {
  return writer.append("policies", [{ key: TENANT, value: encode("policies", { ...DEFAULT_POLICY, tenant: TENANT, version: 1, atMs: Date.now() }) }]);
}

/** Every agent `actionsEach` times, in an order that chance made. */
function shuffledAgents({ agents, actionsEach }: LoadPlan, random: Random): Uint32Array {
  const order = Uint32Array.from({ length: agents * actionsEach }, (_, at) => at % agents);
  for (let at = order.length - 1; at > 0; at -= 1) {
    const other = between(random, 0, at);
    [order[at], order[other]] = [order[other]!, order[at]!];
  }
  return order;
}

/** In the form, and in the memory, that a collector makes for a request's actions. */
function recordsOf(actions: readonly Action[], keys: readonly string[]): AppendRecord[] {
  const writer = new ActionWriter();
  const bounds = actions.map((action) => writer.bound(action));
  const memory = Buffer.allocUnsafe(bounds.reduce((sum, bound) => sum + bound, 0));
  let at = 0;
  return actions.map((action, index) => {
    writer.bound(action);
    const end = writer.write(action, memory, at);
    const value = end < 0 ? encode("actions", action) : memory.subarray(at, end);
    at = Math.max(at, end);
    return { key: keys[index]!, value };
  });
}

async function main(plan: LoadPlan): Promise<void> {
  const log = await openEventLog(plan.log, { metrics: createMetrics(), clock: () => Date.now() });
  const writer = new Writer(log);
  const random = seededRandom(plan.seed);
  const order = shuffledAgents(plan, random);
  const numbers = new Uint16Array(plan.agents);
  let next = 0;
  const act = async (agents: ArrayLike<number>): Promise<void> => {
    for (let from = 0; from < agents.length; from += APPEND_RECORDS) {
      const some = Array.from({ length: Math.min(APPEND_RECORDS, agents.length - from) }, (_, at) => agents[from + at]!);
      const actions = some.map((agent) => actionOf(agent, (numbers[agent]! += 1), Date.now(), random));
      await writer.append("actions", recordsOf(actions, some.map(keyOf)));
    }
  };
  for await (const line of createInterface({ input: process.stdin })) {
    const task = JSON.parse(line) as LoadTask;
    const before = writer.written;
    if (task.kind === "register") await register(writer, task.from, task.from + task.count);
    else if (task.kind === "publish") await publish(writer);
    else if (task.kind === "again") await act(task.agents);
    else await act(order.subarray(next, (next += task.count)));
    await writer.settled();
    process.stdout.write(`${JSON.stringify({ written: writer.written - before } satisfies LoadAnswer)}\n`);
  }
  await log.close();
}

await main(JSON.parse(process.argv[2] ?? "") as LoadPlan);
