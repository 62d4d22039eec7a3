/** Which handler judges which program. Handlers are code where a program's arguments are a language; tables (`worlds/`) do the rest. */
import { SQL_WEIGHT } from "../bounds.ts";
import { environmentOf } from "../../environment/environment.ts";
import { unknownVerdict, verdictOf } from "../compose.ts";
import { WORLD_HANDLERS } from "../worlds/registry.ts";
import type { Verdict } from "../verdict.ts";
import { BUILTINS } from "./builtins.ts";
import { FILE_HANDLERS } from "./files.ts";
import { givenToRun } from "./given-to-run.ts";
import { HTTP_CLIENTS } from "./http-clients.ts";
import { INTERPRETERS } from "./interpreters.ts";
import type { Handler, Invocation, Runner } from "./invocation.ts";
import { REMOTE_HANDLERS } from "./remote.ts";
import { destroyingFile, runsFile, runsFiles } from "./runs-file.ts";
import type { Scope } from "./scope.ts";
import { powershellCommand, WINDOWS_HANDLERS } from "./powershell.ts";
import { SQL_CLIENTS } from "./sql-clients.ts";
import { HOLE, literal, shown } from "./word.ts";
import { STREAM_EDITORS } from "./stream-editors.ts";
import { TERMINALS } from "./terminals.ts";
import { WRAPPERS } from "./wrappers.ts";

const HANDLERS: ReadonlyMap<string, Handler> = new Map(
  [WORLD_HANDLERS, WINDOWS_HANDLERS, FILE_HANDLERS, REMOTE_HANDLERS, TERMINALS, HTTP_CLIENTS, SQL_CLIENTS, STREAM_EDITORS, INTERPRETERS, WRAPPERS].flatMap((handlers) => Object.entries(handlers)),
);

/** Windows knows no case in names. */
const WINDOWS: ReadonlyMap<string, Handler> = new Map(Object.entries(WINDOWS_HANDLERS));

/** Judges one command. Never empty: a program that nobody here knows is `unknown`. */
export function judgeInvocation(call: Invocation, run: Runner, scope: Scope): readonly Verdict[] {
  const { program, span } = call;
  if (program.includes(HOLE)) {
    // `sh -c "$(cat x)"`, `eval "$(<x)"`: most likely what the file holds.
    return [unknownVerdict("shell.unknown", "shell.unknown-program", "Which program runs is only known at run time.", span), ...runsFiles(call.substituted, call)];
  }
  const builtin = Object.hasOwn(BUILTINS, program) ? BUILTINS[program]! : null;
  if (builtin !== null) return builtin(call, run, scope);
  const given = givenToRun(call, run);
  return given.length === 0 ? judgeProgram(call, run) : [...judgeProgram(call, run), ...given];
}

function judgeProgram(call: Invocation, run: Runner): readonly Verdict[] {
  const { program, span } = call;
  const name = program.endsWith(".exe") ? program.slice(0, -4) : program;
  const handler = HANDLERS.get(name) ?? HANDLERS.get(versionless(name)) ?? WINDOWS.get(name.toLowerCase());
  const verdicts = handler?.(call, run) ?? [];
  if (verdicts.length > 0) return verdicts;
  if (handler === undefined) {
    const script = /\.(sh|bash|zsh|py|rb|pl|js|ts|ps1|cmd|bat)$/.test(program) ? destroyingFile(program, call) : null;
    if (script !== null) return [script];
    const cmdlet = powershellCommand(call);
    if (cmdlet !== null) return cmdlet;
    const worse = perhapsWorse(call, run);
    if (worse.length > 0) return worse;
  }
  if (handler === undefined && call.path.includes("/")) return [runsFile(`shell.${shown(program).slice(0, 64)}`, literal(call.path), call)];
  const reason = handler === undefined ? `${shown(program)} is no program that is known here.` : `This use of ${program} is not known here.`;
  return [unknownVerdict(`shell.${shown(program).slice(0, 64)}`, "shell.unknown-program", reason, span)];
}

/** Verbs that no program uses for anything harmless. */
const STRICT = /^(\S*[-:_.])?(delete|destroy|drop|purge|wipe|terminate|nuke|erase|truncate|flush|unpublish|obliterate|expunge|deprovision|decommission)([-:_](?!caches?$)\S*)?$/;

/** Programs that are never an unknown program's own subcommand, as `init` or `format` would be. */
const CARRIED =
  /^(sudo|doas|env|eval|xargs|bash|sh|zsh|rm|mv|dd|shred|find|chmod|chown|python3?|node|ruby|perl|php|git|gh|psql|mysql|mongosh?|redis-cli|sqlite3|docker|docker-compose|kubectl|helm|terraform|tofu|pulumi|aws|gcloud|gsutil|az|curl|wget|ssh|rsync|npx?|npm|pnpm|yarn|make|cargo|ansible|ansible-playbook|systemctl|apt|apt-get|dropdb|mkfs|prisma|rails|alembic)$/;

/** An unknown program that says `delete`, or that is given a whole command as its arguments. Can only make the answer worse. */
function perhapsWorse(call: Invocation, run: Runner): readonly Verdict[] {
  // `console.log` is a call in another language, no program.
  if (/\.(?!sh$|py$|rb$|js$|ts$|pl$|php$|exe$|bat$|cmd$|ps1$|jar$|phar$)[A-Za-z]+$/.test(call.program)) return [];
  if (call.args.some(({ text }) => /^--(help|dry-run|undo)$/.test(text))) return [];
  const operands = call.args.filter(({ text }) => !text.startsWith("-")).slice(0, 3);
  const verb = operands.find(({ text }) => /^[\w:.-]+$/.test(text) && STRICT.test(text.toLowerCase()));
  const name = shown(call.program).slice(0, 64);
  if (verb !== undefined) {
    const known = { operation: `shell.${name}`, effect: "delete", reversibility: "irreversible", reason: `${name} is no program that is known here; it says \`${verb.text}\`.` } as const;
    const environment = call.environment ?? environmentOf({ command: call.args.map(({ text }) => shown(text)).join(" "), names: operands.map(({ text }) => text) });
    return [verdictOf(known, "shell.unknown-program.verb", operands.map(({ text }) => ({ kind: name, id: shown(text), environment })), call.span)];
  }
  const head = operands[0]?.text ?? "";
  if (!CARRIED.test(head) || call.args[0]?.text !== head) return [];
  const unknown = unknownVerdict(`shell.${name}`, "shell.unknown-program", `${name} is no program that is known here; it may run ${head}.`, call.span);
  return [unknown, ...run.command(call.args, call.stdin)];
}

const MAX_PROGRAM_CHARS = 64;

/** `python3.12`, `psql-16`, `mkfs.ext4`: the name up to its version or kind. */
function versionless(program: string): string {
  // Every digit is tried as the first of a version: thousands of them would take as many steps squared.
  if (program.length > MAX_PROGRAM_CHARS) return program;
  return program.replace(/[-.]?\d[\d.]*$/, "").replace(/^(mkfs|fsck)\..*$/, "$1");
}

/** How much dearer than others the program's text is to judge; by its name as written. */
export function weightOf(path: string): number {
  return Object.hasOwn(SQL_CLIENTS, path.slice(path.lastIndexOf("/") + 1)) ? SQL_WEIGHT : 1;
}
