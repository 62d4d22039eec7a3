/**
 * The streams of numbers of one agent, by intervals of a quarter of an hour in which it did anything: calls, calls with side effects, and
 * the largest input and output of one call. Idle time is no sample: how much an agent does when it works is what is learned. An
 * interval is judged when it is over, or as soon as what it brought is worth it, so a runaway agent is told of within the interval.
 */
import type { Page } from "../baseline-table.ts";
import * as layout from "../layout.ts";
import { RATE_WORDS, RHYTHM_RATE_WORDS } from "./layout.ts";
import { learnLoop, type LoopEvidence, measureLoop } from "./loop.ts";
import { learnRate, measureRate, newRateEvidence, plainUpTo, type RateDeviation, type RateStream, UNUSUAL_BITS } from "./rate.ts";

/** Constants of this module, for speed: see `../layout.ts`. */
const { F32, STREAM_COUNT, STREAMS_AT } = layout;

export const INTERVAL_MS = 900_000;
/** Beyond what any interval brings; stored states hold no infinity. */
const NEVER = 1e30;
/** What was measured within an interval and not told is measured again when it has grown by so much. */
const AGAIN = 1.25;

export const STREAM_NAMES = ["calls", "side-effects", "size"] as const;
export type StreamName = (typeof STREAM_NAMES)[number];

interface AgentStream extends RateStream {
  readonly at: number;
  /** To a scale on which the noise is the same at every level, and back. */
  readonly toScale: (amount: number) => number;
  readonly fromScale: (value: number) => number;
}

/** Twice the square root of a count has the variance of one, if calls come at random: Anscombe. */
const COUNTS = { toScale: (count: number) => 2 * Math.sqrt(count + 0.375), fromScale: (value: number) => (value > 0 ? value * value : 0) / 4 - 0.375, resolution: 1 };
/** Doublings, from what is small whatever it is; one of them is nothing. */
const SMALL_BYTES = 256;
const BYTES = { toScale: (bytes: number) => Math.log1p(bytes / SMALL_BYTES) / Math.LN2, fromScale: (value: number) => Math.expm1(value * Math.LN2) * SMALL_BYTES, resolution: 1 };

const STREAMS: readonly AgentStream[] = [
  { at: STREAMS_AT, side: "up", rhythm: true, ...COUNTS },
  { at: STREAMS_AT + RHYTHM_RATE_WORDS, side: "up", rhythm: false, ...COUNTS },
  { at: STREAMS_AT + RHYTHM_RATE_WORDS + RATE_WORDS, side: "up", rhythm: false, ...BYTES },
];
const CALLS = 0;
const EFFECTS = 1;
const SIZE = 2;

/** What one action says of rates; the caller fills it in. */
export interface CallSigns {
  /** Of the tool and all its arguments; 0: says nothing. */
  callHash: number;
  sideEffect: boolean;
  failed: boolean;
  /** Input and output together; 0 where neither is known. */
  bytes: number;
}

export interface RatesView {
  readonly signs: CallSigns;
  readonly loop: LoopEvidence;
  /** 0: no stream is unusual. Else the one that is most. */
  bits: number;
  stream: StreamName;
  /** The deviation that weighs most; amounts in calls, or bytes. */
  deviation: RateDeviation;
  expected: number;
  observed: number;
}

export function newRatesView(): RatesView {
  return {
    signs: { callHash: 0, sideEffect: false, failed: false, bytes: 0 },
    loop: { bits: 0, repeats: 0, failed: 0, usual: 0, repeated: false },
    bits: 0, stream: "calls", deviation: "level", expected: 0, observed: 0,
  };
}

/** Written over at each measurement. */
const evidence = newRateEvidence();

/** Measures an action against rates that do not contain it yet. An interval that is over by then is closed, and learned. */
export function measureRates(page: Page, word: number, atMs: number, out: RatesView): void {
  const { f32 } = page;
  const { signs } = out;
  out.bits = 0;
  const interval = Math.floor(atMs / INTERVAL_MS);
  const before = f32[word + F32.interval]!;
  measureLoop(page, word, signs.callHash, signs.failed, before === 0 ? Infinity : interval - before, out.loop);
  if (interval > before) {
    if (before > 0) closeInterval(page, word, before * INTERVAL_MS, out);
    for (let stream = 0; stream < STREAM_COUNT; stream += 1) {
      f32[word + F32.inInterval + stream] = 0;
      if (before === 0) f32[word + F32.worthMeasuring + stream] = NEVER;
    }
    f32[word + F32.interval] = interval;
  }
  const counts = word + F32.inInterval;
  const worth = word + F32.worthMeasuring;
  if (f32[counts + CALLS]! + 1 > f32[worth + CALLS]!) measureEarly(page, word, CALLS, f32[counts + CALLS]! + 1, atMs, out);
  if (signs.sideEffect && f32[counts + EFFECTS]! + 1 > f32[worth + EFFECTS]!) measureEarly(page, word, EFFECTS, f32[counts + EFFECTS]! + 1, atMs, out);
  if (signs.bytes > f32[worth + SIZE]!) measureEarly(page, word, SIZE, signs.bytes, atMs, out);
}

/** Takes the measured action in; what was not judged ordinary counts in no interval and ends no run that teaches. */
export function learnRates(page: Page, word: number, { signs, loop }: RatesView, ordinary: boolean): void {
  const { f32 } = page;
  learnLoop(page, word, signs.callHash, signs.failed, loop, ordinary);
  if (!ordinary) return;
  const counts = word + F32.inInterval;
  f32[counts + CALLS]! += 1;
  if (signs.sideEffect) f32[counts + EFFECTS]! += 1;
  if (signs.bytes > f32[counts + SIZE]!) f32[counts + SIZE] = signs.bytes;
}

function closeInterval(page: Page, word: number, atMs: number, out: RatesView): void {
  const { f32 } = page;
  for (let index = 0; index < STREAM_COUNT; index += 1) {
    const amount = f32[word + F32.inInterval + index]!;
    // Where no call said how large it was, there is no sample.
    if (index === SIZE && amount === 0) continue;
    const stream = STREAMS[index]!;
    const at = word + stream.at;
    measureRate(page, at, stream, stream.toScale(amount), atMs, evidence);
    // Told before the interval was over: once is enough.
    if (f32[word + F32.worthMeasuring + index]! < NEVER) tell(index, out);
    learnRate(page, at, stream, evidence);
    f32[word + F32.worthMeasuring + index] = Math.min(NEVER, stream.fromScale(plainUpTo(page, at, stream)));
  }
}

function measureEarly(page: Page, word: number, index: number, amount: number, atMs: number, out: RatesView): void {
  const stream = STREAMS[index]!;
  measureRate(page, word + stream.at, stream, stream.toScale(amount), atMs, evidence);
  page.f32[word + F32.worthMeasuring + index] = tell(index, out) ? NEVER : amount * AGAIN;
}

/** True if the evidence at hand is worth telling; `out` keeps the strongest. */
function tell(index: number, out: RatesView): boolean {
  if (!evidence.fresh || evidence.bits < UNUSUAL_BITS) return false;
  if (evidence.bits <= out.bits) return true;
  const { fromScale } = STREAMS[index]!;
  out.bits = evidence.bits;
  out.stream = STREAM_NAMES[index]!;
  out.deviation = evidence.strongest;
  out.expected = Math.max(0, fromScale(evidence.expected));
  out.observed = Math.max(0, fromScale(evidence.observed));
  return true;
}
