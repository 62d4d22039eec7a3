/** Copies to and from other machines. */
import type { Verdict } from "../verdict.ts";
import { type Known, say } from "./deletion.ts";
import type { Handler, Invocation, Runner } from "./invocation.ts";
import { hasFlag, optionNames, readOptions, valueOf } from "./options.ts";
import { isSystemFile } from "./paths.ts";
import { NO_STDIN, unknownWord, type Word } from "./word.ts";

const COPIES: Known = { effect: "write", reversibility: "recoverable", reason: "Copies files; files of the same name are overwritten." };
const SYSTEM_FILE: Known = { effect: "write", reversibility: "irreversible", reason: "Overwrites a file of the other machine's system, or of who may log in there." };
const DELETES: Known = { effect: "delete", reversibility: "irreversible", reason: "Deletes files on another machine." };
const MIRRORS: Known = { effect: "delete", reversibility: "irreversible", reason: "Deletes at the target whatever the source does not hold.", safer: "Add --dry-run first, or --backup." };

/** The path behind `user@host:`. */
const remotePath = (word: Word): Word => ({ ...word, text: word.text.replace(/^[^/:]*:(?:\/\/[^/]*)?/, "") });

const rsync: Handler = (call) => {
  const options = readOptions(call.args, optionNames("-e --rsh --exclude --include --filter -f --bwlimit --backup-dir --files-from --port --rsync-path"));
  const to = options.operands.at(-1) ?? unknownWord;
  if (hasFlag(options, "-n", "--dry-run", "--list-only")) return [say(call, "shell.rsync", { effect: "read", reversibility: "reversible", reason: "Only lists what would be copied." }, [to])];
  const deletes = [...options.flags].some((flag) => /^--(del$|delete)/.test(flag)) || hasFlag(options, "--remove-source-files");
  if (!deletes) return [say(call, "shell.rsync", isSystemFile(remotePath(to)) ? SYSTEM_FILE : { ...COPIES, reason: "Copies files." }, [to])];
  return [{ ...say(call, "shell.rsync-delete", hasFlag(options, "--backup", "-b") ? { ...MIRRORS, reversibility: "recoverable" } : MIRRORS, [to]), blast: { extent: "tree", count: 1 } }];
};

const SCP = optionNames("-i -P -F -o -l -c -J -S -D -X");

const scp: Handler = (call) => {
  const to = readOptions(call.args, SCP).operands.at(-1) ?? unknownWord;
  return [say(call, "shell.scp", isSystemFile(remotePath(to)) ? SYSTEM_FILE : COPIES, [to])];
};

const COMMAND_ENDS = /[\n;]|&&|\|\|/;
/** At the beginning of a command, or of one in quotes, which is handed on (`queue 'rm x'`). */
const REMOVES = /(?:^|["'])\s*!?(?:rm|mrm|rmdir|mdelete|delete|del|glob\s+rm)\s/;
const MIRROR = /(?:^|["'])\s*mirror\s|\bmirror\s+-/;
/** lftp's `mirror` deletes by these, alone or among other letters. */
const MIRRORS_AWAY = /\s(?:--delete|--Remove-source-files|-[a-zA-Z]*e)/;

/** Command by command, each however long: what a bound left out would pass for harmless. */
function deletesRemotely(text: string): boolean {
  return text.split(COMMAND_ENDS).some((command) => {
    if (REMOVES.test(command)) return true;
    const mirror = MIRROR.exec(command);
    return mirror !== null && MIRRORS_AWAY.test(command.slice(mirror.index));
  });
}

/** sftp, ftp and lftp have commands of their own, given by option or on standard input. */
const transfer: Handler = (call) => {
  const options = readOptions(call.args, optionNames("-b -o -P -i -F -e -c -f -u -p"));
  const text = [valueOf(options, "-e")?.text, valueOf(options, "-c")?.text, call.stdin.kind === "text" ? call.stdin.text : undefined].filter((part) => part !== undefined).join("\n");
  if (deletesRemotely(text)) return [say(call, `shell.${call.program}-delete`, DELETES)];
  return text === "" ? [] : [say(call, `shell.${call.program}`, COPIES)];
};

/** unison makes one side win, with the loss of what the other has changed. */
const unison: Handler = (call) => [say(call, "shell.unison", call.args.some(({ text }) => /^-(force|prefer|ignorearchives)$/.test(text)) ? MIRRORS : COPIES)];

/** pdsh, pssh: a command for many machines. */
const many = (withValue: string, skip: number): Handler => {
  const names = optionNames(withValue);
  return (call: Invocation, run: Runner): readonly Verdict[] => {
    let at = 0;
    while (at < call.args.length && call.args[at]!.text.startsWith("-")) at += names.has(call.args[at]!.text) ? 2 : 1;
    const words = call.args.slice(at + skip);
    return words.length === 0 ? [] : run.script(words.map(({ text }) => text).join(" "), NO_STDIN);
  };
};

export const REMOTE_HANDLERS: Readonly<Record<string, Handler>> = {
  rsync,
  scp,
  sftp: transfer,
  ftp: transfer,
  lftp: transfer,
  ncftp: transfer,
  unison,
  pdsh: many("-w -x -l -u -g -R -f -t", 0),
  pssh: many("-h -H -l -p -t -o -e -O", 0),
  "parallel-ssh": many("-h -H -l -p -t -o -e -O", 0),
  clush: many("-w -g -x -l -u -f", 0),
  dsh: many("-m -g -f", 0),
  fab: many("-H -i -u", 0),
  mosh: many("-p --ssh --client --server", 1),
  autossh: many("-M -p -i -o -l -L -R -D -F -J", 1),
};
