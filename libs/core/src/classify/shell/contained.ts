/** Calls that carry another command: in a container, on a remote host, in a project's environment. What they carry is what happens. */
import type { Verdict } from "../verdict.ts";
import { runsFile } from "./runs-file.ts";
import type { Invocation, Runner } from "./invocation.ts";
import { type Options, optionNames, readOptions, valueOf } from "./options.ts";
import { NO_STDIN, type Word } from "./word.ts";
import { contained } from "./wrappers.ts";

const CONTAINERS = /^(docker|podman|nerdctl|docker-compose|podman-compose|kubectl|oc|k|lxc)$/;

interface Carrier {
  /** Leading operands, `a|b` for either; the command follows them. */
  readonly after: string;
  /** Operands of the carrier's own between those and the command. */
  readonly skip?: number;
  readonly withValue?: string;
}

const carrier = (after: string, skip = 0, withValue = ""): Carrier => ({ after, skip, withValue });

/** By program; an empty `after` means that the first operand is already the command. */
const CARRIERS: Readonly<Record<string, readonly Carrier[]>> = {
  npx: [carrier("", 0, "-p --package")],
  bunx: [carrier("")],
  pnpx: [carrier("")],
  pnpm: [carrier("exec|dlx", 0, "-C --dir -F --filter")],
  yarn: [carrier("exec|dlx", 0, "-p"), carrier("node")],
  npm: [carrier("exec|x", 0, "-w -p --prefix")],
  bun: [carrier("x")],
  uv: [carrier("run", 0, "--with -p --python --project --directory --env-file --group --extra"), carrier("tool run")],
  uvx: [carrier("", 0, "--with --from -p --python")],
  pipx: [carrier("run", 0, "--spec")],
  poetry: [carrier("run")],
  pdm: [carrier("run")],
  hatch: [carrier("run")],
  pipenv: [carrier("run")],
  conda: [carrier("run", 0, "-n --name -p")],
  bundle: [carrier("exec")],
  dotnet: [carrier("tool run|exec")],
  rbenv: [carrier("exec")],
  mise: [carrier("exec|x")],
  direnv: [carrier("exec", 1)],
  doppler: [carrier("run", 0, "-p --project -c --config")],
  infisical: [carrier("run", 0, "--env --path --projectId")],
  op: [carrier("run", 0, "--env-file --account")],
  chamber: [carrier("exec", 1)],
  "aws-vault": [carrier("exec", 1, "-d --duration")],
  railway: [carrier("run", 0, "-s --service -e --environment")],
  heroku: [carrier("run|run:detached", 0, "-a --app -s --size -r")],
  dotenv: [carrier("", 0, "-e -f -p -v")],
  dotenvx: [carrier("run", 0, "-f -e")],
  "env-cmd": [carrier("", 0, "-f -e")],
  "cross-env": [carrier("")],
};

/** Options that carry a command line as text. */
const TEXT_OPTIONS: Readonly<Record<string, readonly string[]>> = {
  fly: ["-C", "--command"],
  flyctl: ["-C", "--command"],
  gcloud: ["--command"],
  vagrant: ["-c", "--command"],
  script: ["-c", "--command"],
  az: ["--scripts"],
  npx: ["-c", "--call"],
  npm: ["--call"],
};

/** From the first `ssm send-command` of its line on: looking for a later one as well would take time squared. */
const SENT = /^(?:(?!(?<![^ ])ssm send-command ).)*(?<![^ ])ssm send-command .*\bcommands?"?\s*[=:]\s*(\[[^]*?\]|[^]+?)(?:\s--|$)/;

