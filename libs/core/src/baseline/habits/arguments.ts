/** What a call's arguments say of its origin: for each, where its value came from and what it names. */
import type { Action, Provenance } from "@tripline/model";
import { hashName } from "../sketch.ts";
import { isReadWhole, namesIn } from "./names.ts";

/** Arguments of one call that are looked at, and names of one argument. */
const MAX_ARGUMENTS = 16;
const MAX_NAMES = 16;
const MAX_INPUT_CHARS = 16_384;
/** As deep as the SDK states origins. */
const MAX_DEPTH = 8;
const MAX_PARTS = 16;
const SEED = 6;

export interface ArgumentSigns {
  /** Path without list positions: `recipients[]`. */
  readonly path: string;
  readonly pathHash: number;
  /** Of a list, the strongest of its elements. */
  origin: Provenance;
  /** A part of it came from the task, whatever the rest did. */
  isTasked: boolean;
  readonly names: number[];
  /** Not all of it is there to be compared: a secret that was taken out, a value cut or beyond a bound. As good as new each time. */
  isHidden: boolean;
}

/** Of several origins in one list the first of these holds for all of it. */
const STRONGEST: Record<Provenance, number> = { "tool-output": 0, novel: 1, task: 2 };

/**
 * The call's arguments with a stated origin; none where telemetry states none. What came out of tool output is looked at first, so that
 * no number of harmless arguments around it fills the bounds; of a list, one such element makes it all of that origin, wherever it stands.
 */
export function readArguments({ provenance, inputs }: Pick<Action, "provenance" | "inputs">): ArgumentSigns[] {
  const paths = Object.keys(provenance);
  if (paths.length === 0 || inputs === null) return [];
  const values = inputs.truncated ? undefined : parsed(inputs.text);
  const found = new Map<string, ArgumentSigns>();
  // Which arguments are kept must not depend on whether the task gave them; what each is, must not depend on the order of its elements.
  for (const path of paths.toSorted((one, other) => Number(provenance[other] === "tool-output") - Number(provenance[one] === "tool-output"))) {
    const place = placeOf(path);
    if (found.size < MAX_ARGUMENTS && !found.has(place)) found.set(place, { path: place, pathHash: hashName(place, SEED), origin: provenance[path]!, isTasked: false, names: [], isHidden: false });
  }
  for (const path of paths.toSorted((one, other) => STRONGEST[provenance[one]!] - STRONGEST[provenance[other]!])) {
    const signs = found.get(placeOf(path));
    if (signs === undefined) continue;
    const origin = provenance[path]!;
    if (STRONGEST[origin] < STRONGEST[signs.origin]) signs.origin = origin;
    if (origin === "task") signs.isTasked = true;
    if (values === undefined) signs.isHidden = true;
    else if (signs.names.length < MAX_NAMES) collect(valueAt(values, path, 0), signs, 0);
    else if (signs.origin === origin) signs.isHidden = true;
  }
  return [...found.values()];
}

const placeOf = (path: string): string => path.replaceAll(/\[\d+\]/g, "[]");

function parsed(text: string): unknown {
  if (text.length > MAX_INPUT_CHARS) return undefined;
  try {
    const value: unknown = JSON.parse(text);
    return value;
  } catch {
    return undefined;
  }
}

const POSITION = /^\[(\d+)\]\.?/;

/** Follows a path as the SDK writes it (`a.b[0]`; a bare value has the path ``). Keys may hold dots themselves: the longest that fits is taken. */
function valueAt(value: unknown, path: string, depth: number): unknown {
  if (path === "") return value;
  if (typeof value !== "object" || value === null || depth > MAX_DEPTH) return undefined;
  const own = value as Record<string, unknown>;
  if (Object.hasOwn(own, path)) return own[path];
  const position = POSITION.exec(path);
  if (position !== null) return Array.isArray(value) ? valueAt(value[Number(position[1])], path.slice(position[0].length), depth + 1) : undefined;
  const ends = [...path.matchAll(/[.[]/g)].slice(0, MAX_PARTS).toReversed();
  const end = ends.find(({ index }) => index > 0 && Object.hasOwn(own, path.slice(0, index)));
  if (end === undefined) return undefined;
  return valueAt(own[path.slice(0, end.index)], end[0] === "." ? path.slice(end.index + 1) : path.slice(end.index), depth + 1);
}

/** As `@tripline/canonical` marks what it took out. */
const SECRET = /^\s*\[redacted:[a-z0-9-]{1,32}\]\s*$/;

function collect(value: unknown, signs: ArgumentSigns, depth: number): void {
  if (typeof value === "string" || typeof value === "number") {
    if (typeof value === "string" && (SECRET.test(value) || !isReadWhole(value))) signs.isHidden = true;
    signs.names.push(...namesIn(value));
    return;
  }
  if (typeof value !== "object" || value === null || depth > MAX_DEPTH) return;
  for (const part of Object.values(value)) {
    if (signs.names.length >= MAX_NAMES) {
      signs.isHidden = true;
      return;
    }
    collect(part, signs, depth + 1);
  }
}
