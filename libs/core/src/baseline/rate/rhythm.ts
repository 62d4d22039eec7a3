/**
 * The daily rhythm of a stream: what level, and what strength of evidence, each hour of the day usually has. An hour teaches once
 * it is over, so nothing is in its own baseline. Hours count in UTC; a stream without a rhythm has the same level in all of them.
 */
import * as layout from "./layout.ts";
import type { RateMemory } from "./layout.ts";

/** Constants of this module, for speed: see `../layout.ts`. */
const { HOURS, RHYTHM } = layout;

const HOUR_MS = 3_600_000;
/** Days over which an hour's level and evidence are averaged. */
const RHYTHM_DAYS = 7;
const QUARTERS = 4;
const MAX_BYTE = 255;

/** Hour of the day, 0–23. */
export function hourOf(atMs: number): number {
  const hours = Math.floor(atMs / HOUR_MS);
  // Remainders of numbers beyond 32 bits are slow.
  return hours - HOURS * Math.floor(hours / HOURS);
}

/** Closes the hour before, if `hour` is another. `level`: where the stream is now; `bound`: the most that a level is moved by. */
export function enterHour({ f32, u32 }: RateMemory, at: number, hour: number, level: number, bound: number): void {
  const clock = u32[at + RHYTHM.clock]!;
  const last = (clock & 31) - 1;
  if (last === hour) return;
  const days = clock >>> 5;
  // A stored state may hold anything.
  if (last >= 0 && last < HOURS) closeHour(f32, u32, at, last, days, level, bound);
  u32[at + RHYTHM.clock] = (((hour < last ? days + 1 : days) << 5) >>> 0) + hour + 1;
}

function closeHour(f32: Float32Array, u32: Uint32Array, at: number, hour: number, days: number, level: number, bound: number): void {
  const seen = u32[at + RHYTHM.hoursSeen]!;
  const usualLevel = ((seen >>> hour) & 1) === 0 ? level : levelOf(u32, at, hour);
  setLevel(u32, at, hour, usualLevel + Math.max(1 / RHYTHM_DAYS, 1 / (days + 1)) * Math.max(-bound, Math.min(bound, level - usualLevel)));
  u32[at + RHYTHM.hoursSeen] = seen | (1 << hour);
  const usual = usualBitsOf(u32, at, hour);
  setUsualBits(u32, at, hour, usual + (f32[at + RHYTHM.hourBits]! - usual) / RHYTHM_DAYS);
  f32[at + RHYTHM.hourBits] = 0;
}

/**
 * How far `value` lies outside of what is usual at this hour and the ones beside it: work that begins an hour early is no surprise.
 * NaN while one of the three was never seen.
 */
export function rhythmResidual({ u32 }: RateMemory, at: number, hour: number, value: number): number {
  const earlier = before(hour);
  const later = after(hour);
  const needed = (1 << hour) | (1 << earlier) | (1 << later);
  if ((u32[at + RHYTHM.hoursSeen]! & needed) !== needed) return NaN;
  const one = levelOf(u32, at, earlier);
  const two = levelOf(u32, at, hour);
  const three = levelOf(u32, at, later);
  const low = Math.min(one, two, three);
  const high = Math.max(one, two, three);
  if (value < low) return value - low;
  return value > high ? value - high : 0;
}

/** The evidence that this hour of the day, or one beside it, brings on usual days: a nightly job is no news. */
export function usualBitsAt({ u32 }: RateMemory, at: number, hour: number): number {
  return Math.max(usualBitsOf(u32, at, hour), usualBitsOf(u32, at, before(hour)), usualBitsOf(u32, at, after(hour)));
}

function before(hour: number): number {
  return hour === 0 ? HOURS - 1 : hour - 1;
}

function after(hour: number): number {
  return hour === HOURS - 1 ? 0 : hour + 1;
}

function usualBitsOf(u32: Uint32Array, at: number, hour: number): number {
  return ((u32[at + RHYTHM.usualBits + (hour >> 2)]! >>> ((hour & 3) * 8)) & MAX_BYTE) / QUARTERS;
}

function setUsualBits(u32: Uint32Array, at: number, hour: number, bits: number): void {
  const place = at + RHYTHM.usualBits + (hour >> 2);
  const shift = (hour & 3) * 8;
  // Rounded down, so that what has passed fades to nothing.
  const byte = Math.min(MAX_BYTE, Math.floor(bits * QUARTERS));
  u32[place] = ((u32[place]! & ~(MAX_BYTE << shift)) | (byte << shift)) >>> 0;
}

/** For taking numbers of 4 bytes apart. */
const whole = new Float32Array(1);
const bits = new Uint32Array(whole.buffer);
const HALF = 16;
const HALF_MASK = 0xffff;
const ROUNDING = 0x8000;

function levelOf(u32: Uint32Array, at: number, hour: number): number {
  const word = u32[at + RHYTHM.levels + (hour >> 1)]!;
  bits[0] = ((hour & 1) === 0 ? word << HALF : word & ~HALF_MASK) >>> 0;
  return whole[0]!;
}

function setLevel(u32: Uint32Array, at: number, hour: number, level: number): void {
  const place = at + RHYTHM.levels + (hour >> 1);
  whole[0] = level;
  const half = (bits[0]! + ROUNDING) >>> HALF;
  u32[place] = ((hour & 1) === 0 ? (u32[place]! & ~HALF_MASK) | half : (u32[place]! & HALF_MASK) | (half << HALF)) >>> 0;
}
