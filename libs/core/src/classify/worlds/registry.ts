/** All worlds, and the one handler that reads their tables. A new world is a file beside this one and a line here. */
import { environmentOfUrl, statedEnvironment } from "../../environment/environment.ts";
import { unknownVerdict, verdictOf } from "../compose.ts";
import { isGroup, verbMeaning } from "../verbs.ts";
import type { Target, Verdict } from "../verdict.ts";
import { carriedCode } from "../shell/carried-code.ts";
import { wrappedCall } from "../shell/contained.ts";
import { githubApi } from "../shell/http-clients.ts";
import type { Handler, Invocation, Runner } from "../shell/invocation.ts";
import { hasFlag, type Options, optionNames, readOptions } from "../shell/options.ts";
import { pathKind } from "../shell/paths.ts";
import { isKnown, literal, NO_STDIN, shown, type Word } from "../shell/word.ts";
import { AWS } from "./aws.ts";
import { AZURE } from "./azure.ts";
import { BACKUPS } from "./backups.ts";
import { CONTAINERS, KUBERNETES } from "./containers.ts";
import { DATA_PLATFORMS } from "./data-platforms.ts";
import { DELIVERY } from "./delivery.ts";
import { DEVELOPMENT } from "./development.ts";
import { FLEETS } from "./fleets.ts";
import { GIT } from "./git.ts";
import { GOOGLE } from "./google.ts";
import { HOSTING } from "./hosting.ts";
import { INFRASTRUCTURE } from "./infrastructure.ts";
import { MESSAGING } from "./messaging.ts";
import { MIGRATIONS } from "./migrations.ts";
import { OBSERVABILITY } from "./observability.ts";
import { PLATFORMS } from "./platforms.ts";
import { PROTECTION } from "./protection.ts";
import { SECRETS } from "./secrets.ts";
import { STORES } from "./stores.ts";
import { SYSTEM } from "./system.ts";
import { TEXT_TOOLS } from "./text-tools.ts";
import { WINDOWS } from "./windows.ts";
import type { CliRule, World } from "./world.ts";

export const WORLDS: readonly World[] = [
  ...TEXT_TOOLS,
  GIT,
  ...DEVELOPMENT,
  ...MIGRATIONS,
  ...CONTAINERS,
  ...KUBERNETES,
  ...INFRASTRUCTURE,
  ...FLEETS,
  ...SECRETS,
  AWS,
  ...GOOGLE,
  AZURE,
  ...PLATFORMS,
  ...HOSTING,
  ...DELIVERY,
  ...OBSERVABILITY,
  ...STORES,
  ...MESSAGING,
  ...DATA_PLATFORMS,
  ...BACKUPS,
  ...SYSTEM,
  ...WINDOWS,
];

/** Options that take a separate value wherever they are known, so that no world need name them. */
const COMMON = "--host --hostname --port --username --password --endpoint --endpoint-url --url --token --api-key --output --format --log-level --kubeconfig --region --node --config-file --credentials --timeout --profile --project --namespace";

const DRY = "--dry-run --dryrun --help";

interface Flag {
  readonly name: string;
  /** Null where any value does. */
  readonly value: string | null;
}

interface CompiledRule {
  readonly rule: CliRule;
  readonly words: readonly (ReadonlySet<string> | null)[];
  readonly flags: readonly (readonly Flag[])[];
  readonly without: readonly (readonly Flag[])[];
  readonly operation: string;
}

function compile(world: World, rule: CliRule): CompiledRule {
  const words = rule.match.split(" ").filter((word) => word !== "");
  const name = rule.name ?? words.filter((word) => !word.includes("*")).map((word) => word.split("|")[0]).join("-");
  return {
    rule,
    words: words.map((word) => (/(^|\|)\*(\||$)/.test(word) ? null : new Set(word.split("|")))),
    flags: flagsOf(rule.flags),
    without: flagsOf(rule.without),
    operation: name === "" ? world.name : `${world.name}.${name}`,
  };
}

/** `-f|--force --cascade=foreground`: flags that must all be there, each with its alternatives and, where stated, its value. */
function flagsOf(text: string | undefined): Flag[][] {
  const groups = (text ?? "").split(" ").filter((part) => part !== "");
  return groups.map((group) => group.split("|").map(flagOf));
}

function flagOf(flag: string): Flag {
  const at = flag.indexOf("=");
  return at < 0 ? { name: flag, value: null } : { name: flag.slice(0, at), value: flag.slice(at + 1) };
}

const fits = (options: Options) => (alternatives: readonly Flag[]): boolean =>
  alternatives.some(({ name, value }) => {
    if (value === null) return options.flags.has(name) || options.values.has(name);
    return options.values.get(name)?.some(({ text }) => text === value) === true;
  });

