/** Windows: PowerShell's `Verb-Noun` commands, whose verbs are regular, and the file commands of `cmd`. */
import { verdictOf } from "../compose.ts";
import type { Verdict } from "../verdict.ts";
import { deletion, type Known, say } from "./deletion.ts";
import type { Handler, Invocation, Runner } from "./invocation.ts";
import { isKnown, NO_STDIN, unknownWord, type Word } from "./word.ts";

/** Parameters that take a value, other than paths. */
const WITH_VALUE = /^-(errora\w*|ea|filter|include|exclude|credential|warninga\w*|informationa\w*|stream|depth|outvariable|ov)$/i;
const PATHS = /^-(path|literalpath|lp|pspath)$/i;

/** `Remove-Item -Recurse -Force -Path x`, `del /s /q x`, `rd /s x`. */
const removeItem: Handler = (call) => {
  const paths: Word[] = [];
  for (let at = 0; at < call.args.length; at += 1) {
    const word = call.args[at]!;
    if (WITH_VALUE.test(word.text)) at += 1;
    else if (!PATHS.test(word.text) && !/^-\w+(:\S*)?$|^\/[a-z](:\S*)?$/i.test(word.text)) paths.push(...word.text.split(",").filter((text) => text !== "").map((text) => ({ ...word, text })));
  }
  if (has(call, /^-(whatif|wi)$/i) || has(call, /^\/\?$/)) return [say(call, "shell.dry-run", LISTS)];
  const provider = paths.find(({ text }) => /^(hklm|hkcu|hkcr|hku|hkcc|registry::?|cert|env|function|alias|variable)(:|\\)/i.test(text));
  if (provider !== undefined) return [say(call, "windows.registry-delete", /^(env|function|alias|variable)/i.test(provider.text) ? QUIET : REGISTRY, paths)];
  const recursive = has(call, /^(\/s|-r|-rec\w*)$/i);
  // What a pipe hands over is deleted where no path is written.
  return [deletion(call, "shell.rm", paths.length === 0 ? [unknownWord] : paths, recursive ? "tree" : "named")];
};

const has = (call: Invocation, pattern: RegExp): boolean => call.args.some(({ text }) => pattern.test(text));

const LISTS: Known = { effect: "read", reversibility: "reversible", reason: "Only shows what would be done." };
const QUIET: Known = { effect: "read", reversibility: "reversible", reason: "Changes nothing outside the shell." };
const REGISTRY: Known = { effect: "delete", reversibility: "irreversible", reason: "Deletes settings from the registry, or certificates.", safer: "reg export first." };

interface Verb {
  readonly verb: RegExp;
  readonly noun?: RegExp;
  readonly known: Known;
}

const row = (verb: RegExp, known: Known, noun?: RegExp): Verb => ({ verb, known, ...(noun === undefined ? {} : { noun }) });
const lost = (reason: string, safer?: string): Known => ({ effect: "delete", reversibility: "irreversible", reason, ...(safer === undefined ? {} : { safer }) });
const unprotected = (reason: string): Known => ({ effect: "admin", reversibility: "irreversible", reason });

/** The particular before the general. */
const VERBS: readonly Verb[] = [
  row(/^(remove|clear|stop|unregister|disable|reset|disconnect|suspend)$/, QUIET, /^(variable|module|pssession|job|alias|event|psbreakpoint|pssnapin|typedata|psdrive|host|history|typename|argumentcompleter|transcript|timer)$/),
  row(/^format$/, { effect: "read", reversibility: "reversible", reason: "Lays output out." }, /^(table|list|wide|custom|hex)$/),
  row(/^(format|initialize|clear|remove|resize|repair|reset)$/, lost("Erases a disk, volume or partition."), /(volume|disk|partition|physicaldisk|storagepool|virtualdisk)$/),
  row(/^clear$/, lost("Empties a file, the recycle bin or a log."), /^(content|recyclebin|eventlog|winevent|item|itemproperty)$/),
  row(/^disable$/, unprotected("Turns a protection off."), /(restore|bitlocker|firewall|defender|protection|mfa|audit|backup|lock|versioning|logging|alarm)/),
  row(/^(set|add)$/, unprotected("Turns real-time protection off, or exempts something from it."), /^mppreference$/),
  row(/^(remove|uninstall|unregister|unpublish|clear|revoke|delete|purge|drop|destroy|dismount)$/, lost("Deletes what it names, by its verb.", "Add -WhatIf first.")),
  row(/^(stop|restart|suspend)$/, { effect: "admin", reversibility: "irreversible", reason: "Stops a machine: what it was doing is cut off." }, /^(computer|vm|azvm|ec2instance|service|cluster\w*)$/),
  row(/^(stop|disable|reset|restart|suspend|set|add|grant|enable|install|register|update|invoke|start|rename|move|copy|new|import|publish|send)$/, { effect: "admin", reversibility: "unknown", reason: "Changes what it names, by its verb." }),
  row(/^(get|test|find|search|measure|select|where|foreach|sort|compare|show|read|resolve|join|split|convert|convertto|convertfrom|write|out|group|tee|export|wait|trace|debug|ping)$/, { effect: "read", reversibility: "reversible", reason: "Reads." }),
];

