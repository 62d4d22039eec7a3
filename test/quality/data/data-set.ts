/** A directory of evaluation data: files of JSON lines, compressed or not, found by their endings alone. */
import { readdir, stat } from "node:fs/promises";
import { basename, join } from "node:path";
import { DataError, LINE_BOUNDS, type LineBounds, linesOf } from "./lines.ts";

/** Files taken from one directory. */
export const MAX_FILES = 1_000;

const ENDING = /\.(ndjson|jsonl)(\.gz)?$/;

export interface DataFile {
  readonly path: string;
  /** Its name without the ending: names the set of rows that name none themselves. */
  readonly stem: string;
}

/** One JSON object of a file. Nothing is known of its fields. */
export type Row = Readonly<Record<string, unknown>>;

export type RowRead =
  | { readonly kind: "row"; readonly number: number; readonly row: Row }
  | { readonly kind: "unreadable"; readonly number: number; readonly reason: "too-long" | "not-utf8" | "not-json" | "not-an-object" };

/** The data files right below `dir`, by name. Folders are not entered: a set lies beside its held-out part. @throws {DataError} */
export async function filesOf(dir: string): Promise<DataFile[]> {
  const names = await namesIn(dir);
  const found = names.filter((name) => ENDING.test(name));
  if (found.length > MAX_FILES) throw new DataError(`${dir} holds ${found.length} data files; at most ${MAX_FILES} are read.`);
  if (found.length > 0) return found.map((name) => ({ path: join(dir, name), stem: basename(name).replace(ENDING, "") }));
  const below: string[] = [];
  for (const name of names) if (await holdsData(join(dir, name))) below.push(name);
  throw new DataError(`${dir} holds no file that ends in .ndjson, .jsonl or either with .gz.${below.length === 0 ? "" : ` These folders below it do: ${below.join(", ")}.`}`);
}

async function namesIn(dir: string): Promise<string[]> {
  try {
    return (await readdir(dir)).toSorted();
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? "unknown";
    throw new DataError(`${dir} is not a directory that can be read (${code}). Name one with --data.`);
  }
}

async function holdsData(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isDirectory() && (await readdir(path)).some((name) => ENDING.test(name));
  } catch {
    // Only a hint is lost.
    return false;
  }
}

/** Every row of a file, and every line that is none. @throws {DataError} */
export async function* rowsOf(file: DataFile, bounds: LineBounds = LINE_BOUNDS): AsyncGenerator<RowRead> {
  for await (const line of linesOf(file.path, bounds)) {
    if (line.kind === "unreadable") yield line;
    else yield rowOf(line.number, line.text);
  }
}

function rowOf(number: number, text: string): RowRead {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value !== "object" || value === null || Array.isArray(value)) return { kind: "unreadable", number, reason: "not-an-object" };
    return { kind: "row", number, row: value as Row };
  } catch {
    return { kind: "unreadable", number, reason: "not-json" };
  }
}

/** A field's text; null where there is none. */
export function textIn(row: Row, field: string): string | null {
  const value = row[field];
  return typeof value === "string" && value !== "" ? value : null;
}
