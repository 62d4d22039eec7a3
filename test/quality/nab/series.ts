/** A row that is a whole series with its labelled windows. */
import { type DataFile, type Row, textIn } from "../data/data-set.ts";
import { setName, sourceOf } from "../classification/protocol.ts";
import type { Labelled, Window } from "./score.ts";

export interface Series extends Labelled {
  readonly set: string;
  /** What the series' name begins with, before a slash: series of one kind. */
  readonly group: string;
  readonly name: string;
  readonly times: Float64Array;
  readonly values: Float64Array;
}

export type SeriesReading = { readonly kind: "series"; readonly series: Series } | { readonly kind: "unreadable"; readonly reason: string };

export function isSeries(row: Row): boolean {
  return textIn(row, "series") !== null && Array.isArray(row["timestamps"]) && Array.isArray(row["values"]) && windowsIn(row) !== null;
}

export function readSeries(row: Row, file: DataFile): SeriesReading {
  const name = textIn(row, "series");
  const labels = windowsIn(row);
  const { timestamps, values } = row;
  if (name === null || labels === null || !Array.isArray(timestamps) || !Array.isArray(values)) return unreadable("no-series");
  if (timestamps.length !== values.length) return unreadable("lengths-differ");
  const times = Float64Array.from(timestamps, timeOf);
  // Of what is no number typed arrays make NaN, but of null 0.
  const numbers = Float64Array.from(values, (value) => (typeof value === "number" ? value : NaN));
  if (!times.every((time, at) => Number.isFinite(time) && (at === 0 || time >= times[at - 1]!))) return unreadable("not-in-time-order");
  if (!numbers.every(Number.isFinite)) return unreadable("not-a-number");
  const windows = labels.map((label) => windowOf(label, times));
  if (!windows.every((window, at) => window !== null && (at === 0 || window[0] > windows[at - 1]![1]))) return unreadable("windows");
  const slash = name.indexOf("/");
  return { kind: "series", series: { set: setName(textIn(row, "ds") ?? sourceOf(row, file)), group: setName(slash > 0 ? name.slice(0, slash) : "ungrouped"), name, times, values: numbers, points: times.length, windows: windows as Window[] } };
}

function windowsIn(row: Row): readonly unknown[] | null {
  const label: unknown = row["label"];
  if (typeof label !== "object" || label === null || !("windows" in label)) return null;
  return Array.isArray(label.windows) ? label.windows : null;
}

/** The points from its first to its last time; null where there are none, or fewer than two. */
function windowOf(label: unknown, times: Float64Array): Window | null {
  if (!Array.isArray(label) || label.length !== 2) return null;
  const [from, to] = [timeOf(label[0]), timeOf(label[1])];
  const first = times.findIndex((time) => time >= from);
  const last = times.findLastIndex((time) => time <= to);
  return first === -1 || last <= first ? null : [first, last];
}

/** Epoch milliseconds of `2014-04-01 00:00:00` with or without a fraction: UTC, since nothing else is said. */
function timeOf(text: unknown): number {
  if (typeof text !== "string") return NaN;
  const plain = /^(\d{4}-\d\d-\d\d)[ T](\d\d:\d\d:\d\d(?:\.\d+)?)$/.exec(text);
  return Date.parse(plain === null ? text : `${plain[1]}T${plain[2]!.slice(0, 12)}Z`);
}

function unreadable(reason: string): SeriesReading {
  return { kind: "unreadable", reason };
}
