/** Programs whose argument or input is code. Shell code is followed; other languages are searched for what they start. */
import { unknownVerdict, verdictOf } from "../compose.ts";
import type { Verdict } from "../verdict.ts";
import type { Handler, Invocation, Runner } from "./invocation.ts";
import { optionNames, readOptions } from "./options.ts";
import { scriptAsProgram } from "./contained.ts";
import { codeVerdicts } from "./foreign-code.ts";
import { NO_STDIN, shown } from "./word.ts";

const SHELL_OPTIONS = optionNames("-c -o +o -O --rcfile --init-file");

/** `sh -c 'code'`, `bash <<EOF`, `… | sh`, `bash script.sh`. */
const shell: Handler = (call, run) => {
  const at = call.args.findIndex(({ text }) => /^-[a-z]*c$/.test(text));
  const code = at < 0 ? undefined : call.args[at + 1];
  if (code !== undefined) return run.script(code.text, NO_STDIN);
  const script = readOptions(call.args, SHELL_OPTIONS).operands[0];
  if (script !== undefined && script.text !== "-") return [unknownVerdict("shell.run-script", "shell.run-script", `Runs ${shown(script.text)}, whose text is not here.`, call.span)];
  return fromStdin(call, (text) => run.script(text, NO_STDIN));
};

function fromStdin(call: Invocation, follow: (text: string) => readonly Verdict[]): readonly Verdict[] {
  if (call.stdin.kind === "text") return follow(call.stdin.text);
  if (call.stdin.kind === "none") return [unknownVerdict(`shell.${call.program}`, "shell.interactive", `Starts ${call.program} without a script.`, call.span)];
  return [unknownVerdict("shell.pipe-to-interpreter", "shell.pipe-to-interpreter", `Runs as ${call.program} code whatever ${shown(call.stdin.from)} gives.`, call.span)];
}

/** `python -c`, `node -e`, `ruby -e`, `perl -e`, `php -r`, and code on standard input. */
const foreign = (codeFlags: RegExp): Handler => (call: Invocation, run: Runner) => {
  const at = call.args.findIndex(({ text }) => codeFlags.test(text));
  const code = at < 0 ? undefined : call.args[at + 1];
  if (code !== undefined) return codeVerdicts(code.text, call, run);
  if (call.args.some(({ text }) => /^(--version|-V|-v|--help|-h)$/.test(text))) return [versionShown(call)];
  const known = scriptAsProgram(call, run);
  if (known !== null) return known;
  const file = call.args.find(({ text }) => !text.startsWith("-") || text === "-");
  if (file !== undefined && file.text !== "-") return [unknownVerdict(`shell.${call.program}`, "shell.run-script", `Runs ${shown(file.text)}, whose text is not here.`, call.span)];
  return fromStdin(call, (text) => codeVerdicts(text, call, run));
};

const versionShown = (call: Invocation): Verdict =>
  verdictOf({ operation: `shell.${call.program}`, effect: "read", reversibility: "reversible", reason: "Shows its version." }, "shell.help", [], call.span);

const each = (names: string, handler: Handler): Record<string, Handler> => Object.fromEntries(names.split(" ").map((name) => [name, handler]));

export const INTERPRETERS: Readonly<Record<string, Handler>> = {
  ...each("sh bash zsh dash ksh ash fish", shell),
  ...each("python pypy ipython ", foreign(/^-[a-zA-Z]*c$/)),
  ...each("node nodejs deno ts-node tsx", foreign(/^(-[a-z]*[ep]|--eval|--print|eval)$/)),
  ...each("ruby perl", foreign(/^-[a-zA-Z0-9]*[eE]$/)),
  ...each("php", foreign(/^-r$/)),
};
