/** One span or log record as ranges into the request's bytes. */
import type { AttributeTable } from "./attribute-table.ts";
import type { AttributeValue, ItemProblem, ItemView, Signal } from "./item.ts";
import { makeValue } from "./protobuf-value.ts";
import type { StringCache } from "./string-cache.ts";
import { nanosToMs, type Wire } from "./wire.ts";

/** What all items of one request share. */
export interface Source {
  readonly wire: Wire;
  readonly table: AttributeTable;
  readonly strings: StringCache;
  /** Triplets (slot, start, stop) of the values that some dialect needs, of all items one after the other. */
  readonly entries: EntryList;
}

export class EntryList {
  values = new Int32Array(1_024);
  length = 0;

  push(slot: number, start: number, stop: number): void {
    if (this.length + 3 > this.values.length) {
      const larger = new Int32Array(this.values.length * 2);
      larger.set(this.values);
      this.values = larger;
    }
    this.values[this.length] = slot;
    this.values[this.length + 1] = start;
    this.values[this.length + 2] = stop;
    this.length += 3;
  }
}

/** The attributes of one resource or item: a stretch of the entry list. */
export class Bag {
  readonly #source: Source;
  readonly #from: number;
  readonly #to: number;

  constructor(source: Source, from: number, to: number) {
    this.#source = source;
    this.#from = from;
    this.#to = to;
  }

  get(name: string): AttributeValue | undefined {
    const { table, entries, wire, strings } = this.#source;
    const slot = table.slotOf(name);
    if (slot < 0) return undefined;
    const { values } = entries;
    for (let at = this.#from; at < this.#to; at += 3) {
      if (values[at] === slot) return makeValue(wire, strings, values[at + 1]!, values[at + 2]!);
    }
    return undefined;
  }
}

/** Shared by the items of one group; filled when the resource is met, which may be after them. */
export interface ResourceRange {
  attributes: Bag | null;
}

export class ProtobufItem implements ItemView {
  readonly signal: Signal;
  problem: ItemProblem | null = null;
  startMs = 0;
  endMs = 0;
  status: "unset" | "ok" | "error" = "unset";
  bag: Bag | null = null;
  // Offsets into the bytes; -1 where absent.
  traceAt = -1;
  spanAt = -1;
  parentAt = -1;
  nameAt = -1;
  nameStop = -1;
  bodyAt = -1;
  bodyStop = -1;
  readonly #source: Source;
  readonly #resource: ResourceRange;
  readonly #scope: { name: string };

  constructor(signal: Signal, source: Source, resource: ResourceRange, scope: { name: string }) {
    this.signal = signal;
    this.#source = source;
    this.#resource = resource;
    this.#scope = scope;
  }

  get traceId(): string | null {
    return this.traceAt < 0 ? null : this.#source.wire.bytes.toString("hex", this.traceAt, this.traceAt + 16);
  }
  get spanId(): string | null {
    return this.spanAt < 0 ? null : this.#source.wire.bytes.toString("hex", this.spanAt, this.spanAt + 8);
  }
  get parentSpanId(): string | null {
    return this.parentAt < 0 ? null : this.#source.wire.bytes.toString("hex", this.parentAt, this.parentAt + 8);
  }
  get name(): string {
    return this.nameAt < 0 ? "" : this.#source.strings.text(this.#source.wire.bytes, this.nameAt, this.nameStop);
  }
  get bodyText(): string | null {
    if (this.bodyAt < 0) return null;
    const value = makeValue(this.#source.wire, this.#source.strings, this.bodyAt, this.bodyStop);
    return typeof value === "string" ? value : null;
  }
  get scopeName(): string {
    return this.#scope.name;
  }
  attr(name: string): AttributeValue | undefined {
    return this.bag?.get(name);
  }
  resourceAttr(name: string): AttributeValue | undefined {
    return this.#resource.attributes?.get(name);
  }
  /** Reads the two nanosecond times at these offsets; -1 = absent. */
  setTimes(startAt: number, endAt: number): void {
    const { bytes } = this.#source.wire;
    if (startAt >= 0) this.startMs = nanosToMs(bytes, startAt);
    this.endMs = endAt >= 0 ? nanosToMs(bytes, endAt) : this.startMs;
  }
}
