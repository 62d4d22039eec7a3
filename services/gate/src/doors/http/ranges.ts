/** Ranges of addresses (CIDR) that an upstream may lie in. */
import { BlockList, isIP } from "node:net";

const RANGE = /^([0-9a-f.:]{2,45})\/(\d{1,3})$/iu;
const BITS = { 4: 32, 6: 128 } as const;

interface Range {
  readonly address: string;
  readonly bits: number;
  readonly family: "ipv4" | "ipv6";
}

/** Null where it is none. */
export function readRange(text: string): Range | null {
  const [, address = "", bits = ""] = RANGE.exec(text) ?? [];
  const family = isIP(address);
  if (family !== 4 && family !== 6) return null;
  return Number(bits) > BITS[family] || Number(bits) === 0 ? null : { address, bits: Number(bits), family: family === 4 ? "ipv4" : "ipv6" };
}

const lists = new WeakMap<readonly string[], BlockList>();

/** What cannot be read, of either, is in none. */
export function isWithin(address: string, ranges: readonly string[]): boolean {
  const list = lists.get(ranges) ?? listOf(ranges);
  const family = isIP(address);
  return family !== 0 && list.check(address, family === 4 ? "ipv4" : "ipv6");
}

function listOf(ranges: readonly string[]): BlockList {
  const list = new BlockList();
  for (const text of ranges) {
    const range = readRange(text);
    if (range !== null) list.addSubnet(range.address, range.bits, range.family);
  }
  lists.set(ranges, list);
  return list;
}
