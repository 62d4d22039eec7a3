/**
 * One stream of numbers (calls per interval, sizes, latencies, tokens), judged one by one: how improbable is this sample under
 * the stream's own past? Up to four deviations are looked at, each in units of its own robust scale: of the sample and of the
 * mean of the last dozen, from the stream's level and from what is usual at this time of day. Each is made a probability by the
 * stream's own tail (`./tail.ts`), and the four are combined by Fisher's method.
 *
 * Level and scale are running means with bounded influence: an outlier moves them by no more than a fixed number of scales, a slow
 * drift is followed, a shift of level is adapted to at that speed. The scale never falls below a share of the level or the
 * stream's own resolution, so a stream that never varied is neither blind nor alarmed by its first step.
 *
 * One set of parameters for every stream. State is a few words of 4 bytes (`./layout.ts`), so a stream can be stored, and costs nothing to keep.
 */
import * as layout from "./layout.ts";
import type { RateMemory } from "./layout.ts";
import { enterHour, hourOf, rhythmResidual, usualBitsAt } from "./rhythm.ts";
import * as tails from "./tail.ts";
import { halveTail, learnTail, tailBits } from "./tail.ts";

/** Constants of this module, for speed: see `../layout.ts`. */
const { RATE, RHYTHM } = layout;
const { FAR } = tails;

/** Evidence, in bits, from which a sample of a stream is called unusual: once in a thousand samples that are like the past. */
export const UNUSUAL_BITS = 10;

/** Samples before anything is said: twice as many as the short mean takes. */
const WARM_UP = 24;
/** Samples over which level and scale are averaged, and those of the short mean. */
const MEMORY = 2_000;
const SHORT = 12;
const SHORT_ROOT = Math.sqrt(SHORT);
/** Above so many samples, the tails' counts are halved: the far past fades. */
const TAIL_MEMORY = 20_000;
/** Most scales by which one sample counts as deviating when level and scale are learned, once they are known at all. */
const WINSOR = 20;
const KNOWN = 20;
/** The scale is at least this share of level and scale together. */
const RELATIVE_FLOOR = 0.02;
const ABSOLUTE_FLOOR = 1e-9;
/** Beyond this a sample counts as this: state has 4 bytes a figure. */
const MAX_VALUE = 1e30;
/** Mean absolute deviation to standard deviation, for a normal. */
const NORMAL = 1.2533;
/** After an alarm another must be so many times as strong, until that has faded over so many samples. */
const REFRACTORY_FACTOR = 1.25;
const REFRACTORY_SAMPLES = 200;
const FADING = Math.exp(-1 / REFRACTORY_SAMPLES);

/** What a stream is, not how it is judged. */
export interface RateStream {
  /** `up`: only more than usual is evidence. */
  readonly side: "both" | "up";
  /** Whether its memory has room for a daily rhythm. */
  readonly rhythm: boolean;
  /** Differences below this mean nothing; 0 where that is not known. */
  readonly resolution: number;
}

export interface RateEvidence {
  value: number;
  hour: number;
  /** −log2 of how probable so strange a sample is, less what is usual at this hour. */
  bits: number;
  /** The same, whatever the hour. */
  plainBits: number;
  /** False while an alarm of like strength has just been given. */
  fresh: boolean;
  /** What was usual for the deviation that weighs most, what was found, and which it is. */
  expected: number;
  observed: number;
  strongest: RateDeviation;
  /** Bits by deviation, and the deviations in scales; negative: less than usual. */
  readonly bitsOf: Float64Array;
  readonly deviations: Float64Array;
  /** Whether a deviation lies far out: most samples carry no evidence, and nothing more is done about them. */
  far: boolean;
  /** Short mean with this sample; its distance from the rhythm, and the short mean of that, where there is a rhythm yet. */
  short: number;
  rhythmic: boolean;
  residual: number;
  shortResidual: number;
  /** Least scales. */
  floor: number;
  shortFloor: number;
}

export const RATE_DEVIATIONS = ["level", "short-mean", "rhythm", "short-rhythm"] as const;
export type RateDeviation = (typeof RATE_DEVIATIONS)[number];

