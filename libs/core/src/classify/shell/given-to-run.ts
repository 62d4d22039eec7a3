/**
 * What executes a text it was given: options, variables and settings whose value is a command line. Programs that only read are trusted
 * by these rows alone (`sort --compress-program`, `PAGER=…`, `git -c core.sshCommand=…`), so the table is of what runs, not of what harms:
 * the text itself is judged as shell, and what is no shell is `unknown`. Nothing here makes an answer better.
 */
import { unknownVerdict } from "../compose.ts";
import type { Verdict } from "../verdict.ts";
import type { Invocation, Runner } from "./invocation.ts";
import { readOptions } from "./options.ts";
import { judgeRedirect } from "./redirect.ts";
import { HOLE, NO_STDIN, shown, type Word } from "./word.ts";

/** The command line in a value as the program takes it; null where the value runs nothing. */
type Reads = (value: string) => string | null;

interface Given {
  readonly programs: string;
  /** Options whose value is read. Empty: the operands are. */
  readonly options: string;
  /** Other options that take a value, so that it does not pass for an operand. */
  readonly withValue?: string;
  readonly reads?: Reads;
}

const asIs: Reads = (value) => value;
/** What the program adds to the text: without them `ssh -i key` has no host, and an editor no file. */
const followedBy = (added: string): Reads => (value) => `${value} ${added}`;
const REMOTE_SHELL = followedBy("host true");
const FILE = followedBy("./file");

/** `Key=value` and `Key value` of OpenSSH's configuration, in any case. */
const SSH_SETTING = /^\s*(?:ProxyCommand|LocalCommand|KnownHostsCommand|RemoteCommand|AuthorizedKeysCommand)\s*[=\s]\s*(?!none\b)([^]+)$/i;
const sshSetting: Reads = (value) => SSH_SETTING.exec(value)?.[1]?.replace(/^"([^]*)"$/, "$1").replace(/^\s*exec\s+/, "") ?? (/^\s*(?:Match|Include|PKCS11Provider|SecurityKeyProvider)\b/i.test(value) ? HOLE : null);

/** `+!cmd` runs a command in a pager; other `+` commands move about. */
const pagerStart: Reads = (value) => /^\+[^!|/?&]*(?:!|\|[^])([^]+)$/.exec(value)?.[1] ?? null;

/** `exec=cmd` is one of several actions; the others print. */
const checkpoint: Reads = (value) => /^exec=([^]+)$/.exec(value)?.[1] ?? null;

