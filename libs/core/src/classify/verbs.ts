/** What the verbs in names of operations and tools say, where no table knows the operation itself. */
import type { Effect, Reversibility } from "@tripline/model";

export interface VerbMeaning {
  readonly effect: Effect;
  readonly reversibility: Reversibility;
  readonly verb: string;
  /** A verb that names the loss of a thing (`delete`), not one that has harmless uses as well (`remove` from a cart, `reset` a filter). */
  readonly strict: boolean;
}

interface VerbClass {
  readonly effect: Effect;
  readonly reversibility: Reversibility;
  readonly words: string;
}

/** Order matters: where a name holds several verbs, the first class that has one of them decides. */
const CLASSES: readonly VerbClass[] = [
  {
    effect: "delete",
    reversibility: "irreversible",
    words:
      "delete destroy drop purge wipe terminate erase remove truncate obliterate nuke shred expunge flush uninstall " +
      "deprovision teardown decommission reset force rm rmdir del unpublish prune revert rollback overwrite",
  },
  {
    effect: "admin",
    reversibility: "recoverable",
    words: "grant revoke disable deactivate suspend detach rotate regenerate invite promote demote authorize transfer ban block share unshare",
  },
  { effect: "publish", reversibility: "unknown", words: "publish send deploy release merge email pay charge refund broadcast tweet notify" },
  { effect: "execute", reversibility: "unknown", words: "run exec execute invoke call trigger eval restart stop start kill launch apply" },
  {
    effect: "write",
    reversibility: "unknown",
    words:
      "update edit write set patch upsert modify rename move replace save configure enable put change append archive close lock " +
      "unlock attach assign mark restore resize scale sync import cancel schedule reschedule toggle clear click link unlink rebase push commit",
  },
  {
    effect: "create",
    reversibility: "recoverable",
    words: "create add insert new register provision upload make open post comment reply subscribe book fork clone copy duplicate generate mkdir",
  },
];

const READS = new Set(
  ("list get read search fetch find show describe view query count check status lookup inspect head stat browse ls cat grep glob " +
    "download export preview validate verify test scan explain analyze info tail tree watch wait poll whoami select ping parse extract resolve access calculate compare").split(" "),
);

/** At the tail most of those are nouns (`DecreaseReplicaCount`); these are still verbs, or name what is only ever read. */
const TAIL_READS = new Set("list get read search fetch find show describe lookup inspect browse log logs stats status info schema summary metrics".split(" "));

const STRICT = new Set("delete destroy drop purge wipe terminate erase obliterate nuke shred truncate".split(" "));

const MEANINGS = new Map<string, VerbMeaning>();
for (const { words, effect, reversibility } of CLASSES) {
  for (const verb of words.split(" ")) if (!MEANINGS.has(verb)) MEANINGS.set(verb, { effect, reversibility, verb, strict: STRICT.has(verb) });
}
const DESTROYS = new Set(CLASSES[0]!.words.split(" "));

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

const reading = (verb: string): VerbMeaning => ({ effect: "read", reversibility: "reversible", verb, strict: false });

/**
 * What a name says: a destroying verb anywhere decides (`projectScheduleDeleteForce`); else the verb at the head
 * (`create_issue`), else at the tail (`environmentCreate`), else anywhere. Null where the name holds no verb.
 */
export function verbMeaning(name: string): VerbMeaning | null {
  const words = wordsOfName(name);
  const destroying = words.find((word) => DESTROYS.has(word));
  // `get_deleted_items` has no such word, but `list_delete_markers` has: a reading head outranks a destroying modifier.
  if (destroying !== undefined && !READS.has(words[0]!)) return MEANINGS.get(destroying)!;
  const [head, tail] = [words[0], words.at(-1)];
  if (head !== undefined && READS.has(head)) return reading(head);
  for (const word of [head, tail, ...words]) {
    const meaning = word === undefined ? undefined : MEANINGS.get(word);
    if (meaning !== undefined) return meaning;
    if (word !== undefined && word === tail && TAIL_READS.has(word)) return reading(word);
  }
  return null;
}
