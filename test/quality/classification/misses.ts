/** What was missed: gathered by what they have in common, and written out one by one where a person wants to read them. */
import { type FileHandle, mkdir, open } from "node:fs/promises";
import { join } from "node:path";
import type { Classification } from "@tripline/core";
import { DataError } from "../data/lines.ts";
import type { Case } from "./protocol.ts";
import type { Miss } from "./tally.ts";

/** Misses written per figure; further ones are counted alone. */
export const MAX_DUMPED = 10_000;
/** Groups remembered; the rest is gathered under one name. */
export const MAX_GROUPS = 4_096;
const OTHER_GROUPS = "all other groups";
/** Lines held back before they are written together. */
const WRITTEN_TOGETHER = 256;

export interface Place {
  readonly file: string;
  readonly line: number;
}

export class Misses {
  readonly #groups = new Map<string, number>();
  readonly #dumped = new Map<string, number>();
  readonly #out: FileHandle | null;
  #lines: string[] = [];
  #kept = 0;

  private constructor(out: FileHandle | null) {
    this.#out = out;
  }

  /** Writes to `<dir>/<protocol>.ndjson`, anew; with no directory it only counts. @throws {DataError} */
  static async open(protocol: string, dir: string | null): Promise<Misses> {
    if (dir === null) return new Misses(null);
    try {
      await mkdir(dir, { recursive: true });
      return new Misses(await open(join(dir, `${protocol.toLowerCase()}.ndjson`), "w"));
    } catch (error) {
      throw new DataError(`Misses cannot be written to ${dir} (${(error as NodeJS.ErrnoException).code ?? "unknown"}). Name another directory with --dump.`);
    }
  }

  async add(misses: readonly Miss[], judged: Case, { worst, parse }: Classification, place: Place): Promise<void> {
    for (const { figure, kind } of misses) {
      this.#count(`${figure}: ${judged.group} (${worst.rule})`);
      if (this.#out === null) continue;
      const dumped = (this.#dumped.get(figure) ?? 0) + 1;
      this.#dumped.set(figure, dumped);
      if (dumped > MAX_DUMPED) this.#kept += 1;
      else {
        const { operation, effect, reversibility, rule } = worst;
        this.#lines.push(JSON.stringify({ kind, figure, group: judged.group, text: judged.text, judged: { operation, effect, reversibility, rule, parse }, file: place.file, line: place.line }));
      }
    }
    if (this.#lines.length >= WRITTEN_TOGETHER) await this.#write();
  }

  /** Misses that were counted but not written, since their figure has more than are. */
  get notWritten(): number {
    return this.#kept;
  }

  /** The largest groups, most misses first. */
  largest(count: number): [group: string, misses: number][] {
    return [...this.#groups].toSorted((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1)).slice(0, count);
  }

  async close(): Promise<void> {
    try {
      await this.#write();
    } finally {
      await this.#out?.close();
    }
  }

  #count(group: string): void {
    const key = this.#groups.has(group) || this.#groups.size < MAX_GROUPS ? group : OTHER_GROUPS;
    this.#groups.set(key, (this.#groups.get(key) ?? 0) + 1);
  }

  async #write(): Promise<void> {
    const lines = this.#lines;
    this.#lines = [];
    if (lines.length > 0) await this.#out?.appendFile(`${lines.join("\n")}\n`);
  }
}
