/** Asks everybody who can tell of backups of what a call touches, within one bound of time, and says the worst of it. */
import { type FoundBackup, type FoundBackups, findDumps, openBackupDirectory } from "@tripline/credentials";
import { UNKNOWN_ENVIRONMENT } from "@tripline/model";
import type { BackupKind, BackupState, TargetBackups, Touched, TouchedBy, TouchedTarget } from "./backup-state.ts";
import type { BackupFinder, GuardedPlace, GuardSettings } from "./settings.ts";
import { databasesOf, databasesOfTarget } from "./touched.ts";

export interface LookUp {
  readonly settings: GuardSettings | null;
  readonly finders: readonly BackupFinder[];
  readonly clock: () => number;
  readonly lookUpMs: number;
  /** Of which databases a backup would be taken before the call. */
  readonly takesFirst: () => readonly GuardedPlace[];
  /** Why it could not be; null = it could. */
  readonly isFit: () => Promise<string | null>;
}

/** Targets looked up; of more the state says that nobody looked. */
const MAX_TARGETS = 16;
/** The worst first: what is known to be lost weighs more than what nobody knows. */
const WORST: readonly BackupKind[] = ["none", "only-inside-reach", "unknown", "exists"];

export async function lookUpBackups(looking: LookUp, touched: Touched): Promise<BackupState> {
  const { clock, lookUpMs, takesFirst, isFit } = looking;
  const atMs = clock();
  const signal = AbortSignal.timeout(lookUpMs);
  const asked = touched.operations.flatMap((operation) => targetsOf(operation, looking).map((target) => ({ operation, target })));
  const distinct = asked.filter(({ target }, index) => asked.findIndex(({ target: { kind, id } }) => kind === target.kind && id === target.id) === index);
  const targets = await Promise.all(distinct.slice(0, MAX_TARGETS).map(({ operation, target }) => lookUpTarget(looking, { operation, target, atMs, signal })));
  const first = takesFirst();
  const unfit = first.length > 0 ? await inTime(isFit(), signal).catch(() => "the guard did not answer in time") : null;
  const kinds: readonly BackupKind[] = [...targets.map(({ kind }) => kind), ...(touched.isCut || distinct.length > MAX_TARGETS || distinct.length === 0 ? (["unknown"] as const) : [])];
  const kind = WORST.find((one) => kinds.includes(one)) ?? "unknown";
  const takenFirst = first.length > 0 && unfit === null;
  const isCut = touched.isCut || distinct.length > targets.length;
  const isCovered = !isCut && touched.operations.filter(({ destroys }) => destroys).every((operation) => isBroughtBack(operation, targets, takenFirst ? first : [], looking));
  return { kind, summary: summaryOf(kind, targets, { takenFirst, unfit, isCut }), atMs, targets, takenFirst, isCovered };
}

/** Every target of it, and what names none is nowhere to be found. */
function isBroughtBack(operation: TouchedBy, found: readonly TargetBackups[], first: readonly GuardedPlace[], looking: LookUp): boolean {
  const targets = targetsOf(operation, looking);
  const isFound = ({ kind, id }: TouchedTarget): boolean => found.some(({ kind: state, target }) => state === "exists" && target.kind === kind && target.id === id);
  return targets.length > 0 && targets.every((target) => isFound(target) || databasesOfTarget(target, operation, first).length > 0);
}

/** What names nothing touches whatever it may run on. */
function targetsOf(operation: TouchedBy, { settings }: LookUp): readonly TouchedTarget[] {
  if (operation.targets.length > 0) return operation.targets;
  return databasesOf(operation, settings?.databases ?? []).map(({ database, environment }) => ({ kind: "database", id: database, environment: environment ?? UNKNOWN_ENVIRONMENT }));
}

interface Question {
  readonly operation: TouchedBy;
  readonly target: TouchedTarget;
  readonly atMs: number;
  readonly signal: AbortSignal;
}

