/**
 * What asking costs: the decide API over HTTP and over its unix socket, one request at a time, beside a fastify route that does nothing but
 * parse the same body; and the decision alone. Taken in turns, call by call, so that a noisy machine is noisy for all of them.
 */
import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { quantileSorted } from "simple-statistics";
import { type Client, httpClient, socketClient } from "./gate/clients.ts";
import { decisionTimesUs } from "./gate/decision.ts";
import { askedAt } from "./gate/mix.ts";
import type { Side, Started } from "./gate/server.ts";

export interface GateOptions {
  readonly calls?: number;
}

const DEFAULT_CALLS = 20_000;
/** For the compiler; a tenth at least. */
const UNMEASURED_CALLS = 3_000;

/** Ratios to the empty route; goals: HTTP ≤ 1.3 at p50 and ≤ 2 at p99, socket ≤ 0.6 at p50, decision p50 ≤ 40 µs and p99 ≤ 400 µs. */
export async function run({ calls = DEFAULT_CALLS }: GateOptions = {}): Promise<Record<string, number>> {
  const [gate, empty] = [await start("gate"), await start("empty")];
  const clients: Record<"emptyRoute" | "decideApi" | "decideSocket", Client> = {
    emptyRoute: httpClient(empty.started.url, (text) => text === '{"ok":true}'),
    decideApi: httpClient(gate.started.url, (text) => text.startsWith('{"decision":"')),
    decideSocket: await socketClient(gate.started.socketPath, (text) => text.includes('"decision":"')),
  };
  try {
    const unmeasured = Math.max(UNMEASURED_CALLS, Math.ceil(calls / 10));
    const timesUs = await inTurns(clients, unmeasured, calls);
    const decisionsUs = (await decisionTimesUs(0, unmeasured + calls)).slice(unmeasured);
    const { emptyRoute, decideApi, decideSocket } = timesUs;
    return {
      calls,
      ...figures("emptyRoute", emptyRoute), ...figures("decideApi", decideApi), ...figures("decideSocket", decideSocket), ...figures("decision", decisionsUs),
      decideApiRatioP50: ratio(decideApi, emptyRoute, 0.5), decideApiRatioP99: ratio(decideApi, emptyRoute, 0.99), decideSocketRatioP50: ratio(decideSocket, emptyRoute, 0.5),
      decideSocketRatioP99: ratio(decideSocket, emptyRoute, 0.99),
    };
  } finally {
    for (const client of Object.values(clients)) client.close();
    for (const { child } of [gate, empty]) child.kill();
  }
}

async function inTurns<K extends string>(clients: Record<K, Client>, unmeasured: number, calls: number): Promise<Record<K, number[]>> {
  const names = Object.keys(clients) as K[];
  const timesUs = Object.fromEntries(names.map((name) => [name, [] as number[]])) as Record<K, number[]>;
  for (let index = 0; index < unmeasured + calls; index += 1) {
    // Each is first, second and last equally often.
    for (let turn = 0; turn < names.length; turn += 1) {
      const name = names[(index + turn) % names.length]!;
      // The gate sees each call twice, by two doors: new texts must be new for both.
      const asked = askedAt(index * names.length * TEXTS_APART + names.indexOf(name) * TEXTS_APART + (index % TEXTS_APART));
      const startMs = performance.now();
      await clients[name].ask(asked);
      if (index >= unmeasured) timesUs[name].push((performance.now() - startMs) * 1_000);
    }
  }
  return timesUs;
}

/** Number of kinds of call in the mix, twice: once as before, once new. */
const TEXTS_APART = 26;

async function start(side: Side): Promise<{ child: ChildProcess; started: Started }> {
  const child = fork(new URL("./gate/server.ts", import.meta.url), [side]);
  const died = once(child, "exit").then(([code, signal]: unknown[]) => {
    throw new Error(`the ${side} side ended: ${String(code ?? signal)}`);
  });
  const [started] = (await Promise.race([once(child, "message"), died])) as [Started];
  died.catch(() => undefined);
  return { child, started };
}

const quantile = (values: readonly number[], share: number): number => quantileSorted(values.toSorted((a, b) => a - b), share);
const rounded = (value: number, digits: number): number => Number(value.toFixed(digits));
const ratio = (values: readonly number[], reference: readonly number[], share: number): number => rounded(quantile(values, share) / quantile(reference, share), 3);

function figures(name: string, values: readonly number[]): Record<string, number> {
  return { [`${name}P50Us`]: rounded(quantile(values, 0.5), 1), [`${name}P99Us`]: rounded(quantile(values, 0.99), 1) };
}
