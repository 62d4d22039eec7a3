/** Programs that run another program: what they wrap is what happens. */
import { unknownVerdict, verdictOf } from "../compose.ts";
import type { Verdict } from "../verdict.ts";
import { givenByVariable } from "./given-to-run.ts";
import type { Handler, Invocation, Runner } from "./invocation.ts";
import { type Options, optionNames, readOptions } from "./options.ts";
import { HOLE, literal, NO_STDIN, type Stdin, unknownWord, type Word } from "./word.ts";

const nothing = (call: Invocation): Verdict[] => [unknownVerdict(`shell.${call.program}`, "shell.wrapper", `${call.program} runs something that is not here.`, call.span)];

/** Leading options, as these programs stop reading them at the first operand; then the wrapped command. */
function wrapped(args: readonly Word[], withValue: ReadonlySet<string>): readonly Word[] {
  let at = 0;
  while (at < args.length) {
    const { text } = args[at]!;
    if (text === "--") return args.slice(at + 1);
    if (!text.startsWith("-") || text === "-") break;
    at += withValue.has(text) ? 2 : 1;
  }
  return args.slice(at);
}

/** A wrapper with `skip` operands of its own before the command (`timeout 5 cmd`). */
const wraps = (options: string, skip = 0): Handler => {
  const withValue = optionNames(options);
  return (call, run) => {
    const words = wrapped(call.args, withValue).slice(skip);
    return words.length === 0 ? nothing(call) : run.command(words, call.stdin);
  };
};

/** A wrapper that only answers a question when called with such a flag, or with no arguments at all. */
const asksOr = (flag: RegExp | null, otherwise: Handler): Handler => (call, run) =>
  call.args.length === 0 || (flag !== null && flag.test(call.args[0]!.text))
    ? [verdictOf({ operation: `shell.${call.program}`, effect: "read", reversibility: "reversible", reason: "Changes nothing outside the shell." }, "shell.builtin", [], call.span)]
    : otherwise(call, run);

/** `env A=b -u C cmd`, and sudo's assignments before the command. */
const withAssignments = (options: string): Handler => {
  const withValue = optionNames(options);
  return (call, run) => {
    let words = wrapped(call.args, withValue);
    const split = call.args.find(({ text }) => text.startsWith("-S") || text.startsWith("--split-string"));
    if (call.program === "env" && split !== undefined) {
      const line = split.text === "-S" ? (words[0]?.text ?? "") : split.text.replace(/^(-S|--split-string=)/, "");
      return run.script(line, call.stdin);
    }
    const given: Verdict[] = [];
    for (; words.length > 0 && /^\w+=/.test(words[0]!.text); words = words.slice(1)) {
      const { text } = words[0]!;
      given.push(...givenByVariable(text.slice(0, text.indexOf("=")), text.slice(text.indexOf("=") + 1), run));
    }
    return [...given, ...(words.length === 0 ? nothing(call) : run.command(words, call.stdin))];
  };
};

const FLOCK = optionNames("-w --timeout -E --conflict-exit-code");

/** `flock lock cmd`, `flock lock -c 'cmd'`. */
const flock: Handler = (call, run) => {
  const [head, ...rest] = wrapped(call.args, FLOCK).slice(1);
  if (head === undefined) return nothing(call);
  return head.text === "-c" || head.text === "--command" ? run.script(rest[0]?.text ?? HOLE, call.stdin) : run.command([head, ...rest], call.stdin);
};

const XARGS = optionNames("-I -i -n -P -L -d -E -s -a --max-args --max-procs --replace --delimiter --arg-file");

/** The words that xargs adds come from its input: known where the input is. */
const xargs: Handler = (call, run) => {
  const words = wrapped(call.args, XARGS);
  if (words.length === 0) return nothing(call);
  const marker = markerOf(call.args);
  if (marker === null) return run.command([...words, ...addedBy(call.stdin, /\s+/)], NO_STDIN);
  // With a marker the command runs once for each line.
  const lines = addedBy(call.stdin, "\n");
  return lines.flatMap((line) => run.command(words.map((word) => ({ ...word, text: word.text.replaceAll(marker, line.text) })), NO_STDIN));
};

/** Words that a wrapper adds to its command and that are looked at; each may be a command of its own. */
const MAX_ADDED = 64;

/** What lies beyond the bound is one word that nobody knows: it may be anything, and is judged so. */
const bounded = (words: readonly Word[]): readonly Word[] => (words.length <= MAX_ADDED ? words : [...words.slice(0, MAX_ADDED), unknownWord]);

function addedBy(stdin: Stdin, separator: string | RegExp): readonly Word[] {
  if (stdin.kind !== "text" || stdin.text.includes(HOLE)) return [{ text: HOLE, glob: true }];
  const parts = stdin.text.split(separator).map((part) => part.trim());
  return bounded(parts.filter((part) => part !== "").map(literal));
}

function markerOf(args: readonly Word[]): string | null {
  const at = args.findIndex(({ text }) => /^-[Ii]/.test(text) || text.startsWith("--replace"));
  if (at < 0) return null;
  const { text } = args[at]!;
  return text === "-I" ? (args[at + 1]?.text ?? "{}") : text.replace(/^(-[Ii]|--replace=?)/, "") || "{}";
}

const SSH = optionNames("-b -c -D -E -e -F -I -i -J -L -l -m -O -o -p -Q -R -S -W -w");

