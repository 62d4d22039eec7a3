/** Programs that hand a command line to something else: a terminal, an editor, a scheduler, a desktop. */
import { unknownVerdict } from "../compose.ts";
import type { Verdict } from "../verdict.ts";
import type { Handler, Invocation, Runner } from "./invocation.ts";
import { optionNames, readOptions } from "./options.ts";
import { NO_STDIN } from "./word.ts";

const opens = (call: Invocation): Verdict => unknownVerdict(`shell.${call.program}`, "shell.opens", `Hands something to ${call.program}.`, call.span);

const follow = (texts: readonly string[], call: Invocation, run: Runner): readonly Verdict[] => [opens(call), ...texts.flatMap((text) => run.script(text, NO_STDIN))];

/** `osascript -e 'do shell script "…"'`. */
const appleScript: Handler = (call, run) => {
  const text = [...call.args.map((word) => word.text), call.stdin.kind === "text" ? call.stdin.text : ""].join("\n");
  return follow([...text.matchAll(/do shell script\s+"((?:[^"\\]|\\.)*)"/g)].map(([, code]) => code!.replace(/\\(.)/g, "$1")), call, run);
};

/** A shell escape of an editor: alone, behind a range or `silent`, as filter, or as what is written to or read from. */
const ESCAPES = /(?:^|[|:\s]|%|\d|\bw|\br)!\s*([^!=~\s][^]*)/;
const CALLS = /\b(?:system|systemlist|term_start|job_start|termopen|shell-command|call-process|shell-command-to-string|async-shell-command|os\.execute|io\.popen)(?:\s*\(\s*|\s*)(["'])((?:\\.|(?!\1)[^\\])*)\1/g;

/** `vim -c ':!cmd'`, `+'!cmd'`, `ex -s <<< '%!cmd'`, `emacs --eval '(shell-command "cmd")'`. */
const editor: Handler = (call, run) => {
  const lines = [...call.args.flatMap(({ text }) => (/^(?:-c.|[+:!%]|\d|[a-z(])/.test(text) ? text.replace(/^(?:-c|\+)/, "") : [])), ...(call.stdin.kind === "text" ? call.stdin.text.split("\n") : [])];
  const escapes = lines.slice(0, MAX_LINES).flatMap((text) => [...(ESCAPES.exec(text)?.slice(1) ?? []), ...[...text.matchAll(CALLS)].map(([, , code]) => code!.replace(/\\(.)/g, "$1"))]);
  return follow(escapes, call, run);
};

/** Lines and arguments of one call that are looked at. */
const MAX_LINES = 64;

/** `tmux send-keys -t x 'cmd' Enter`, `tmux new -d 'cmd'`. */
const tmux: Handler = (call, run) => {
  const { operands } = readOptions(call.args, optionNames("-t -s -n -c -L -S -f -F -x -y -e"));
  const [verb, ...words] = operands;
  if (verb === undefined || !/^(send-keys|send|new|new-session|new-window|neww|split-window|splitw|run-shell|run|if-shell|respawn-pane|pipe-pane|display-popup|popup)$/.test(verb.text)) return [opens(call)];
  return follow([words.map(({ text }) => text).filter((text) => !/^(Enter|C-m|C-c|Space|KPEnter)$/.test(text)).join(" ")], call, run);
};

/** `screen -dmS name cmd`, `screen -S name -X stuff 'cmd\n'`. */
const screen: Handler = (call, run) => {
  let at = 0;
  while (at < call.args.length && call.args[at]!.text.startsWith("-")) at += /^-[a-zA-Z]*[SpLcehtT]$/.test(call.args[at]!.text) ? 2 : 1;
  const words = call.args.slice(at);
  if (words[0]?.text === "stuff" || words[0]?.text === "exec") return follow([words.slice(1).map(({ text }) => text.replace(/\\n|\^M/g, "\n")).join(" ")], call, run);
  return words.length === 0 ? [opens(call)] : [opens(call), ...run.command(words, NO_STDIN)];
};

/** `expect -c 'spawn cmd'`. */
const expect: Handler = (call, run) => {
  const text = [...call.args.map((word) => word.text), call.stdin.kind === "text" ? call.stdin.text : ""].join("\n");
  return follow([...text.matchAll(/\b(?:spawn|exec|system)\s+([^\n;]+)/g), ...text.matchAll(/\bsend\s+"([^"]+)"/g)].map(([, code]) => code!.replace(/\\[rn]/g, "")), call, run);
};

const each = (names: string, handler: Handler): Record<string, Handler> => Object.fromEntries(names.split(" ").map((name) => [name, handler]));

export const TERMINALS: Readonly<Record<string, Handler>> = { osascript: appleScript, ...each("vim vi nvim ex view vimdiff gvim ed emacs emacsclient nano", editor), tmux, screen, expect };
