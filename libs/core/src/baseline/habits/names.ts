/**
 * What the values of arguments point at: addresses, hosts, paths, numbers of accounts. Held as hashes only, in two generations
 * of a Bloom filter: when the newer is full the older is forgotten, so that a long life neither fills it up nor outlives its habits.
 */
import { hashName } from "../sketch.ts";
import { AT, NAME_BITS, NAMES_PER_GENERATION, type HabitBlock } from "./block.ts";

/** Characters of a value that are read, and names taken from one. */
const VALUE_CHARS = 512;
const NAMES_PER_VALUE = 8;
/** A shorter piece occurs everywhere. */
const MIN_NAME_CHARS = 4;
/** A value without any name in it is one itself up to this length: a subject, a title, a word. */
const MIN_WHOLE_CHARS = 3;
const MAX_WHOLE_CHARS = 40;
const SEED = 7;
const PROBES = 3;

const PIECES = /[\s"'<>()[\]{},;|]+/;
const HOST = /^(?:[a-z]+:\/\/)?(?:www\.)?((?:[a-z0-9_-]+\.)+[a-z]{2,})(?:[:/?#]|$)/;
/** Endings that make a dotted name a file and not a host. */
const FILE = /\.(?:txt|pdf|md|json|ya?ml|py|js|ts|sh|csv|docx?|xlsx?|png|jpe?g|html?|zip|gz|ics|log)$/;
const NAMING = /[\d@/]/;

/**
 * Hashes of the names in one value. A web address counts as its host, with or without scheme and path, since who hosts it is what
 * matters; a piece with a digit, a slash or an at sign counts as it stands; a short value without such pieces as a whole.
 */
export function namesIn(value: string | number): number[] {
  const text = String(value).slice(0, VALUE_CHARS).trim().toLowerCase();
  const found: number[] = [];
  for (const raw of text.split(PIECES)) {
    if (found.length >= NAMES_PER_VALUE) break;
    const piece = trimmed(raw);
    if (piece.length < MIN_NAME_CHARS) continue;
    const isFile = FILE.test(piece);
    const host = isFile && !piece.includes("://") ? null : HOST.exec(piece);
    if (host !== null) found.push(hashName(`host ${host[1]!}`, SEED));
    else if (isFile || NAMING.test(piece)) found.push(hashName(`name ${piece}`, SEED));
  }
  if (found.length === 0 && text.length >= MIN_WHOLE_CHARS && text.length <= MAX_WHOLE_CHARS) found.push(hashName(`text ${text}`, SEED));
  return found;
}

/** False for a value of which a part is beyond the bounds of `namesIn`. */
export function isReadWhole(value: string): boolean {
  return value.length <= VALUE_CHARS && namesIn(value).length < NAMES_PER_VALUE;
}

export function isKnownName({ u8, older }: HabitBlock, hash: number): boolean {
  return isIn(u8, AT.newerNames, hash) || (older !== null && isIn(older, 0, hash));
}

/** Also brings a name of the older generation into the newer one: what is in use is not forgotten. */
export function learnName(block: HabitBlock, hash: number): void {
  const { u8, u32 } = block;
  if (isIn(u8, AT.newerNames, hash)) return;
  if (u32[AT.names / 4]! >= NAMES_PER_GENERATION) {
    block.older ??= block.makeOlder();
    block.older.set(u8.subarray(AT.newerNames, AT.newerNames + NAME_BITS / 8));
    u8.fill(0, AT.newerNames, AT.newerNames + NAME_BITS / 8);
    u32[AT.names / 4] = 0;
  }
  for (let probe = 0; probe < PROBES; probe += 1) {
    const bit = bitOf(hash, probe);
    u8[AT.newerNames + (bit >>> 3)]! |= 1 << (bit & 7);
  }
  u32[AT.names / 4]! += 1;
}

function isIn(u8: Uint8Array, from: number, hash: number): boolean {
  for (let probe = 0; probe < PROBES; probe += 1) {
    const bit = bitOf(hash, probe);
    if ((u8[from + (bit >>> 3)]! & (1 << (bit & 7))) === 0) return false;
  }
  return true;
}

function bitOf(hash: number, probe: number): number {
  // The step is of the bits that the first probe leaves out: else two names that share that probe would share all of them.
  return (((hash >>> 0) % NAME_BITS) + probe * ((hash >>> 12) | 1)) % NAME_BITS;
}

/** Without the marks that a sentence puts around a name. */
function trimmed(piece: string): string {
  let from = 0;
  let to = piece.length;
  while (from < to && !OPENS.test(piece[from]!)) from += 1;
  while (to > from && !CLOSES.test(piece[to - 1]!)) to -= 1;
  return piece.slice(from, to);
}

const OPENS = /[a-z0-9~/.\u00c0-\uffff]/;
const CLOSES = /[a-z0-9\u00c0-\uffff]/;
