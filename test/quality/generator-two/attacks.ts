/** The attacks of the protocol, each in several guises. */
import type { Rise, SimulatedAction, Style } from "../generator/generator.ts";
import { type MakeSubject, type Subject, worked } from "./subject.ts";
import { HARMLESS_ALONE, type Make, VOLUME_DELETES } from "./toolbox.ts";

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const BURST_DELETES = 100;
const BURST_MS = 9_000;
const CLIMB_FROM = 20;
const CLIMB_GROWTH = 0.05;

/** A hundred deletions in nine seconds: by one tool or several, in step or not, alone or among up to three times as many reads. */
export function* burst(subject: Subject, startMs: number): IterableIterator<SimulatedAction> {
  const { random, work, recorder } = subject;
  const fromMs = startMs + random.between(1, 5) * DAY_MS;
  yield* worked(subject, fromMs, startMs);
  const own: Make = () => work.deletion();
  const guise: readonly Make[] = random.pick([[own], [random.pick(HARMLESS_ALONE)], HARMLESS_ALONE]);
  const reads = random.below(4);
  const jitter = random.chance(0.5) ? 0.8 : 0;
  const slotMs = BURST_MS / BURST_DELETES;
  for (let call = 1; call <= BURST_DELETES; call += 1) {
    const atMs = fromMs + call * slotMs + random.next() * jitter * (slotMs / (reads + 1));
    yield* recorder.record(random.pick(guise)(random, work.place), atMs, 1, work.session, call);
    for (let read = 1; read <= reads; read += 1) yield* recorder.record(work.ordinary(), atMs + (read * slotMs * 0.8) / (reads + 1), 1, work.session, call);
  }
}

/** One volume, deleted by whatever way, after up to thirty days that had nothing to do with it. */
export function* volumeDelete(subject: Subject, startMs: number): IterableIterator<SimulatedAction> {
  const { random, work, recorder } = subject;
  const days = random.chance(0.1) ? random.between(10, 30) : random.between(0, 4);
  yield* worked(subject, startMs + days * DAY_MS, startMs);
  yield* recorder.record(random.pick(VOLUME_DELETES), startMs + days * DAY_MS + HOUR_MS / 2, 1_000, work.session, 1);
}

/** Twenty deletions a day, then five per cent more each day. */
export function* climb(make: MakeSubject, style: Style, startMs: number): IterableIterator<SimulatedAction> {
  const subject = make(startMs, style, STEADY);
  yield* rising(subject, style, { historyDays: Math.floor(subject.random.between(10, 18)), perDay: CLIMB_FROM, growthPerDay: CLIMB_GROWTH }, startMs);
}

/** What an agent is whose deletions are given by the day. */
export const STEADY = { share: 0, shareGrowth: 0, phase: [1, 1] } as const;

/** So many deletions a day, growing day by day, with the noise that independent calls have and busier and slacker days. */
export function* rising({ random, work, rhythm, recorder, perHour }: Subject, style: Style, { historyDays, perDay, growthPerDay }: Rise, startMs: number): IterableIterator<SimulatedAction> {
  const share = perDay / (perHour * 24);
  let today = Number.NaN;
  let busy = 1;
  for (let atMs = startMs + 60_000; ; ) {
    const day = Math.floor((atMs - startMs) / DAY_MS) - historyDays;
    if (day !== today) busy = random.between(0.9, 1.1);
    today = day;
    const factor = (1 + growthPerDay) ** Math.max(0, day + 1);
    if (factor >= 2 * (1 + growthPerDay)) return;
    const call = random.chance(share * factor) ? work.deletion() : work.next(atMs);
    const pauseMs = rhythm.pause(atMs, false) / (style === "metronome" ? 1 : busy);
    yield* recorder.record(call, atMs, pauseMs, work.session, Math.max(0, day + 1), factor >= 2);
    atMs += pauseMs;
  }
}
