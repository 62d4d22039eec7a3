/**
 * Scripts written first and run later. A call that writes a file is harmless, and one that runs a file shows nothing of it; together they
 * may destroy. What a session writes is judged as if it were run, and the verdict is kept until something runs it. It can only make an
 * answer worse: the file may have been changed since in ways that are not seen.
 */
import type { Action } from "@tripline/model";
import type { Classifiable } from "./classify.ts";
import { classifyRemembered } from "./remembered.ts";
import { compose } from "./compose.ts";
import { type FileChanges, filesWritten } from "./files-written.ts";
import { RUNS_FILE } from "./shell/runs-file.ts";
import { normal } from "./shell/paths.ts";
import { allBySuffix } from "./shell/script-files.ts";
import { classifyFile } from "./shell/shell.ts";
import type { Classification, Verdict } from "./verdict.ts";

/** Files remembered of one session; the one written longest ago is forgotten first. */
export const MAX_WRITTEN_FILES = 32;
/** Losses remembered of one file. */
export const MAX_FILE_VERDICTS = 4;
/** Writes of one session that wait for their result. */
const MAX_PENDING = 16;
/** Longer paths are not followed. */
const MAX_PATH_CHARS = 512;
/** Targets remembered of one loss, and characters of each of its texts. */
const MAX_TARGETS = 2;
const MAX_TEXT_CHARS = 256;
/** Sessions of one agent remembered, so that none makes the others' forgotten. */
export const MAX_AGENT_SESSIONS = 32;
/** Sessions remembered; the one that wrote or ran longest ago is forgotten first. */
export const MAX_SESSIONS = 512;

/**
 * An action as far as it is followed. Where `phase` is given, an attempt has not written yet, and only a result that says `ok` has put
 * a text in the place of another.
 */
export type Followed = Classifiable & Partial<Pick<Action, "phase" | "outcome" | "callId">>;

/** A file's text as it is kept: what running it would lose. */
interface Lossy {
  readonly key: string;
  readonly losses: readonly Verdict[];
}

/** What one session has written and would regret running. Only files that lose something take room. */
export class WrittenFiles {
  readonly #losses: Map<string, readonly Verdict[]>;
  /** By call: texts that take the place of remembered ones if the call succeeds. Not stored: after a restart both stand. */
  readonly #pending = new Map<string, readonly Lossy[]>();
  #changes = 0;

  /** `losses`: what another of these remembered. */
  constructor(losses: Iterable<readonly [string, readonly Verdict[]]> = []) {
    this.#losses = new Map(losses);
  }

  /** By path, in the order of writing. */
  get losses(): ReadonlyMap<string, readonly Verdict[]> {
    return this.#losses;
  }

  /** Grows whenever what is remembered may have changed. */
  get changes(): number {
    return this.#changes;
  }

  /** Remembers what `action` did, or may have done, to files. */
  note(action: Followed, { written, copied }: FileChanges): void {
    this.#settle(action);
    const isDone = action.phase === undefined || (action.phase === "result" && action.outcome?.status === "ok");
    const whole: Lossy[] = [];
    for (const { path, text, isWhole } of written) {
      if (path.length > MAX_PATH_CHARS) continue;
      const file = { key: keyOf(path), losses: lossesOf(path, text).slice(0, MAX_FILE_VERDICTS).map(kept) };
      if (isWhole && isDone) this.#put(file.key, file.losses);
      else this.#add(file);
      if (isWhole && !isDone && this.#losses.has(file.key)) whole.push(file);
    }
    // What stood under the new name before may still stand there: whether the copy succeeded is not asked.
    for (const [from, to] of copied) if (to.length <= MAX_PATH_CHARS) this.#add({ key: keyOf(to), losses: this.#lossesAt(from) });
    if (whole.length > 0 && action.phase === "attempt" && action.callId !== undefined) this.#await(action.callId, whole);
  }

  /** Adds to `judged` what the files that it runs would lose. */
  follow(judged: Classification): Classification {
    if (this.#losses.size === 0) return judged;
    const added = judged.verdicts.filter(({ rule }) => rule === RUNS_FILE).flatMap((runs) => this.#lossesIn(runs));
    return added.length === 0 ? judged : compose([...judged.verdicts, ...added], judged.parse);
  }

  /** Whether nothing is remembered. */
  get isEmpty(): boolean {
    return this.#losses.size === 0;
  }

  /** A call that has ended well has replaced what it wrote; any other end leaves both. */
  #settle({ callId, phase, outcome }: Followed): void {
    if (callId === undefined || phase !== "result") return;
    const files = this.#pending.get(callId) ?? [];
    this.#pending.delete(callId);
    if (outcome?.status === "ok") for (const { key, losses } of files) this.#put(key, losses);
  }

  #await(callId: string, files: readonly Lossy[]): void {
    this.#pending.set(callId, files);
    if (this.#pending.size > MAX_PENDING) this.#pending.delete(this.#pending.keys().next().value!);
  }

  /** Both stand: the text that is new and the one that may still be there. */
  #add({ key, losses }: Lossy): void {
    const before = this.#losses.get(key) ?? [];
    const news = losses.filter((loss) => !before.some((known) => isSame(known, loss)));
    // What reaches beyond the checkout is the last to be forgotten.
    if (news.length > 0) this.#put(key, [...before, ...news].toSorted((a, b) => Number(a.confinedTo !== undefined) - Number(b.confinedTo !== undefined)).slice(0, MAX_FILE_VERDICTS));
  }

  #put(key: string, losses: readonly Verdict[]): void {
    if (this.#losses.delete(key) || losses.length > 0) this.#changes += 1;
    if (losses.length === 0) return;
    this.#losses.set(key, losses);
    if (this.#losses.size > MAX_WRITTEN_FILES) this.#losses.delete(this.#losses.keys().next().value!);
  }

  #lossesIn(runs: Verdict): Verdict[] {
    const name = runs.targets[0]?.id;
    if (name === undefined) return [];
    return this.#lossesAt(name).map((loss) => ({ ...loss, span: runs.span, reason: `${name}, written earlier in this session: ${loss.reason}` }));
  }

  #lossesAt(path: string): readonly Verdict[] {
    const key = keyOf(path);
    // Where several fit, whichever it is must not pass for the harmless one.
    return this.#losses.get(key) ?? allBySuffix(this.#losses, key).flat().slice(0, MAX_FILE_VERDICTS);
  }
}

