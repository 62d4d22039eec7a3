/** sed and awk: their scripts are small languages that can write files and start programs. */
import { unknownVerdict } from "../compose.ts";
import type { Verdict } from "../verdict.ts";
import { type Known, say } from "./deletion.ts";
import { runsFile } from "./runs-file.ts";
import type { Handler, Invocation, Runner } from "./invocation.ts";
import { optionNames, readOptions } from "./options.ts";
import { judgeRedirect } from "./redirect.ts";
import { sedEffects } from "./sed-script.ts";
import { HOLE, NO_STDIN, type Word } from "./word.ts";

const EDITS: Known = { effect: "write", reversibility: "recoverable", reason: "Edits files in place." };
const PRINTS: Known = { effect: "read", reversibility: "reversible", reason: "Prints edited text." };

const SED_OPTIONS = optionNames("-e --expression -f --file -l --line-length");

const sed: Handler = (call, run) => {
  const options = readOptions(call.args, SED_OPTIONS);
  const isInPlace = [...options.flags].some((flag) => /^(-[a-zA-Z]*i|--in-place)/.test(flag));
  const given = [...(options.values.get("-e") ?? []), ...(options.values.get("--expression") ?? [])];
  const files = [...(options.values.get("-f") ?? []), ...(options.values.get("--file") ?? [])];
  const isNamed = given.length + files.length > 0;
  const scripts = [...(isNamed ? given : options.operands.slice(0, 1)).map(({ text }) => text), ...files.map((file) => call.files.read(call.cwd, file.text))];
  const own = say(call, "shell.sed", isInPlace ? EDITS : PRINTS, isInPlace ? options.operands.slice(isNamed ? 0 : 1) : []);
  // GNU sed's sandbox refuses to run and to write.
  if (options.flags.has("--sandbox")) return [own];
  return [own, ...files.filter((_, at) => scripts[given.length + at] === null).map((file) => runsFile("shell.sed", file, call)), ...effectsOf(scripts.filter((text) => text !== null).join("\n"), call, run)];
};

function effectsOf(script: string, call: Invocation, run: Runner): readonly Verdict[] {
  return sedEffects(script).flatMap(({ kind, text }) => {
    if (kind === "writes") return judgeRedirect(">", text, call.span);
    // What the pattern leaves of the line is run beside the text put in.
    return [unknownVerdict("shell.sed", "shell.sed.runs", "Runs text of its input as commands.", call.span), ...(text === "" ? [] : run.script(text, NO_STDIN))];
  });
}

const AWK_OPTIONS = optionNames("-F -v -f -i -l -e -E --field-separator --assign --file --source --exec --include --load");
const STRING = '"((?:[^"\\\\]|\\\\.)*)"';
/** `system("cmd")`, `print | "cmd"`, `"cmd" | getline`, and `|&` as well. */
const STARTED = [new RegExp(`\\bsystem\\s*\\(\\s*${STRING}\\s*(\\))?`, "g"), new RegExp(`(?<!\\|)\\|&?\\s*${STRING}()`, "g"), new RegExp(`${STRING}\\s*()\\|&?\\s*getline`, "g")];
/** The same with a text that only a run tells. */
const STARTED_UNKNOWN = /\bsystem\s*\(\s*[^"\s)]|(?<!\|)\|&?\s*(?!getline\b)[A-Za-z_$(]|[\w\])]\s*\|&?\s*getline/;
/** In a `print` a `>` outside brackets is a redirection, never a comparison. */
const PRINTED = /\bprintf?\b([^;}\n]*)/g;
/** Matches looked at of one program. */
const MAX_MATCHES = 64;

const unescaped = (text: string): string => text.replace(/\\(.)/g, "$1");

const awk: Handler = (call, run) => {
  const options = readOptions(call.args, AWK_OPTIONS);
  const files = [...(options.values.get("-f") ?? []), ...(options.values.get("--file") ?? []), ...(options.values.get("-E") ?? []), ...(options.values.get("--exec") ?? [])];
  const given = [...(options.values.get("-e") ?? []), ...(options.values.get("--source") ?? [])];
  const texts = [...given, ...(files.length + given.length === 0 ? options.operands.slice(0, 1) : [])].map(({ text }) => text);
  const isInPlace = ["-i", "--include"].some((name) => options.values.get(name)?.some(({ text }) => text === "inplace"));
  const loaded = files.flatMap((file) => ofFile(file, call, run));
  return [say(call, "shell.awk", isInPlace ? EDITS : PRINTS), ...loaded, ...texts.flatMap((text) => awkEffects(text, call, run))];
};

function ofFile(file: Word, call: Invocation, run: Runner): readonly Verdict[] {
  const text = call.files.read(call.cwd, file.text);
  return text === null ? [runsFile("shell.awk", file, call)] : awkEffects(text, call, run);
}

function awkEffects(program: string, call: Invocation, run: Runner): readonly Verdict[] {
  // What a regular expression holds is no code.
  const code = program.replace(/(^|[~({,;!&|\n])[ \t]{0,8}\/(?:[^/\\\n]|\\.)*\//g, "$1 0 ");
  const found: Verdict[] = [];
  let isCut = false;
  let isOpaque = STARTED_UNKNOWN.test(code.replaceAll("||", " ").replace(/"(?:[^"\\]|\\.)*"/g, '""'));
  for (const pattern of STARTED) {
    const starts = [...code.replaceAll("||", "  ").matchAll(pattern)];
    isCut ||= starts.length > MAX_MATCHES;
    for (const [, text, end] of starts.slice(0, MAX_MATCHES)) {
      // `system("rm " $1)`: the rest of the command comes from the input.
      const isWhole = end !== undefined;
      found.push(...run.script(unescaped(text!) + (isWhole ? "" : HOLE), NO_STDIN).filter(({ effect }) => effect !== "read"));
      isOpaque ||= !isWhole;
    }
  }
  const printed = [...code.matchAll(PRINTED)];
  for (const [, rest] of printed.slice(0, MAX_MATCHES)) found.push(...printedTo(rest!, call));
  if (isCut || printed.length > MAX_MATCHES) found.push(unknownVerdict("shell.awk", "shell.awk.too-many", "Starts or writes more than is judged.", call.span));
  if (isOpaque) found.push(unknownVerdict("shell.awk", "shell.awk.runs", "Starts programs that its input names.", call.span));
  return found;
}

function printedTo(rest: string, call: Invocation): readonly Verdict[] {
  const flat = rest.replace(/"(?:[^"\\]|\\.)*"/g, (text) => text.replace(/[()>]/g, "_")).replace(/\([^()]*\)/g, "0");
  const [, operator, target] = /(>>?)\s*([^>\s][^]*)$/.exec(flat) ?? [];
  if (operator === undefined || target === undefined) return [];
  const path = /^"((?:[^"\\]|\\.)*)"\s*$/.exec(rest.slice(rest.lastIndexOf(">") + 1).trim())?.[1];
  return judgeRedirect(operator, path ?? `./${HOLE}`, call.span);
}

export const STREAM_EDITORS: Readonly<Record<string, Handler>> = { sed, gsed: sed, awk, gawk: awk, mawk: awk, nawk: awk };
