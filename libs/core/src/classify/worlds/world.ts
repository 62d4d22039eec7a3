/** A world is a command-line program (or a family) whose operations are knowledge rather than language: one file, one table. */
import type { Effect, Reversibility } from "@tripline/model";

export interface CliRule {
  /** Leading operands, each a word, `a|b|c`, or `*` for any one (alone or among others): `"delete namespace|ns"`. Empty fits every call. */
  readonly match: string;
  /** Flags that must all be there, each `--long|-s`. A value may be asked for: `--replicas=0`. */
  readonly flags?: string;
  /** Flags of which none may be there. */
  readonly without?: string;
  /** Tested on the arguments joined by blanks, HOLEs as `$…`. */
  readonly text?: RegExp;
  /** Tested on the operands joined by blanks: for programs with a language of their own, read from its first word. */
  readonly command?: RegExp;
  /**
   * Tested on the first operands (`verbDepth` of the world), joined by blanks; one that itself holds a blank is a sentence and left out.
   * A row that reads does not fit where one of them says `create`, `update` or the like.
   */
  readonly verb?: RegExp;
  readonly effect: Effect;
  readonly reversibility: Reversibility;
  readonly reason: string;
  readonly safer?: string;
  /** See `Verdict.confinedTo`. */
  readonly confinedTo?: "workspace";
  /** Takes a protection away rather than the thing itself: the rule id says so. See `protection.ts`. */
  readonly protection?: true;
  /** Canonical operation without the program; by default the words of `match` joined by `-`. */
  readonly name?: string;
}

export interface World {
  /** First half of the canonical operation: `git` in `git.push-force`. */
  readonly name: string;
  /** Programs that it speaks for, separated by blanks. */
  readonly programs: string;
  /** Options that take a separate value, separated by blanks: without them a value would pass for an operand. */
  readonly withValue: string;
  /** Options whose value names the environment (`--context`, `--profile`). */
  readonly place?: string;
  /** First fit decides: put the particular before the general. */
  readonly rules: readonly CliRule[];
  /** Operands that are names of services or groups although they look like verbs (`gcloud run services list`). */
  readonly nouns?: string;
  /** First operand looked at, and how many, where no row fits and the verb decides. By default the first three. */
  readonly verbFrom?: number;
  readonly verbDepth?: number;
  /** Each line of known standard input is a command of the program (`echo FLUSHALL | redis-cli`). */
  readonly readsLines?: boolean;
  /** Flags under which nothing happens. */
  readonly dry?: string;
}

type Extra = Partial<Omit<CliRule, "match" | "effect" | "reversibility" | "reason">>;

const row = (effect: Effect, reversibility: Reversibility) => (match: string, reason: string, extra: Extra = {}): CliRule => ({ match, effect, reversibility, reason, ...extra });

/** Deletes beyond repair. */
export const destroys = row("delete", "irreversible");
/** Throws away work that only this checkout holds. */
export const forfeits = (match: string, reason: string, extra: Extra = {}): CliRule => destroys(match, reason, { confinedTo: "workspace", ...extra });
/** Deletes what can be made or fetched again. */
export const discards = row("delete", "recoverable");
export const reads = row("read", "reversible");
export const writes = row("write", "recoverable");
/** Overwrites beyond repair. */
export const overwrites = row("write", "irreversible");
export const creates = row("create", "recoverable");
export const governs = row("admin", "recoverable");
/** Changes rights, protection or service in a way that is not undone by asking. */
export const governsForGood = row("admin", "irreversible");
export const publishes = row("publish", "unknown");
/** Gives others something that cannot be taken back or given again under its name. */
export const publishesForGood = row("publish", "irreversible");
/** Runs code of the project or of others. */
export const runs = row("execute", "unknown");
/** Runs the project's own build or tests. */
export const builds = row("execute", "recoverable");

const RESTORE = "Leave the protection on; ask a human who owns the resource to lift it for one change.";
/** Takes away what keeps a later deletion from being final, or from being seen: a class of its own, see `protection.ts`. */
export const unprotects = (match: string, reason: string, extra: Extra = {}): CliRule => ({ match, effect: "admin", reversibility: "irreversible", reason, safer: RESTORE, protection: true, ...extra });
