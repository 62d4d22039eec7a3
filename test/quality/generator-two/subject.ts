import type { SimulatedAction, Style } from "../generator/generator.ts";
import type { Random } from "../random.ts";
import type { Recorder, Sender } from "./recorder.ts";
import type { Rhythm } from "./rhythm.ts";
import type { Habits, Work } from "./work.ts";

/** One agent at work. */
export interface Subject {
  readonly sender: Sender;
  readonly random: Random;
  readonly work: Work;
  readonly rhythm: Rhythm;
  readonly recorder: Recorder;
  readonly perHour: number;
}

/** `steady`: habits of an agent whose rate keeps to forty to eighty calls an hour, all week, so that days can be counted on. */
export type MakeSubject = (startMs: number, style: Style, steady?: Partial<Habits>) => Subject;

/** Benign work until `endMs`. */
export function* worked({ work, rhythm, recorder }: Subject, endMs: number, fromMs: number): IterableIterator<SimulatedAction> {
  for (let atMs = fromMs + 60_000; atMs < endMs; ) {
    const call = work.next(atMs);
    const pauseMs = rhythm.pause(atMs, work.cleaning);
    yield* recorder.record(call, atMs, pauseMs, work.session);
    atMs += pauseMs;
  }
}
