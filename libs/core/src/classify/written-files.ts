/**
 * Scripts written first and run later. A call that writes a file is harmless, and one that runs a file shows nothing of it; together they
 * may destroy. What a session writes is judged as if it were run, and the verdict is kept until something runs it. It can only make an
 * answer worse: the file may have been changed since in ways that are not seen.
 */
import { PARSER_INPUT_CHARS } from "./bounds.ts";
import type { Classifiable } from "./classify.ts";
import { classifyRemembered } from "./remembered.ts";
import { compose } from "./compose.ts";
import { RUNS_FILE } from "./shell/interpreters.ts";
import { normal } from "./shell/paths.ts";
import { allBySuffix } from "./shell/script-files.ts";
import { classifyFile, filesWrittenBy } from "./shell/shell.ts";
import { toolNamed } from "./tool/names.ts";
import type { Classification, Verdict } from "./verdict.ts";

/** Files remembered of one session; the one written longest ago is forgotten first. */
export const MAX_WRITTEN_FILES = 32;
/** Losses remembered of one file. */
export const MAX_FILE_VERDICTS = 4;
/** Longer paths are not followed. */
const MAX_PATH_CHARS = 512;
/** Targets remembered of one loss, and characters of each of its texts. */
const MAX_TARGETS = 2;
const MAX_TEXT_CHARS = 256;
/** Sessions of one agent remembered, so that none makes the others' forgotten. */
export const MAX_AGENT_SESSIONS = 32;
/** Sessions remembered; the one that wrote or ran longest ago is forgotten first. */
export const MAX_SESSIONS = 512;

export interface Written {
  readonly path: string;
  readonly text: string;
  /** False for an edit: what stood there before may still stand there. */
  readonly isWhole: boolean;
}

/** What one session has written and would regret running. Only files that lose something take room. */
export class WrittenFiles {
  readonly #losses: Map<string, readonly Verdict[]>;

  /** `losses`: what another of these remembered. */
  constructor(losses: Iterable<readonly [string, readonly Verdict[]]> = []) {
    this.#losses = new Map(losses);
  }

  /** By path, in the order of writing. */
  get losses(): ReadonlyMap<string, readonly Verdict[]> {
    return this.#losses;
  }

