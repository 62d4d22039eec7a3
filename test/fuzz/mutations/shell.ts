/** Wrappings of a command line, aliases, comments and blanks around it. */
import type { Random } from "../../quality/random.ts";
import { type Mutation, mutation } from "./mutation.ts";
import { plain, requoted, single, word } from "./quoting.ts";

const base64 = (text: string): string => Buffer.from(text).toString("base64");
const end = (random: Random): string => `END_${random.below(1_000_000)}`;

const before = (line: string): Mutation => mutation(line, (text) => `${line} ${text}`, { takesCommand: true, givesCommand: true });
/** Words of the shell itself: what follows is no program's argument any more. */
const keyword = (line: string): Mutation => mutation(line, (text) => `${line} ${text}`, { takesCommand: true });
const around = (name: string, opening: string, closing: string): Mutation => mutation(name, (text) => `${opening}${text}${closing}`);
/** With the text as one quoted argument. */
const given = (name: string, opening: string, closing = ""): Mutation =>
  mutation(name, (text) => `${opening}${single(text)}${closing}`, /[|;]|^eval|^trap/.test(opening + closing) ? {} : { givesCommand: true });
const code = (name: string, opening: string, closing: string): Mutation =>
  mutation(name, (text) => opening + single(closing.replace("CODE", () => JSON.stringify(text))), { only: "lost", givesCommand: true });
const document = (name: string, opening: (marker: string) => string): Mutation => mutation(name, (text, random) => {
  const marker = end(random);
  return `${opening(marker)}\n${text}\n${marker}`;
});

const PREFIXES = [
  "sudo", "sudo -n", "sudo -u postgres -E", "doas", "env", "env A=1 B=2", "env -u HOME", "nohup", "nice", "nice -n 5", "ionice -c 3", "timeout 5", "timeout -k 1 5s", "timeout --signal=KILL 10",
  "stdbuf -oL", "setsid", "sudo env A=1", "flock lock", "chronic", "unbuffer", "strace -f",
];
const KEYWORDS = ["time", "time -p", "!", "A=1", "LC_ALL=C A='x y'", "command", "exec"];

export const WRAPPINGS: readonly Mutation[] = [
  ...PREFIXES.map(before),
  ...KEYWORDS.map(keyword),
  given("sh -c", "sh -c "),
  given("bash -c", "bash -c "),
  given("bash -lc", "bash -lc "),
  given("bash -x -c", "bash -x -c "),
  given("/bin/sh -ec", "/bin/sh -ec "),
  given("zsh -c", "zsh -c "),
  given("sudo sh -c", "sudo sh -c "),
  given("eval", "eval "),
  given("ssh", "ssh db1 "),
  given("ssh with options", "ssh -p 22 -o StrictHostKeyChecking=no app@db1 "),
  given("docker exec", "docker exec -i web sh -c "),
  given("docker compose exec", "docker compose exec -T web bash -c "),
  given("kubectl exec", "kubectl exec -n shop web-0 -- sh -c "),
  given("su -c", "su - app -c "),
  given("here-string", "bash <<< "),
  given("echo into sh", "echo ", " | sh"),
  given("printf into bash", "printf '%s\\n' ", " | bash"),
  given("xargs sh -c", "echo one | xargs -I@@ sh -c "),
  given("variable to eval", "c=", "; eval \"$c\""),
  given("variable to sh", "c=", "; sh -c \"$c\""),
  mutation("alias", (text, random) => `alias go${random.below(1_000)}=${single(text)}; go`.replace(/^(alias )(go\d+)([^]*)go$/, "$1$2$3$2")),
  given("trap", "trap ", " EXIT"),
  code("python", "python3 -c ", "import os; os.system(CODE)"),
  code("node", "node -e ", "require('child_process').execSync(CODE)"),
  document("here-document to bash", (marker) => `bash <<'${marker}'`),
  document("here-document to sh -s", (marker) => `sh -s <<\\${marker}`),
  document("here-document to ssh", (marker) => `ssh db1 bash <<'${marker}'`),
  document("cat into sh", (marker) => `cat <<'${marker}' | sh`),
  mutation("base64", (text) => `echo ${base64(text)} | base64 -d | sh`),
  mutation("base64 --decode into bash", (text) => `printf %s ${base64(text)} | base64 --decode | bash`),
  around("subshell", "( ", "\n)"),
  around("group", "{ ", "\n}"),
  mutation("function", (text, random) => `f${random.below(1_000)}() { ${text}\n}; f`.replace(/^(f\d+)([^]*)f$/, "$1$2$1")),
  mutation("function keyword", (text, random) => `function g${random.below(1_000)} { ${text}\n}\ng`.replace(/^(function )(g\d+)([^]*)g$/, "$1$2$3$2 a b")),
  around("if", "if true; then ", "\nfi"),
  around("else", "if false; then :; else\n", "\nfi"),
  around("for", "for i in 1 2; do ", "\ndone"),
  around("while", "while true; do ", "\nbreak; done"),
  around("until", "until false; do ", "\nbreak; done"),
  around("case", "case x in x) ", "\n;; esac"),
  around("substitution", "echo \"$( ", "\n)\""),
  around("substitution as a word", "x=$( ", "\n)"),
  around("process substitution", "cat <( ", "\n)"),
  around("after &&", "true && { ", "\n}"),
  around("after ||", "false || { ", "\n}"),
  around("after ;", "ls; ", ""),
  around("after a line", "set -e\n", ""),
  around("before ;", "", "\nls"),
  around("into a pipe", "{ ", "\n} | cat"),
  around("into nothing", "{ ", "\n} > /dev/null 2>&1"),
  around("in the background", "{ ", "\n} &"),
  around("comment before", "# nothing here\n", ""),
  around("comment behind", "", "\n# rm -rf is fine"),
  around("blanks", "  \t ", "\n \n"),
  around("coproc", "coproc { ", "\n}"),
];

