/** All parts of the gate's campaign, one after another: what one measures must not be another's load. */
import { existsSync, mkdirSync } from "node:fs";
import { Worker } from "node:worker_threads";
import { type ChangesDone, runUses, type UsesDone } from "@tripline/gate/battery";
import type { GateLimits } from "@tripline/gate";
import { type Break, BREAKS } from "./breakable-log.ts";
import type { GateFaultsSize, Part } from "./options.ts";
import { type Outage, type OutageRun, runBreaks, runKills } from "./outages.ts";
import { runTrips, type Trips } from "./trip.ts";

export interface GateCampaign {
  readonly changes: (ChangesDone & { readonly seconds: number }) | null;
  readonly uses: UsesDone | null;
  readonly trips: Trips | null;
  readonly kills: OutageRun | null;
  readonly short: OutageRun | null;
  readonly long: OutageRun | null;
}

export interface GateCampaignOptions {
  readonly size: GateFaultsSize;
  readonly parts: ReadonlySet<Part>;
  readonly seed: number;
  readonly dir: string;
  readonly say: (line: string) => void;
}

/** All that is shortened, and only where outages last 0.4 s instead of 10: the gate's own bounds, in proportion. */
export const SHORT_LIMITS: Partial<GateLimits> = { confirmEveryMs: 50, currentForMs: 250, confirmTimeoutMs: 100, recordTimeoutMs: 150 };
/** Gates that are without their log at the same time, with the shipped bounds: each mostly waits. */
const LONG_AT_ONCE = 4;

export async function runGateCampaign({ size, parts, seed, dir, say }: GateCampaignOptions): Promise<GateCampaign> {
  const changes = parts.has("changes") ? await changesIn(size, seed, dir) : null;
  if (changes !== null) say(`${changes.changes} changes, ${changes.executed} executed, ${Math.round(changes.seconds)} s`);
  const uses = parts.has("changes") ? await runUses(size.uses) : null;
  const trips = parts.has("trips") ? await runTrips({ dir, connections: size.connections, rounds: size.rounds, say }) : null;
  const long = parts.has("breaks") ? await longBreaks(size, say) : null;
  const short = parts.has("breaks") ? await runBreaks({ breaks: kindsOf(size.shortBreaks), lastsMs: size.shortMs, limits: SHORT_LIMITS }) : null;
  if (short !== null) say(`${short.outages.length} short outages of the log`);
  const kills = parts.has("kills") ? await runKills({ dir, kills: size.kills, say }) : null;
  return { changes, uses, trips, kills, short, long };
}

const kindsOf = (count: number): Break[] => Array.from({ length: count }, (_, at) => BREAKS[at % BREAKS.length]!);

async function longBreaks({ longBreaks: count, longMs }: GateFaultsSize, say: (line: string) => void): Promise<OutageRun> {
  const kinds = kindsOf(count);
  const outages: Outage[] = [];
  const neverApproved: string[] = [];
  for (let from = 0; from < kinds.length; from += LONG_AT_ONCE) {
    const runs = await Promise.all(kinds.slice(from, from + LONG_AT_ONCE).map((kind) => runBreaks({ breaks: [kind], lastsMs: longMs, limits: {} })));
    for (const run of runs) {
      outages.push(...run.outages);
      neverApproved.push(...run.neverApproved);
    }
    say(`${outages.length} of ${kinds.length} long outages of the log`);
  }
  return { outages, neverApproved };
}

/** A disk that is memory, where there is one: what is asked is what the gate executes, not how fast the disk is. */
const MEMORY = "/dev/shm";

async function changesIn({ changes, threads }: GateFaultsSize, seed: number, dir: string): Promise<ChangesDone & { seconds: number }> {
  const startedMs = performance.now();
  mkdirSync(dir, { recursive: true });
  const directory = existsSync(MEMORY) ? MEMORY : dir;
  const shares = await Promise.all(Array.from({ length: threads }, (_, at) => inThread({ count: Math.floor((changes + at) / threads), seed: seed + at, directory })));
  const kinds: Record<string, number> = {};
  for (const share of shares) for (const [kind, count] of Object.entries(share.kinds)) kinds[kind] = (kinds[kind] ?? 0) + count;
  const sum = (of: (share: ChangesDone) => number): number => shares.reduce((all, share) => all + of(share), 0);
  return { changes: sum((one) => one.changes), executed: sum((one) => one.executed), unchanged: sum((one) => one.unchanged), unchangedExecuted: sum((one) => one.unchangedExecuted), kinds, seconds: (performance.now() - startedMs) / 1_000 };
}

function inThread(workerData: object): Promise<ChangesDone> {
  return new Promise((resolve, reject) => {
    const worker = new Worker(new URL("changes-worker.ts", import.meta.url), { workerData });
    worker.once("message", resolve).once("error", reject).once("exit", (code) => reject(new Error(`a thread ended with ${code}`)));
  });
}
