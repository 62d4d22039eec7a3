/** What commands that are known do to the files that a script has written: for following them, not for judging. */
import type { Invocation } from "./invocation.ts";
import { optionNames, readOptions, valueOf } from "./options.ts";
import { isKnown } from "./word.ts";

const operandsOf = ({ args }: Invocation) => args.filter(({ text }) => !text.startsWith("-"));

/** Sources of one call that are followed. */
const MAX_COPIES = 16;
const baseOf = (path: string): string => path.slice(path.lastIndexOf("/") + 1);

/** The last operand, or the value of `-t`, is a file or the directory that the others go to: which of them is not known here. */
const copies = (withValue: string) => {
  const names = optionNames(`-t --target-directory ${withValue}`);
  return (call: Invocation): void => {
    const options = readOptions(call.args, names);
    const directory = valueOf(options, "-t", "--target-directory");
    const to = directory ?? options.operands.at(-1);
    const from = directory === null ? options.operands.slice(0, -1) : options.operands;
    if (to === undefined) return;
    for (const { text } of from.slice(0, MAX_COPIES)) {
      if (directory === null && from.length === 1 && !to.text.endsWith("/")) call.files.copy(call.cwd, text, to.text);
      call.files.copy(call.cwd, text, `${to.text.replace(/\/+$/, "")}/${baseOf(text)}`);
    }
  };
};

/** `dd if=a of=b`. */
function convert(call: Invocation): void {
  const valueAt = (name: string): string | undefined => call.args.find(({ text }) => text.startsWith(name))?.text.slice(name.length);
  const [from, to] = [valueAt("if="), valueAt("of=")];
  if (from !== undefined && to !== undefined) call.files.copy(call.cwd, from, to);
}

function tee(call: Invocation): void {
  const text = call.stdin.kind === "text" ? call.stdin.text : null;
  const appends = call.args.some(({ text: flag }) => flag === "-a" || flag === "--append");
  for (const { text: path } of operandsOf(call)) {
    if (appends) call.files.append(call.cwd, path, text);
    else if (text === null && call.stdin.kind === "unknown" && call.stdin.files !== undefined) for (const from of call.stdin.files) call.files.copy(call.cwd, from, path);
    else call.files.write(call.cwd, path, text);
  }
}

function make(call: Invocation, operands: readonly { readonly text: string }[], isNew = true): void {
  for (const { text } of operands) call.files.make(call.cwd, text, isNew);
}

/** The directory that a clone goes to: named, else the last part of the address. */
function cloned(call: Invocation): void {
  const [verb, from, to] = operandsOf(call);
  const last = from?.text.replace(/\/+$/, "").replace(/\.git$/, "").split(/[/:]/).at(-1);
  if (verb?.text === "clone" && (to?.text ?? last ?? "") !== "") make(call, [{ text: to?.text ?? last! }]);
  else if (verb?.text === "mv" && from !== undefined && to !== undefined) call.files.copy(call.cwd, from.text, to.text);
  else if (verb?.text === "init" && from !== undefined) make(call, [from]);
}

const EFFECTS: Readonly<Record<string, (call: Invocation) => void>> = {
  cp: copies("-S --suffix"),
  mv: copies("-S --suffix"),
  ln: copies("-S --suffix"),
  install: copies("-m --mode -o --owner -g --group -S --suffix"),
  rsync: copies("-e --rsh --exclude --include --filter -f"),
  scp: copies("-i -P -F -o -l -c -J -S"),
  dd: convert,
  tee,
  git: cloned,
  mkdir: (call) => make(call, operandsOf(call).filter((word) => isKnown(word) && !word.glob), !call.args.some(({ text }) => /^(-[a-z]*p|--parents)$/.test(text))),
};

/** Records what `call` writes and makes. */
export function noteFiles(call: Invocation): void {
  if (Object.hasOwn(EFFECTS, call.program)) EFFECTS[call.program]!(call);
}