function handlerOf(world: World): Handler {
  const rules = [...(PROTECTION[world.name] ?? []), ...world.rules].map((rule) => compile(world, rule));
  const withValue = optionNames(withDoubleDash(`${COMMON} ${world.withValue} ${world.place ?? ""}`));
  const places = (world.place ?? "").split(" ");
  const dry = `${DRY} ${world.dry ?? ""}`.trim().split(" ");
  const judge: Handler = (call, run) => {
    const followed = follow(call, run);
    if (followed !== null) return followed;
    const options = readOptions(call.args, withValue);
    const targets = targetsOf(call, options, places);
    if (isDry(options, dry)) return [verdictOf({ operation: `${world.name}.dry-run`, effect: "read", reversibility: "reversible", reason: "Only shows what would be done." }, `${world.name}.dry-run`, targets, call.span)];
    let joinedText: string | null = null;
    const text = (): string => (joinedText ??= call.args.map((word) => shown(word.text)).join(" "));
    const verbs = verbsOf(world, options);
    const fit = rules.find((compiled) => fitsRule(compiled, options, text, verbs));
    const said = fit === undefined || !sweeps(fit.rule) ? null : strictVerb(world, options);
    if (said !== null) return byVerb({ ...world, verbFrom: said, verbDepth: 1 }, call, options, targets);
    if (fit !== undefined) return [withBlast(fit, options, verdictOf({ ...inScratch(fit.rule, call), operation: fit.operation }, fit.rule.protection === true ? `protection.${fit.operation}` : fit.operation, reached(fit.rule, targets, call), call.span))];
    return byVerb(world, call, options, targets);
  };
  return world.readsLines === true ? perLine(judge) : judge;
}

const MAX_LINES = 64;

const perLine = (judge: Handler): Handler => (call, run) => {
  if (call.stdin.kind !== "text") return judge(call, run);
  const lines = call.stdin.text.split("\n").filter((line) => line.trim() !== "");
  const own = lines.slice(0, MAX_LINES).flatMap((line) => judge({ ...call, args: [...call.args, ...line.trim().split(/\s+/).map(literal)], stdin: NO_STDIN }, run));
  if (lines.length > MAX_LINES) {
    run.partial();
    own.push(unknownVerdict(`shell.${call.program}`, "shell.lines.too-many", "It is given more lines than are judged.", call.span));
  }
  return own.length === 0 ? judge(call, run) : own;
};

/** HashiCorp's programs take `-namespace` and `--namespace` alike. */
const withDoubleDash = (names: string): string => `${names} ${names.replace(/(^|\s)-(?=[a-z]{2})/g, "$1--")}`;

/** Uncommitted work in a checkout below /tmp is scratch. */
const inScratch = (rule: CliRule, call: Invocation): CliRule =>
  rule.confinedTo === "workspace" && call.cwd !== "" && pathKind(literal(call.cwd)) === "scratch" ? { ...rule, reversibility: "recoverable" } : rule;

/**
 * What a rule reaches. Losses of uncommitted work lie in the checkout on this machine. `NODE_ENV=production npm run build` says how to
 * build, not where: a build reaches no environment.
 */
function reached(rule: CliRule, targets: readonly Target[], call: Invocation): readonly Target[] {
  if (rule.confinedTo === "workspace") return [{ kind: "directory", id: call.cwd === "" ? "." : call.cwd, environment: null }];
  return rule.effect === "execute" && rule.reversibility === "recoverable" ? targets.map((target) => ({ ...target, environment: null })) : targets;
}

/** Programs whose arguments hold another command or request. */
function follow(call: Invocation, run: Runner): readonly Verdict[] | null {
  if (call.program === "gh" && call.args[0]?.text === "api") return githubApi(call, run);
  return carriedCode(call, run) ?? wrappedCall(call, run);
}

/** The operands that may hold a verb, joined. */
const verbsOf = ({ verbDepth = 3 }: World, options: Options): string =>
  options.operands.slice(0, 2 * verbDepth).filter(({ text }) => !/\s/.test(text)).slice(0, verbDepth).map(({ text }) => shown(text)).join(" ");

const MAKES = /(^|\s)(create|add|new|update|edit|set|put|post|patch|apply|import|upload|write|insert|enable|start|run|register|upsert|publish|send)([\s:_-]|$)/;

function fitsRule({ rule, words, flags, without }: CompiledRule, options: Options, text: () => string, verbs: string): boolean {
  if (options.operands.length < words.length) return false;
  if (!words.every((alternatives, at) => alternatives === null || alternatives.has(options.operands[at]!.text))) return false;
  if (!flags.every(fits(options)) || without.some(fits(options))) return false;
  if (rule.text !== undefined && !rule.text.test(text())) return false;
  if (rule.verb !== undefined && (!rule.verb.test(verbs) || (rule.effect === "read" && MAKES.test(verbs)))) return false;
  return rule.command === undefined || rule.command.test(options.operands.map((word) => shown(word.text)).join(" "));
}