export function newRateEvidence(): RateEvidence {
  const count = RATE_DEVIATIONS.length;
  return {
    value: 0, hour: 0, bits: 0, plainBits: 0, fresh: false, expected: 0, observed: 0, strongest: "level",
    bitsOf: new Float64Array(count), deviations: new Float64Array(count), far: false,
    short: 0, rhythmic: false, residual: 0, shortResidual: 0, floor: 0, shortFloor: 0,
  };
}

/** Holds `sample`, a finite number, at `atMs` against the stream whose words begin at `at`, which must not contain it yet. Writes into `out`. */
export function measureRate(memory: RateMemory, at: number, stream: RateStream, sample: number, atMs: number, out: RateEvidence): void {
  const { f32 } = memory;
  const value = within(sample, MAX_VALUE);
  const samples = f32[at + RATE.samples]!;
  const location = f32[at + RATE.location]!;
  out.value = value;
  out.floor = floorOf(f32, at, stream.resolution);
  out.shortFloor = floorOf(f32, at, stream.resolution / SHORT_ROOT);
  const scale = Math.max(f32[at + RATE.scale]!, out.floor);
  out.rhythmic = stream.rhythm && measureRhythm(memory, at, value, atMs, WINSOR * scale, out);
  const bound = samples > KNOWN ? WINSOR * scale : Infinity;
  out.short = f32[at + RATE.short]! + (within(value - location, bound) + location - f32[at + RATE.short]!) * Math.max(1 / SHORT, 1 / (samples + 1));
  const known = samples >= 2;
  out.deviations[0] = known ? (value - location) / scale : 0;
  out.deviations[1] = known ? (out.short - f32[at + RATE.shortLocation]!) / Math.max(f32[at + RATE.shortScale]!, out.shortFloor) : 0;
  out.far = isFar(out.deviations, out.rhythmic ? 4 : 2, stream);
  if (out.far && samples >= WARM_UP) weigh(memory, at, stream, samples, out);
  else {
    out.bits = 0;
    out.plainBits = 0;
    out.fresh = false;
    for (let kind = 0; kind < TAILS.length; kind += 1) out.bitsOf[kind] = 0;
  }
}

/** False while nothing is known of this hour. */
function measureRhythm(memory: RateMemory, at: number, value: number, atMs: number, bound: number, out: RateEvidence): boolean {
  const { f32 } = memory;
  out.hour = hourOf(atMs);
  enterHour(memory, at, out.hour, f32[at + RATE.short]!, bound);
  out.residual = rhythmResidual(memory, at, out.hour, value);
  if (Number.isNaN(out.residual)) return false;
  out.shortResidual = f32[at + RHYTHM.short]! + (within(out.residual, bound) - f32[at + RHYTHM.short]!) / SHORT;
  out.deviations[2] = out.residual / Math.max(f32[at + RHYTHM.scale]!, out.floor);
  out.deviations[3] = out.shortResidual / Math.max(f32[at + RHYTHM.shortScale]!, out.shortFloor);
  return true;
}

function isFar(deviations: Float64Array, count: number, stream: RateStream): boolean {
  for (let kind = 0; kind < count; kind += 1) if (sized(deviations[kind]!, stream) > FAR) return true;
  return false;
}

const TAILS = [RATE.tail, RATE.shortTail, RHYTHM.tail, RHYTHM.shortTail] as const;

function weigh(memory: RateMemory, at: number, stream: RateStream, samples: number, out: RateEvidence): void {
  const { f32 } = memory;
  const count = out.rhythmic ? 4 : 2;
  let sum = 0;
  let strongest = 0;
  for (let kind = 0; kind < count; kind += 1) {
    const bits = tailBits(f32, at + TAILS[kind]!, samples, sized(out.deviations[kind]!, stream));
    out.bitsOf[kind] = bits;
    if (bits > out.bitsOf[strongest]!) strongest = kind;
    sum += bits;
  }
  for (let kind = count; kind < TAILS.length; kind += 1) out.bitsOf[kind] = 0;
  out.plainBits = fisher(sum, count);
  out.bits = stream.rhythm ? Math.max(0, out.plainBits - usualBitsAt(memory, at, out.hour)) : out.plainBits;
  out.fresh = out.bits > f32[at + RATE.alarmBits]! * REFRACTORY_FACTOR;
  out.strongest = RATE_DEVIATIONS[strongest]!;
  out.observed = strongest % 2 === 0 ? out.value : out.short;
  out.expected = strongest < 2 ? f32[at + (strongest === 0 ? RATE.location : RATE.shortLocation)]! : out.observed - (strongest === 2 ? out.residual : out.shortResidual);
}

