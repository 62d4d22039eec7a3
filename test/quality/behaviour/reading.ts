/** Sessions out of a directory of data, within bounds, and what could not be read. */
import type { DataFile, Row } from "../data/data-set.ts";
import { DataError, type LineBounds } from "../data/lines.ts";
import { recognisedRows } from "../data/recognised.ts";
import { MAX_CALLS, MAX_ROWS } from "./sessions.ts";

export type Read<T> = { readonly kind: "read"; readonly value: T } | { readonly kind: "unreadable"; readonly reason: string };

const FIRST_TOLD = 5;
const LINES_PER_PROGRESS = 10_000;

/** What was read of all files, and what was not. */
export class Reading {
  readonly unreadable = new Map<string, number>();
  readonly firstUnreadable: string[] = [];

  cannotRead(file: DataFile, number: number, reason: string): void {
    this.unreadable.set(reason, (this.unreadable.get(reason) ?? 0) + 1);
    if (this.firstUnreadable.length < FIRST_TOLD) this.firstUnreadable.push(`${file.stem} line ${number}: ${reason}`);
  }
}

export interface RowReader<T> {
  recognises(row: Row): boolean;
  read(row: Row, file: DataFile): Read<T>;
  /** Calls that it holds in memory. */
  calls(value: T): number;
}

export interface ReadOptions {
  readonly bounds?: LineBounds;
  readonly progress: (line: string) => void;
}

/** Everything of one kind that the files hold. @throws {DataError} where that is more than is held at once. */
export async function readAll<T>(files: readonly DataFile[], reader: RowReader<T>, reading: Reading, { bounds, progress }: ReadOptions): Promise<T[]> {
  const found: T[] = [];
  let calls = 0;
  for (const file of files) {
    for await (const line of recognisedRows(file, (row) => reader.recognises(row), bounds)) {
      const read = line.kind === "row" ? reader.read(line.row, file) : line;
      if (read.kind === "unreadable") reading.cannotRead(file, line.number, read.reason);
      else {
        found.push(read.value);
        calls += reader.calls(read.value);
      }
      if (found.length > MAX_ROWS || calls > MAX_CALLS) throw new DataError(`More than ${MAX_ROWS} rows or ${MAX_CALLS} calls up to ${file.path}.`);
      if (line.number % LINES_PER_PROGRESS === 0) progress(`${file.stem}: ${line.number} lines`);
    }
  }
  return found;
}

/** A field's members; null where it holds none. */
export function objectIn(row: Row, field: string): Row | null {
  const value = row[field];
  return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Row) : null;
}

export function textOrNull(value: unknown): string | null {
  return typeof value === "string" && value !== "" ? value : null;
}
