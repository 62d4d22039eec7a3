/** One command as a handler sees it, and what a handler may ask for. */
import type { Span } from "../compose.ts";
import type { Verdict } from "../verdict.ts";
import type { ScriptFiles } from "./script-files.ts";
import { NO_STDIN, type Stdin, type Word } from "./word.ts";

export interface Invocation {
  /** Base name of the program: `/bin/rm` and `\rm` are `rm`. */
  readonly program: string;
  /** The program as written, its path included. */
  readonly path: string;
  readonly args: readonly Word[];
  readonly stdin: Stdin;
  readonly span: Span | null;
  /** Environment that an assignment on the command line states (`NODE_ENV=production cmd`), or null. */
  readonly environment: string | null;
  /** Where the script went by `cd`, where that matters for what a relative path means; else empty. */
  readonly cwd: string;
  /** Files whose text the script has put into words of its own (`$(cat x)`), where that text is not known here. */
  readonly substituted: readonly string[];
  /** What the script has written and made so far. */
  readonly files: ScriptFiles;
}

/** A program without arguments, as the reader of a whole file. */
export const bareCall = (program: string, path: string, files: ScriptFiles): Invocation => ({ program, path, args: [], stdin: NO_STDIN, span: null, environment: null, cwd: "", files, substituted: [] });

/** Lets a handler follow what its program would run. Bounded: past MAX_NESTING or MAX_COMMANDS it answers `unknown`. */
export interface Runner {
  /** Follows shell text; a HOLE in it is a variable of unknown value. */
  script(text: string, stdin: Stdin): readonly Verdict[];
  /** Follows a command given as words (`sudo`, `xargs`, `env`). */
  command(words: readonly Word[], stdin: Stdin): readonly Verdict[];
  /** Records that something here was not understood. */
  partial(): void;
}

/** Judges one invocation. Must answer at least one verdict: an empty answer counts as `unknown`. */
export type Handler = (call: Invocation, run: Runner) => readonly Verdict[];
