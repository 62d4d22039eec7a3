/**
 * What the name of an operation or tool says, where no table knows the operation itself. Names come in three orders: verb first
 * (`create_issue`), verb last (`environmentCreate`), and after the name of a server or product (`kiali_list_traces`).
 */
import type { Effect, Reversibility } from "@tripline/model";
import { ALSO_NOUNS, CALLS_OFF, CLASSES, FORCING, GROUPS, KEEPS_HISTORY, LISTED, LISTINGS, LONE_NOUNS, MODALS, MODIFIERS, OCCASIONS, ONLY_TAILS, type Pair, PAIRS, PREPOSITIONS, PROPERTIES, READ_NOUNS, READS, STRICT, TAIL_READS } from "./verb-table.ts";

export interface VerbMeaning {
  readonly effect: Effect;
  readonly reversibility: Reversibility;
  readonly verb: string;
  /** A verb that names the loss of a thing (`delete`), not one that has harmless uses as well (`remove` from a cart, `reset` a filter). */
  readonly strict: boolean;
  /** See `Verdict.overwrites`. */
  readonly overwrites: boolean;
}

const MEANINGS = new Map<string, VerbMeaning>();
for (const { words, effect, reversibility, overwrites } of CLASSES) {
  for (const verb of words.split(" ")) if (!MEANINGS.has(verb)) MEANINGS.set(verb, { effect, reversibility, verb, strict: STRICT.has(verb), overwrites });
}

/** Splits camelCase, snake_case, kebab-case and dotted names into lower-case words; digits stay with their word. */
export function wordsOfName(name: string): string[] {
  return name
    .slice(0, 256)
    .replace(/([a-z0-9])([A-Z])/g, "$1 $2")
    .replace(/([A-Z]+)([A-Z][a-z])/g, "$1 $2")
    .toLowerCase()
    .split(/[^a-z0-9]+/)
    .filter((word) => word !== "");
}

/** The words of a name that say what it is about: `volumeInstanceBackupDelete` speaks of a volume-instance-backup. */
export function nounsOfName(name: string): string[] {
  return wordsOfName(name).filter((word) => !isVerb(word) || ALSO_NOUNS.has(word));
}

const isVerb = (word: string | undefined): boolean => word !== undefined && (MEANINGS.has(word) || READS.has(word));
const isOnlyVerb = (word: string | undefined): boolean => isVerb(word) && !ALSO_NOUNS.has(word!);

const reading = (verb: string): VerbMeaning => ({ effect: "read", reversibility: "reversible", verb, strict: false, overwrites: false });

const meaningOf = (verb: string): VerbMeaning => (READS.has(verb) ? reading(verb) : MEANINGS.get(verb)!);

/**
 * What a name says. The verb is the first word; else the last; else the first that can only be a verb. A verb of loss counts wherever
 * it stands (`projectScheduleDeleteForce`), unless the name reads, calls the loss off, or makes of it a property. Of verbs joined by
 * `or` the worst counts. Null where the name holds no verb.
 */
export function verbMeaning(name: string): VerbMeaning | null {
  const words = withoutModifiers(wordsOfName(name));
  const at = verbAt(words);
  if (at === null) return givenBy(words);
  const main = inContext(words, at);
  if (main.effect === "read") return worst([main, ...joined(words, at)]);
  const loss = lossIn(words, at, main);
  // A name that only speaks of deletion may still set it going (`createDeletePolicy`).
  const speaksOfLoss = main.reversibility === "recoverable" && words.some((word, index) => index !== at && STRICT.has(word));
  return worst([loss ?? (speaksOfLoss ? { ...main, reversibility: "unknown" } : main), ...joined(words, at)]);
}

/** A name without a verb that says what it gives, or by what a thing is looked up (`orders_by_customer`). */
function givenBy(words: readonly string[]): VerbMeaning | null {
  if (words.length === 1) return LONE_NOUNS.has(words[0]!) ? reading(words[0]!) : null;
  const given = words.find((word, at) => READ_NOUNS.has(word) || (word === "by" && at > 0));
  return given === undefined ? null : reading(given);
}

/** Whether a word of a command line rather groups others than says what is done (`snapshot delete`, `record-sets delete`). */
export function isGroup(name: string): boolean {
  const verb = verbMeaning(name)?.verb;
  return verb !== undefined && (GROUPS.has(verb) || READ_NOUNS.has(verb));
}

function withoutModifiers(words: string[]): string[] {
  const first = words.findIndex((word) => !MODIFIERS.has(word));
  return first <= 0 ? words : words.slice(first);
}

