import type { Effect, Reversibility } from "@tripline/model";

export interface Target {
  readonly kind: string;
  readonly id: string;
  /** Environment that the call itself names (a path, a context, a connection string); null where it names none. */
  readonly environment: string | null;
}

/** How much one operation reaches, as far as its text tells. */
export interface Blast {
  /** `named`: what is named and no more. `matching`: whatever fits a pattern. `tree`: all below what is named. `all`: a whole store, system or account. */
  readonly extent: "named" | "matching" | "tree" | "all";
  /** How many things are named; null where a pattern or a name known only at run time stands for any number. */
  readonly count: number | null;
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
  /** Absent where the text does not tell. */
  readonly blast?: Blast;
}

export interface Classification {
  /** Every operation found, in order of execution. Never empty. */
  readonly verdicts: readonly Verdict[];
  /** The one that decides: irreversible before unknown before recoverable before reversible; side effects before reads. */
  readonly worst: Verdict;
  /** `unparsable`: the text could not be understood; the verdict is `unknown`, never safe. */
  readonly parse: "parsed" | "partial" | "unparsable";
}
