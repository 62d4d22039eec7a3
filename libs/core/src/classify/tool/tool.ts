/** Judges a tool call of which only the tool's name and inputs are known. */
import { environmentOf } from "../../environment/environment.ts";
import type { Classifiable } from "../classify.ts";
import { MAX_TARGETS, PARSER_INPUT_CHARS } from "../bounds.ts";
import { compose, cutOff, type Knowledge, type Parse, verdictOf } from "../compose.ts";
import { mayTakeProtection, protectionTurnedOff, protectionVerdict } from "../protection/protection.ts";
import { type VerbMeaning, verbMeaning, wordsOfName } from "../verbs.ts";
import { COLLECTIONS } from "../verb-table.ts";
import type { Classification, Target, Verdict } from "../verdict.ts";
import { executed, type Inputs, requested, textAt } from "./executed.ts";
import { argumentNamed, type ToolName, toolNamed } from "./names.ts";

/** Classifies by name and inputs. A text that runs (command, SQL, request) outranks what the name says. */
export function classifyTool(action: Classifiable): Classification {
  const name = toolNamed(action.tool);
  const truncated = action.inputs?.truncated === true;
  const inputs = parsedInputs(action.inputs?.text ?? null);
  if (name.kind !== "read" && name.kind !== "write") {
    const text = executed(name, inputs, (tool, inner, given) => byName(inner, { ...NO_ACTION, tool }, given, "parsed"), action.workingDirectory);
    if (text !== null) return truncated ? cutOff(text) : text;
  }
  const sent = name.maySendRequests && typeof inputs !== "string" ? requested(name, inputs) : null;
  // A tool that fetches reads, unless it is asked to send something: `fetch` takes a method and a body in many runtimes.
  if (sent !== null && sent.worst.effect !== "read") return truncated ? cutOff(sent) : sent;
  return byName(name, action, inputs, truncated ? "partial" : "parsed");
}

function parsedInputs(text: string | null): Inputs | string {
  if (text === null) return {};
  try {
    const value: unknown = JSON.parse(text.slice(0, PARSER_INPUT_CHARS));
    return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Inputs) : text;
  } catch {
    return text;
  }
}

/** Where they say which environment is reached. */
const PLACE_ARGUMENTS = ["url", "uri", "host", "endpoint"];

interface KnownTools {
  readonly rule: string;
  readonly known: Omit<Knowledge, "operation">;
  readonly hasTargets: boolean;
}

const KNOWN_TOOLS: Readonly<Record<NonNullable<ToolName["kind"]>, KnownTools>> = {
  read: { rule: "tool.read", known: { effect: "read", reversibility: "reversible", reason: "A tool that reads." }, hasTargets: true },
  runtime: {
    rule: "tool.runtime",
    known: { effect: "read", reversibility: "reversible", reason: "Touches nothing outside the agent's runtime." },
    hasTargets: false,
  },
  write: { rule: "tool.write", known: { effect: "write", reversibility: "recoverable", reason: "A tool that edits files.", overwrites: true }, hasTargets: true },
};

type NamedCall = Pick<Classifiable, "tool" | "operation" | "inputs">;
const NO_ACTION = { operation: null, inputs: null } as const;

function byName(name: ToolName, action: NamedCall, inputs: Inputs | string, parse: Parse): Classification {
  const operation = action.operation ?? `tool.${name.base.slice(0, 128)}`;
  const targets = typeof inputs === "string" ? [] : targetsOf(inputs);
  if (name.kind !== null) {
    const { known, rule, hasTargets } = KNOWN_TOOLS[name.kind];
    return compose([verdictOf({ ...known, operation }, rule, hasTargets ? targets : [])], "parsed");
  }
  const meaning = meaningOf(name, action, inputs);
  if (meaning === null) {
    const known = { operation, effect: "execute", reversibility: "unknown", reason: `The tool ${name.base.slice(0, 64)} is not known here.` } as const;
    return compose([...unprotecting(name, "execute", operation, inputs, targets, action), verdictOf(known, "tool.unknown", targets)], parse === "parsed" ? "partial" : parse);
  }
  const { effect, verb, overwrites } = meaning;
  const reversibility = effect === "delete" && !meaning.strict ? afterRemoval(name, meaning.reversibility) : meaning.reversibility;
  const reason = `Only the tool's name is known; it says \`${verb}\`.`;
  const own = verdictOf({ operation, effect, reversibility, reason, overwrites, ...SAFER[effect], ...reach(name, effect, inputs) }, `tool.verb.${verb}`, targets);
  return compose([...unprotecting(name, effect, operation, inputs, targets, action), own], parse);
}

