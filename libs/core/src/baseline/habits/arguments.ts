/** What a call's arguments say of its origin: for each, where its value came from and what it names. */
import type { Action, Provenance } from "@tripline/model";
import { hashName } from "../sketch.ts";
import { namesIn } from "./names.ts";

/** Arguments of one call that are looked at, and values of one argument. */
const MAX_ARGUMENTS = 16;
const MAX_VALUES = 16;
const MAX_INPUT_CHARS = 16_384;
const SEED = 6;

export interface ArgumentSigns {
  /** Path without list positions: `recipients[]`. */
  readonly path: string;
  readonly pathHash: number;
  origin: Provenance;
  /** A part of it came from the task, whatever the rest did. */
  isTasked: boolean;
  readonly names: number[];
  /** It holds a secret as a whole, which is not there to be compared: as good as new each time, wherever it came from. */
  isSecret: boolean;
}

/** The call's arguments with a stated origin; empty where telemetry states none, or the inputs are not there to be read. */
export function readArguments({ provenance, inputs }: Pick<Action, "provenance" | "inputs">): ArgumentSigns[] {
  const paths = Object.keys(provenance);
  if (paths.length === 0 || inputs === null) return [];
  const values = parsed(inputs.text);
  if (values === undefined) return [];
  const found = new Map<string, ArgumentSigns>();
  for (const path of paths) {
    const place = path.replaceAll(/\[\d+\]/g, "[]");
    let signs = found.get(place);
    if (signs === undefined) {
      if (found.size >= MAX_ARGUMENTS) continue;
      signs = { path: place, pathHash: hashName(place, SEED), origin: provenance[path]!, isTasked: false, names: [], isSecret: false };
      found.set(place, signs);
    }
    // One of a list out of tool output makes it all of that origin: that is how an injected target looks.
    if (provenance[path] === "tool-output") signs.origin = "tool-output";
    if (provenance[path] === "task") signs.isTasked = true;
    collect(valueAt(values, path), signs, 0);
  }
  return [...found.values()];
}

function parsed(text: string): unknown {
  if (text.length > MAX_INPUT_CHARS) return undefined;
  try {
    const value: unknown = JSON.parse(text);
    return value;
  } catch {
    return undefined;
  }
}

/** Follows a path as the SDK writes it (`a.b[0]`; a bare value has the path ``). Keys may hold dots themselves: the longest that fits is taken. */
function valueAt(value: unknown, path: string): unknown {
  if (path === "") return value;
  if (typeof value !== "object" || value === null) return undefined;
  const own = new Map<string, unknown>(Object.entries(value));
  if (own.has(path)) return own.get(path);
  for (let to = path.length - 1; to > 0; to -= 1) {
    const next = path[to];
    if (next !== "." && next !== "[") continue;
    const key = path.slice(0, to);
    if (own.has(key)) return valueAt(own.get(key), next === "." ? path.slice(to + 1) : path.slice(to));
  }
  const position = /^\[(\d+)\]\.?/.exec(path);
  return position !== null && Array.isArray(value) ? valueAt(value[Number(position[1])], path.slice(position[0].length)) : undefined;
}

const MAX_DEPTH = 3;
/** As `@tripline/canonical` marks what it took out. */
const SECRET = /^\s*\[redacted:[a-z0-9-]{1,32}\]\s*$/;

function collect(value: unknown, signs: ArgumentSigns, depth: number): void {
  if (signs.names.length >= MAX_VALUES) return;
  if (typeof value === "string" && SECRET.test(value)) signs.isSecret = true;
  else if (typeof value === "string" || typeof value === "number") signs.names.push(...namesIn(value));
  else if (typeof value === "object" && value !== null && depth < MAX_DEPTH) for (const part of Object.values(value).slice(0, MAX_VALUES)) collect(part, signs, depth + 1);
}
