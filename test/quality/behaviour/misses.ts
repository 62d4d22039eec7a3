/** What kept figures from being perfect, written out for a person to read. It may hold other people's work: not to be published. */
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { DataError } from "../data/lines.ts";
import type { Judged } from "./judge.ts";

/** Misses kept per figure; further ones are counted alone, in the figure. */
export const MAX_MISSES = 10_000;
/** Calls told of one session. */
const MAX_CALLS_TOLD = 200;
const MAX_TEXT_CHARS = 600;

export interface Miss {
  readonly kind: "false-negative" | "false-positive" | "flagged";
  readonly figure: string;
  readonly session: string;
  readonly calls: readonly { readonly at: number; readonly bits: number; readonly rules: readonly string[]; readonly text: string }[];
}

/** Calls of a session as a miss tells them. */
export function callsTold(judged: readonly Judged[], texts: readonly string[]): Miss["calls"] {
  return judged.slice(0, MAX_CALLS_TOLD).map(({ bits, rules }, at) => ({ at, bits: Math.round(bits * 100) / 100, rules, text: (texts[at] ?? "").slice(0, MAX_TEXT_CHARS) }));
}

/** @throws {DataError} where the directory cannot be written to. */
export async function writeMisses(dir: string, protocol: string, misses: readonly Miss[]): Promise<void> {
  const written = new Map<string, number>();
  const lines = misses.filter(({ figure }) => {
    const count = (written.get(figure) ?? 0) + 1;
    written.set(figure, count);
    return count <= MAX_MISSES;
  });
  try {
    await mkdir(dir, { recursive: true });
    await writeFile(join(dir, `${protocol.toLowerCase()}.ndjson`), lines.map((miss) => `${JSON.stringify(miss)}\n`).join(""));
  } catch (error) {
    throw new DataError(`Misses cannot be written to ${dir} (${(error as NodeJS.ErrnoException).code ?? "unknown"}). Name another directory with --dump.`);
  }
}
