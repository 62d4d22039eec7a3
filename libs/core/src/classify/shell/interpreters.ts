/** Programs whose argument or input is code. Shell code is followed; other languages are searched for what they start. */
import { unknownVerdict, verdictOf } from "../compose.ts";
import type { Verdict } from "../verdict.ts";
import type { Handler, Invocation, Runner } from "./invocation.ts";
import { optionNames, readOptions } from "./options.ts";
import { scriptAsProgram } from "./contained.ts";
import { codeVerdicts } from "./foreign-code.ts";
import { runsFile, runsFiles } from "./runs-file.ts";
import { isKnown, NO_STDIN, shown, type Word } from "./word.ts";

const SHELL_OPTIONS = optionNames("-c -o +o -O --rcfile --init-file");

/** `sh -c 'code'`, `bash <<EOF`, `… | sh`, `bash script.sh`. */
const shell: Handler = (call, run) => {
  const at = call.args.findIndex(({ text }) => /^-[a-z]*c$/.test(text));
  const code = at < 0 ? undefined : call.args[at + 1];
  if (code !== undefined) return run.script(code.text, NO_STDIN);
  const script = readOptions(call.args, SHELL_OPTIONS).operands[0];
  if (script !== undefined && script.text !== "-") return scriptFile(script, call, run);
  return fromStdin(call, (text) => run.script(text, NO_STDIN));
};

/** The target names the file, so that what an earlier call wrote there can be looked up. */
function scriptFile(file: Word, call: Invocation, run: Runner): readonly Verdict[] {
  const text = call.files.read(call.cwd, file.text);
  if (text !== null) return runKnownFile(file.text, text, call, run);
  const operation = call.program in FOREIGN ? `shell.${call.program}` : "shell.run-script";
  return [runsFile(operation, file, call), ...(isKnown(file) ? [] : runsFiles(call.substituted, call))];
}

/** Runs a file whose text the script itself has written: by its first line, else by the interpreter named, else by its ending. */
export function runKnownFile(path: string, text: string, call: Invocation, run: Runner): readonly Verdict[] {
  const shebang = /^#!\s*(?:\S*\/)?([A-Za-z]+)[\d.]*(?:\s+(?:-S\s+)?([A-Za-z]+))?/.exec(text);
  const named = shebang === null ? "" : shebang[1] === "env" ? (shebang[2] ?? "") : shebang[1]!;
  const program = named !== "" ? named : call.program in FOREIGN || call.program in SHELLS ? call.program : (ENDINGS[path.slice(path.lastIndexOf(".") + 1)] ?? "sh");
  return program in FOREIGN ? codeVerdicts(text, { ...call, program }, run) : run.script(text, NO_STDIN);
}

const ENDINGS: Readonly<Record<string, string>> = { py: "python", js: "node", mjs: "node", cjs: "node", ts: "node", rb: "ruby", pl: "perl", php: "php" };

function fromStdin(call: Invocation, follow: (text: string) => readonly Verdict[]): readonly Verdict[] {
  if (call.stdin.kind === "text") return follow(call.stdin.text);
  if (call.stdin.kind === "none") return [unknownVerdict(`shell.${call.program}`, "shell.interactive", `Starts ${call.program} without a script.`, call.span)];
  return [unknownVerdict("shell.pipe-to-interpreter", "shell.pipe-to-interpreter", `Runs as ${call.program} code whatever ${shown(call.stdin.from)} gives.`, call.span), ...runsFiles(call.stdin.files ?? [], call)];
}

/** `python -c`, `node -e`, `ruby -e`, `perl -e`, `php -r`, and code on standard input. */
const foreign = (codeFlags: RegExp): Handler => (call: Invocation, run: Runner) => {
  const at = call.args.findIndex(({ text }) => codeFlags.test(text));
  const code = at < 0 ? undefined : call.args[at + 1];
  if (code !== undefined) return [...codeVerdicts(code.text, call, run), ...(isKnown(code) ? [] : runsFiles(call.substituted, call))];
  if (call.args.some(({ text }) => /^(--version|-V|-v|--help|-h)$/.test(text))) return [versionShown(call)];
  if (call.program === "deno" && call.args[0]?.text === "run") {
    const file = call.args.slice(1).find(({ text }) => !text.startsWith("-"));
    if (file !== undefined) return scriptFile(file, call, run);
  }
  const known = scriptAsProgram(call, run);
  if (known !== null) return known;
  const file = call.args.find(({ text }) => !text.startsWith("-") || text === "-");
  if (file !== undefined && file.text !== "-") return scriptFile(file, call, run);
  return fromStdin(call, (text) => codeVerdicts(text, call, run));
};

const versionShown = (call: Invocation): Verdict =>
  verdictOf({ operation: `shell.${call.program}`, effect: "read", reversibility: "reversible", reason: "Shows its version." }, "shell.help", [], call.span);

const each = (names: string, handler: Handler): Record<string, Handler> => Object.fromEntries(names.split(" ").map((name) => [name, handler]));

const SHELLS: Readonly<Record<string, Handler>> = each("sh bash zsh dash ksh ash fish", shell);
const FOREIGN: Readonly<Record<string, Handler>> = {
  ...each("python pypy ipython ", foreign(/^-[a-zA-Z]*c$/)),
  ...each("node nodejs deno ts-node tsx", foreign(/^(-[a-z]*[ep]|--eval|--print|eval)$/)),
  ...each("ruby perl", foreign(/^-[a-zA-Z0-9]*[eE]$/)),
  ...each("php", foreign(/^-r$/)),
};

export const INTERPRETERS: Readonly<Record<string, Handler>> = { ...SHELLS, ...FOREIGN };
