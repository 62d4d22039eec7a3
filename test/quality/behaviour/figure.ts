/** Figures of the behaviour protocols: shares, rates and areas, each with interval, counts and, where one is set, a goal. */
import { wilson } from "../figures.ts";
import type { Goal } from "../classification/protocol.ts";
import { areaInterval, areaUnderRoc } from "./curve.ts";
import { goalOf, referenceOf } from "./goals.ts";

export interface Figure {
  readonly name: string;
  readonly value: number;
  /** 95 %; null where it has none. */
  readonly interval: readonly [low: number, high: number] | null;
  /** Beside the value, by the ending of their name. */
  readonly counts: Readonly<Record<string, number>>;
  readonly goal: Goal | null;
  readonly reached: boolean | null;
  readonly reference: string | null;
}

/** `hits` of `of`, told per `per`. Of nothing it is zero, and its interval says that nothing is known. */
export function shareFigure(name: string, hits: number, of: number, per = 1): Figure {
  const [low, high] = wilson(hits, of);
  return figure(name, of === 0 ? 0 : (per * hits) / of, [per * low, per * high], { Hits: hits, Of: of });
}

export function areaFigure(name: string, benign: readonly number[], attacked: readonly number[]): Figure[] {
  const area = areaUnderRoc(benign, attacked);
  if (area === null) return [];
  return [figure(name, area, areaInterval(area, benign.length, attacked.length), { Benign: benign.length, Attacked: attacked.length })];
}

/** Any other value; `interval` is null where it has none. */
export function valueFigure(name: string, value: number, interval: readonly [number, number] | null, counts: Readonly<Record<string, number>> = {}): Figure {
  return figure(name, value, interval, counts);
}

function figure(name: string, value: number, interval: Figure["interval"], counts: Readonly<Record<string, number>>): Figure {
  const goal = goalOf(name);
  const known = Object.values(counts).every((count) => count > 0) || (counts["Of"] ?? 0) > 0;
  return { name, value, interval, counts, goal, reached: goal === null || !known ? null : reaches(value, goal), reference: referenceOf(name) };
}

function reaches(value: number, goal: Goal): boolean {
  return "atLeast" in goal ? value >= goal.atLeast : value <= goal.atMost;
}
