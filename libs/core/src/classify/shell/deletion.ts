/** What deleting paths loses, whatever program or language does it. */
import { type Knowledge, verdictOf } from "../compose.ts";
import type { Blast, Target, Verdict } from "../verdict.ts";
import type { Invocation } from "./invocation.ts";
import { isPrecious, joined, type PathKind, pathKind } from "./paths.ts";
import { isKnown, shown, unknownWord, type Word } from "./word.ts";

export type Known = Omit<Knowledge, "operation">;

export const say = (call: Invocation, operation: string, known: Known, words: readonly Word[] = [], rule = operation): Verdict =>
  verdictOf({ ...known, operation }, rule, words.map(fileTarget), call.span);

const fileTarget = (word: Word): Target => ({ kind: "path", id: shown(word.text), environment: null });

const TRASH = "Move it aside, or list what it holds first.";

const DELETION: Record<PathKind, Known> = {
  scratch: { effect: "delete", reversibility: "recoverable", reason: "Deletes files that tools make again." },
  local: { effect: "delete", reversibility: "recoverable", reason: "Deletes files inside the working directory, which version control holds." },
  precious: { effect: "delete", reversibility: "irreversible", confinedTo: "workspace", reason: "Deletes state, keys or data, which version control does not hold.", safer: TRASH },
  outside: { effect: "delete", reversibility: "irreversible", reason: "Deletes files outside the working directory.", safer: TRASH },
  vital: { effect: "delete", reversibility: "irreversible", reason: "Deletes a system's, a home's, a repository's or the whole working directory's files.", safer: TRASH },
  unknown: { effect: "delete", reversibility: "unknown", reason: "Deletes a path that is only known at run time.", safer: "Write the path out." },
};

/** Single files are as a rule edits of what is committed; of a tree, whatever was never committed is lost. */
const LOCAL_TREE: Known = { effect: "delete", reversibility: "irreversible", confinedTo: "workspace", reason: "Deletes a part of the project with whatever in it is not committed.", safer: "git rm -r, or git stash -u first." };
/** `rm -rf "$X"` with an X nobody knows may be `rm -rf /`. */
const UNKNOWN_TREE: Known = { ...DELETION.unknown, reversibility: "irreversible" };
const STATE: Known = { effect: "delete", reversibility: "irreversible", reason: "Deletes the state of an infrastructure: nothing knows its resources any more.", safer: TRASH };

const SEVERITY: readonly PathKind[] = ["scratch", "local", "precious", "unknown", "outside", "vital"];

/** Paths of one call that are looked at. */
const MAX_PATHS = 256;

/** What lies beyond the bound may be anything. */
const bounded = (paths: readonly Word[]): readonly Word[] => (paths.length <= MAX_PATHS ? paths : [...paths.slice(0, MAX_PATHS), unknownWord]);

/** `named`: those files. `matching`: what fits a pattern below them. `tree`: all below them. */
export type Reach = "named" | "matching" | "tree";

/** The worst of the paths decides. A lone file outside is less than a tree: without recursion a directory cannot go. */
export function deletion(call: Invocation, operation: string, written: readonly Word[], reach: Reach): Verdict {
  const paths = bounded(written).map((path) => joined(call.cwd, path));
  const kinds = paths.map((path) => kindOf(path, reach, call));
  const worst = SEVERITY.findLast((kind) => kinds.includes(kind)) ?? "unknown";
  // `rm -rf node_modules package-lock.json`: recursion does nothing to a file.
  const trees = paths.filter((path, at) => kinds[at] === "local" && !/\.[A-Za-z0-9]{1,6}$/.test(path.text));
  const known = knownOf(worst, reach === "tree" && trees.length === 0 && worst === "local" ? "named" : reach, paths);
  return { ...say(call, operation, known, paths), blast: blastOf(paths, worst, reach) };
}

/** Below the temporary directory lies other programs' work as well. */
const TEMPORARY_TREE: Known = { effect: "delete", reversibility: "irreversible", confinedTo: "workspace", reason: "The code deletes a tree below the temporary directory; it is searched, not parsed, so what else it reaches is not seen.", safer: "rm -r with the path written out." };

/**
 * A deletion inside code of another language: searched, not parsed, and a detour around whatever watches `rm`. So a tree must be one that
 * tools make again by its very name; that it lies below the temporary directory is not enough.
 */
export function codeDeletion(call: Invocation, written: Word, reach: Reach): Verdict {
  const verdict = { ...deletion(call, `shell.${call.program}.remove`, [written], reach), rule: "shell.foreign-code.remove" };
  if (reach !== "tree" || verdict.reversibility !== "recoverable" || !/^\/(tmp|var\/tmp|private|dev\/shm)/.test(written.text)) return verdict;
  return { ...say(call, verdict.operation, TEMPORARY_TREE, [written], verdict.rule), ...(verdict.blast === undefined ? {} : { blast: verdict.blast }) };
}

function kindOf(path: Word, reach: Reach, call: Invocation): PathKind {
  const kind = pathKind(path);
  if ((kind === "local" || kind === "outside") && call.files.wasMade(path.text, kind === "outside")) return "scratch";
  // A lone file elsewhere is most often the project's, by its absolute name.
  return reach === "named" && kind === "outside" && !path.glob ? (isPrecious(path) ? "precious" : "local") : kind;
}

function knownOf(worst: PathKind, reach: Reach, paths: readonly Word[]): Known {
  if (worst === "local" && reach !== "named") return LOCAL_TREE;
  if (worst === "unknown" && reach !== "named") return UNKNOWN_TREE;
  return worst === "precious" && paths.some(({ text }) => /\.tfstate\b/.test(text)) ? STATE : DELETION[worst];
}

/** A root, a home, the working directory, or one of the directories at the root. */
const WHOLE = /^(\.|~|\/[^/]*|[A-Za-z]:)?[\\/]*\.?\*?$/;

function blastOf(paths: readonly Word[], worst: PathKind, reach: Reach): Blast {
  const isCountable = paths.every((path) => isKnown(path) && !path.glob);
  const extent = reach !== "named" ? reach : isCountable ? "named" : "matching";
  const isWhole = worst === "vital" && reach === "tree" && paths.some(({ text }) => WHOLE.test(text));
  return { extent: isWhole ? "all" : extent, count: isCountable ? paths.length : null };
}
