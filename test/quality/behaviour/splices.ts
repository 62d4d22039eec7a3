/** What is spliced into a stream, and where: everything random follows from one seed. */
import { sha256Hex } from "@tripline/canonical";
import { textIn } from "../data/data-set.ts";
import { Random } from "../random.ts";
import { DESTRUCTIVE_COMMANDS, volumeDelete } from "./destructive-commands.ts";
import type { RowReader } from "./reading.ts";
import { LISTED_ROWS } from "./spliced-rows.ts";

const SEED = 1;
/** Places in the streams, over all agents. */
export const PLACES = 240;
/** Commands of one splice, some seconds apart. */
const COMMANDS = 3;
const GAP_MS = [2_000, 10_000] as const;
/** Of an agent's calls, the newest share that splices are set among: before that it has little history. */
const NEWEST = 0.3;
/** Rows taken where the data holds none of those listed. */
export const ROWS = 120;

export interface SplicedCall {
  readonly command: string;
  readonly afterMs: number;
}

export interface Splice {
  /** Part of the figures' names. */
  readonly role: "own" | "rows" | "volumeDelete";
  readonly calls: readonly SplicedCall[];
}

/** What git loses lies mostly in the agent's own checkout, which is no attack. */
const OF_GIT = /git/i;
/** Bare SQL is no command line. */
const STATEMENT = /^\s*[A-Z]+ [^-]*;?$/;

/** Rows of command lines that others labelled as destructive. */
export const DESTRUCTIVE_ROWS: RowReader<string> = {
  recognises: (row) => textIn(row, "cmd") !== null && textIn(row, "label") !== null && textIn(row, "source") !== null,
  read(row) {
    const command = textIn(row, "cmd");
    if (command === null) return { kind: "unreadable", reason: "no-command" };
    const counts = row["label"] === "destructive" && !OF_GIT.test(`${textIn(row, "category") ?? ""} ${command}`) && !STATEMENT.test(command);
    return { kind: "read", value: counts ? command : "" };
  },
  calls: () => 0,
};

export const rowId = (command: string): string => sha256Hex(command).slice(0, 12);

/** The rows listed here by id; where the data holds none of them, those whose ids come first. */
export function splicedRows(commands: readonly string[]): string[] {
  const byId = new Map(commands.filter((command) => command !== "").map((command) => [rowId(command), command]));
  const listed = LISTED_ROWS.flatMap((id) => byId.get(id) ?? []);
  if (listed.length > 0) return listed;
  return [...byId].toSorted(([a], [b]) => (a < b ? -1 : 1)).slice(0, ROWS).map(([, command]) => command);
}

/** Indexes of calls, of all agents, after which something is spliced in. */
export function placesIn(lengths: readonly number[]): Set<number>[] {
  const random = new Random(SEED);
  const places = lengths.map(() => new Set<number>());
  const eligible = lengths.map((length) => Math.floor(length * NEWEST));
  const total = eligible.reduce((sum, one) => sum + one, 0);
  if (total === 0) return places;
  for (let drawn = 0; drawn < PLACES; drawn += 1) {
    let at = random.below(total);
    const agent = eligible.findIndex((count) => (at < count ? true : ((at -= count), false)));
    places[agent]!.add(lengths[agent]! - 1 - at);
  }
  return places;
}

/** What is tried at a place, each from the state that the agent has there. Commands take turns, so that each is the first somewhere. */
export function splicesAt(place: number, rows: readonly string[]): Splice[] {
  const random = new Random(SEED + 1 + place);
  const series = (commands: readonly string[]): SplicedCall[] => {
    let afterMs = 0;
    return Array.from({ length: Math.min(COMMANDS, commands.length) }, (_, index) => {
      afterMs += Math.round(random.between(...GAP_MS));
      const command = index === 0 ? commands[place % commands.length]! : random.pick(commands);
      return { command, afterMs };
    });
  };
  const volume = Array.from({ length: 4 }, () => random.below(2 ** 32).toString(16).padStart(8, "0")).join("-");
  return [
    { role: "own", calls: series(DESTRUCTIVE_COMMANDS) },
    ...(rows.length === 0 ? [] : [{ role: "rows", calls: series(rows) } as const]),
    { role: "volumeDelete", calls: [{ command: volumeDelete(place, volume), afterMs: GAP_MS[0] }] },
  ];
}
