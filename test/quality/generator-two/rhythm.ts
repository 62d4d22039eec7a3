/** When agents act. A rhythm answers the pause before the next call; calls of a cleanup phase follow one another quicker. */
import type { Random } from "../random.ts";
import type { Style } from "../generator/generator.ts";

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
/** Activity by weekday, Monday first, of agents that follow people's weeks. */
const WEEK = [1.1, 1.2, 1.15, 1.1, 0.95, 0.4, 0.35] as const;

export interface Rhythm {
  /** Pause in milliseconds before the next call at `atMs`. `quick`: the call belongs to a cleanup phase. */
  pause(atMs: number, quick: boolean): number;
}

/** Calls per hour over the agent's life: mostly tens, some hundreds, up to 600. */
export function drawRate(random: Random): number {
  const draw = random.next();
  if (draw < 0.75) return random.between(24, 60);
  return draw < 0.96 ? random.between(60, 200) : random.between(200, 600);
}

/** `weekly`: follows people's weeks. `growthPerDay`: relative growth of the rate. */
export function makeRhythm(style: Style, perHour: number, { weekly, growthPerDay }: { weekly: boolean; growthPerDay: number }, startMs: number, random: Random): Rhythm {
  const factor = (atMs: number): number => (weekly ? WEEK[Math.floor((atMs - startMs) / DAY_MS) % 7]! : 1) * (1 + growthPerDay) ** ((atMs - startMs) / DAY_MS);
  const meanMs = (atMs: number): number => HOUR_MS / (perHour * factor(atMs));
  const quickMs = random.between(900, 9_000);
  const hurried = (): number => Math.max(300, random.logNormal(quickMs, 0.7));
  if (style === "metronome") {
    const periodMs = Math.round(HOUR_MS / perHour);
    return { pause: () => periodMs };
  }
  if (style === "poisson") return { pause: (atMs, quick) => (quick ? Math.min(hurried(), random.exponential(meanMs(atMs))) : random.exponential(meanMs(atMs))) };
  if (style === "bursty") return burstyRhythm(meanMs, hurried, random);
  return { pause: (atMs, quick) => (quick ? hurried() : nextAwake(atMs, random.exponential(meanMs(atMs) / 1.9))) };
}

/** Turns of a model: a run of calls seconds apart, then a wait for a person or a build. */
function burstyRhythm(meanMs: (atMs: number) => number, hurried: () => number, random: Random): Rhythm {
  const turnMean = random.between(6, 45);
  const withinMs = random.between(700, 8_000);
  let left = 0;
  return {
    pause(atMs, quick) {
      if (quick) return hurried();
      if (left > 0) {
        left -= 1;
        return Math.max(150, random.logNormal(withinMs, 0.9));
      }
      left = random.geometric(turnMean);
      return random.exponential(Math.max(1, left * meanMs(atMs) - left * withinMs * 1.5));
    },
  };
}

/** Awake from 7 to 19:30 of its day; what falls into the night waits for the morning, as queued work does. */
function nextAwake(atMs: number, pauseMs: number): number {
  const then = atMs + pauseMs;
  const ofDay = then % DAY_MS;
  if (ofDay >= 7 * HOUR_MS && ofDay <= 19.5 * HOUR_MS) return pauseMs;
  const morning = then - ofDay + (ofDay > 19.5 * HOUR_MS ? DAY_MS : 0) + 7 * HOUR_MS;
  return morning - atMs + pauseMs * 0.1;
}