/** Null where the name is no `Verb-Noun`, or the verb is none of PowerShell's. */
export function powershellCommand(call: Invocation): readonly Verdict[] | null {
  const [, verb, noun] = /^([A-Za-z]+)-([A-Z][A-Za-z0-9]+)$/.exec(call.program) ?? [];
  if (verb === undefined || noun === undefined) return null;
  const found = VERBS.find((candidate) => candidate.verb.test(verb.toLowerCase()) && (candidate.noun === undefined || candidate.noun.test(noun.toLowerCase())));
  if (found === undefined) return null;
  const operation = `powershell.${verb}-${noun}`;
  const known = has(call, /^-whatif$/i) ? LISTS : found.known;
  const targets = call.args.filter((word) => !word.text.startsWith("-") && isKnown(word)).slice(0, 8);
  return [verdictOf({ ...known, operation }, operation, targets.map(({ text }) => ({ kind: noun.toLowerCase(), id: text.slice(0, 256), environment: null })), call.span)];
}

/** `powershell -Command "…"`, `-EncodedCommand …`, `pwsh -c …`. */
const powershell: Handler = (call, run) => {
  const at = call.args.findIndex(({ text }) => /^-(c|command|e|ec|enc|encodedcommand)$/i.test(text));
  if (at >= 0) {
    const text = call.args.slice(at + 1).map((word) => word.text).join(" ");
    return code(/^-e/i.test(call.args[at]!.text) ? decoded(text) : text, call, run);
  }
  const rest = call.args.filter(({ text }) => !text.startsWith("-"));
  if (rest.length > 0 && !/\.ps1$/i.test(rest[0]!.text)) return code(rest.map(({ text }) => text).join(" "), call, run);
  return call.stdin.kind === "text" ? code(call.stdin.text, call, run) : [];
};

/** Base64 of UTF-16. */
function decoded(text: string): string {
  try {
    return atob(text).replaceAll("\0", "");
  } catch {
    return "";
  }
}

const STATIC_DELETE = /\[(?:System\.)?IO\.(Directory|File)\]::Delete\(\s*["']([^"']*)["']/gi;

/** Close enough to shell to be followed as such: statements, pipes, quotes; `\` is no escape here. */
function code(text: string, call: Invocation, run: Runner): readonly Verdict[] {
  const deleted = [...text.matchAll(STATIC_DELETE)].map(([, kind, path]) => deletion(call, "shell.rm", [{ text: path!, glob: false }], kind!.toLowerCase() === "directory" ? "tree" : "named"));
  return [...deleted, ...run.script(text.replaceAll("\\", "\\\\").replaceAll(/\{|\}/g, " ; "), NO_STDIN)];
}

/** `cmd /c del …`. */
const cmd: Handler = (call, run) => {
  const at = call.args.findIndex(({ text }) => /^\/[ck]$/i.test(text));
  return at < 0 ? [] : run.script(call.args.slice(at + 1).map(({ text }) => text).join(" ").replaceAll("\\", "\\\\"), NO_STDIN);
};

/** `robocopy a b /mir` deletes at the target what the source does not hold. */
const robocopy: Handler = (call) => {
  const [, to = unknownWord] = call.args.filter(({ text }) => !/^\/[A-Za-z]+(:\S*)?$/.test(text));
  if (has(call, /^\/l$/i)) return [say(call, "shell.robocopy", LISTS, [to])];
  const loss = has(call, /^\/(mir|purge|move|mov)$/i);
  return [say(call, loss ? "shell.robocopy-mirror" : "shell.robocopy", loss ? lost("Deletes at the target what the source does not hold, or takes the source away.", "Add /L first.") : { effect: "write", reversibility: "recoverable", reason: "Copies files." }, [to])];
};

const lowerToo = (handlers: Record<string, Handler>): Record<string, Handler> => ({ ...handlers, ...Object.fromEntries(Object.entries(handlers).map(([name, handler]) => [name.toLowerCase(), handler])) });

export const WINDOWS_HANDLERS: Readonly<Record<string, Handler>> = lowerToo({ "Remove-Item": removeItem, del: removeItem, erase: removeItem, rd: removeItem, ri: removeItem, deltree: removeItem, powershell, pwsh: powershell, cmd, robocopy });