/** Where the verb that decides stands; null where none does. */
function verbAt(words: readonly string[]): number | null {
  // A verb before a preposition may be the last word of what is done (`pods_list_in_namespace`), never the object's.
  const cut = words.findIndex((word, at) => at > 0 && PREPOSITIONS.has(word));
  const end = (cut < 0 ? words.length : cut) - 1;
  const [head, tail] = [words[0], words[end]];
  const tailIsVerb = end > 0 && isVerb(tail) && (!READS.has(tail!) || TAIL_READS.has(tail!));
  const tailIsOnlyVerb = tailIsVerb && isOnlyVerb(tail);
  if (tailIsVerb && (ONLY_TAILS.has(tail!) || (LISTINGS.has(tail!) && LISTED.has(head!))) && !words.some((word) => JOINS.test(word))) return end;
  if (isVerb(head) && (!ALSO_NOUNS.has(head!) || !tailIsOnlyVerb)) return 0;
  if (tailIsOnlyVerb) return end;
  const inside = words.findIndex(isOnlyVerb);
  if (inside >= 0) return inside;
  if (tailIsVerb) return end;
  // `directory_tree` and `db-stats` name what they give.
  if (READ_NOUNS.has(words.at(-1)!)) return null;
  const noun = words.findIndex((word, at) => isVerb(word) && (at === 0 || !READS.has(word) || TAIL_READS.has(word)));
  return noun < 0 ? null : noun;
}

/** The verb with its object: what a few verbs do depends on it. */
function inContext(words: readonly string[], at: number): VerbMeaning {
  const verb = words[at]!;
  const row = PAIRS.find((candidate) => candidate.verbs.has(verb) && hasObject(candidate, words, at));
  if (row !== undefined) {
    const { effect, reversibility, overwrites = false } = row;
    return { effect, reversibility, verb, strict: effect === "delete" && reversibility === "irreversible", overwrites };
  }
  const meaning = meaningOf(verb);
  const isChange = (meaning.effect === "write" || meaning.effect === "publish") && verb !== "manage" && verb !== "lifecycle" && verb !== "cancel";
  const keepsHistory = isChange && words.some((word, index) => index !== at && KEEPS_HISTORY.has(word));
  return keepsHistory ? { ...meaning, overwrites: false } : meaning;
}

function hasObject({ nouns, alone }: Pair, words: readonly string[], at: number): boolean {
  if (words.length === 1) return alone === true;
  return nouns.has("*") || words.some((word, index) => index !== at && nouns.has(word));
}

/** A verb of loss beside the one that decides by its place; null where there is none, or where it is not what is done. */
function lossIn(words: readonly string[], at: number, main: VerbMeaning): VerbMeaning | null {
  const isOperative = (word: string, index: number): boolean => {
    if (index === at || MODALS.has(words[index - 1] ?? "") || OCCASIONS.has(words[index + 1] ?? "")) return false;
    if (STRICT.has(word)) return !PROPERTIES.has(words.at(-1)!) || main.effect === "execute";
    // `send_password_reset` sends; `perform_reset` resets.
    return FORCING.has(word) || (MEANINGS.get(word)?.effect === "delete" && (main.effect === "execute" || isPlaceless(words, at)));
  };
  if (main.effect === "delete" && main.strict) return null;
  const found = words.filter(isOperative);
  const word = found.find((candidate) => STRICT.has(candidate)) ?? found[0];
  if (word === undefined) return null;
  const callsOff = words.find((candidate) => CALLS_OFF.has(candidate));
  if (callsOff !== undefined && STRICT.has(word)) return { effect: "write", reversibility: "unknown", verb: callsOff, strict: false, overwrites: false };
  return MEANINGS.get(word)!;
}

/** The verb was found in the middle of the name, where any other has the same claim. */
const isPlaceless = (words: readonly string[], at: number): boolean => at > 0 && at < words.length - 1;

const JOINS = /^(or|and|then)$/;

/** Verbs that `or`, `and` or `then` joins to the one at `at` (`create_or_update`, `getOrCreateUser`). */
function joined(words: readonly string[], at: number): VerbMeaning[] {
  return words.flatMap((word, index) => {
    const next = words[index + 1];
    return index > at && JOINS.test(word) && isVerb(next) ? [inContext(words, index + 1)] : [];
  });
}

const RANK: Readonly<Record<Reversibility, number>> = { irreversible: 3, unknown: 2, recoverable: 1, reversible: 0 };
const rank = ({ reversibility, effect, overwrites }: VerbMeaning): number => RANK[reversibility] * 4 + (effect === "read" ? 0 : effect === "delete" ? 3 : overwrites ? 2 : 1);

function worst(meanings: readonly VerbMeaning[]): VerbMeaning {
  return meanings.reduce((a, b) => (rank(b) > rank(a) ? b : a));
}
