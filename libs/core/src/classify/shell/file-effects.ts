/** What commands that are known do to the files that a script has written: for following them, not for judging. */
import type { Invocation } from "./invocation.ts";
import { isKnown } from "./word.ts";

const operandsOf = ({ args }: Invocation) => args.filter(({ text }) => !text.startsWith("-"));

function copy(call: Invocation): void {
  const [from, to, ...rest] = operandsOf(call);
  if (from === undefined || to === undefined || rest.length > 0) return;
  const target = to.text.endsWith("/") ? to.text + from.text.slice(from.text.lastIndexOf("/") + 1) : to.text;
  call.files.write(call.cwd, target, call.files.read(call.cwd, from.text));
}

function tee(call: Invocation): void {
  const text = call.stdin.kind === "text" ? call.stdin.text : null;
  const appends = call.args.some(({ text: flag }) => flag === "-a" || flag === "--append");
  for (const { text: path } of operandsOf(call)) {
    if (appends) call.files.append(call.cwd, path, text);
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
  else if (verb?.text === "init" && from !== undefined) make(call, [from]);
}

const EFFECTS: Readonly<Record<string, (call: Invocation) => void>> = {
  cp: copy,
  mv: copy,
  tee,
  git: cloned,
  mkdir: (call) => make(call, operandsOf(call).filter((word) => isKnown(word) && !word.glob), !call.args.some(({ text }) => /^(-[a-z]*p|--parents)$/.test(text))),
};

/** Records what `call` writes and makes. */
export function noteFiles(call: Invocation): void {
  if (Object.hasOwn(EFFECTS, call.program)) EFFECTS[call.program]!(call);
}
