/** Verdicts that stand for a file's content where a file runs whose text is not here. */
import { verdictOf } from "../compose.ts";
import type { Verdict } from "../verdict.ts";
import type { Invocation } from "./invocation.ts";
import { joined } from "./paths.ts";
import { literal, shown, type Word } from "./word.ts";

/** Named like this, a script drops or removes something whatever its text, as a task of a build file would. */
const DESTROYING_FILE = /(^|[-_./])(nuke|destroy|tear-?down|uninstall|wipe|purge|(drop|reset|delete|clear|flush)[-_.]?(db|database|schema|data|all|prod\w*|volumes?|stack|cluster|infra)|(db|database|schema|data|volumes?|stack|cluster|infra|prod)[-_.]?(drop|reset|delete|clear|destroy))([-_.][\w-]*)*$/i;

/** A script whose name alone says that it destroys; null where it does not. */
export function destroyingFile(path: string, call: Invocation): Verdict | null {
  const name = path.slice(path.lastIndexOf("/") + 1);
  if (!DESTROYING_FILE.test(name) || call.args.some(({ text }) => /^(--help|-h|--dry-run|--check)$/.test(text))) return null;
  const known = { operation: "shell.run-destroying-script", effect: "delete", reversibility: "irreversible", reason: `Runs ${shown(name)}, which is named for destroying; its text is not here.`, safer: "Read the script first." } as const;
  return verdictOf(known, "shell.run-destroying-script", [{ kind: "script", id: shown(path), environment: null }], call.span);
}

/** The answer where a file runs whose text is not in the script. */
export function runsFile(operation: string, file: Word, call: Invocation): Verdict {
  const destroying = destroyingFile(file.text, call);
  if (destroying !== null) return destroying;
  const known = { operation, effect: "execute", reversibility: "unknown", reason: `Runs ${shown(file.text)}, whose text is not here.` } as const;
  return verdictOf(known, RUNS_FILE, [{ kind: "script", id: shown(joined(call.cwd, file).text), environment: null }], call.span);
}

/** Rule id of a verdict that stands for a file's content. */
export const RUNS_FILE = "shell.run-script";

/** One verdict for each file whose text may be what runs. */
export const runsFiles = (files: readonly string[], call: Invocation): readonly Verdict[] => files.map((path) => runsFile("shell.run-script", literal(path), call));
