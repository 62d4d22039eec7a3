/** Where the recorded actions are taken from: a running instance, the log of one that is stopped, or files. */
import { REGISTRY_TOPICS } from "@tripline/core";
import type { LogRecord } from "@tripline/event-log";
import { TriplineError } from "@tripline/model";
import type { GlobalOptions } from "../commands/options.ts";
import type { RecordedAction, Stated, StatedTopic, Unreadable } from "./recorded.ts";

export const STATED_TOPICS: readonly StatedTopic[] = [...REGISTRY_TOPICS, "commands", "breakers"];

export interface Undecoded {
  /** Actions to be read. */
  size(): Promise<number>;
  /** In order of receipt, in runs. */
  runs(): AsyncIterable<readonly LogRecord[]>;
}

export interface Source {
  /** What it is, for people. */
  readonly name: string;
  /** Everything but the actions, in order of receipt. Read first. */
  stated(): Promise<readonly Stated[]>;
  /** The actions, in runs; of one agent in the order of the log. */
  actions(): AsyncIterable<readonly RecordedAction[]>;
  /** The same as they lie in the log, for whoever decodes them elsewhere; absent where they do not lie in one. */
  readonly undecoded?: Undecoded;
  /** How far the actions are read, in whatever the source counts by; null while it cannot be said. */
  progress(): { readonly done: number; readonly of: number } | null;
  close(): Promise<void>;
}

export interface Chosen {
  readonly from: readonly string[];
  /** Whose the telemetry of OTLP files is, where it does not say so itself. */
  readonly agent: string | null;
}

/** True for the failure of asking an instance, after which the log may be read instead. */
export function isGone(error: unknown): boolean {
  return error instanceof TriplineError && GONE.has(error.code);
}

/** Nobody answers, or who did has ended: then the log itself is free to be read. */
const GONE: ReadonlySet<string> = new Set(["TL_NOT_RUNNING", "TL_CONNECTION_BROKEN"]);

export async function openSource(options: GlobalOptions, { from, agent }: Chosen, unreadable: Unreadable): Promise<Source> {
  if (from.length > 0) return (await import("./file-source.ts")).openFiles(from, { options, agent }, unreadable);
  try {
    return await (await import("./running-source.ts")).openRunning(options, unreadable);
  } catch (error) {
    if (!isGone(error)) throw error;
    return (await import("./log-source.ts")).openLog(options, unreadable);
  }
}
