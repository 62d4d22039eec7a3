/** From a directory of data to figures: each file is read by the protocols that recognise its first row. */
import { classify, prepareClassifiers } from "@tripline/core";
import { type DataFile, filesOf, type Row } from "../data/data-set.ts";
import { DataError, LINE_BOUNDS, type LineBounds } from "../data/lines.ts";
import { recognisedRows } from "../data/recognised.ts";
import { Misses } from "./misses.ts";
import type { Case, Protocol } from "./protocol.ts";
import { type Measured, Tally } from "./tally.ts";

const LINES_PER_PROGRESS = 10_000;
/** Groups of misses told per protocol. */
const GROUPS_TOLD = 10;

export interface ClassificationOptions {
  readonly data: string;
  readonly protocols: readonly Protocol[];
  /** Directory that misses are written to; null: they are only counted. */
  readonly dump: string | null;
  readonly bounds?: LineBounds;
  readonly progress: (line: string) => void;
}

export interface ProtocolResult {
  readonly protocol: Protocol;
  readonly measured: readonly Measured[];
  readonly calls: number;
  /** Lines that should have been read and could not be, by reason. */
  readonly unreadable: ReadonlyMap<string, number>;
  /** Where the first of them are. */
  readonly firstUnreadable: readonly string[];
  /** Rows in order that hold nothing to judge, by reason. */
  readonly notMeasured: ReadonlyMap<string, number>;
  readonly groups: readonly [group: string, misses: number][];
  readonly notWritten: number;
}

/** @throws {DataError} where the data, or the directory for misses, cannot be used. */
export async function runClassification(options: ClassificationOptions): Promise<ProtocolResult[]> {
  const files = await filesOf(options.data);
  await prepareClassifiers();
  const results: ProtocolResult[] = [];
  for (const protocol of options.protocols) results.push(await runProtocol(protocol, files, options));
  return results;
}

async function runProtocol(protocol: Protocol, files: readonly DataFile[], options: ClassificationOptions): Promise<ProtocolResult> {
  const run = new ProtocolRun(protocol, await Misses.open(protocol.name, options.dump), options);
  try {
    for (const file of files) await run.file(file);
  } finally {
    await run.misses.close();
  }
  if (run.calls === 0) throw new DataError(`${options.data} holds nothing for ${protocol.name}: ${protocol.what}.`);
  return run.result();
}

const FIRST_TOLD = 5;

class ProtocolRun {
  readonly misses: Misses;
  calls = 0;
  readonly #protocol: Protocol;
  readonly #options: ClassificationOptions;
  readonly #tally: Tally;
  readonly #unreadable = new Map<string, number>();
  readonly #first: string[] = [];
  readonly #notMeasured = new Map<string, number>();

  constructor(protocol: Protocol, misses: Misses, options: ClassificationOptions) {
    this.#protocol = protocol;
    this.#options = options;
    this.#tally = new Tally(protocol);
    this.misses = misses;
  }

  async file(file: DataFile): Promise<void> {
    const { progress, bounds = LINE_BOUNDS } = this.#options;
    let recognised = false;
    for await (const read of recognisedRows(file, (row) => this.#protocol.recognises(row), bounds)) {
      recognised = true;
      if (read.kind === "row") await this.#row(file, read.number, read.row);
      else this.#cannotRead(file, read.number, read.reason);
      if (read.number % LINES_PER_PROGRESS === 0) progress(`${this.#protocol.name} ${file.stem}: ${read.number} lines`);
    }
    if (recognised) progress(`${this.#protocol.name} ${file.stem}: read; ${this.calls} calls judged so far`);
  }

  result(): ProtocolResult {
    return {
      protocol: this.#protocol,
      measured: this.#tally.measure(),
      calls: this.calls,
      unreadable: this.#unreadable,
      firstUnreadable: this.#first,
      notMeasured: this.#notMeasured,
      groups: this.misses.largest(GROUPS_TOLD),
      notWritten: this.misses.notWritten,
    };
  }

  async #row(file: DataFile, number: number, row: Row): Promise<void> {
    const reading = this.#protocol.read(row, file);
    if (reading.kind === "unreadable") this.#cannotRead(file, number, reading.reason);
    else if (reading.kind === "not-measured") count(this.#notMeasured, reading.reason);
    else for (const one of reading.cases) await this.#judge(one, file, number);
  }

  async #judge(one: Case, file: DataFile, number: number): Promise<void> {
    if (!this.#tally.hasRoomFor(one.set)) return this.#cannotRead(file, number, "too-many-sets");
    const classification = classify(one.call);
    this.calls += 1;
    await this.misses.add(this.#tally.add(one, classification), one, classification, { file: file.stem, line: number });
  }

  #cannotRead(file: DataFile, number: number, reason: string): void {
    count(this.#unreadable, reason);
    if (this.#first.length < FIRST_TOLD) this.#first.push(`${file.stem} line ${number}: ${reason}`);
  }
}

function count(counts: Map<string, number>, key: string): void {
  counts.set(key, (counts.get(key) ?? 0) + 1);
}