/** Takes in the sample that `evidence` was measured on. */
export function learnRate({ f32 }: RateMemory, at: number, stream: RateStream, evidence: RateEvidence): void {
  const { floor, shortFloor } = evidence;
  const samples = f32[at + RATE.samples]! + 1;
  const gain = Math.max(1 / samples, 1 / MEMORY);
  f32[at + RATE.samples] = samples;
  if (samples === 1) {
    f32[at + RATE.location] = evidence.value;
    f32[at + RATE.shortLocation] = evidence.short;
  } else {
    learnLocation(f32, at + RATE.location, evidence.value, gain, samples, floor);
    learnLocation(f32, at + RATE.shortLocation, evidence.short, gain, samples, shortFloor);
  }
  f32[at + RATE.short] = evidence.short;
  if (evidence.far) {
    for (let kind = 0; kind < (evidence.rhythmic ? 4 : 2); kind += 1) learnTail(f32, at + TAILS[kind]!, sized(evidence.deviations[kind]!, stream));
  }
  if (evidence.rhythmic) {
    f32[at + RHYTHM.short] = evidence.shortResidual;
    learnScale(f32, at + RHYTHM.scale, evidence.residual, gain, floor);
    learnScale(f32, at + RHYTHM.shortScale, evidence.shortResidual, gain, shortFloor);
  }
  if (stream.rhythm) f32[at + RHYTHM.hourBits] = Math.max(f32[at + RHYTHM.hourBits]!, evidence.plainBits);
  f32[at + RATE.alarmBits] = Math.max(f32[at + RATE.alarmBits]! * FADING, evidence.bits);
  if (samples > TAIL_MEMORY) fade(f32, at, stream);
}

/** A sample up to this value carries no evidence by itself: until then nothing needs measuring. */
export function plainUpTo({ f32 }: RateMemory, at: number, stream: RateStream): number {
  if (f32[at + RATE.samples]! < WARM_UP) return Infinity;
  return f32[at + RATE.location]! + FAR * Math.max(f32[at + RATE.scale]!, floorOf(f32, at, stream.resolution));
}

function fade(f32: Float32Array, at: number, stream: RateStream): void {
  f32[at + RATE.samples]! /= 2;
  for (let kind = 0; kind < (stream.rhythm ? 4 : 2); kind += 1) halveTail(f32, at + TAILS[kind]!);
}

function sized(deviation: number, { side }: RateStream): number {
  return side === "up" ? Math.max(0, deviation) : Math.abs(deviation);
}

function within(deviation: number, bound: number): number {
  return Math.max(-bound, Math.min(bound, deviation));
}

/** Of a mean of a dozen samples the resolution is finer than theirs. */
function floorOf(f32: Float32Array, at: number, resolution: number): number {
  return Math.max(resolution, RELATIVE_FLOOR * (Math.abs(f32[at + RATE.location]!) + f32[at + RATE.scale]!), ABSOLUTE_FLOOR);
}

/** Location and, in the next word, scale. */
function learnLocation(f32: Float32Array, at: number, value: number, gain: number, samples: number, floor: number): void {
  const bound = samples > KNOWN ? WINSOR * Math.max(f32[at + 1]!, floor) : Infinity;
  const deviation = within(value - f32[at]!, bound);
  f32[at]! += gain * deviation;
  f32[at + 1]! += gain * (NORMAL * Math.abs(deviation) - f32[at + 1]!);
}

function learnScale(f32: Float32Array, at: number, value: number, gain: number, floor: number): void {
  f32[at]! += gain * (NORMAL * Math.min(WINSOR * Math.max(f32[at]!, floor), Math.abs(value)) - f32[at]!);
}

/** −log2 of P(sum of `count` exponential evidences ≥ `sum`), all in bits. */
function fisher(sum: number, count: number): number {
  if (sum === 0) return 0;
  const nats = sum * Math.LN2;
  let term = 1;
  let terms = 1;
  for (let order = 1; order < count; order += 1) {
    term *= nats / order;
    terms += term;
  }
  return Math.max(0, sum - Math.log2(terms));
}
