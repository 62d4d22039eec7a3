/** Programs on files whose meaning depends on the path: rm, find, dd, mv and their like. */
import { unknownVerdict } from "../compose.ts";
import type { Verdict } from "../verdict.ts";
import { deletion, type Known, say } from "./deletion.ts";
import type { Handler, Invocation } from "./invocation.ts";
import { hasFlag, optionNames, readOptions, valueOf } from "./options.ts";
import { isSystemFile, pathKind } from "./paths.ts";
import { WINDOWS_HANDLERS } from "./powershell.ts";
import { literal, NO_STDIN, unknownWord, type Word } from "./word.ts";

const rm: Handler = (call) => {
  const options = readOptions(call.args, optionNames("--interactive"));
  const recursive = hasFlag(options, "-r", "-R", "--recursive", "--no-preserve-root", "-d");
  if (hasFlag(options, "--help", "--version")) return [say(call, "shell.help", { effect: "read", reversibility: "reversible", reason: "Shows help." })];
  return [deletion(call, "shell.rm", options.operands.length === 0 ? [unknownWord] : options.operands, recursive ? "tree" : "named")];
};

/** Always beyond repair, whatever the path. */
const destroys = (operation: string, reason: string): Handler => (call) => [say(call, operation, { effect: "delete", reversibility: "irreversible", reason }, call.args.filter(({ text }) => !text.startsWith("-")).slice(0, 8))];

const DEVICE = /^\/dev\/(?!null|stdout|stderr|zero|tty|pts|shm|fd)/;

const dd: Handler = (call) => {
  const to = call.args.find(({ text }) => text.startsWith("of="));
  if (to === undefined) return [say(call, "shell.dd", { effect: "read", reversibility: "reversible", reason: "Copies to standard output." })];
  const path = literal(to.text.slice(3));
  if (DEVICE.test(path.text)) return [say(call, "shell.dd", { effect: "delete", reversibility: "irreversible", reason: "Overwrites a disk." }, [path])];
  return [overwriting(call, "shell.dd", path)];
};

function overwriting(call: Invocation, operation: string, path: Word): Verdict {
  const kind = pathKind(path);
  const reversibility = kind === "vital" ? "irreversible" : kind === "unknown" ? "unknown" : "recoverable";
  return say(call, operation, { effect: "write", reversibility, reason: "Writes or overwrites files." }, [path]);
}

const SYSTEM_FILE: Known = { effect: "write", reversibility: "irreversible", reason: "Overwrites a file of the system or of who may log in.", safer: "Keep a copy first (cp --backup, install -b)." };
const EMPTIES: Known = { effect: "delete", reversibility: "irreversible", reason: "Puts nothing in the place of a file." };

