/**
 * What the gate costs: a read through its proxy beside a plain reverse proxy of undici before the same upstream; the decide API over HTTP and
 * over its unix socket beside a fastify route that does nothing but parse the same body; and the decision alone. One request at a time, in
 * turns of a few calls, so that a noisy machine is noisy for all of them.
 */
import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { median, quantileSorted } from "simple-statistics";
import { type Client, decideClient, readClient, socketClient } from "./gate/clients.ts";
import { decisionTimesUs } from "./gate/decision.ts";
import type { Side, Started } from "./gate/server.ts";

export interface GateOptions {
  /** Of each client, over all rounds. */
  readonly calls?: number;
  readonly rounds?: number;
}

const DEFAULT_CALLS = 20_000;
const DEFAULT_ROUNDS = 5;
/** For the compiler, which works on what is asked for some ten thousand calls: five times what is measured, between these. */
const MIN_UNMEASURED_CALLS = 1_000;
const MAX_UNMEASURED_CALLS = 20_000;

const NAMES = ["plainProxy", "httpProxy", "emptyRoute", "decideApi", "decideSocket"] as const;
type Name = (typeof NAMES)[number];
type Times = Readonly<Record<Name, number[]>>;

/** Medians over rounds of the ratios within a round; goals in README.md. */
export async function run({ calls = DEFAULT_CALLS, rounds = DEFAULT_ROUNDS }: GateOptions = {}): Promise<Record<string, number>> {
  const children: ChildProcess[] = [];
  const clients = new Map<Name, Client>();
  try {
    await startAll(children, clients);
    const unmeasured = Math.min(MAX_UNMEASURED_CALLS, Math.max(MIN_UNMEASURED_CALLS, calls * 5));
    await takeRound(clients, 0, unmeasured);
    const perRound = Math.max(1, Math.ceil(calls / rounds));
    const taken: Times[] = [];
    for (let round = 0; round < rounds; round += 1) taken.push(await takeRound(clients, unmeasured + round * perRound, perRound));
    const decisions = (await decisionTimesUs(0, unmeasured + rounds * perRound)).slice(unmeasured);
    const all = (name: Name): number[] => taken.flatMap((times) => times[name]);
    return {
      calls: rounds * perRound, rounds, ...Object.assign({}, ...NAMES.map((name) => figures(name, all(name)))), ...figures("decision", decisions),
      ...ratios("httpProxy", "plainProxy", taken), ...ratios("decideApi", "emptyRoute", taken), ...ratios("decideSocket", "emptyRoute", taken),
    };
  } finally {
    for (const client of clients.values()) client.close();
    for (const child of children) child.kill();
  }
}

async function startAll(children: ChildProcess[], clients: Map<Name, Client>): Promise<void> {
  const upstream = await start("upstream", "", children);
  const plain = await start("plain", upstream.url, children);
  const gate = await start("gate", upstream.url, children);
  const empty = await start("empty", "", children);
  clients.set("plainProxy", readClient(plain.url)).set("httpProxy", readClient(`${gate.url}/u/orders`));
  clients.set("emptyRoute", decideClient(empty.url, (text) => text === '{"ok":true}'));
  clients.set("decideApi", decideClient(gate.url, (text) => text.startsWith('{"decision":"')));
  clients.set("decideSocket", await socketClient(gate.socketPath, (text) => text.includes('"decision":"')));
}

/** `calls` of each client. */
async function takeRound(clients: ReadonlyMap<Name, Client>, first: number, calls: number): Promise<Times> {
  const times: Times = { plainProxy: [], httpProxy: [], emptyRoute: [], decideApi: [], decideSocket: [] };
  for (let from = 0; from < calls; from += TURN_CALLS) {
    for (let turn = 0; turn < NAMES.length; turn += 1) {
      // Each is first, second and last equally often. The gate has several doors: new texts must be new to each.
      const place = (from / TURN_CALLS + turn) % NAMES.length;
      const name = NAMES[place]!;
      const number = (first + from) * NAMES.length + place * TURN_CALLS;
      await takeTurn(clients.get(name)!, times[name], number, Math.min(TURN_CALLS, calls - from));
    }
  }
  return times;
}

async function takeTurn(client: Client, timesUs: number[], first: number, calls: number): Promise<void> {
  for (let index = 0; index < calls; index += 1) {
    const startMs = performance.now();
    await client.ask(first + index);
    timesUs.push((performance.now() - startMs) * 1_000);
  }
}

/** Twice the number of kinds of call in the mix, once as before and once new: every turn asks all of it. */
const TURN_CALLS = 26;

async function start(side: Side, upstream: string, children: ChildProcess[]): Promise<Started> {
  const child = fork(new URL("./gate/server.ts", import.meta.url), [side, upstream]);
  children.push(child);
  const died = once(child, "exit").then(([code, signal]: unknown[]) => {
    throw new Error(`the ${side} side ended: ${String(code ?? signal)}`);
  });
  const [started] = (await Promise.race([once(child, "message"), died])) as [Started];
  died.catch(() => undefined);
  return started;
}

const quantile = (values: readonly number[], share: number): number => quantileSorted(values.toSorted((a, b) => a - b), share);
const rounded = (value: number, digits: number): number => Number(value.toFixed(digits));

function ratios(name: Name, reference: Name, taken: readonly Times[]): Record<string, number> {
  const ratio = (share: number): number => rounded(median(taken.map((times) => quantile(times[name], share) / quantile(times[reference], share))), 3);
  return { [`${name}RatioP50`]: ratio(0.5), [`${name}RatioP99`]: ratio(0.99) };
}

function figures(name: string, values: readonly number[]): Record<string, number> {
  return { [`${name}P50Us`]: rounded(quantile(values, 0.5), 1), [`${name}P99Us`]: rounded(quantile(values, 0.99), 1) };
}
