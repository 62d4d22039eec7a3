/** Shell builtins: those that change what later commands mean, and those that only compute. */
import { unknownVerdict, verdictOf } from "../compose.ts";
import type { Verdict } from "../verdict.ts";
import type { Invocation, Runner } from "./invocation.ts";
import type { Scope } from "./scope.ts";
import { givenByVariable } from "./given-to-run.ts";
import { runKnownFile } from "./interpreters.ts";
import { joined, pathKind } from "./paths.ts";
import { runsFile, runsFiles } from "./runs-file.ts";
import { HOLE, isKnown } from "./word.ts";

type Builtin = (call: Invocation, run: Runner, scope: Scope) => readonly Verdict[];

const computes = (operation: string) => ({ operation, effect: "read", reversibility: "reversible", reason: "Changes nothing outside the shell." }) as const;

const quiet: Builtin = (call) => [verdictOf(computes(`shell.${call.program === "[" ? "test" : call.program}`), "shell.builtin", [], call.span)];

/** `export A=b`, `local`, `declare`, `readonly`, `typeset`. */
const assign: Builtin = (call, run, scope) => {
  const given: Verdict[] = [];
  for (const { text } of call.args) {
    const equals = text.indexOf("=");
    if (equals <= 0) continue;
    scope.set(text.slice(0, equals), text.slice(equals + 1));
    given.push(...givenByVariable(text.slice(0, equals), text.slice(equals + 1), run));
  }
  return [...quiet(call, run, scope), ...given];
};

const MAX_PATH_CHARS = 1_024;

/**
 * A scratch or vital directory changes what `rm -rf *` means; any other absolute one is taken to be the project itself, since agents go
 * there first.
 */
const changeDirectory: Builtin = (call, run, scope) => {
  const to = call.args.find(({ text }) => !text.startsWith("-"));
  if (to === undefined) scope.cwd = "~";
  else {
    const path = joined(scope.cwd, to);
    const kind = pathKind(path);
    // A path that no system takes, of thousands of steps, is not carried on.
    if (path.text.length > MAX_PATH_CHARS) scope.cwd = "";
    else scope.cwd = kind === "scratch" || kind === "vital" || (kind === "local" && !path.text.startsWith(".")) ? path.text : "";
  }
  return quiet(call, run, scope);
};

const read: Builtin = (call, run, scope) => {
  for (const { text } of call.args) if (!text.startsWith("-")) scope.set(text, HOLE);
  return quiet(call, run, scope);
};

const alias: Builtin = (call, run, scope) => {
  for (const { text } of call.args) {
    const equals = text.indexOf("=");
    if (equals > 0) scope.aliases.set(text.slice(0, equals), text.slice(equals + 1));
  }
  return quiet(call, run, scope);
};

const evaluate: Builtin = (call, run) => run.script(call.args.map(({ text }) => text).join(" "), call.stdin);

const trap: Builtin = (call, run, scope) => {
  const code = call.args.find(({ text }) => !text.startsWith("-"));
  return code === undefined || code.text === "" || call.args.length < 2 ? quiet(call, run, scope) : run.script(code.text, call.stdin);
};

const source: Builtin = (call, run) => {
  const file = call.args[0];
  if (file === undefined) return [unknownVerdict("shell.source", "shell.source", "Runs a file whose text is not here.", call.span)];
  const text = call.files.read(call.cwd, file.text);
  return text === null ? [runsFile("shell.source", file, call), ...(isKnown(file) ? [] : runsFiles(call.substituted, call))] : runKnownFile(file.text, text, call, run);
};

/** Without its history nobody can tell what was done in this shell. */
const history: Builtin = (call, run, scope) => {
  if (!call.args.some(({ text }) => /^-[a-z]*[cdw]/.test(text))) return quiet(call, run, scope);
  const known = { operation: "shell.history-clear", effect: "delete", reversibility: "irreversible", reason: "Deletes the record of what was run." } as const;
  return [verdictOf(known, "protection.shell.history-clear", [], call.span)];
};

const NAMES = "popd dirs pwd true false : test [ set shopt unset shift wait jobs fg bg return exit break continue hash type let  umask ulimit times getopts echo printf help complete compgen bind disown mapfile readarray dirname basename";

export const BUILTINS: Readonly<Record<string, Builtin>> = {
  ...Object.fromEntries(NAMES.split(" ").map((name) => [name, quiet])),
  ...Object.fromEntries(["export", "local", "declare", "typeset", "readonly"].map((name) => [name, assign])),
  read,
  history,
  cd: changeDirectory,
  pushd: changeDirectory,
  alias,
  eval: evaluate,
  trap,
  source,
  ".": source,
};
