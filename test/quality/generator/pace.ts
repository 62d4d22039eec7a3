/** When an agent of a style acts. Each pace yields event times for ever, at `perHour` actions per hour on average. */
import type { Random } from "../random.ts";
import type { Style } from "./generator.ts";

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

export function* pace(style: Style, perHour: number, random: Random, startMs: number): Generator<number, never> {
  switch (style) {
    case "poisson":
      return yield* poisson(perHour, random, startMs);
    case "metronome":
      return yield* metronome(perHour, startMs);
    case "bursty":
      return yield* bursty(perHour, random, startMs);
    case "daynight":
      return yield* dayNight(perHour, random, startMs);
  }
}

function* poisson(perHour: number, random: Random, startMs: number): Generator<number, never> {
  let at = startMs;
  for (;;) {
    at += random.exponential(HOUR_MS / perHour);
    yield Math.round(at);
  }
}

function* metronome(perHour: number, startMs: number): Generator<number, never> {
  for (let step = 1; ; step += 1) yield Math.round(startMs + (step * HOUR_MS) / perHour);
}

/** Tasks: bursts of calls a few seconds apart, with silences that keep the average. Tasks differ in length and pace. */
function* bursty(perHour: number, random: Random, startMs: number): Generator<number, never> {
  const meanCalls = random.between(12, 50);
  const medianGapMs = random.between(1_500, 9_000);
  let at = startMs;
  for (;;) {
    const calls = random.geometric(meanCalls);
    const taskGapMs = medianGapMs * random.logNormal(1, 0.4);
    at += random.exponential(Math.max(60_000, (meanCalls * HOUR_MS) / perHour - meanCalls * medianGapMs * 1.4));
    for (let call = 0; call < calls; call += 1) {
      at += random.logNormal(taskGapMs, 0.8);
      yield Math.round(at);
    }
  }
}

/** Office hours, thin nights, thinner weekends: thinning of a Poisson stream. */
function* dayNight(perHour: number, random: Random, startMs: number): Generator<number, never> {
  const opensHour = random.between(6, 10);
  const night = random.between(0.02, 0.15);
  const weekend = random.between(0.1, 0.6);
  const meanShare = (10 / 24 + (14 / 24) * night) * (5 / 7 + (2 / 7) * weekend);
  const peak = perHour / meanShare;
  let at = startMs;
  for (;;) {
    at += random.exponential(HOUR_MS / peak);
    const hour = (at % DAY_MS) / HOUR_MS;
    const day = Math.floor(at / DAY_MS) % 7;
    const share = (hour >= opensHour && hour < opensHour + 10 ? 1 : night) * (day < 2 ? weekend : 1);
    if (random.chance(share)) yield Math.round(at);
  }
}