const keyOf = (path: string): string => normal(path).replace(/^\.\//, "");

const isSame = (a: Verdict, b: Verdict): boolean => a.operation === b.operation && a.targets[0]?.id === b.targets[0]?.id && a.confinedTo === b.confinedTo;

/** The written files of many sessions. Feed every action of a session, in order. `stored-files.ts` takes them over a restart. */
export class SessionFiles {
  /** By agent, then by session, both in the order of last use. */
  readonly #agents = new Map<string, Map<string, WrittenFiles>>();
  #size = 0;
  #changed = false;

  /** Classifies `action`, with what the files that it runs hold, and remembers what it writes. `agent`: its key; `session`: within the agent. */
  classify(agent: string, session: string, action: Followed): Classification {
    const known = this.#agents.get(agent)?.get(session);
    const judged = classifyRemembered(action);
    const changes = filesWritten(action, known !== undefined);
    // Nearly all: nothing to remember, and nothing remembered.
    if (known === undefined && changes.written.length === 0) return judged;
    const files = known ?? new WrittenFiles();
    const before = files.changes;
    // A script may run what it has just copied; what it has just written is judged already.
    if (changes.copied.length > 0) files.note(action, { written: [], copied: changes.copied });
    const followed = files.follow(judged);
    files.note(action, changes);
    // Which was used last alone is not worth storing each time.
    if (files.changes !== before) this.#changed = true;
    this.#forget(agent, session);
    if (!files.isEmpty) this.#keep(agent, session, files);
    return followed;
  }

  get size(): number {
    return this.#size;
  }

  /** By agent, then by session, both in the order of last use. */
  get agents(): ReadonlyMap<string, ReadonlyMap<string, WrittenFiles>> {
    return this.#agents;
  }

  /** Takes back what was stored of a session, as the one used last. */
  restore(agent: string, session: string, files: WrittenFiles): void {
    this.#forget(agent, session);
    if (!files.isEmpty) this.#keep(agent, session, files);
  }

  /** True once after each change of what is remembered. */
  takeChanged(): boolean {
    const changed = this.#changed;
    this.#changed = false;
    return changed;
  }

  #keep(agent: string, session: string, files: WrittenFiles): void {
    const sessions = this.#agents.get(agent) ?? new Map<string, WrittenFiles>();
    this.#agents.delete(agent);
    this.#agents.set(agent, sessions.set(session, files));
    this.#size += 1;
    if (sessions.size > MAX_AGENT_SESSIONS) this.#forget(agent, sessions.keys().next().value!);
    if (this.#size <= MAX_SESSIONS) return;
    const [oldest, its] = this.#agents.entries().next().value!;
    this.#forget(oldest, its.keys().next().value!);
  }

  #forget(agent: string, session: string): void {
    const sessions = this.#agents.get(agent);
    if (sessions?.delete(session) !== true) return;
    this.#size -= 1;
    if (sessions.size === 0) this.#agents.delete(agent);
  }
}

/** What is run by its own name or by an interpreter; prose and data that only mention commands are not judged. */
const RUNNABLE = /(\.(sh|bash|zsh|ksh|py|js|mjs|cjs|ts|rb|pl|php|sql|ps1|cmd|bat)|(^|\/)[\w-]+)$/;

function lossesOf(path: string, text: string): Verdict[] {
  if (!RUNNABLE.test(path) && !text.startsWith("#!")) return [];
  return classifyFile(path, text).verdicts.filter(({ reversibility, effect }) => reversibility === "irreversible" && effect !== "read");
}

/** A bounded copy: slices would keep the whole text that they were cut from. */
function kept(loss: Verdict): Verdict {
  const cut = (text: string): string => text.slice(0, MAX_TEXT_CHARS);
  const targets = loss.targets.slice(0, MAX_TARGETS).map((target) => ({ ...target, kind: cut(target.kind), id: cut(target.id) }));
  return structuredClone({ ...loss, operation: cut(loss.operation), reason: cut(loss.reason), targets });
}
