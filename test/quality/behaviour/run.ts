/** From a directory of data to the figures of behaviour. */
import { prepareClassifiers } from "@tripline/core";
import { filesOf } from "../data/data-set.ts";
import { DataError } from "../data/lines.ts";
import { writeMisses } from "./misses.ts";
import type { BehaviourOptions, BehaviourProtocol, BehaviourResult } from "./protocol.ts";

/** @throws {DataError} where the data, or the directory for misses, cannot be used, or the data holds nothing for a protocol. */
export async function runBehaviour(data: string, protocols: readonly BehaviourProtocol[], options: BehaviourOptions): Promise<BehaviourResult[]> {
  const files = await filesOf(data);
  await prepareClassifiers();
  const results: BehaviourResult[] = [];
  for (const protocol of protocols) {
    const result = await protocol.run(files, options);
    if (result === null) throw new DataError(`${data} holds nothing for ${protocol.name}: ${protocol.what}.`);
    if (options.dump !== null) await writeMisses(options.dump, protocol.name, result.misses);
    results.push(result);
  }
  return results;
}

export function behaviourFigures(results: readonly BehaviourResult[]): Record<string, number> {
  const figures: Record<string, number> = {};
  for (const { name: protocol, figures: own, calls, reading } of results) {
    for (const { name, value, interval, counts } of own) {
      figures[name] = value;
      if (interval !== null) [figures[`${name}Low`], figures[`${name}High`]] = interval;
      for (const [ending, count] of Object.entries(counts)) figures[`${name}${ending}`] = count;
    }
    const prefix = protocol.toLowerCase();
    figures[`${prefix}.calls`] = calls;
    for (const [reason, lines] of reading.unreadable) figures[`${prefix}.unreadable.${reason}`] = lines;
  }
  return figures;
}

export function behaviourReached(results: readonly BehaviourResult[]): boolean {
  return results.every(({ figures }) => figures.every(({ reached }) => reached !== false));
}
