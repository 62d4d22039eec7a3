/** Finds the step before a loss: an operation or an argument that turns off what protects (deletion protection, backups, versioning). */
import type { Effect } from "@tripline/model";
import { MAX_NESTING } from "../bounds.ts";
import { type Span, unknownVerdict, verdictOf } from "../compose.ts";
import { wordsOfName } from "../verbs.ts";
import type { Target, Verdict } from "../verdict.ts";
import { PROTECTING_ARGUMENTS, PROTECTING_NAMES, PROTECTING_OPERATIONS, type Protection, TAKES_AWAY } from "./table.ts";

/** Arguments looked at per call, nested ones included. */
export const MAX_SETTINGS = 256;
/** Words of a path that are matched, the last ones. */
const PATH_WORDS = 8;

/** The protection that the operation of this name takes away; null where it takes none. */
export function protectionTakenBy(name: string): Protection | null {
  const words = wordsOfName(name);
  const whole = PROTECTING_OPERATIONS.get(words.join("-"));
  if (whole !== undefined) return whole;
  const verbs = words.filter((word) => TAKES_AWAY.has(word));
  if (verbs.length === 0) return null;
  // `delete_lock` deletes a lock; `remove_delete_lock` takes a protection away.
  const taken = (group: readonly string[]): boolean => group.every((noun) => words.includes(noun)) && verbs.some((verb) => !group.includes(verb));
  return PROTECTING_NAMES.find(({ nouns }) => nouns.some(taken))?.protection ?? null;
}

/** Cheap test of a text whether any argument in it can be one of those: most calls hold none. */
const MENTIONS = /protect|prevent|retention|retained|backup|pitr|point|versioning|mfa|lock|soft.?delet|worm|hold|immutab|bypass|final|recovery|force|audit|logging|validation|flow|trail|allow|require|enforce|reclaim|policy|termination|snapshot/i;

/** Beyond what is looked at there may be one: nobody can tell. */
const UNREAD: Protection = { id: "unread", reversibility: "unknown", reason: "It sets more than is looked at, and what protects may be among it.", safer: "Set less at a time." };

/** The protection that these arguments turn off, the gravest first; null where they turn off none. Bounded in depth and number. */
export function protectionTurnedOff(args: unknown, text?: string): Protection | null {
  if (text !== undefined && !MENTIONS.test(text)) return null;
  let found: Protection | null = null;
  let seen = 0;
  let isCut = false;
  const visit = (value: unknown, path: readonly string[], depth: number): void => {
    seen += 1;
    if (seen > MAX_SETTINGS || depth > MAX_NESTING) {
      isCut = true;
      return;
    }
    if (typeof value === "object" && value !== null) {
      for (const [name, item] of Object.entries(value)) visit(item, Array.isArray(value) ? path : [...path, ...wordsOfName(name)].slice(-PATH_WORDS), depth + 1);
      return;
    }
    const row = offIn(path.join("-"), String(value));
    if (row !== null && (found === null || found.reversibility !== "irreversible")) found = row;
  };
  visit(args, [], 0);
  return found ?? (isCut ? UNREAD : null);
}

const offIn = (path: string, value: string): Protection | null =>
  path === "" || value.length > 32 ? null : (PROTECTING_ARGUMENTS.find(({ name, off }) => off.test(value.trim()) && name.test(path))?.protection ?? null);

/** Adding something without protection takes none away, and what reads changes nothing. */
export const mayTakeProtection = (effect: Effect): boolean => effect !== "read" && effect !== "create";

/** Its own class of rules: `protection.backup`. What the operation deletes besides stays its effect. */
export function protectionVerdict(protection: Protection, operation: string, effect: Effect, targets: readonly Target[], span: Span | null = null): Verdict {
  if (protection === UNREAD) return unknownVerdict(operation, "core.too-many-settings", UNREAD.reason, span);
  const { id, reversibility, reason, safer } = protection;
  return verdictOf({ operation, effect: effect === "delete" ? "delete" : "admin", reversibility, reason, safer, overwrites: true }, `protection.${id}`, targets, span);
}
