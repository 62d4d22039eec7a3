/**
 * What agents did, session by session, as a detector may see it. What the data knows about it (labels) is kept apart, so that nothing
 * that judges can read it.
 */
import type { Action, Provenance } from "@tripline/model";

/** One call of a tool. */
export interface Call {
  readonly tool: string;
  readonly args: Readonly<Record<string, unknown>>;
  /** Argument path → where its value was seen before. */
  readonly provenance: Readonly<Record<string, Provenance>>;
  /** When it was made; null where the data has no times. */
  readonly atMs: number | null;
  readonly status: NonNullable<Action["outcome"]>["status"];
  /** Bytes that the tool gave back; null where it gave back nothing that was recorded. */
  readonly outputBytes: number | null;
  /** Where the agent worked, where that was recorded. */
  readonly directory?: string;
}

export interface Session {
  readonly id: string;
  /** Whose baseline it is judged by. */
  readonly agent: string;
  readonly runtime: string | null;
  /** What a person asked for, where that was recorded. */
  readonly task: string | null;
  readonly calls: readonly Call[];
}

/** Rows and calls held in memory at once. Past them the data is refused: a part would pass for the whole. */
export const MAX_ROWS = 1_000_000;
export const MAX_CALLS = 1_000_000;
/** Longest session that is taken; a longer one is told as unreadable. */
export const MAX_SESSION_CALLS = 5_000;
