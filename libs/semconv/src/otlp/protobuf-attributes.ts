/** KeyValue (key 1, value 2): a fast way for what every exporter writes, and a general way for everything that is allowed. */
import type { Source } from "./protobuf-item.ts";
import { checkValue } from "./protobuf-value.ts";
import { BYTES } from "./wire.ts";

const KEY_TAG = 0x0a;
const VALUE_TAG = 0x12;
const STRING_TAG = 0x0a;
const BOOL_TAG = 0x10;
const INT_TAG = 0x18;

/**
 * Takes consecutive attributes under the cursor that have the usual form (key, then a value that is one string below 16 KiB, a
 * boolean or a small number) and stops before the first that has not, or after `most`. Answers how many it took. Measured:
 * this one loop is most of the reader's speed.
 */
export function readUsualAttributes(source: Source, tag: number, end: number, most: number): number {
  const { wire, table, entries } = source;
  const { bytes, view } = wire;
  let pos = wire.pos;
  let count = 0;
  // A byte past the end of the bytes reads as undefined, and no comparison with that holds.
  while (bytes[pos] === tag && count < most) {
    let at = pos + 2;
    let length = bytes[pos + 1]!;
    if (length >= 0x80) length = joined(length, bytes[at++]!);
    const stop = at + length;
    const keyAt = at + 2;
    const keyStop = keyAt + bytes[at + 1]!;
    if (!(stop <= end && keyStop + 2 <= stop) || bytes[at] !== KEY_TAG || bytes[keyStop] !== VALUE_TAG) break;
    let valueAt = keyStop + 2;
    let valueLength = bytes[keyStop + 1]!;
    if (valueLength >= 0x80) valueLength = joined(valueLength, bytes[valueAt++]!);
    if (valueAt + valueLength !== stop) break;
    const kind = bytes[valueAt]!;
    let textAt = valueAt + 2;
    let textLength = bytes[valueAt + 1]!;
    const small = (kind === BOOL_TAG || kind === INT_TAG) && valueLength === 2 && textLength < 0x80;
    if (textLength >= 0x80) textLength = joined(textLength, bytes[textAt++]!);
    if (!small && (kind !== STRING_TAG || textAt + textLength !== stop)) break;
    const slot = table.slotAt(view, keyAt, keyStop);
    if (slot >= 0 && small) entries.addValue(slot, valueAt, stop);
    else if (slot >= 0) entries.addText(slot, textAt, stop);
    pos = stop;
    count += 1;
  }
  wire.pos = pos;
  return count;
}

/** A length of two bytes; where it has three, or the bytes end, one that fits nowhere. */
function joined(low: number, high: number): number {
  return high < 0x80 ? (low & 0x7f) + (high << 7) : FITS_NOWHERE;
}
const FITS_NOWHERE = 2 ** 30;

/** The attribute that `wire.field` has just met: noted if needed and not yet seen in this bag; checked in any case. */
export function readAnyAttribute({ wire, table, entries }: Source): void {
  const after = wire.pos;
  const end = wire.stop;
  let slot = -1;
  let valueAt = -1;
  let valueStop = -1;
  wire.pos = wire.start;
  while (wire.field(end)) {
    if (wire.type !== BYTES) continue;
    if (wire.number === 1) slot = table.slotAt(wire.view, wire.start, wire.stop);
    else if (wire.number === 2) {
      valueAt = wire.start;
      valueStop = wire.stop;
    }
  }
  if (wire.problem === null && valueAt >= 0) checkValue(wire, valueAt, valueStop, 1);
  if (wire.problem !== null) return;
  if (slot >= 0 && valueAt >= 0) entries.addValue(slot, valueAt, valueStop);
  wire.pos = after;
}