/** Other spellings of one command; of its words only the first matters here. */
const HEADS: readonly (readonly [name: string, spell: (words: readonly string[], random: Random) => string])[] = [
  ["quoting", requoted],
  ["plain", (words) => words.map(plain).join(" ")],
  ["full path", ([head, ...rest], random) => requoted([head!.includes("/") ? head! : `${random.pick(["/bin", "/usr/bin", "/usr/local/bin", "./node_modules/.bin"])}/${head}`, ...rest], random)],
  ["backslash", ([head, ...rest], random) => `\\${[head!, ...rest.map((text) => word(text, random))].join(" ")}`],
  ["command in a variable", ([head, ...rest], random) => `c=${word(head!, random)}; ${["$c", ...rest.map((text) => word(text, random))].join(" ")}`],
  ["command in braces", ([head, ...rest], random) => `cmd=${word(head!, random)}\n${["\"${cmd}\"", ...rest.map((text) => word(text, random))].join(" ")}`],
  ["exported variable", ([head, ...rest], random) => `export C=${word(head!, random)}; ${["$C", ...rest.map((text) => word(text, random))].join(" ")}`],
  ["line in a variable", (words) => (words.every((text) => /^[\w./:=-]+$/.test(text)) ? `c=${single(words.join(" "))}; $c` : words.map(plain).join(" "))],
  ["last word in a variable", (words, random) => (words.length < 2 || /^~|[*{}]/.test(words.at(-1)!) ? requoted(words, random) : `d=${word(words.at(-1)!, random)}; ${words.slice(0, -1).map((text) => word(text, random)).join(" ")} "$d"`)],
  ["command from a substitution", ([head, ...rest], random) => `$(echo ${word(head!, random)}) ${rest.map((text) => word(text, random)).join(" ")}`.trimEnd()],
  ["alias of the program", ([head, ...rest], random) => `alias z=${word(head!, random)}\nz ${rest.map((text) => word(text, random)).join(" ")}`.trimEnd()],
  ["function of the program", ([head, ...rest], random) => `z() { ${plain(head!)} "$@"; }; z ${rest.map((text) => word(text, random)).join(" ")}`.trimEnd()],
];

export function spelled(words: readonly string[], random: Random): { readonly name: string; readonly text: string; readonly isSimple: boolean } {
  const [name, spell] = random.chance(0.5) ? HEADS[0]! : random.pick(HEADS);
  const text = spell(words, random);
  return { name, text, isSimple: !/^(c|C|cmd|d)=|^export |^alias |^z\(\)/.test(text) };
}
