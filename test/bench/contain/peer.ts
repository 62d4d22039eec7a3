/** Child processes that answer one JSON line to each JSON line sent to them, in order. */
import { startChild, within } from "../../incidents/pocketos/child.ts";

export interface Peer {
  /** The next line that it says, as JSON. Rejects when the process ends or is silent for too long. */
  next(): Promise<unknown>;
  /** Sends a line; then `next`. */
  ask(value: unknown): Promise<unknown>;
  end(): Promise<void>;
}

const ANSWER_MS = 60_000;

export function startPeer(name: string, args: readonly string[], env: Readonly<Record<string, string>> = {}): Peer {
  const waiting: ((line: string) => void)[] = [];
  const early: string[] = [];
  const child = startChild(name, args, (line) => {
    const next = waiting.shift();
    if (next === undefined) early.push(line);
    else next(line);
  }, env);
  const next = async (): Promise<unknown> => {
    const line = early.shift() ?? (await within(ANSWER_MS, "answer", child, new Promise<string>((resolve) => waiting.push(resolve))));
    return JSON.parse(line);
  };
  return {
    next,
    ask: (value) => {
      child.send(value);
      return next();
    },
    end: () => child.end(),
  };
}

/** Microseconds of the machine's monotonic clock: the same clock in every process, untouched by time corrections. */
export function monotonicUs(): number {
  return Number(process.hrtime.bigint() / 1_000n);
}
