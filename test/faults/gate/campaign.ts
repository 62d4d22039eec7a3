/** All parts of the gate's campaign, one after another: what one measures must not be another's load. */
import { existsSync, mkdirSync } from "node:fs";
import { type ChangesDone, runUses, type UsesDone } from "@tripline/gate/battery";
import type { GateLimits } from "@tripline/gate";
import type { Break } from "./breakable-log.ts";
import { inThread, shares } from "./in-thread.ts";
import { runKills } from "./kills.ts";
import type { LogOutagesOptions } from "./log-outages.ts";
import type { GateFaultsSize, Part } from "./options.ts";
import { merged, type OutageRun } from "./outages.ts";
import { runTrips, type Trips } from "./trip.ts";

/** What a part came to, and how long it took. */
export type Timed<T> = T & { readonly seconds: number };

export interface GateCampaign {
  readonly changes: Timed<ChangesDone> | null;
  readonly uses: Timed<UsesDone> | null;
  readonly trips: Timed<Trips> | null;
  readonly log: Timed<OutageRun> | null;
  readonly kills: Timed<OutageRun> | null;
}

export interface GateCampaignOptions {
  readonly size: GateFaultsSize;
  readonly parts: ReadonlySet<Part>;
  readonly seed: number;
  readonly dir: string;
  readonly say: (line: string) => void;
}

/** All that is shortened, and only where outages are shorter than 10 s. */
export const SHORT_LIMITS: Partial<GateLimits> = { confirmEveryMs: 50, currentForMs: 250, confirmTimeoutMs: 100, recordTimeoutMs: 150 };

export async function runGateCampaign({ size, parts, seed, dir, say }: GateCampaignOptions): Promise<GateCampaign> {
  mkdirSync(dir, { recursive: true });
  const part = <T extends object>(name: Part, run: () => Promise<T>): Promise<Timed<T> | null> => (parts.has(name) ? timed(run) : Promise.resolve(null));
  const changes = await part("changes", () => runAllChanges(size, seed, dir, say));
  if (changes !== null) say(`${changes.changes} changes in ${changes.seconds} s: ${changes.executed} executed; ${changes.unchangedExecuted} of ${changes.unchanged} that nobody changed were`);
  const uses = await part("changes", () => runUses(size.uses));
  if (uses !== null) say(`${uses.uses} uses of one approval: ${uses.allowed} allowed`);
  const trips = await part("trips", () => runTrips({ dir, connections: size.connections, rounds: size.rounds, say }));
  const log = await part("log", () => runAllLogOutages(size, say));
  const kills = await part("kills", () => runKills({ dir, kills: size.kills, say }));
  return { changes, uses, trips, log, kills };
}

async function timed<T extends object>(run: () => Promise<T>): Promise<Timed<T>> {
  const startedMs = performance.now();
  const done = await run();
  return { ...done, seconds: Math.round((performance.now() - startedMs) / 1_000) };
}

const SAID_EVERY = 10;
/** So many threads have the gates that are without their log. */
const LOG_THREADS = 2;
/** Between two calls of one client, whole and short form. */
const PAUSE_MS = { shipped: 100, shortened: 20 };

async function runAllLogOutages({ withoutLog, stale, outageMs, gates, bounds }: GateFaultsSize, say: (line: string) => void): Promise<OutageRun> {
  const worlds = worldsOf({ withoutLog, stale, gates }).map((breaks): Omit<LogOutagesOptions, "done"> => ({ breaks, lastsMs: outageMs, limits: bounds === "shipped" ? {} : SHORT_LIMITS, pauseMs: PAUSE_MS[bounds] }));
  let done = 0;
  const progress = (): void => {
    done += 1;
    if (done % SAID_EVERY === 0 || done === withoutLog + stale) say(`${done} of ${withoutLog + stale} outages of the log`);
  };
  const threads = shares(worlds, Math.min(LOG_THREADS, worlds.length));
  return merged(await Promise.all(threads.map((share) => inThread<OutageRun>("log-outages-worker.ts", share, progress))));
}

/** What each gate goes through, as different as it can be. */
export function worldsOf({ withoutLog, stale, gates }: Pick<GateFaultsSize, "withoutLog" | "stale" | "gates">): Break[][] {
  const of = (count: number, kinds: readonly Break[]): Break[][] => shares(Array.from({ length: count }, (_, at) => kinds[at % kinds.length]!), gates);
  const [away, behind] = [of(withoutLog, ["refuses", "hangs"]), of(stale, ["ends", "readers"])];
  return away.map((breaks, at) => [...breaks, ...behind[at]!]).filter((breaks) => breaks.length > 0);
}

/** A disk that is memory, where there is one: what is asked is what the gate executes, not how fast the disk is. */
const MEMORY = "/dev/shm";
const SAID_CHANGES = 5_000;

async function runAllChanges({ changes, threads }: GateFaultsSize, seed: number, dir: string, say: (line: string) => void): Promise<ChangesDone> {
  const directory = existsSync(MEMORY) ? MEMORY : dir;
  let made = 0;
  const progress = (count: number): void => {
    const before = made;
    made += count;
    if (Math.floor(before / SAID_CHANGES) < Math.floor(made / SAID_CHANGES)) say(`${made} of ${changes} changes`);
  };
  const counts = Array.from({ length: threads }, (_, at) => Math.floor((changes + at) / threads));
  const all = await Promise.all(counts.map((count, at) => inThread<ChangesDone>("changes-worker.ts", { count, seed: seed + at, directory }, progress)));
  const kinds: Record<string, number> = {};
  for (const share of all) for (const [kind, count] of Object.entries(share.kinds)) kinds[kind] = (kinds[kind] ?? 0) + count;
  const sum = (of: (share: ChangesDone) => number): number => all.reduce((total, share) => total + of(share), 0);
  return { changes: sum((one) => one.changes), executed: sum((one) => one.executed), unchanged: sum((one) => one.unchanged), unchangedExecuted: sum((one) => one.unchangedExecuted), kinds };
}
