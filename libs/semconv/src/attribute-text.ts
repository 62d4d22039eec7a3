/** Attribute values as the text that an action holds. */
import { PROVENANCES, type Provenance } from "@tripline/model";
import type { DraftValue } from "./dialect.ts";
import type { AttributeValue, ItemView, TextRange } from "./otlp/item.ts";

/** A string as it is, anything else as JSON; null where absent or empty. */
export function textOf(value: AttributeValue | undefined): string | null {
  if (value === undefined || value === null || value === "") return null;
  return typeof value === "string" ? value : JSON.stringify(value);
}

/** The first of several spellings that is present. */
export function firstText(...values: (AttributeValue | undefined)[]): string | null {
  for (const value of values) {
    const text = textOf(value);
    if (text !== null) return text;
  }
  return null;
}

/** The first of several attribute names that the item has, as text. */
export function readText(item: ItemView, names: readonly string[]): string | null {
  for (const name of names) {
    const text = textOf(item.attr(name));
    if (text !== null) return text;
  }
  return null;
}

/** The same of the item's resource. */
export function readResourceText(item: ItemView, names: readonly string[]): string | null {
  for (const name of names) {
    const text = textOf(item.resourceAttr(name));
    if (text !== null) return text;
  }
  return null;
}

/** The first of several attribute names that the item has, as a full value that the sender has not cut. */
export function readWhole(item: ItemView, names: readonly string[]): DraftValue | null {
  for (const name of names) {
    const range = item.textRange(name);
    if (range !== null) return new RangedValue(range);
    const text = textOf(item.attr(name));
    if (text !== null) return { text, fullBytes: null, digest: null, truncated: false };
  }
  return null;
}

/** A full value whose text is made when somebody asks for it. */
class RangedValue implements DraftValue {
  readonly fullBytes = null;
  readonly digest = null;
  readonly truncated = false;
  readonly range: TextRange;

  constructor(range: TextRange) {
    this.range = range;
  }

  get text(): string {
    const { bytes, start, end } = this.range;
    return bytes.toString("utf8", start, end);
  }
}

/** The texts of an array attribute; a single text counts as an array of one. */
export function textList(value: AttributeValue | undefined, limit: number): string[] {
  const list: readonly AttributeValue[] = Array.isArray(value) ? (value as readonly AttributeValue[]) : [value ?? null];
  return list.filter((one): one is string => typeof one === "string" && one !== "").slice(0, limit);
}

/** Whole numbers ≥ 0 also arrive as text. */
export function countOf(value: AttributeValue | undefined): number | null {
  const number = typeof value === "string" && /^\d{1,15}$/.test(value) ? Number(value) : value;
  return typeof number === "number" && Number.isSafeInteger(number) && number >= 0 ? number : null;
}

/** A structured attribute, or JSON text of one; null where it is neither or does not parse. */
export function structureOf(value: AttributeValue | undefined): { readonly [key: string]: unknown } | null {
  let structure: unknown = value;
  if (typeof value === "string") {
    try {
      structure = JSON.parse(value);
    } catch {
      return null;
    }
  }
  return typeof structure === "object" && structure !== null && !Array.isArray(structure) ? (structure as { readonly [key: string]: unknown }) : null;
}

/** Argument path → provenance; entries that are no provenance are left out. */
export function provenanceOf(value: AttributeValue | undefined, limit: number): ReadonlyMap<string, Provenance> {
  const made = new Map<string, Provenance>();
  const structure = value === undefined ? null : structureOf(value);
  for (const [path, origin] of structure === null ? [] : Object.entries(structure)) {
    if (made.size >= limit) break;
    if (PROVENANCES.some((one) => one === origin)) made.set(path, origin as Provenance);
  }
  return made;
}
