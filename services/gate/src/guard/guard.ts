/** The guard: looks up what could be restored if a held call ran, and takes a backup before an approved one does. */
import { dumpDatabase, findPostgresTools, openBackupDirectory, type PostgresTools } from "@tripline/credentials";
import type { Logger, Metrics } from "@tripline/runtime";
import { setTimeout as sleep } from "node:timers/promises";
import { asksForBackup, type BackupState, type BeforeExecution, type Guard, type Touched } from "./backup-state.ts";
import { lookUpBackups } from "./look-up.ts";
import type { BackupFinder, GuardedPlace, GuardSettings } from "./settings.ts";
import { databasesOf } from "./touched.ts";

export interface GuardDeps {
  /** Null where the configuration has no guard: then nothing is backed up first, and providers alone tell of backups. */
  readonly settings: GuardSettings | null;
  readonly finders: readonly BackupFinder[];
  readonly metrics: Metrics;
  readonly logger: Logger;
  readonly clock: () => number;
  /** Bound of a look-up. */
  readonly lookUpMs?: number;
}

const LOOK_UP_MS = 4_000;
/** Before a call runs, of backups that nobody could tell of. */
const LOOK_UPS = 3;
/** Databases that are dumped before one call. */
const MAX_DATABASES = 8;
/** Calls that wait for their dump. */
const MAX_WAITING = 16;

export function createGuard(deps: GuardDeps): Guard {
  const { settings, metrics, logger, clock, lookUpMs = LOOK_UP_MS } = deps;
  const taken = metrics.counter("tripline_gate_backups_total", "Backups taken before an approved call, by outcome", ["outcome"]);
  const inTurn = oneByOne();
  const dumpAll = async (guard: GuardSettings, databases: readonly GuardedPlace[], signal: AbortSignal): Promise<BeforeExecution> => {
    const ready = await openGuard(guard);
    if (ready.kind === "unfit") return failed(ready.reason);
    const ids: string[] = [];
    for (const database of databases) {
      const outcome = await dumpDatabase({ directory: ready.directory, tools: ready.tools, clock, timeoutMs: guard.timeoutMs, maxBytes: guard.maxBytes }, database, signal);
      if (outcome.kind === "failed") return failed(`no backup of database ${database.database} could be taken: ${outcome.reason}`);
      ids.push(outcome.manifest.id);
    }
    return { kind: "taken", backupIds: ids, detail: `Taken first: ${ids.join(", ")}; it comes back with \`tripline restore\`.` };
  };
  const stateOf = (touched: Touched): Promise<BackupState> => lookUpBackups({ ...deps, lookUpMs, takesFirst: () => toTakeFirst(touched, settings), isFit: () => isFit(settings) }, touched);
  /** What was there when it was approved may be gone after the undo window. One that did not answer is asked again. */
  const uncovered = async (touched: Touched, signal: AbortSignal): Promise<string | null> => {
    if (!asksForBackup(touched)) return null;
    for (let tries = 1; ; tries += 1) {
      const { isCovered, kind, summary } = await stateOf(touched);
      if (isCovered) return null;
      if (kind !== "unknown" || tries === LOOK_UPS || signal.aborted) return `no restorable backup is outside the agent's reach now, and it was not approved without one: ${summary}`;
      await sleep(lookUpMs, undefined, { signal }).catch(() => undefined);
    }
  };
  return {
    backupStateOf: stateOf,
    beforeExecution: async (touched, withoutBackup, signal) => {
      if (withoutBackup) return { kind: "not-needed", reason: "Approved explicitly without a backup." };
      const databases = toTakeFirst(touched, settings);
      const reason = await uncovered(touched, signal).catch(() => "the guard failed");
      if (reason !== null) return failed(reason);
      if (settings === null || databases.length === 0) return { kind: "not-needed", reason: "No database of the guard's is touched." };
      if (databases.length > MAX_DATABASES) return failed(`It may touch more than ${MAX_DATABASES} databases.`);
      // One at a time: what waits for a human can wait for a dump, and the database should not carry several.
      const outcome = await inTurn(() => dumpAll(settings, databases, signal)).catch((): BeforeExecution => failed("the guard failed, or too many calls wait for their backup"));
      taken.add(1, { outcome: outcome.kind });
      if (outcome.kind === "failed") logger.error({ reason: outcome.reason }, "no backup could be taken; the approved call is not executed");
      else if (outcome.kind === "taken") logger.info({ backups: outcome.backupIds }, "backup taken before an approved call");
      return outcome;
    },
  };
}

const failed = (reason: string): BeforeExecution => ({ kind: "failed", reason });

/** Each database once, however many operations of the call touch it. */
function toTakeFirst({ operations, isCut }: Touched, settings: GuardSettings | null): readonly GuardedPlace[] {
  if (settings === null) return [];
  // Whoever names enough beside it must not get past the guard.
  if (isCut) return settings.databases;
  const first = operations.filter(({ operation }) => settings.before.some((pattern) => (pattern.endsWith("*") ? operation.startsWith(pattern.slice(0, -1)) : pattern === operation)));
  return [...new Set(first.flatMap((operation) => databasesOf(operation, settings.databases)))];
}

type Opened =
  | { readonly kind: "fit"; readonly directory: Extract<Awaited<ReturnType<typeof openBackupDirectory>>, { kind: "ready" }>["directory"]; readonly tools: PostgresTools }
  | { readonly kind: "unfit"; readonly reason: string };

/** Looked at anew each time: a directory may have been opened to others since. */
async function openGuard({ directory, pgDump }: GuardSettings): Promise<Opened> {
  const [opened, found] = await Promise.all([openBackupDirectory(directory), findPostgresTools(pgDump)]);
  if (opened.kind === "refused") return { kind: "unfit", reason: `the guard's directory: ${opened.reason}` };
  return found.kind === "missing" ? { kind: "unfit", reason: found.reason } : { kind: "fit", directory: opened.directory, tools: found.tools };
}

/** Null = it could take a backup now; else why not. */
async function isFit(settings: GuardSettings | null): Promise<string | null> {
  if (settings === null) return "there is no guard";
  const opened = await openGuard(settings);
  return opened.kind === "fit" ? null : opened.reason;
}

function oneByOne(): <T>(work: () => Promise<T>) => Promise<T> {
  let last: Promise<unknown> = Promise.resolve();
  let waiting = 0;
  return async (work) => {
    if (waiting >= MAX_WAITING) throw new Error("too many wait");
    waiting += 1;
    const turn = last.then(work);
    last = turn.catch(() => undefined);
    return turn.finally(() => (waiting -= 1));
  };
}
