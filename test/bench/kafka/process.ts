/** A process of the benchmark: says one JSON line when it is ready, then answers one to each that it is sent. */
import { type Child, startChild, within } from "../../incidents/pocketos/child.ts";

export interface Running<Greeting> {
  readonly pid: number;
  readonly greeting: Greeting;
  ask(question: unknown): Promise<unknown>;
  end(): Promise<void>;
}

const READY_MS = 60_000;
const ANSWER_MS = 90_000;

export async function startProcess<Greeting>(name: string, args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<Running<Greeting>> {
  const waiting: ((line: string) => void)[] = [];
  const next = (): Promise<string> => new Promise((resolve) => waiting.push(resolve));
  const first = next();
  const child: Child = startChild(name, args, (line) => waiting.shift()?.(line), env);
  try {
    const greeting = JSON.parse(await within(READY_MS, "start", child, first)) as Greeting;
    return {
      pid: child.pid,
      greeting,
      ask: async (question) => {
        const answer = next();
        child.send(question);
        return JSON.parse(await within(ANSWER_MS, "answer", child, answer)) as unknown;
      },
      end: () => child.end(),
    };
  } catch (error) {
    await child.end();
    throw error;
  }
}
