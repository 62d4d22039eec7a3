/**
 * Where the figures of an agent's habits lie: one block of bytes per agent whose telemetry says where argument values came from.
 * A block is made when first needed; agents without provenance cost nothing here.
 */

/** Cells of one byte that count how often each tool, succession of tools and kind of argument was seen. */
export const COUNT_CELLS = 1_408;
/** Bits of one generation of names, and the names after which the older generation is forgotten: then about one new name in ten passes for known. */
export const NAME_BITS = 4_096;
export const NAMES_PER_GENERATION = 800;
/** Steps of the distribution of past scores, and their width in bits. */
export const TAIL_STEPS = 32;
export const TAIL_STEP_BITS = 0.75;
/** Bits by which a tool that was met before is known. As many as the map of words leaves room for: blocks stored without them stay readable. */
export const TOOL_BITS = 160;
/** Kinds of argument: three origins, each with a known or a new value. */
export const ARGUMENT_KINDS = 6;

let next = 0;
function take(bytes: number): number {
  const at = next;
  next += bytes;
  return at;
}

/** Offsets in bytes. */
export const AT = {
  /** 4-byte words: calls that the counts remember, tools known, totals by kind of argument. */
  calls: take(4),
  tools: take(4),
  kinds: take(4 * ARGUMENT_KINDS),
  /** Hashes of the session of the last call and of its tool. */
  session: take(4),
  lastTool: take(4),
  /** Names in the newer generation. */
  names: take(4),
  /** Past scores by step. */
  tail: take(4 * TAIL_STEPS),
  newerNames: take(NAME_BITS / 8),
  counts: take(COUNT_CELLS),
  /** Tools met, a bit each. */
  metTools: take(TOOL_BITS / 8),
} as const;

export const BLOCK_BYTES = next;
/** The older generation of names lies apart: few agents ever have one, and it is a fifth of what habits take. */
export const OLDER_BYTES = NAME_BITS / 8;

/** One agent's block through the views that its parts need. */
export interface HabitBlock {
  readonly u8: Uint8Array;
  readonly u32: Uint32Array;
  readonly f32: Float32Array;
  /** Names of the older generation; null while there is none. */
  older: Uint8Array | null;
  /** Makes room for one. */
  readonly makeOlder: () => Uint8Array;
}

/** In memory of its own. */
export function newBlock(): HabitBlock {
  const buffer = new ArrayBuffer(BLOCK_BYTES);
  return { u8: new Uint8Array(buffer), u32: new Uint32Array(buffer), f32: new Float32Array(buffer), older: null, makeOlder: () => new Uint8Array(OLDER_BYTES) };
}

/** As it is stored the older names lie behind the newer ones, whether there are any or not: earlier releases read and wrote it so. */
const OLDER_AT = AT.newerNames + NAME_BITS / 8;
const WORDS = (BLOCK_BYTES + OLDER_BYTES) / 4;
export const MAP_BYTES = Math.ceil(WORDS / 8);

function storedWords({ u8, older }: HabitBlock): Uint32Array {
  const bytes = new Uint8Array(WORDS * 4);
  bytes.set(u8.subarray(0, OLDER_AT));
  if (older !== null) bytes.set(older, OLDER_AT);
  bytes.set(u8.subarray(OLDER_AT), OLDER_AT + OLDER_BYTES);
  return new Uint32Array(bytes.buffer);
}

/** Compact bytes: a map of the words that are not zero, then those words. */
export function serializeBlock(block: HabitBlock): Uint8Array {
  const words = storedWords(block);
  const bytes = new Uint8Array(MAP_BYTES + WORDS * 4);
  const view = new DataView(bytes.buffer);
  let at = MAP_BYTES;
  for (let word = 0; word < WORDS; word += 1) {
    if (words[word] === 0) continue;
    bytes[word >> 3]! |= 1 << (word & 7);
    view.setUint32(at, words[word]!, true);
    at += 4;
  }
  return bytes.slice(0, at);
}

/** Null for bytes that are cut short, too long, or hold figures that are no numbers. */
export function restoreBlock(bytes: Uint8Array): HabitBlock | null {
  if (bytes.length < MAP_BYTES) return null;
  const words = new Uint32Array(WORDS);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let at = MAP_BYTES;
  for (let word = 0; word < WORDS; word += 1) {
    if ((bytes[word >> 3]! & (1 << (word & 7))) === 0) continue;
    if (at + 4 > bytes.length) return null;
    words[word] = view.getUint32(at, true);
    at += 4;
  }
  const block = blockOf(new Uint8Array(words.buffer));
  if (at !== bytes.length || !isSound(block)) return null;
  recountTools(block);
  return block;
}

function blockOf(stored: Uint8Array): HabitBlock {
  const block = newBlock();
  block.u8.set(stored.subarray(0, OLDER_AT));
  block.u8.set(stored.subarray(OLDER_AT + OLDER_BYTES), OLDER_AT);
  const older = stored.subarray(OLDER_AT, OLDER_AT + OLDER_BYTES);
  if (older.some((byte) => byte !== 0)) block.older = older.slice();
  return block;
}

/** Stored before tools had bits, a block counted a tool again whenever its count had faded: then they are counted anew. */
function recountTools({ u32, f32 }: HabitBlock): void {
  if (u32.subarray(AT.metTools / 4).every((word) => word === 0)) f32[AT.tools / 4] = 0;
}

/** A figure that is no number, or below zero, would spoil every later one. */
function isSound({ f32 }: HabitBlock): boolean {
  const figures = [...f32.subarray(AT.calls / 4, AT.session / 4), ...f32.subarray(AT.tail / 4, AT.newerNames / 4)];
  return figures.every((figure) => Number.isFinite(figure) && figure >= 0);
}
