/**
 * How often each of many things was seen, in few bytes: two cells for each, of which the smaller counts (Cormode and
 * Muthukrishnan, "An improved data stream summary: the count-min sketch", 2005, with conservative update). It may count too much,
 * never too little, so that something rare passes for usual rather than the other way round. When a cell is full all are halved:
 * what was seen long ago fades.
 */
import { ARGUMENT_KINDS, AT, COUNT_CELLS, TOOL_BITS, type HabitBlock } from "./block.ts";

const CELLS_AT = AT.counts;
const FULL = 255;

export function countOf({ u8 }: HabitBlock, hash: number): number {
  return Math.min(u8[first(hash)]!, u8[second(hash)]!);
}

export function countIn(block: HabitBlock, hash: number): void {
  const { u8, f32 } = block;
  const one = first(hash);
  const other = second(hash);
  let least = Math.min(u8[one]!, u8[other]!);
  if (least === FULL) {
    for (let at = CELLS_AT; at < CELLS_AT + COUNT_CELLS; at += 1) u8[at]! >>= 1;
    // What the cells are shares of, and what they back off to.
    f32[AT.calls / 4]! /= 2;
    for (let kind = 0; kind < ARGUMENT_KINDS; kind += 1) f32[AT.kinds / 4 + kind]! /= 2;
    least >>= 1;
  }
  if (u8[one] === least) u8[one] = least + 1;
  if (u8[other] === least) u8[other] = least + 1;
}

/** Counts a tool among those met, once: its calls may fade from the cells and come again. Two tools of one bit count as one. */
export function meetTool({ u8, f32 }: HabitBlock, hash: number): void {
  const bit = hash % TOOL_BITS;
  const at = AT.metTools + (bit >>> 3);
  if ((u8[at]! & (1 << (bit & 7))) !== 0) return;
  u8[at]! |= 1 << (bit & 7);
  f32[AT.tools / 4]! += 1;
}

/** One hash for something made of several parts. */
export function mix(hash: number, other: number): number {
  const mixed = Math.imul(hash ^ (other + 0x9e3779b9 + (hash << 6) + (hash >>> 2)), 0x85ebca6b);
  return (mixed ^ (mixed >>> 15)) >>> 0;
}

function first(hash: number): number {
  return CELLS_AT + ((hash >>> 0) % COUNT_CELLS);
}

function second(hash: number): number {
  return CELLS_AT + ((Math.imul(hash, 0x9e3779b1) >>> 7) % COUNT_CELLS);
}