/** cp, mv, install, ln: the last operand is overwritten; mv also takes its sources away. */
const copies = (operation: string, withValue: string): Handler => {
  const names = optionNames(withValue);
  return (call) => {
    const options = readOptions(call.args, names);
    const to = valueOf(options, "-t", "--target-directory") ?? options.operands.at(-1) ?? unknownWord;
    const from = options.operands.slice(0, -1);
    if (to.text === "/dev/null" && operation === "shell.mv") return [deletion(call, operation, from, "tree")];
    if (isSystemFile(to)) return [say(call, operation, SYSTEM_FILE, [to])];
    const empties = from.some(({ text }) => /^\/dev\/(null|zero)$/.test(text));
    if (empties && !/^(scratch|local)$/.test(pathKind(to))) return [say(call, operation, EMPTIES, [to])];
    const vitalSource = operation === "shell.mv" && from.some((path) => pathKind(path) === "vital" && !/^\/(var|srv|data|mnt)\//.test(path.text));
    if (vitalSource) return [say(call, operation, { effect: "write", reversibility: "irreversible", reason: "Moves a system's, a home's or a repository's files away." }, from)];
    return [say(call, operation, { effect: "write", reversibility: DEVICE.test(to.text) ? "irreversible" : pathKind(to) === "unknown" ? "unknown" : "recoverable", reason: "Copies or moves files; files of the same name are overwritten." }, [to])];
  };
};

const truncate: Handler = (call) => {
  const options = readOptions(call.args, optionNames("-s --size -r --reference"));
  const empties = valueOf(options, "-s", "--size")?.text.startsWith("0") === true;
  const worst = options.operands.map(pathKind);
  if (!empties || !worst.some((kind) => kind === "vital" || kind === "outside" || kind === "unknown")) return [say(call, "shell.truncate", { effect: "write", reversibility: "recoverable", reason: "Changes the length of files." }, options.operands)];
  return [say(call, "shell.truncate", { effect: "delete", reversibility: "irreversible", reason: "Empties files." }, options.operands)];
};

const FIND_ROOTS_END = /^(-|\(|!)/;

/** Commands of one search that are judged; without a terminator each reaches to the end. */
const MAX_EXECS = 16;

const find: Handler = (call, run) => {
  const { args } = call;
  const cut = args.findIndex(({ text }, at) => FIND_ROOTS_END.test(text) && !(at === 0 && /^-[HLP]$/.test(text)));
  const roots = (cut < 0 ? args : args.slice(0, cut)).filter(({ text }) => !text.startsWith("-"));
  const paths = roots.length === 0 ? [literal(".")] : roots;
  const below = found(paths[0]!, leafOf(args));
  const verdicts: Verdict[] = [];
  if (args.some(({ text }) => text === "-delete")) verdicts.push(findDelete(call, paths));
  const starts = args.flatMap(({ text }, at) => (/^-(exec|execdir|ok|okdir)$/.test(text) ? [at] : []));
  if (starts.length > MAX_EXECS) verdicts.push(unknownVerdict("shell.find", "shell.find.too-many", "Runs more commands on what is found than are judged.", call.span));
  for (const at of starts.slice(0, MAX_EXECS)) {
    const end = args.findIndex((word, index) => index > at && (word.text === ";" || word.text === "+"));
    const words = args.slice(at + 1, end < 0 ? undefined : end).map((word) => filledIn(word, below));
    if (words.length > 0) verdicts.push(...run.command(words, NO_STDIN));
  }
  if (verdicts.length > 0) return verdicts;
  return [say(call, "shell.find", { effect: "read", reversibility: "reversible", reason: "Finds files." }, paths)];
};

/** With a filter on the name only what fits goes, not the trees themselves. */
function findDelete(call: Invocation, roots: readonly Word[]): Verdict {
  const leaf = leafOf(call.args);
  const paths = roots.map((root) => found(root, leaf));
  return deletion(call, "shell.find-delete", paths, leaf !== null ? "matching" : "tree");
}

/** A name narrows a search of the project; of a whole system or home it still finds what others keep there. */
function found(root: Word, leaf: string | null): Word {
  const isProject = /^\.?\/?\*?$/.test(root.text) && root.text !== "/";
  return !isProject && pathKind(root) === "vital" && leaf !== null ? { ...root, glob: true } : narrowed(root, leaf);
}

/** `{}` is something below the root. */
const filledIn = (word: Word, root: Word): Word => (word.text.includes("{}") ? { text: word.text.replaceAll("{}", root.text), glob: true } : word);

/** What the names that are looked for are like; null where any will do. */
function leafOf(args: readonly Word[]): string | null {
  const at = args.findIndex(({ text }) => /^-(i?name|i?path|i?regex)$/.test(text));
  const name = at < 0 ? undefined : args[at + 1]?.text;
  return name === undefined || /^\*+$/.test(name) ? null : name.replaceAll("*", "_").replace(/^\/+/, "");
}

function narrowed(root: Word, leaf: string | null): Word {
  if (leaf === null) return root;
  return { text: `${root.text === "/" ? "" : root.text.replace(/\/$/, "")}/${leaf}`, glob: true };
}

const FD_EXEC = /^(-x|-X|--exec|--exec-batch)$/;

/** fd runs what follows `-x`, on every file found. */
const fd: Handler = (call, run) => {
  const at = call.args.findIndex(({ text }) => FD_EXEC.test(text));
  if (at < 0) return [say(call, "shell.find", { effect: "read", reversibility: "reversible", reason: "Finds files." })];
  const words = call.args.slice(at + 1).map((word) => (word.text.includes("{") ? { text: "./found", glob: true } : word));
  return words.length === 0 ? [] : run.command([...words, { text: "./found", glob: true }], NO_STDIN);
};

const tee: Handler = (call) => {
  const options = readOptions(call.args, optionNames(""));
  if (options.operands.length === 0) return [say(call, "shell.tee", { effect: "read", reversibility: "reversible", reason: "Copies its input to its output." })];
  const device = options.operands.find(({ text }) => DEVICE.test(text));
  if (device !== undefined) return [say(call, "shell.tee", { effect: "delete", reversibility: "irreversible", reason: "Overwrites a disk." }, [device])];
  const vital = options.operands.some((path) => pathKind(path) === "vital") && !hasFlag(options, "-a", "--append");
  return [say(call, "shell.tee", { effect: "write", reversibility: vital ? "irreversible" : "recoverable", reason: "Writes its input to files." }, options.operands)];
};

const UNLOCKED: Known = { effect: "admin", reversibility: "irreversible", reason: "Takes the lock that keeps files from being changed or deleted off a whole tree." };

const OPENED_TREE: Known = { effect: "admin", reversibility: "irreversible", confinedTo: "workspace", reason: "Gives a whole tree the same rights for everybody; the old ones are not kept." };
const OPEN_TO_ALL = /^[0-7]?[0-7]{2}[2367]$|^[ao]?\+.*w/;
const SET_ID: Known = { effect: "admin", reversibility: "irreversible", reason: "Lets whoever runs a file act as its owner." };

/** chmod, chown, chgrp, chattr, setfacl. */
const permissions: Handler = (call) => {
  const options = readOptions(call.args, optionNames("--reference"));
  const paths = call.program === "setfacl" || call.program === "chattr" ? options.operands : options.operands.slice(1);
  const recursive = hasFlag(options, "-R", "--recursive");
  if (call.program === "chattr" && recursive && /^-[a-z]*[ia]/.test(call.args.find(({ text }) => /^-[ia]+$/.test(text))?.text ?? "")) return [say(call, "shell.chattr", UNLOCKED, paths)];
  const vital = recursive && paths.some((path) => /^(\/|~)/.test(path.text) && pathKind(path) === "vital");
  if (vital) return [say(call, `shell.${call.program}`, { effect: "admin", reversibility: "irreversible", reason: "Changes owners or rights of a whole system tree; the old ones are not kept." }, paths)];
  const mode = options.operands[0]?.text ?? "";
  if (call.program === "chmod" && /^[ugoa]*\+[rwx]*s|^0?[4-7][0-7]{3}$/.test(mode)) return [say(call, "shell.chmod", SET_ID, paths)];
  if (call.program === "chmod" && OPEN_TO_ALL.test(mode) && paths.some(isSystemFile)) return [say(call, "shell.chmod", { ...SET_ID, reason: "Lets everybody write a file of the system." }, paths)];
  if (call.program === "chmod" && recursive && /^0*(777|666|000|0)$|^[ao]\+[rx]*w/.test(mode) && !paths.every((path) => pathKind(path) === "scratch")) return [say(call, "shell.chmod", { ...OPENED_TREE }, paths)];
  const secret = call.program === "chmod" && OPEN_TO_ALL.test(mode);
  return [say(call, `shell.${call.program}`, { effect: secret ? "admin" : "write", reversibility: "recoverable", reason: "Changes owners or rights of files." }, paths)];
};

const tar: Handler = (call) => {
  const text = call.args.map((word) => word.text).join(" ");
  if (/--remove-files/.test(text)) return [say(call, "shell.tar", { effect: "delete", reversibility: "recoverable", reason: "Moves files into an archive." })];
  if (/^-?[a-zA-Z]*t|--list/.test(call.args[0]?.text ?? "")) return [say(call, "shell.tar", { effect: "read", reversibility: "reversible", reason: "Lists an archive." })];
  return [say(call, "shell.tar", { effect: "write", reversibility: "recoverable", reason: "Packs or unpacks files." })];
};

export const FILE_HANDLERS: Readonly<Record<string, Handler>> = {
  rm,
  unlink: rm,
  rmdir: (call, run) =>
    call.args.some(({ text }) => /^(\/s|-r\w*)$/i.test(text)) ? WINDOWS_HANDLERS.rd!(call, run) : [say(call, "shell.rmdir", { effect: "delete", reversibility: "recoverable", reason: "Removes empty directories." }, call.args.filter(({ text }) => !text.startsWith("-")))],
  shred: destroys("shell.shred", "Overwrites files so that nothing restores them."),
  srm: destroys("shell.shred", "Overwrites files so that nothing restores them."),
  wipe: destroys("shell.shred", "Overwrites files so that nothing restores them."),
  dd,
  cp: copies("shell.cp", "-t --target-directory -S --suffix"),
  mv: copies("shell.mv", "-t --target-directory -S --suffix"),
  install: copies("shell.install", "-t --target-directory -m -o -g"),
  ln: copies("shell.ln", "-t --target-directory"),
  truncate,
  find,
  fd,
  fdfind: fd,
  tee,
  tar,
  chmod: permissions,
  chown: permissions,
  chgrp: permissions,
  chattr: permissions,
  setfacl: permissions,
};
