/** Sees to it that a campaign ends by itself: it tells how far things are, and gives up, saying why, when nothing goes on. */
import type { Instance } from "./instance.ts";
import type { KafkaCluster } from "../../servers/kafka.ts";

export interface WatchDeps {
  /** Actions acknowledged so far. */
  readonly acknowledged: () => number;
  readonly instances: readonly Pick<Instance, "name" | "ready">[];
  readonly kafka: Pick<KafkaCluster, "nodes">;
  readonly say: (line: string) => void;
  /** Nothing acknowledged for so long, while agents send: it cannot proceed. */
  readonly stallMs: number;
  /** All of it may last so long. */
  readonly boundMs: number;
  readonly tellMs: number;
}

export interface Watch {
  /** What is being done now, for people; `sending` while agents do. */
  phase(name: string, sending: boolean): void;
  /** The promise's outcome, or the reason for which the campaign gives up. */
  guard<T>(work: Promise<T>): Promise<T>;
  stop(): void;
}

const LOOK_MS = 500;

/** Begins to look at once, until stopped. */
export function watchCampaign({ acknowledged, instances, kafka, say, stallMs, boundMs, tellMs }: WatchDeps): Watch {
  const startMs = performance.now();
  const given = Promise.withResolvers<never>();
  given.promise.catch(() => undefined);
  let [name, sending] = ["starting", false];
  let [count, movedMs] = [acknowledged(), startMs];
  let [told, toldMs] = [count, startMs];
  const state = (): string => {
    const away = instances.filter(({ ready }) => !ready).map((instance) => instance.name);
    const down = kafka.nodes.filter(({ running }) => !running).map(({ id }) => `broker ${id}`);
    return [...away, ...down].length === 0 ? "all processes run" : `not running: ${[...away, ...down].join(", ")}`;
  };
  const look = (): void => {
    const nowMs = performance.now();
    const now = acknowledged();
    if (now > count || !sending) [count, movedMs] = [now, nowMs];
    if (nowMs - toldMs >= tellMs) {
      say(`${name}: ${now} acknowledged, ${Math.round(((now - told) * 1_000) / (nowMs - toldMs))}/s; ${state()}`);
      [told, toldMs] = [now, nowMs];
    }
    const whole = (ms: number): number => Math.round(ms / 1_000);
    if (nowMs - movedMs > stallMs) given.reject(new Error(`nothing was acknowledged for ${whole(stallMs)} s while ${name}; ${state()}`));
    else if (nowMs - startMs > boundMs) given.reject(new Error(`not finished in ${whole(boundMs)} s, while ${name}; ${now} acknowledged; ${state()}`));
  };
  const timer = setInterval(look, LOOK_MS);
  return {
    phase: (next, isSending) => {
      [name, sending, movedMs] = [next, isSending, performance.now()];
    },
    guard: (work) => Promise.race([work, given.promise]),
    stop: () => clearInterval(timer),
  };
}
