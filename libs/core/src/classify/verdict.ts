import type { Effect, Reversibility } from "@tripline/model";

export interface Target {
  readonly kind: string;
  readonly id: string;
  /** Environment that the call itself names (a path, a context, a connection string); null where it names none. */
  readonly environment: string | null;
}

/** What one operation inside an action does, and why we say so. */
export interface Verdict {
  /** Canonical: `railway.volumeDelete`, `sql.drop-table`, `shell.rm`, `http.delete`. */
  readonly operation: string;
  readonly effect: Effect;
  readonly reversibility: Reversibility;
  /** Stable id of the rule that decided. */
  readonly rule: string;
  /** One sentence for a human. */
  readonly reason: string;
  readonly targets: readonly Target[];
  /** Where in the classified text, in UTF-16 units; null when the whole. */
  readonly span: { readonly start: number; readonly end: number } | null;
  readonly saferAlternative: string | null;
  /** `workspace`: what may be lost is uncommitted work in the agent's own checkout, nothing that others use. Absent: anything. */
  readonly confinedTo?: "workspace";
  /**
   * May replace or remove what is there, where the effect does not tell: more than an addition, though perhaps undone by another such
   * call. What the Model Context Protocol calls a destructive update. Neither bursts nor hard rules count it: agents edit all day.
   * False: known only to add or to start. Absent: not told apart.
   */
  readonly overwrites?: boolean;
  /** How much the call names or reaches, where that can be counted. */
  readonly blastRadius?: BlastRadius;
}

export interface BlastRadius {
  /** `all`: everything of that kind at the place. */
  readonly count: number | "all";
  /** In words: `instances`, `objects at most`. */
  readonly of: string;
}

export interface Classification {
  /** Every operation found, in order of execution. Never empty. */
  readonly verdicts: readonly Verdict[];
  /** The one that decides: irreversible before unknown before recoverable before reversible; side effects before reads. */
  readonly worst: Verdict;
  /** `unparsable`: the text could not be understood; the verdict is `unknown`, never safe. */
  readonly parse: "parsed" | "partial" | "unparsable";
}