function isDry(options: Options, dry: readonly string[]): boolean {
  // With operands `--version` is a value for the operation (`helm upgrade --version=2`).
  if (options.flags.has("--version") && options.operands.length === 0) return true;
  // `aws s3 rb help`: a last word that no program takes for a name.
  if (options.operands.length > 1 && options.operands.at(-1)!.text === "help") return true;
  return dry.some((flag) => options.flags.has(flag) && !options.values.get(flag)?.some(({ text }) => /^(none|false|no)$/.test(text)));
}

const ALL = ["--all", "-A", "--all-namespaces", "--all-collections", "--recursive"];

/** How much a loss reaches: what the operands name, where the rule's own words end before them. */
function withBlast({ rule, words }: CompiledRule, options: Options, verdict: Verdict): Verdict {
  if (verdict.effect !== "delete" || rule.confinedTo !== undefined) return verdict;
  if (hasFlag(options, ...ALL)) return { ...verdict, blast: { extent: "all", count: null } };
  const named = options.operands.slice(words.length);
  if (words.length === 0 || rule.text !== undefined || rule.verb !== undefined || named.length === 0) return verdict;
  const isCountable = named.every((word) => isKnown(word) && !word.glob);
  return { ...verdict, blast: { extent: isCountable ? "named" : "matching", count: isCountable ? named.length : null } };
}

/** Verbs of command lines that name a loss, and that names of operations elsewhere do not use, or use for less. */
const LOSES = /^(\S+[:-])?(unset|undeploy|rebuild|reinstall|reimage|reformat|poweroff|power-off|unbind|undefine|unregister|deregister|evict|forget|clear|bulk-delete|wipeout|remove-all|delete-all|prune|abandon|disown)(-(?!cache)\S+)?$/;

/** A row that fits every call and says that it only changes things: a verb of loss among the operands knows better. */
const sweeps = ({ match, flags, text, command, verb, effect }: CliRule): boolean =>
  match === "" && flags === undefined && text === undefined && command === undefined && verb === undefined && /^(write|admin|publish)$/.test(effect);

/** Position of the first operand that is a verb of loss; null where none of the first ones is. */
function strictVerb({ verbFrom = 0, verbDepth = 3 }: World, options: Options): number | null {
  const at = options.operands.slice(verbFrom, verbFrom + verbDepth).findIndex(({ text }) => /^(delete|destroy|drop|purge|wipe|terminate|erase|truncate|remove|rm|flush|unpublish|uninstall)$/.test(text));
  return at < 0 ? null : verbFrom + at;
}

/** A call that no row fits is judged by the verb among its first operands; with no verb it is `unknown`. */
function byVerb(world: World, call: Invocation, options: Options, targets: readonly Target[]): Verdict[] {
  const { verbFrom = 0, verbDepth = 3, nouns = "" } = world;
  const words = options.operands.slice(verbFrom, verbFrom + verbDepth);
  // `snapshot delete`: what groups commands is the verb where no other word is.
  for (const word of words.toSorted((a, b) => Number(isGroup(a.text)) - Number(isGroup(b.text)))) {
    if (nouns.split(" ").includes(word.text)) continue;
    if (!/^[A-Za-z][\w:.-]*$/.test(word.text)) continue;
    const lost = LOSES.exec(word.text)?.[2];
    if (lost !== undefined && !/cache/.test(options.operands.map(({ text }) => text).join(" "))) {
      const known = { operation: `${world.name}.${word.text.slice(0, 64)}`, effect: "delete", reversibility: "irreversible", reason: `This use of ${call.program} is in no table; it says \`${lost}\`.` } as const;
      return [verdictOf(known, `${world.name}.verb.${lost}`, targets, call.span)];
    }
    const meaning = verbMeaning(word.text);
    if (meaning === null) continue;
    const { effect, reversibility, verb } = meaning;
    const reason = `This use of ${call.program} is in no table; it says \`${verb}\`.`;
    return [verdictOf({ operation: `${world.name}.${word.text.slice(0, 64)}`, effect, reversibility, reason }, `${world.name}.verb.${verb}`, targets, call.span)];
  }
  return [];
}

function targetsOf(call: Invocation, options: Options, places: readonly string[]): Target[] {
  let environment = call.environment;
  for (const name of places) {
    const stated = options.values.get(name)?.map(({ text }) => statedEnvironment(text));
    environment ??= stated?.find((found) => found !== null) ?? null;
  }
  const named = options.operands.slice(1, 9).filter(({ text }) => text !== "");
  if (named.length === 0) return environment === null ? [] : [{ kind: "environment", id: environment, environment }];
  return named.map((word) => ({ kind: call.program, id: shown(word.text), environment: environment ?? environmentOfWord(word) }));
}

const environmentOfWord = (word: Word): string | null => (/^\w+:\/\//.test(word.text) ? environmentOfUrl(word.text) : null);

export const WORLD_HANDLERS: Readonly<Record<string, Handler>> = Object.fromEntries(
  WORLDS.flatMap((world) => {
    const handler = handlerOf(world);
    return world.programs.split(" ").map((program) => [program, handler]);
  }),
);