/** `aws ssm send-command --parameters 'commands=["…"]'`: a script for other machines, in JSON or a shorthand of it. */
function remoteScript(call: Invocation): string | null {
  const text = call.args.map((word) => word.text).join(" ");
  const commands = SENT.exec(text)?.[1];
  if (commands === undefined) return null;
  return commands.startsWith("[") ? commands.slice(1, -1).split(/,(?=\s*["'])/).map((line) => line.trim().replace(/^(["'])([^]*)\1$/, "$2")).join("\n") : commands;
}

/** `java -jar jenkins-cli.jar delete-job x`: an archive that is a known program. */
function archive(call: Invocation): readonly Word[] | null {
  const at = call.args.findIndex(({ text }) => text === "-jar");
  const base = at < 0 ? undefined : /([A-Za-z][\w-]*?)(?:-cli|-commandline)?(?:-?[\d.]+)?\.jar$/.exec(call.args[at + 1]?.text ?? "")?.[0];
  const program = base === undefined ? undefined : /^(jenkins-cli|flyway|liquibase|artemis|activemq)/.exec(base)?.[1];
  return program === undefined ? null : [{ text: program, glob: false }, ...call.args.slice(at + 2)];
}

/** `ansible all -a 'cmd'`, `-m shell -a 'cmd'`: a command line for every host. */
function fleetCommand(call: Invocation): string | null {
  const options = readOptions(call.args, optionNames("-i --inventory -e --extra-vars -m --module-name -a --args -u --user -f --forks -l --limit"));
  const module = valueOf(options, "-m", "--module-name")?.text ?? "command";
  return /(^|\.)(command|shell|raw)$/.test(module) ? (valueOf(options, "-a", "--args")?.text ?? null) : null;
}

/** Verdicts on the command that `call` carries, or null where it carries none. */
export function wrappedCall(call: Invocation, run: Runner): readonly Verdict[] | null {
  if (CONTAINERS.test(call.program)) return contained(call, run);
  const names = Object.hasOwn(TEXT_OPTIONS, call.program) ? TEXT_OPTIONS[call.program]! : [];
  const text = names.length === 0 ? null : valueOf(readOptions(call.args, new Set(names)), ...names);
  if (text !== null) return run.script(text.text, NO_STDIN);
  const remote = call.program === "aws" ? remoteScript(call) : call.program === "ansible" ? fleetCommand(call) : null;
  if (remote !== null) return run.script(remote, NO_STDIN);
  const scheduled = call.program === "at" ? valueOf(readOptions(call.args, optionNames("-f -q -t")), "-f") : null;
  if (scheduled !== null) return [runsFile("at.schedule", scheduled, call)];
  if (/^(at|batch)$/.test(call.program) && call.stdin.kind === "text") return run.script(call.stdin.text, NO_STDIN);
  if (call.program === "git") return gitCommand(call, run);
  const command = call.program === "java" ? archive(call) : carriedWords(call);
  return command === null ? null : run.command(command, call.stdin);
}

/** `git submodule foreach 'cmd'`, `git bisect run cmd`, `git rebase --exec 'cmd'`. */
function gitCommand(call: Invocation, run: Runner): readonly Verdict[] | null {
  const words = leadingOptionsGone(call.args, optionNames("-C -c --git-dir --work-tree"));
  const text = words.map((word) => word.text).join(" ");
  const foreach = /^(?:submodule foreach(?: --\w+)*|bisect run) ([^]+)$/.exec(text)?.[1];
  const exec = words[0]?.text === "rebase" ? valueOf(readOptions(words, optionNames("-x --exec")), "-x", "--exec")?.text : undefined;
  const code = foreach ?? exec;
  return code === undefined ? null : run.script(code, NO_STDIN);
}

function carriedWords(call: Invocation): readonly Word[] | null {
  const carriers = Object.hasOwn(CARRIERS, call.program) ? CARRIERS[call.program]! : [];
  for (const { after, skip = 0, withValue = "" } of carriers) {
    const known = optionNames(withValue);
    let rest: readonly Word[] | null = call.args;
    for (const step of after.split(" ").filter((word) => word !== "")) rest = rest === null ? null : afterOperand(rest, step.split("|"), known);
    if (rest === null) continue;
    let command = leadingOptionsGone(rest, known).slice(skip);
    if (command[0]?.text === "--") command = command.slice(1);
    while (/^\w+=/.test(command[0]?.text ?? "")) command = command.slice(1);
    // `npx prisma@5` is prisma.
    const [head, ...args] = command;
    if (head !== undefined) return [{ ...head, text: head.text.replace(/(?<=.)@[\w.^~-]+$/, "") }, ...args];
  }
  return null;
}

function leadingOptionsGone(args: readonly Word[], withValue: ReadonlySet<string>): readonly Word[] {
  let at = 0;
  while (at < args.length && args[at]!.text.startsWith("-") && args[at]!.text !== "--") at += withValue.has(args[at]!.text) ? 2 : 1;
  return args.slice(at);
}

function afterOperand(args: readonly Word[], names: readonly string[], withValue: ReadonlySet<string>): readonly Word[] | null {
  const rest = leadingOptionsGone(args, withValue);
  return rest[0] !== undefined && names.includes(rest[0].text) ? rest.slice(1) : null;
}

/** `python manage.py flush`, `python -m alembic downgrade base`, `php artisan migrate:fresh`: a script that is itself a known program. */
export function scriptAsProgram(call: Invocation, run: Runner): readonly Verdict[] | null {
  const at = call.args.findIndex(({ text }) => text === "-m");
  const options: Options | null = at < 0 ? readOptions(call.args, new Set()) : null;
  const name = at < 0 ? options?.operands[0] : call.args[at + 1];
  if (name === undefined) return null;
  const base = name.text.slice(name.text.lastIndexOf("/") + 1);
  if (!/^(manage\.py|artisan|alembic|django|flask|pip|pytest|awscli|rails|rake|console|spark|yii|cake|drush|wp|phinx|doctrine|magento|craft|gitlab|ansible|celery|airflow|twine|build|poetry|aerich|yoyo|oci|ace|typeorm|sequelize|knex|mikro-orm|drizzle-kit|prisma|jenkins-cli|borg|duplicity|s3cmd|b2)(\.phar|\.js|\.cmd)?$/.test(base)) return null;
  const from = call.args.indexOf(name) + 1;
  return run.command([{ ...name, text: base.replace(/\.(phar|js|cmd)$/, "") }, ...call.args.slice(from)], call.stdin);
}
