/**
 * The order in which a baseline is stored: format 1. It is older than the order in memory and independent of it, so that memory
 * can be laid out anew without a migration of what was learned. Never reorder it: stores hold years of it.
 */
import { F32, F64, NAME_WORDS, NAMES_AT, RESOURCE_WORDS, RESOURCES_AT, RING_DAYS, SCALE_COUNT, SCOPE_COUNT } from "./layout.ts";

/** First byte of a serialized baseline. A reader refuses any other: the agent then starts afresh, which is counted. */
export const FORMAT = 1;

const TIMES = [F64.lastMs, F64.dayZeroMs, F64.scopeAtMs, F64.burstAtMs, F64.climbAtMs] as const;

/** First word and number of words. `todayActions` is not stored: it is settled into the ring before. */
const FIGURES: readonly (readonly [number, number])[] = [
  [F32.actions, SCALE_COUNT],
  [F32.destructive, SCALE_COUNT],
  [F32.actionsNear, SCALE_COUNT],
  [F32.actionTerms, 1],
  [F32.rateActions, 1],
  [F32.rateDays, 1],
  [F32.shareActions, 1],
  [F32.shareDestructive, 1],
  [F32.today, 1],
  [F32.scopeEvents, SCOPE_COUNT],
  [F32.scopeChances, SCOPE_COUNT],
  [F32.novelRunEvents, 1],
  [F32.novelRunChances, 1],
  [F32.sinceNovel, 1],
  [F32.scopeBits, 1],
  [F32.burstBits, 1],
  [F32.climbBits, 1],
  [F32.destructiveNear, SCALE_COUNT],
  [F32.destructiveTerms, SCALE_COUNT],
  [F32.clusterNear, SCALE_COUNT],
  [F32.clusterTerms, SCALE_COUNT],
  [F32.dayActions, RING_DAYS],
  [F32.dayDestructive, RING_DAYS],
  [F32.referenceActions, 1],
  [F32.referenceDestructive, 1],
  [F32.referenceDays, 1],
  [F32.referenceChi, 1],
  [F32.frozenShare, 1],
];

const SETS: readonly (readonly [number, number])[] = [
  [NAMES_AT, NAME_WORDS],
  [RESOURCES_AT, RESOURCE_WORDS],
];

/** What was added since: an older state has zeros there, which is what it would have begun with. */
const LATER: readonly (readonly [number, number])[] = [
  [F32.alertBits, 1],
  [F32.alertAt, 1],
  [F32.alerts, 1],
  [F32.riskTrips, 1],
];

/** Words of the stride that hold a figure of 4 bytes, and 8-byte words that hold a time: all of them must be numbers. */
export const FIGURE_WORDS = Uint16Array.from([...words(FIGURES), ...words(LATER)]);
export const TIME_AT = Uint16Array.from(TIMES);
/** Word of the stride for each stored word. */
export const STORED_WORDS = Uint16Array.from([...TIMES.flatMap((at) => [2 * at, 2 * at + 1]), ...words(FIGURES), ...words(SETS), ...words(LATER)]);
/** One bit for each stored word: whether it is there. */
export const MAP_BYTES = Math.ceil(STORED_WORDS.length / 8);

function words(fields: readonly (readonly [number, number])[]): number[] {
  return fields.flatMap(([from, count]) => Array.from({ length: count }, (_, at) => from + at));
}
