/** One span or log record as ranges into the request's bytes. */
import type { AttributeTable } from "./attribute-table.ts";
import type { EntryList } from "./entry-list.ts";
import { hexOf8 } from "./hex.ts";
import type { AttributeValue, ItemProblem, ItemView, Signal, TextRange } from "./item.ts";
import { makeValue } from "./protobuf-value.ts";
import type { StringCache } from "./string-cache.ts";
import type { TraceIds } from "./trace-ids.ts";
import { nanosToMs, type Wire } from "./wire.ts";

/** What all items of one request share. */
export interface Source {
  readonly signal: Signal;
  readonly wire: Wire;
  readonly table: AttributeTable;
  readonly strings: StringCache;
  readonly entries: EntryList;
  readonly traces: TraceIds;
}

/** The attributes of one resource. Asked by every item of its group, so each value is made once. */
export class ResourceAttributes {
  readonly #source: Source;
  readonly #from: number;
  readonly #to: number;
  readonly #made = new Map<string, AttributeValue | undefined>();

  constructor(source: Source, from: number, to: number) {
    this.#source = source;
    this.#from = from;
    this.#to = to;
  }

  get(name: string): AttributeValue | undefined {
    const known = this.#made.get(name);
    if (known !== undefined || this.#made.has(name)) return known;
    const value = valueIn(this.#source, this.#from, this.#to, this.#source.table.slotOf(name));
    this.#made.set(name, value);
    return value;
  }
}

/** Shared by the items of one group; filled when the resource is met, which may be after them. */
export interface Group {
  readonly source: Source;
  resource: ResourceAttributes | null;
}
export interface Scope {
  readonly group: Group;
  name: string;
}

function valueIn({ entries, wire, strings }: Source, from: number, to: number, slot: number): AttributeValue | undefined {
  const { values } = entries;
  for (let at = from; at < to; at += 3) {
    if (values[at] !== slot) continue;
    const start = values[at + 1]!;
    const stop = values[at + 2]!;
    return start < 0 ? strings.text(wire.bytes, wire.view, ~start, stop) : makeValue(wire, strings, start, stop);
  }
  return undefined;
}

export class ProtobufItem implements ItemView {
  problem: ItemProblem | null = null;
  status: "unset" | "ok" | "error" = "unset";
  /** The item's stretch of the entry list. */
  from = 0;
  to = 0;
  /** One bit for the slot of each entry, modulo 32: most names that are asked for are absent, and are known to be at once. */
  slots = 0;
  // Offsets into the bytes; -1 where absent.
  startAt = -1;
  endAt = -1;
  traceAt = -1;
  spanAt = -1;
  parentAt = -1;
  nameAt = -1;
  nameStop = -1;
  bodyAt = -1;
  bodyStop = -1;
  readonly #source: Source;
  readonly #scope: Scope;

  constructor(scope: Scope) {
    this.#source = scope.group.source;
    this.#scope = scope;
  }

  get signal(): Signal {
    return this.#source.signal;
  }
  get traceId(): string | null {
    const { traces, wire } = this.#source;
    return this.traceAt < 0 ? null : traces.hex(wire.bytes, this.traceAt);
  }
  get spanId(): string | null {
    return this.spanAt < 0 ? null : hexOf8(this.#source.wire.bytes, this.spanAt);
  }
  get parentSpanId(): string | null {
    return this.parentAt < 0 ? null : hexOf8(this.#source.wire.bytes, this.parentAt);
  }
  get name(): string {
    const { strings, wire } = this.#source;
    return this.nameAt < 0 ? "" : strings.text(wire.bytes, wire.view, this.nameAt, this.nameStop);
  }
  get bodyText(): string | null {
    if (this.bodyAt < 0) return null;
    const { strings, wire } = this.#source;
    const value = makeValue(wire, strings, this.bodyAt, this.bodyStop);
    return typeof value === "string" ? value : null;
  }
  get scopeName(): string {
    return this.#scope.name;
  }
  attr(name: string): AttributeValue | undefined {
    const slot = this.#source.table.slotOf(name);
    return (this.slots & (1 << slot)) === 0 ? undefined : valueIn(this.#source, this.from, this.to, slot);
  }
  resourceAttr(name: string): AttributeValue | undefined {
    return this.#scope.group.resource?.get(name);
  }
  textRange(name: string): TextRange | null {
    const { entries, table, wire } = this.#source;
    const { values } = entries;
    const slot = table.slotOf(name);
    if ((this.slots & (1 << slot)) === 0) return null;
    for (let at = this.from; at < this.to; at += 3) {
      if (values[at] !== slot) continue;
      const start = ~values[at + 1]!;
      const end = values[at + 2]!;
      return start < 0 || start === end ? null : { bytes: wire.bytes, start, end };
    }
    return null;
  }
  get startMs(): number {
    return this.startAt < 0 ? 0 : nanosToMs(this.#source.wire.view, this.startAt);
  }
  get endMs(): number {
    return this.endAt < 0 ? this.startMs : nanosToMs(this.#source.wire.view, this.endAt);
  }
}
