/**
 * The order in which a baseline is stored. It is independent of the order in memory, so that memory can be laid out anew without a
 * migration of what was learned. Never reorder it: stores hold years of it. Format 1 is what every baseline has; format 2 adds a
 * part that says how many words it knows of, so that what is appended to it later needs no format of its own.
 */
import {
  F32, F64, LOOP_AT, LOOP_CALLS, NAME_WORDS, NAMES_AT, RESOURCE_WORDS, RESOURCES_AT, RING_DAYS, SCALE_COUNT, SCOPE_COUNT, STREAM_COUNT, STREAMS_AT,
} from "./layout.ts";
import { RATE_WORDS, RHYTHM, RHYTHM_BIT_WORDS, RHYTHM_RATE_WORDS } from "./rate/layout.ts";

/** First byte of a serialized baseline. A reader refuses any other: the agent then starts afresh, which is counted. */
export const FORMAT = 1;
/** The same for one that holds words appended since. */
export const APPENDED_FORMAT = 2;
/** The same with the agent's habits behind them. */
export const FORMAT_WITH_HABITS = 3;

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

/** Appended since format 1: figures, then sets and whole numbers. A new field goes to the end of `APPENDED`, never in between. */
const APPENDED: readonly { readonly words: readonly (readonly [number, number])[]; readonly figures: boolean }[] = [
  { figures: true, words: [[F32.interval, 1], [F32.inInterval, STREAM_COUNT], [F32.worthMeasuring, STREAM_COUNT], [F32.runCalls, 1], [F32.runFailed, 1], [F32.runReported, 1], [F32.runs, 1], [F32.runRepeats, 1]] },
  { figures: false, words: [[LOOP_AT, LOOP_CALLS]] },
  { figures: true, words: [[STREAMS_AT, RHYTHM.clock]] },
  { figures: false, words: RHYTHM_BIT_WORDS.map(([from, count]) => [STREAMS_AT + from, count]) },
  { figures: true, words: [[STREAMS_AT + RHYTHM_RATE_WORDS, (STREAM_COUNT - 1) * RATE_WORDS]] },
  { figures: true, words: [[F32.alertBits, 1], [F32.alertAt, 1], [F32.alerts, 1], [F32.riskTrips, 1]] },
];

/** Words of the stride that hold a figure of 4 bytes, and 8-byte words that hold a time: all of them must be numbers. */
export const FIGURE_WORDS = Uint16Array.from([...words(FIGURES), ...APPENDED.flatMap((part) => (part.figures ? words(part.words) : []))]);
export const TIME_AT = Uint16Array.from(TIMES);
/** Word of the stride for each stored word. */
export const STORED_WORDS = Uint16Array.from([...TIMES.flatMap((at) => [2 * at, 2 * at + 1]), ...words(FIGURES), ...words(SETS)]);
/** The same for the words appended since. */
export const APPENDED_WORDS = Uint16Array.from(APPENDED.flatMap((part) => words(part.words)));

function words(fields: readonly (readonly [number, number])[]): number[] {
  return fields.flatMap(([from, count]) => Array.from({ length: count }, (_, at) => from + at));
}