/** `execute(cmd)`, `become:cmd`, `reload(cmd)` among the bindings of fzf. */
const binding: Reads = (value) => [...value.matchAll(/\b(?:execute|execute-silent|become|reload|reload-sync|transform[\w-]*|preview)(?:\(([^()]*)\)|[:{[~!@#$%^&*;/|]([^]*))/g)].map(([, inner, rest]) => inner ?? rest!).join("\n") || null;

/** `EXEC:cmd`, `SYSTEM:cmd` of socat's addresses; options follow behind a comma. */
const address: Reads = (value) => /(?:^|!!)\s*(?:exec|system|shell)\s*:\s*((?:\\.|"[^"]*"|'[^']*'|[^,])+)/i.exec(value)?.[1]?.replace(/^(["'])([^]*)\1$/, "$2") ?? null;

const debuggerCommand: Reads = (value) => /^\s*(?:shell|!|make|pipe[^|]*\||\|[^|]*\||platform\s+shell|target\s+\S+\s*\|)\s*([^]+)$/.exec(value)?.[1] ?? (/^\s*(?:python|py|source|script|guile|command\s+script)\b/.test(value) ? HOLE : null);

/** `ext::cmd` is a remote that is a command; `%S` and blanks in it are escaped. */
const remoteHelper: Reads = (value) => (value.startsWith("ext::") ? value.slice(5).replaceAll("% ", " ") : null);

const COMPRESSORS = "gzip|pigz|bzip2|pbzip2|lbzip2|xz|pxz|zstd|zstdmt|pzstd|lz4|lzop|lzip|plzip|brotli|compress|gunzip|bunzip2|unxz|unzstd|zcat";
const compressor: Reads = (value) => (new RegExp(`^(?:\\S*/)?(?:${COMPRESSORS})(?:\\s+-[\\w=-]+)*$`).test(value.trim()) ? null : value);

const GIVEN: readonly Given[] = [
  { programs: "sort", options: "--compress-program", reads: compressor },
  { programs: "tar bsdtar gtar", options: "--to-command --info-script -F --new-volume-script --rsh-command --rmt-command" },
  { programs: "tar bsdtar gtar", options: "--checkpoint-action", reads: checkpoint },
  { programs: "tar bsdtar gtar", options: "-I --use-compress-program", withValue: "-f -C", reads: compressor },
  { programs: "ssh scp sftp autossh sshfs ssh-copy-id", options: "-o", reads: sshSetting },
  { programs: "scp sftp", options: "-S -D", reads: REMOTE_SHELL },
  { programs: "rsync", options: "-e --rsh", reads: REMOTE_SHELL },
  { programs: "rsync", options: "--rsync-path", reads: (value) => (/^[\w./ -]*rsync$/.test(value) ? null : value) },
  { programs: "mosh", options: "--ssh", reads: REMOTE_SHELL },
  { programs: "borg", options: "--rsh", reads: REMOTE_SHELL },
  { programs: "restic", options: "--password-command" },
  { programs: "borg", options: "--password-command" },
  { programs: "man apropos", options: "-P --pager" },
  { programs: "bat batcat delta ag ack mdless glow", options: "--pager" },
  { programs: "less more most zless bzless xzless", options: "", reads: pagerStart },
  { programs: "rg rga ripgrep", options: "--pre --hostname-bin" },
  { programs: "fzf sk", options: "--preview" },
  { programs: "fzf sk", options: "--bind", reads: binding },
  { programs: "split", options: "--filter" },
  { programs: "hyperfine", options: "--prepare --setup --cleanup --conclude -p -s -c -C" },
  { programs: "hyperfine", options: "", reads: (value) => (/^\d+$/.test(value) ? null : value), withValue: "-w --warmup -m --min-runs -M --max-runs -r --runs -p --prepare -s --setup -c --cleanup --conclude -P --parameter-scan -L --parameter-list -D -N -S --shell --export-json --export-csv --export-markdown --export-asciidoc -u --time-unit -n --command-name --style --sort --output --input" },
  { programs: "zip", options: "-TT --unzip-command" },
  { programs: "cpio", options: "--rsh-command" },
  { programs: "tcpdump", options: "-z", reads: FILE },
  { programs: "nc ncat netcat", options: "-e -c --exec --sh-exec --lua-exec" },
  { programs: "socat", options: "", reads: address },
  { programs: "gdb lldb", options: "-ex -iex -eval-command --eval-command -o --one-line -O -s", reads: debuggerCommand },
  { programs: "strace ltrace", options: "-o --output", reads: (value) => /^[|!]([^]+)$/.exec(value)?.[1] ?? null },
  { programs: "wget", options: "--use-askpass", reads: FILE },
  { programs: "openssl", options: "-engine", reads: () => HOLE },
  { programs: "git", options: "--upload-pack --receive-pack --exec", withValue: "-C -c -m -F -b -o -x", reads: (value) => (/^(?:\S*\/)?git[ -](?:upload-pack|receive-pack|upload-archive)$|^\S+\/[\w.-]+$/.test(value) ? null : value) },
  { programs: "git", options: "--extcmd", reads: FILE },
  { programs: "git", options: "--open-files-in-pager", reads: FILE },
  { programs: "git", options: "", withValue: "-C -c -m -F -b -o", reads: remoteHelper },
];

/** Settings of git that name a program, by what git adds to it. */
const GIT_SETTINGS: readonly (readonly [RegExp, Reads])[] = [
  [/^core\.sshcommand$|^ssh\.command$/, REMOTE_SHELL],
  [/^(core\.editor|sequence\.editor|core\.askpass|core\.gitproxy|diff\.external|diff\..*\.(command|textconv)|interactive\.difffilter)$/, FILE],
  [/^(core\.pager|pager\..*|core\.fsmonitor|(difftool|mergetool|browser|man)\..*\.(cmd|path)|merge\..*\.driver|filter\..*\.(clean|smudge|process)|trailer\..*\.(command|cmd)|gpg(\..*)?\.program|uploadpack\.packobjectshook|remote\..*\.(uploadpack|receivepack|vcs)|sendemail\..*(cmd|server)|uploadarchive\..*|web\.browser|instaweb\.httpd)$/, asIs],
  [/^alias\./, (value) => (value.startsWith("!") ? value.slice(1) : `git ${value}`)],
  // A bare word is the name of one of git's own helpers.
  [/^credential(\..*)?\.helper$/, (value) => (value.startsWith("!") ? value.slice(1) : value.includes("/") ? `${value} get` : null)],
  [/^core\.hookspath$|^init\.templatedir$|^include(if\..*)?\.path$/, (value) => (/^(\/dev\/null|\.husky(\/_)?|\.githooks|hooks)$/.test(value) ? null : HOLE)],
  [/^protocol\.(ext\.)?allow$/, (value) => (/^(always|user)$/.test(value) ? HOLE : null)],
];

/** Words that settings take instead of a program. */
const NO_PROGRAM = /^(?:true|false|yes|no|on|off|always|never|auto|0|1)?$/i;

/** What git would run by a setting `key=value`, or null. */
function gitSetting(setting: string): string | null {
  const at = setting.indexOf("=");
  const key = (at < 0 ? setting : setting.slice(0, at)).toLowerCase();
  if (key.includes(HOLE)) return HOLE;
  const row = GIT_SETTINGS.find(([name]) => name.test(key));
  const value = at < 0 ? "" : setting.slice(at + 1);
  return row === undefined || NO_PROGRAM.test(value.trim()) ? null : row[1](value);
}

const SETTING_OF_GIT = { options: "-c --config --config-env", reads: gitSetting };

/** Options and operands by which a program that reads writes a file. */
const WRITES: readonly { readonly programs: string; readonly options: string; readonly withValue?: string; readonly operand?: number }[] = [
  { programs: "sort", options: "-o --output", withValue: "-k -t -S -T" },
  { programs: "less zless", options: "-o -O --log-file --LOG-FILE" },
  { programs: "tree info", options: "-o --output" },
  { programs: "uniq", options: "", withValue: "-f -s -w", operand: 1 },
  { programs: "xxd", options: "", withValue: "-c -cols -g -groupsize -l -len -s -seek -o -offset -n -name -R", operand: 1 },
  { programs: "base64", options: "-o --output", withValue: "-i -b -w" },
  { programs: "find gfind", options: "-fprint -fprint0 -fls -fprintf" },
  { programs: "git", options: "--output --output-directory", withValue: "-C -c" },
  { programs: "gitleaks", options: "-r --report-path" },
  { programs: "hyperfine", options: "--export-json --export-csv --export-markdown --export-asciidoc" },
  { programs: "strace ltrace", options: "-o --output" },
];

interface Row {
  readonly names: ReadonlySet<string>;
  readonly withValue: ReadonlySet<string>;
  readonly reads: Reads | null;
  readonly operand: number | null;
}

const words = (text: string): readonly string[] => text.split(" ").filter((word) => word !== "");

const ROWS: ReadonlyMap<string, readonly Row[]> = (() => {
  const rows = new Map<string, Row[]>();
  const add = (programs: string, options: string, withValue: string, reads: Reads | null, operand: number | null): void => {
    const names = new Set(words(options));
    const row: Row = { names, withValue: new Set([...names, ...words(withValue)]), reads, operand };
    for (const program of words(programs)) rows.set(program, [...(rows.get(program) ?? []), row]);
  };
  for (const { programs, options, withValue = "", reads = asIs } of GIVEN) add(programs, options, withValue, reads, null);
  add("git", SETTING_OF_GIT.options, "-C", SETTING_OF_GIT.reads, null);
  for (const { programs, options, withValue = "", operand = null } of WRITES) add(programs, options, withValue, null, operand);
  return rows;
})();

/** Values of one call that are followed. */
const MAX_GIVEN = 16;

/** What `call` executes, or writes, by its options, beside what its own handler says. Empty for nearly all. */
export function givenToRun(call: Invocation, run: Runner): readonly Verdict[] {
  const rows = ROWS.get(call.program);
  if (rows === undefined || call.args.length === 0) return [];
  const kept = call.program === "git" ? configured(call, run) : [];
  return [...kept, ...rows.flatMap((row) => {
    const values = valuesOf(row, call);
    const judged = values.slice(0, MAX_GIVEN).flatMap((value) => (row.reads === null ? judgeRedirect(">", value.text, call.span) : executed(row.reads(value.text), call.program, run)));
    return values.length > MAX_GIVEN ? [...judged, unknownVerdict(`shell.${call.program}`, "shell.given.too-many", "Its options give it more to run than is judged.", call.span)] : judged;
  })];
}

/** `git config alias.x '!cmd'` runs nothing yet; what it will run must not be a loss. */
function configured({ args, program }: Invocation, run: Runner): readonly Verdict[] {
  const operands = args.map(({ text }) => text).filter((text) => !text.startsWith("-"));
  const at = operands.indexOf("config");
  if (at < 0) return [];
  const [key, value] = operands.slice(operands[at + 1] === "set" ? at + 2 : at + 1);
  return key === undefined || value === undefined ? [] : executed(gitSetting(`${key}=${value}`), program, run).filter(({ reversibility, confinedTo }) => reversibility === "irreversible" && confinedTo === undefined);
}

function valuesOf({ names, withValue, reads, operand }: Row, { args }: Invocation): readonly Word[] {
  // `find -fprintf FILE`, `gdb -ex 'cmd'`: one dash and a whole word, which is no bundle of flags.
  if ([...names].some((name) => /^-[a-z]{2}/.test(name))) return args.filter((_, at) => names.has(args[at - 1]?.text ?? ""));
  if (names.size > 0 && !args.some(({ text }) => text.startsWith("-"))) return [];
  const options = readOptions(args, withValue);
  if (operand !== null) return options.operands.slice(operand, operand + 1).filter(({ text }) => text !== "-");
  if (names.size > 0) return [...names].flatMap((name) => options.values.get(name) ?? []);
  return reads === null ? [] : options.operands;
}

/** What an executed text does beyond reading; a text that nobody knows is `unknown`. */
function executed(text: string | null, by: string, run: Runner): readonly Verdict[] {
  if (text === null || NO_PROGRAM.test(text.trim())) return [];
  if (text === HOLE) return [unknownVerdict(`shell.${shown(by).slice(0, 64)}`, "shell.given-to-run", `${shown(by)} is given something to run that is not here.`)];
  return run.script(text, NO_STDIN).filter(({ effect }) => effect !== "read");
}

/** The text with what opens it for LESSOPEN: `|cmd %s`. */
const filter: Reads = (value) => value.replace(/^[|-]+/, "").replaceAll("%s", "./file");
const losesNothing: Reads = (value) => (/^\s*$/.test(value) ? null : HOLE);
/** Options of an interpreter that load code of a file. */
const loads = (option: RegExp): Reads => (value) => (option.test(value) ? HOLE : null);

/** Environment variables whose value is run, or is loaded as code, by those who read them. */
const VARIABLES: ReadonlyMap<string, Reads> = new Map<string, Reads>([
  ...["PAGER", "GIT_PAGER", "MANPAGER", "SYSTEMD_PAGER", "PSQL_PAGER", "AWS_PAGER", "GH_PAGER", "BAT_PAGER", "DELTA_PAGER", "PROMPT_COMMAND", "FZF_DEFAULT_COMMAND", "BORG_PASSCOMMAND", "RESTIC_PASSWORD_COMMAND"].map((name) => [name, asIs] as const),
  ...["EDITOR", "VISUAL", "GIT_EDITOR", "GIT_SEQUENCE_EDITOR", "KUBE_EDITOR", "SUDO_EDITOR", "PSQL_EDITOR", "HGEDITOR", "SVN_EDITOR", "FCEDIT", "GIT_EXTERNAL_DIFF", "KUBECTL_EXTERNAL_DIFF", "GIT_ASKPASS", "SSH_ASKPASS", "SUDO_ASKPASS", "GIT_PROXY_COMMAND"].map((name) => [name, FILE] as const),
  ...["GIT_SSH", "GIT_SSH_COMMAND", "RSYNC_RSH", "CVS_RSH", "SVN_SSH", "BORG_RSH", "TAR_RSH"].map((name) => [name, REMOTE_SHELL] as const),
  ["LESSOPEN", filter],
  ["LESSCLOSE", filter],
  ["LESS", (value) => pagerStart(value.slice(Math.max(0, value.indexOf("+"))))],
  ["TAR_OPTIONS", followedBy("-cf ./file")],
  ["BASH_ENV", losesNothing],
  ["LD_PRELOAD", losesNothing],
  ["LD_AUDIT", losesNothing],
  ["DYLD_INSERT_LIBRARIES", losesNothing],
  ["PYTHONSTARTUP", losesNothing],
  ["VIMINIT", losesNothing],
  ["EXINIT", losesNothing],
  ["NODE_OPTIONS", loads(/(^|\s)(-r|--require|--import|--loader|--experimental-loader)\b/)],
  ["PERL5OPT", loads(/-[mMe]/)],
  ["RUBYOPT", loads(/-[rIe]/)],
]);

/** What a variable that is set makes others run. A setting of git may be spread over variables of its own. */
export function givenByVariable(name: string, value: string, run: Runner): readonly Verdict[] {
  const reads = VARIABLES.get(name);
  if (reads !== undefined) return executed(name === "TAR_OPTIONS" ? `tar ${reads(value)!}` : reads(value), name, run);
  if (name.startsWith("GIT_CONFIG_")) return gitVariable(name, value, run);
  return [];
}

const GIT_PROGRAM_KEY = /^(core\.(sshcommand|editor|pager|fsmonitor|askpass|gitproxy|hookspath)|alias\.|pager\.|diff\.|difftool\.|filter\.|credential)/i;

function gitVariable(name: string, value: string, run: Runner): readonly Verdict[] {
  if (/^GIT_CONFIG_KEY_\d+$/.test(name)) return GIT_PROGRAM_KEY.test(value) ? executed(HOLE, name, run) : [];
  if (/^GIT_CONFIG_VALUE_\d+$/.test(name)) return executed(value.replace(/^!/, ""), name, run).filter(({ reversibility }) => reversibility === "irreversible");
  if (name === "GIT_CONFIG_PARAMETERS") return executed(gitSetting(value.replaceAll("'", "")), name, run);
  return /^GIT_CONFIG_(GLOBAL|SYSTEM)$/.test(name) && value !== "/dev/null" && value !== "" ? executed(HOLE, name, run) : [];
}
