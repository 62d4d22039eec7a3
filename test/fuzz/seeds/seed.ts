/** What is mutated: texts of which it is known what they do. */

/**
 * `lost`: something is gone for good. `safe`: nothing is, and the classifier knows what it does; it may be a read or a change that can be
 * made good, but is never `unknown`.
 */
export type Truth = "lost" | "safe";

/** One simple command, word by word, so that each word may be quoted in any way. `*` and `~` stay as they are. */
export interface CommandSeed {
  readonly language: "command";
  readonly truth: Truth;
  readonly words: readonly string[];
}

/** A pipeline, here-document or list, which can only be wrapped as a whole. */
export interface ScriptSeed {
  readonly language: "script";
  readonly truth: Truth;
  readonly text: string;
}

export interface SqlSeed {
  readonly language: "sql";
  readonly truth: Truth;
  readonly text: string;
}

export interface GraphqlSeed {
  readonly language: "graphql";
  readonly truth: Truth;
  readonly type: "query" | "mutation";
  /** Root fields, at least one. */
  readonly fields: readonly string[];
}

export type Seed = CommandSeed | ScriptSeed | SqlSeed | GraphqlSeed;
