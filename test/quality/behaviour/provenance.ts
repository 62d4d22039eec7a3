/**
 * Origins of argument values as data of whole arguments states them, brought into the form in which the SDK states them: by path
 * (`recipients[0]`), of values of four characters and more, one of `task`, `tool-output` and `novel`.
 */
import { LIMITS, type Provenance } from "@tripline/model";

/** Shorter values occur everywhere: the SDK states nothing of them either. */
const MIN_VALUE_CHARS = 4;
const MAX_DEPTH = 8;

const STATED: Readonly<Record<string, Provenance>> = { prompt: "task", tool: "tool-output", novel: "novel" };

interface Stated {
  readonly origins: ReadonlySet<Provenance>;
  readonly task: string;
}

/**
 * `sources`: argument → `prompt`, `tool`, `novel`, or several joined by `+` where its parts differ. Of such a mix each part that stands in
 * the task is of the task, and every other part is taken for tool output if any is: as in the SDK, one value out of a tool's output
 * is what matters, whatever stands beside it.
 */
export function provenanceOf(args: Readonly<Record<string, unknown>>, sources: Readonly<Record<string, unknown>>, task: string | null): Record<string, Provenance> {
  const found: [string, Provenance][] = [];
  for (const [name, value] of Object.entries(args)) {
    const stated = sources[name];
    if (typeof stated !== "string") continue;
    const origins = new Set(stated.split("+").flatMap((source) => STATED[source] ?? []));
    if (origins.size > 0) walk(value, name, 0, { origins, task: (task ?? "").toLowerCase() }, found);
  }
  return Object.fromEntries(found);
}

function walk(value: unknown, path: string, depth: number, stated: Stated, found: [string, Provenance][]): void {
  if (found.length >= LIMITS.provenanceEntries || path.length > LIMITS.argumentPathChars) return;
  if (typeof value === "string" || typeof value === "number") {
    const text = String(value).trim();
    if (text.length >= MIN_VALUE_CHARS) found.push([path, originOf(text, stated)]);
    return;
  }
  if (typeof value !== "object" || value === null || depth >= MAX_DEPTH) return;
  if (Array.isArray(value)) for (const [index, item] of value.entries()) walk(item, `${path}[${index}]`, depth + 1, stated, found);
  else for (const [key, item] of Object.entries(value)) walk(item, `${path}.${key}`, depth + 1, stated, found);
}

function originOf(text: string, { origins, task }: Stated): Provenance {
  if (origins.size === 1) for (const only of origins) return only;
  if (origins.has("task") && task.includes(text.toLowerCase())) return "task";
  return origins.has("tool-output") ? "tool-output" : "novel";
}
