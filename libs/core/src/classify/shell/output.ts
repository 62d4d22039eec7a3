/** What a command prints, where that follows from its text alone: enough to see through `echo … | base64 -d | sh`. */
import type { Invocation } from "./invocation.ts";
import { HOLE } from "./word.ts";

/** Output of `call`, or null where only a run would tell. */
export function outputOf(call: Invocation): string | null {
  const { program, args, stdin } = call;
  if (program === "echo") return echo(args.map(({ text }) => text));
  if (program === "printf") return args[0] === undefined ? null : printf(args.map(({ text }) => text));
  // Where the script stands is the project, unless it went elsewhere.
  if (program === "pwd" || (program === "git" && args.map(({ text }) => text).join(" ") === "rev-parse --show-toplevel")) return call.cwd === "" ? "." : call.cwd;
  if (program === "mktemp") return "/tmp/mktemp.made";
  if (program === "cat" && args.length > 0 && args.every(({ text }) => !text.startsWith("-"))) return joinedFiles(call);
  if ((program === "cat" || program === "tee") && stdin.kind === "text" && args.every(({ text }) => program === "tee" || text === "-")) return stdin.text;
  if (program === "base64" && stdin.kind === "text" && args.some(({ text }) => /^(-d|-D|--decode|-di)$/.test(text))) return decodeBase64(stdin.text);
  if (program === "true" || program === ":" || program === "export") return "";
  return null;
}

/** Programs that hand on what they read, whole, in part or edited. What decodes or unpacks is none: its output is another text. */
const PASSES = /^(cat|bat|head|tail|tac|sed|gsed|awk|gawk|grep|egrep|tr|cut|tee|sort|uniq|envsubst|rev|nl|fold|pv|dos2unix|sponge|strings)$/;

/** Files whose text the unknown output of `call` may be. */
export function sourcesOf({ program, args, stdin }: Invocation): readonly string[] {
  if (!PASSES.test(program)) return [];
  const named = args.map(({ text }) => text).filter((text) => text !== "" && !text.startsWith("-") && !text.includes(HOLE));
  return [...named, ...(stdin.kind === "unknown" ? (stdin.files ?? []) : [])];
}

function joinedFiles({ args, cwd, files }: Invocation): string | null {
  const texts = args.map(({ text }) => files.read(cwd, text));
  return texts.includes(null) ? null : texts.join("\n");
}

function echo(args: readonly string[]): string {
  let at = 0;
  while (at < args.length && /^-[neE]+$/.test(args[at]!)) at += 1;
  const text = args.slice(at).join(" ");
  return args.slice(0, at).some((flag) => flag.includes("e")) ? unescape(text) : text;
}

function printf(args: readonly string[]): string {
  const [format, ...values] = args;
  let next = 0;
  // Escapes count in the format alone, not in what is put in for `%s`.
  return unescape(format!).replace(/%%|%[-0-9.]*[sdbqxi]/g, (piece) => (piece === "%%" ? "%" : (values[next++] ?? "")));
}

function unescape(text: string): string {
  return text
    .replace(/\\x([0-9a-fA-F]{1,2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)))
    .replace(/\\0?([0-7]{3})/g, (_, octal: string) => String.fromCharCode(Number.parseInt(octal, 8)))
    .replaceAll("\\n", "\n")
    .replaceAll("\\r", "\r")
    .replaceAll("\\t", "\t");
}

function decodeBase64(text: string): string | null {
  if (text.includes(HOLE)) return null;
  try {
    return atob(text.replace(/\s+/g, ""));
  } catch {
    return null;
  }
}