const ssh: Handler = (call, run) => {
  const [, ...command] = wrapped(call.args, SSH);
  if (command.length > 0) return run.script(command.map(({ text }) => text).join(" "), call.stdin);
  if (call.stdin.kind === "text") return run.script(call.stdin.text, NO_STDIN);
  // `-W host:port` hands bytes on, and runs nothing there.
  return call.args.some(({ text }) => text.startsWith("-W")) ? [verdictOf({ operation: "shell.ssh-forward", effect: "read", reversibility: "reversible", reason: "Only hands a connection on." }, "shell.ssh-forward", [], call.span)] : nothing(call);
};

const ENGINE = optionNames("-e --env -u --user -w --workdir --env-file -v --volume --name -p --publish --network --entrypoint -f --file --project-name --mount --platform --memory --cpus -l --label -H --host --context -c --container -n --namespace --kubeconfig --cluster -s --server --token --as --index --detach-keys");

/** `docker exec c cmd`, `docker compose run s cmd`, `kubectl exec pod -- cmd`; null where this is no such call. */
export function contained(call: Invocation, run: Runner): readonly Verdict[] | null {
  const words = wrapped(call.args, ENGINE);
  const [verb, ...rest] = words[0]?.text === "compose" || words[0]?.text === "container" ? wrapped(words.slice(1), ENGINE) : words;
  if (verb === undefined || !/^(exec|run)$/.test(verb.text)) return null;
  if (call.program === "kubectl" || call.program === "oc") return kubectlCommand(call, rest, run);
  const inside = wrapped(rest, ENGINE);
  const command = inside.slice(1);
  return command.length === 0 ? null : run.command(command, call.stdin);
}

function kubectlCommand(call: Invocation, rest: readonly Word[], run: Runner): readonly Verdict[] | null {
  const at = rest.findIndex(({ text }) => text === "--");
  const command = at >= 0 ? rest.slice(at + 1) : readOptions(rest, ENGINE).operands.slice(1);
  return command.length === 0 ? null : run.command(command, call.stdin);
}

const su: Handler = (call, run) => {
  const options: Options = readOptions(call.args, optionNames("-c --command -s --shell -g -G"));
  const code = options.values.get("-c")?.[0] ?? options.values.get("--command")?.[0];
  return code === undefined ? nothing(call) : run.script(code.text, call.stdin);
};

/** Runs its arguments as text, like `watch 'cmd'` and `script -c`. */
const asText = (options: string): Handler => {
  const withValue = optionNames(options);
  return (call, run) => {
    const words = wrapped(call.args, withValue);
    return words.length === 0 ? nothing(call) : run.script(words.map(({ text }) => text).join(" "), call.stdin);
  };
};

const parallel: Handler = (call, run) => {
  const words = wrapped(call.args, optionNames("-j --jobs -a --arg-file -N -n --delay --retries --timeout --colsep -C -S --sshlogin --joblog"));
  const cut = words.findIndex(({ text }) => /^:::+$/.test(text));
  const command = cut < 0 ? words : words.slice(0, cut);
  // `::::` names files that hold the arguments.
  const fromFile = words[cut]?.text.startsWith("::::") === true;
  const given = cut < 0 ? null : fromFile ? [unknownWord] : bounded(words.slice(cut + 1));
  if (command.length === 0) {
    // Without a command of its own, each argument or each line of input is one.
    if (given !== null) return given.flatMap(({ text }) => run.script(text, NO_STDIN));
    return call.stdin.kind === "text" ? run.script(call.stdin.text, NO_STDIN) : nothing(call);
  }
  const text = command.map((word) => word.text).join(" ");
  const lines = (given ?? [unknownWord]).map((word) => (text.includes("{}") ? text.replaceAll("{}", word.text) : `${text} ${word.text}`));
  return lines.flatMap((line) => run.script(line, NO_STDIN));
};

export const WRAPPERS: Readonly<Record<string, Handler>> = {
  sudo: withAssignments("-u --user -g --group -h --host -p --prompt -C -D --chdir -r --role -t --type -T -U"),
  doas: wraps("-u -C"),
  env: asksOr(null, withAssignments("-u --unset -C --chdir")),
  nohup: wraps(""),
  setsid: wraps(""),
  command: asksOr(/^-[vV]$/, wraps("-p")),
  builtin: wraps(""),
  // Without a command it only redirects.
  exec: asksOr(null, wraps("-a")),
  time: wraps("-f --format -o --output"),
  nice: wraps("-n --adjustment"),
  ionice: wraps("-c -n -p --class --classdata"),
  stdbuf: wraps("-i -o -e"),
  strace: wraps("-e -o -p -s"),
  timeout: wraps("-s --signal -k --kill-after", 1),
  flock,
  chroot: wraps("--userspec --groups", 1),
  chronic: wraps(""),
  unbuffer: wraps(""),
  caffeinate: wraps("-t -w"),
  busybox: wraps(""),
  sshpass: wraps("-p -f -d -P"),
  rtk: wraps(""),
  proxychains: wraps("-f"),
  torsocks: wraps(""),
  firejail: wraps("--profile"),
  "systemd-run": wraps("-p --property -u --unit --uid --gid -E --setenv --slice --on-calendar -M"),
  runuser: wraps("-u --user -g"),
  setarch: wraps("", 1),
  numactl: wraps("-N -m -C"),
  taskset: wraps("-p", 1),
  chrt: wraps("", 1),
  prlimit: wraps(""),
  unshare: wraps(""),
  nsenter: wraps("-t"),
  "dbus-run-session": wraps(""),
  "xvfb-run": wraps("-n -s"),
  entr: wraps(""),
  gtimeout: wraps("-s --signal -k --kill-after", 1),
  pkexec: wraps("--user"),
  gosu: wraps("", 1),
  "su-exec": wraps("", 1),
  watch: asText("-n --interval"),
  xargs,
  parallel,
  ssh,
  su,
};
