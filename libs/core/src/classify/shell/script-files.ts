/** Files that a script writes and later runs, reads or deletes: what is in them is known as long as their text is. */
import { PARSER_INPUT_CHARS } from "../bounds.ts";
import { joined, normal } from "./paths.ts";
import { HOLE, literal } from "./word.ts";

/** Files remembered of one script. */
const MAX_FILES = 32;
/** Characters remembered of all of them. */
const MAX_CHARS = 4 * PARSER_INPUT_CHARS;

export class ScriptFiles {
  readonly #texts = new Map<string, string>();
  /** By name: whether it cannot have been there before. */
  readonly #made = new Map<string, boolean>();
  /** Names under which a text that is not known here stands as well, oldest first. */
  readonly #copies: (readonly [from: string, to: string])[] = [];
  #chars = 0;

  /** Null as text: written, but with what is only known at run time. */
  write(cwd: string, path: string, text: string | null): void {
    const key = keyOf(cwd, path);
    if (key === null) return;
    this.#chars -= this.#texts.get(key)?.length ?? 0;
    this.#texts.delete(key);
    if (text === null || this.#texts.size >= MAX_FILES || this.#chars + text.length > MAX_CHARS) return;
    this.#chars += text.length;
    this.#texts.set(key, text);
  }

  append(cwd: string, path: string, text: string | null): void {
    const before = this.read(cwd, path);
    this.write(cwd, path, before === null ? text : text === null ? null : `${before}\n${text}`);
  }

  /** The same text under another name; where it is not known here, that the two are one is kept. */
  copy(cwd: string, from: string, to: string): void {
    const text = this.read(cwd, from);
    if (text !== null) return this.write(cwd, to, text);
    const [source, target] = [keyOf(cwd, from), keyOf(cwd, to)];
    if (source !== null && target !== null && this.#copies.length < MAX_FILES) this.#copies.push([source, target]);
  }

  /** Standard output sent to a file: a text, or where it is not known the files whose text it may be. */
  redirect(cwd: string, path: string, appends: boolean, text: string | null, sources: readonly string[]): void {
    if (appends) this.append(cwd, path, text);
    else this.write(cwd, path, text);
    if (text === null) for (const from of sources) this.copy(cwd, from, path);
  }

  get copies(): readonly (readonly [from: string, to: string])[] {
    return this.#copies;
  }

  /** The text that the script has written there, or null. An absolute and a relative name meet where one ends with the other. */
  read(cwd: string, path: string): string | null {
    if (this.#texts.size === 0) return null;
    const key = keyOf(cwd, path);
    return key === null ? null : (this.#texts.get(key) ?? bySuffix(this.#texts, key));
  }

  /** A directory that this very script makes: deleting it again loses nothing. `mkdir -p` may also find it there (`isNew` false). */
  make(cwd: string, path: string, isNew: boolean): void {
    const key = keyOf(cwd, path);
    if (key !== null && this.#made.size < MAX_FILES && !this.#made.has(key) && !key.startsWith("..") && /[^./~]/.test(key)) this.#made.set(key, isNew);
  }

  /** Whether the script made `path`, or what it lies in; `surely` asks for one that cannot have been there before. */
  wasMade(path: string, surely: boolean): boolean {
    if (this.#made.size === 0) return false;
    const key = keyOf("", path);
    return key !== null && [...this.#made].some(([made, isNew]) => (isNew || !surely) && (key === made || key.startsWith(`${made}/`)));
  }

  /** Every file whose text is known. */
  entries(): ReadonlyMap<string, string> {
    return this.#texts;
  }
}

/** The same file under another name: `/home/u/app/x.sh` and `x.sh`. Null where none, or more than one, fits. */
export function allBySuffix<T>(files: ReadonlyMap<string, T>, key: string): readonly T[] {
  return [...files].filter(([name]) => name.endsWith(`/${key}`) || key.endsWith(`/${name}`)).map(([, file]) => file);
}

export function bySuffix<T>(files: ReadonlyMap<string, T>, key: string): T | null {
  const fitting = allBySuffix(files, key);
  return fitting.length === 1 ? fitting[0]! : null;
}

/** One spelling for each path; null for a name that is only known at run time. */
function keyOf(cwd: string, path: string): string | null {
  if (path === "" || path.includes(HOLE) || path.startsWith("/dev/")) return null;
  return normal(joined(cwd, literal(path)).text).replace(/^\.\//, "");
}