/** Of verbs with harmless uses as well. A tool's name is the weakest of evidence: `remove_from_cart` is no loss, and other removals may be none. */
function afterRemoval({ base }: ToolName, reversibility: Verdict["reversibility"]): Verdict["reversibility"] {
  if (wordsOfName(base).some((word) => COLLECTIONS.has(word))) return "recoverable";
  return reversibility === "irreversible" ? "unknown" : reversibility;
}

const PICKS = ["method", "action", "operation", "op", "command"];

/** What the name says; of a name that leaves it open (`manage_volume`, `label_write`), what the argument says that picks it. */
function meaningOf(name: ToolName, action: NamedCall, inputs: Inputs | string): VerbMeaning | null {
  const picked = (name.isGeneric || name.isRunning) && typeof inputs !== "string" ? textAt(inputs, PICKS) : null;
  const meaning = picked === null || !/^[A-Za-z][\w .-]{0,63}$/.test(picked) ? null : verbMeaning(picked);
  if (meaning !== null && !(name.isRunning && meaning.effect === "read")) return meaning;
  return name.meaning ?? (action.operation === null ? null : verbMeaning(action.operation));
}

/** The step before a loss: by the tool's name, or by what its arguments turn off. */
function unprotecting(name: ToolName, effect: Verdict["effect"], operation: string, inputs: Inputs | string, targets: readonly Target[], action: NamedCall): Verdict[] {
  if (!mayTakeProtection(effect)) return [];
  const taken = name.protection ?? (typeof inputs === "string" ? null : protectionTurnedOff(inputs, action.inputs?.text));
  return taken === null ? [] : [protectionVerdict(taken, operation, effect, targets)];
}

const SAFER: Readonly<Partial<Record<Verdict["effect"], Pick<Knowledge, "safer">>>> = { delete: { safer: "List what it would take and keep a copy first, or archive it." } };

/** What can be counted: a list of ids, or everything where the name says so. */
function reach({ base }: ToolName, effect: Verdict["effect"], inputs: Inputs | string): Pick<Verdict, "blast"> {
  if (effect === "read" || typeof inputs === "string") return {};
  if (effect === "delete" && wordsOfName(base).some((word) => word === "all" || word === "everything")) return { blast: { extent: "all", count: null } };
  const lists = Object.keys(inputs).flatMap((name) => (Array.isArray(inputs[name]) && argumentNamed(name).targetKind !== null ? [inputs[name].length] : []));
  return lists.length === 0 ? {} : { blast: { extent: "named", count: Math.max(...lists) } };
}

function targetsOf(inputs: Inputs): Target[] {
  const named = Object.keys(inputs).flatMap((name) => idsOf(name, inputs[name]).map((id) => ({ name, id }))).slice(0, MAX_TARGETS);
  if (named.length === 0) return [];
  const environment = statedBy(inputs);
  return named.map(({ name, id }) => ({ kind: argumentNamed(name).targetKind ?? "resource", id: id.slice(0, 256), environment }));
}

/** The things that one argument names: its value, or each member of a list. */
function idsOf(name: string, value: unknown): string[] {
  if (argumentNamed(name).targetKind === null) return [];
  const values: readonly unknown[] = Array.isArray(value) ? value : [value];
  return values.flatMap((id) => ((typeof id === "string" || typeof id === "number") && id !== "" ? [String(id)] : []));
}

function statedBy(inputs: Inputs): string | null {
  const argument = Object.keys(inputs).find((name) => argumentNamed(name).statesEnvironment);
  const stated = argument === undefined ? null : inputs[argument];
  return environmentOf({ names: typeof stated === "string" ? [stated] : [], url: textAt(inputs, PLACE_ARGUMENTS) });
}
