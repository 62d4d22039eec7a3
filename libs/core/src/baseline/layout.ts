/**
 * Where each figure of an agent's baseline lies. One agent is one stride of bytes in a page, read through three views of the
 * same buffer. At a million agents the cache misses are the cost, so what every action needs fills the first lines of the stride,
 * and an action that destroys nothing goes no further than its names. Stored baselines have an order of their own: `./stored.ts`.
 *
 * Modules on the path of every action take these into constants of their own: V8 compiles those into its instructions, but reads
 * what is imported or exported from its module's cell at every use, which was a sixth of the time that judging takes in the processor.
 */
import { RATE_WORDS, RHYTHM_RATE_WORDS } from "./rate/layout.ts";

/** Time scales of the burst evidence, in milliseconds: from a script's pace to a working hour. */
export const SCALES_MS = [2_000, 10_000, 60_000, 600_000, 3_600_000] as const;
export const SCALE_COUNT = SCALES_MS.length;

/** Days kept one by one; older ones are added up in the reference. */
export const RING_DAYS = 24;
export const DAY_MS = 86_400_000;

/** Features of the scope evidence: how often each happened among the actions it applies to. */
export const SCOPE_FEATURES = ["operation", "resource", "environment", "grant", "provenance", "foreign", "unregistered"] as const;
export type ScopeFeature = (typeof SCOPE_FEATURES)[number];
export const SCOPE_COUNT = SCOPE_FEATURES.length;

/** Bits of the sets of names seen. Past `SKETCH_FULL_SHARE` nothing new is called novel: silence, not noise. */
export const NAME_WORDS = 32;
export const RESOURCE_WORDS = 96;

/** Words of 4 bytes in a cache line. */
export const CACHE_LINE_WORDS = 16;

let next = 0;
function take(count: number): number {
  const at = next;
  next += count;
  return at;
}

/** An exact time, as offset into the stride of 8-byte words: taken where two words begin on an even one. */
function takeTime(): number {
  return take(2) / 2;
}

/** Fields of every action: exactly three lines. Times are 8 bytes wide and offsets into the stride of 8-byte words. */
const HOT_TIMES = { lastMs: takeTime(), dayZeroMs: takeTime(), scopeAtMs: takeTime() } as const;

/** Fields of 4 bytes, as offsets into the stride of 4-byte words. */
const HOT = {
  /** Decayed counts at `lastMs`, by scale. */
  actions: take(SCALE_COUNT),
  destructive: take(SCALE_COUNT),
  /** Over past actions that destroyed nothing: sum of the decayed count of such that each found beside itself, and the number of terms. */
  actionsNear: take(SCALE_COUNT),
  actionTerms: take(1),
  /** For the rate of tested actions: actions, and days on which the agent was active. */
  rateActions: take(1),
  rateDays: take(1),
  /** Share of destructive actions, these once their cluster is over. */
  shareActions: take(1),
  shareDestructive: take(1),
  /** Newest day, counted from `dayZeroMs`, and its actions that are not in the ring yet. */
  today: take(1),
  todayActions: take(1),
  /** Scope: events and chances, and actions since something novel. */
  scopeEvents: take(SCOPE_COUNT),
  scopeChances: take(SCOPE_COUNT),
  novelRunEvents: take(1),
  novelRunChances: take(1),
  sinceNovel: take(1),
  /** Evidence levels in bits, at their own times. */
  scopeBits: take(1),
  burstBits: take(1),
  climbBits: take(1),
} as const;

/** Sketch words, same unit. */
export const NAMES_AT = take(NAME_WORDS);
/** The words before this are read by every action; the resources by two probes, the rest by destructive actions and at the end of a day. */
export const RESOURCES_AT = take(RESOURCE_WORDS);

const COLD_TIMES = { burstAtMs: takeTime(), climbAtMs: takeTime() } as const;

const COLD = {
  /** The same as `actionsNear` for destructive actions among themselves: */
  destructiveNear: take(SCALE_COUNT),
  destructiveTerms: take(SCALE_COUNT),
  /** The same for the cluster that is not over yet, by scale: no cluster is held against itself. */
  clusterNear: take(SCALE_COUNT),
  clusterTerms: take(SCALE_COUNT),
  /** Rings of days, indexed by day modulo RING_DAYS. */
  dayActions: take(RING_DAYS),
  dayDestructive: take(RING_DAYS),
  /** The reference: what lies before the ring, frozen after REFERENCE_DAYS but for a bounded creep. */
  referenceActions: take(1),
  referenceDestructive: take(1),
  referenceDays: take(1),
  /** Squared deviations of the reference's days in units of their Poisson variance. */
  referenceChi: take(1),
  /** Share at the moment the reference froze: the creep never leaves [half, double] of it. */
  frozenShare: take(1),
  /** The alarm budget met on the agent's own history: bits that an alert takes, as of so many of `rateActions`; alerts and trips on risk since. */
  alertBits: take(1),
  alertAt: take(1),
  alerts: take(1),
  riskTrips: take(1),
} as const;

/** Calls that a repeated one may be among: a loop may have so many steps. */
export const LOOP_CALLS = 3;
/** Streams of numbers per agent: calls per interval, those with side effects, and the largest input and output of one call. */
export const STREAM_COUNT = 3;

/** Read by every action as well: a line of its own. */
next = Math.ceil(next / CACHE_LINE_WORDS) * CACHE_LINE_WORDS;
export const RATES_AT = next;
const RATES = {
  /** Present interval, counted from 1970, and what it brought so far, by stream. */
  interval: take(1),
  inInterval: take(STREAM_COUNT),
  /** From so much on, by stream, what the interval brought is measured before it ends. */
  worthMeasuring: take(STREAM_COUNT),
  /** Repeated calls since one that was new, how many of them failed, and at how many the run was last reported. */
  runCalls: take(1),
  runFailed: take(1),
  runReported: take(1),
  /** Past runs, and the repeated calls in them. */
  runs: take(1),
  runRepeats: take(1),
} as const;
/** Hashes of the last calls, newest first. */
export const LOOP_AT = take(LOOP_CALLS);
export const STREAMS_AT = take(RHYTHM_RATE_WORDS + (STREAM_COUNT - 1) * RATE_WORDS);

export const F64 = { ...HOT_TIMES, ...COLD_TIMES } as const;
export const F32 = { ...HOT, ...COLD, ...RATES } as const;

/**
 * Whole stride in cache lines, so that the figures of one agent that lie together are fetched together; an odd number of them, since
 * by an even one the same line of all agents competes for a few places of the processor's nearest cache.
 */
export const STRIDE_WORDS = (Math.ceil(next / CACHE_LINE_WORDS) | 1) * CACHE_LINE_WORDS;
export const STRIDE_BYTES = STRIDE_WORDS * 4;