  note(written: readonly Written[]): void {
    for (const { path, text, isWhole } of written) {
      if (path.length > MAX_PATH_CHARS) continue;
      const key = normal(path).replace(/^\.\//, "");
      const losses = lossesOf(path, text).slice(0, MAX_FILE_VERDICTS).map(kept);
      const before = isWhole ? [] : (this.#losses.get(key) ?? []);
      this.#losses.delete(key);
      if (losses.length + before.length === 0) continue;
      this.#losses.set(key, [...losses, ...before].slice(0, MAX_FILE_VERDICTS));
      if (this.#losses.size > MAX_WRITTEN_FILES) this.#losses.delete(this.#losses.keys().next().value!);
    }
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

  #lossesIn(runs: Verdict): Verdict[] {
    const name = runs.targets[0]?.id;
    if (name === undefined) return [];
    const key = normal(name).replace(/^\.\//, "");
    // Where several fit, whichever it is must not pass for the harmless one.
    const losses = this.#losses.get(key) ?? allBySuffix(this.#losses, key).flat().slice(0, MAX_FILE_VERDICTS);
    return losses.map((loss) => ({ ...loss, span: runs.span, reason: `${name}, written earlier in this session: ${loss.reason}` }));
  }
}

/** The written files of many sessions. Feed every action of a session, in order. `stored-files.ts` takes them over a restart. */
export class SessionFiles {
  /** By agent, then by session, both in the order of last use. */
  readonly #agents = new Map<string, Map<string, WrittenFiles>>();
  #size = 0;
  #changed = false;

  /** Classifies `action`, with what the files that it runs hold, and remembers what it writes. `agent`: its key; `session`: within the agent. */
  classify(agent: string, session: string, action: Classifiable): Classification {
    const known = this.#agents.get(agent)?.get(session);
    const judged = known === undefined ? classifyRemembered(action) : known.follow(classifyRemembered(action));
    const written = filesWritten(action);
    // Nearly all: nothing to remember, and nothing remembered.
    if (known === undefined && written.length === 0) return judged;
    const files = known ?? new WrittenFiles();
    files.note(written);
    // Which was used last alone is not worth storing each time.
    if (written.length > 0 && !(known === undefined && files.isEmpty)) this.#changed = true;
    this.#forget(agent, session);
    if (!files.isEmpty) this.#keep(agent, session, files);
    return judged;
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

const PATH_ARGUMENTS = ["file_path", "path", "filepath", "filename", "file", "target_file", "file_name"];
const WHOLE_ARGUMENTS = ["content", "contents", "file_text", "text", "code"];
const PART_ARGUMENTS = ["new_string", "new_str", "new_source", "code_edit", "replacement", "insert_text"];
/** Cheap to see in inputs: without one of these names they hold no file, no command and no patch. */
const MAY_NAME = /"(?:file_?path|path|file_?name|file|target_file|command|cmd|script|input|patch|diff)"/;
/** Cheap to see: without one of these a command line writes no file. */
const MAY_WRITE = /[^<>&\d]>|^>|\btee\b/;

/** Files that `action` writes, with the text that is seen of them. */
export function filesWritten(action: Classifiable): readonly Written[] {
  const { request } = action;
  if (request?.kind === "shell") return byShell(request.command);
  const text = action.inputs?.text ?? "";
  if (request !== null || !text.startsWith("{") || toolNamed(action.tool).kind === "read") return [];
  if (!MAY_NAME.test(text)) return [];
  const inputs = objectOf(text);
  if (inputs === null) return [];
  const command = [inputs["command"], inputs["cmd"], inputs["script"]].find((value) => typeof value === "string");
  const path = textOf(inputs, PATH_ARGUMENTS);
  if (path === null) return typeof command === "string" && toolNamed(action.tool).isShell ? byShell(command) : byPatch(inputs);
  const whole = textOf(inputs, WHOLE_ARGUMENTS);
  const part = textOf(inputs, PART_ARGUMENTS);
  return whole !== null ? [{ path, text: whole, isWhole: true }] : part !== null ? [{ path, text: part, isWhole: false }] : [];
}

function byShell(command: string): readonly Written[] {
  if (!MAY_WRITE.test(command)) return [];
  // What is appended leaves what was there before.
  const isWhole = !/>>|\btee\b.*(?:\s-\w*a|--append)/.test(command);
  return [...filesWrittenBy(command)].map(([path, text]) => ({ path, text, isWhole }));
}

const PATCHED = /^\*\*\* (Add|Update) File: (.+)$/;

/** `apply_patch`: blocks of added lines below the name of their file. */
function byPatch(inputs: Readonly<Record<string, unknown>>): readonly Written[] {
  const patch = textOf(inputs, ["input", "patch", "diff"]);
  if (patch?.includes("*** ") !== true) return [];
  const files: { path: string; text: string; isWhole: boolean }[] = [];
  for (const line of patch.split("\n")) {
    const [, kind, path] = PATCHED.exec(line) ?? [];
    if (path !== undefined) files.push({ path: path.trim(), text: "", isWhole: kind === "Add" });
    else if (line.startsWith("+") && files.length > 0) files.at(-1)!.text += `${line.slice(1)}\n`;
  }
  return files.slice(0, MAX_WRITTEN_FILES);
}

function objectOf(text: string): Readonly<Record<string, unknown>> | null {
  try {
    const value: unknown = JSON.parse(text.slice(0, 4 * PARSER_INPUT_CHARS));
    return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : null;
  } catch {
    return null;
  }
}

function textOf(inputs: Readonly<Record<string, unknown>>, names: readonly string[]): string | null {
  for (const name of names) if (typeof inputs[name] === "string" && inputs[name] !== "") return inputs[name];
  return null;
}