async function lookUpTarget(looking: LookUp, question: Question): Promise<TargetBackups> {
  const { target, atMs, signal } = question;
  const found = await Promise.all([...askProviders(looking, question), ...askGuard(looking, question)].map((answer) => inTime(answer, signal).catch((): FoundBackups => NO_ANSWER)));
  const backups = found.flatMap((one) => (one.kind === "found" ? one.backups : []));
  const usable = newest(backups.filter(({ outsideReach, restorable }) => outsideReach === true && restorable !== "unknown"));
  if (usable !== null) return told(target, "exists", usable, atMs);
  const unsure = found.find((one) => one.kind === "unknown");
  const reachable = newest(backups);
  if (reachable !== null) return told(target, backups.some(({ outsideReach }) => outsideReach !== false) ? "unknown" : "only-inside-reach", reachable, atMs);
  if (unsure !== undefined) return bare(target, "unknown", `whether there is one could not be found out: ${unsure.reason}`);
  return found.length === 0 ? bare(target, "unknown", "nobody here can tell of backups of it") : bare(target, "none", "no backup of it is known to whoever was asked");
}

const NO_ANSWER: FoundBackups = { kind: "unknown", reason: "no answer in time" };

function askProviders({ finders }: LookUp, { target, signal }: Question): Promise<FoundBackups>[] {
  return finders.flatMap(({ provider }) => {
    const knows = provider.describe().backups?.kinds.includes(target.kind) ?? false;
    return knows && provider.findBackups !== undefined ? [provider.findBackups({ ...target }, signal)] : [];
  });
}

function askGuard({ settings }: LookUp, { operation, target }: Question): Promise<FoundBackups>[] {
  if (settings === null) return [];
  return databasesOfTarget(target, operation, settings.databases).map(async (database): Promise<FoundBackups> => {
    const opened = await openBackupDirectory(settings.directory);
    return opened.kind === "ready" ? findDumps(opened.directory, database) : { kind: "unknown", reason: `the guard's directory: ${opened.reason}` };
  });
}

/** Rejects when the time is over, whatever `answer` does. */
function inTime<T>(answer: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const late = (): void => reject(new Error("late"));
    if (signal.aborted) return late();
    signal.addEventListener("abort", late, { once: true });
    answer.then(resolve, reject).finally(() => signal.removeEventListener("abort", late));
  });
}

const newest = (backups: readonly FoundBackup[]): FoundBackup | null => backups.reduce<FoundBackup | null>((best, one) => (best === null || one.atMs > best.atMs ? one : best), null);

function bare(target: TouchedTarget, kind: BackupKind, detail: string): TargetBackups {
  return { target, kind, newestAtMs: null, restorable: null, detail };
}

function told(target: TouchedTarget, kind: BackupKind, { atMs, restorable, detail }: FoundBackup, nowMs: number): TargetBackups {
  return { target, kind, newestAtMs: atMs, restorable, detail: `${ageOf(nowMs - atMs)} old: ${detail}` };
}

const UNITS: readonly (readonly [string, number])[] = [["d", 86_400_000], ["h", 3_600_000], ["min", 60_000], ["s", 1_000]];

/** In the largest unit that fits: `3 h`. */
export function ageOf(ms: number): string {
  const [unit, unitMs] = UNITS.find(([, size]) => ms >= size) ?? ["s", 1_000];
  return `${Math.max(0, Math.floor(ms / unitMs))} ${unit}`;
}

/** What is so, and what to make of it. */
const SUMMARY: Readonly<Record<BackupKind, readonly [string, string]>> = {
  exists: ["A restorable backup exists outside the agent's reach", ""],
  "only-inside-reach": ["Every known backup can be deleted with the same credentials, and may go with what is destroyed", " Count on none."],
  none: ["No backup is known", " What is destroyed stays lost."],
  unknown: ["Nobody can tell whether a restorable backup exists", " Count on none."],
};
const SUMMARY_CHARS = 600;

function summaryOf(kind: BackupKind, targets: readonly TargetBackups[], { takenFirst, unfit, isCut }: { takenFirst: boolean; unfit: string | null; isCut: boolean }): string {
  const deciding = targets.find((one) => one.kind === kind);
  const of = deciding === undefined ? "" : ` (${deciding.target.kind} ${deciding.target.id.slice(0, 80)}: ${deciding.detail})`;
  const more = isCut ? " It touches more, which was not looked up." : "";
  const first = takenFirst ? " A backup is taken before it runs." : unfit === null ? "" : ` A backup should be taken before it runs and cannot be: ${unfit}. It will not run unless it is approved without one.`;
  const [state, advice] = SUMMARY[kind];
  return `${state}${of}.${advice}${more}${first}`.slice(0, SUMMARY_CHARS);
}
