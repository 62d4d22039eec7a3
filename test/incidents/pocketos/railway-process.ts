/** The stand-in provider as a process, and what the demo asks of it behind the agent's back. */
import { fileURLToPath } from "node:url";
import type { JournalEntry, Token, WorldView } from "../../stand-ins/railway/index.ts";
import { askChild, startChild, within } from "./child.ts";
import { PROVIDER_LATENCY_MS } from "./scenario.ts";

export interface RailwayProcess {
  /** GraphQL endpoint. */
  readonly url: string;
  readonly world: WorldView;
  token(name: string): Token;
  state(): Promise<WorldView>;
  journal(): Promise<readonly JournalEntry[]>;
  end(): Promise<void>;
}

interface Started extends Omit<WorldView, "tokens"> {
  readonly url: string;
  readonly controlUrl: string;
  readonly tokens: readonly Token[];
}

const MAIN = fileURLToPath(new URL("../../stand-ins/railway/main.ts", import.meta.url));
const START_MS = 15_000;

export async function startRailway(): Promise<RailwayProcess> {
  let announce: (line: string) => void = () => undefined;
  const line = new Promise<string>((resolve) => (announce = resolve));
  const child = startChild("Railway stand-in", [MAIN, "--json-state", "--exit-with-parent", "--latency-ms", String(PROVIDER_LATENCY_MS)], (text) => announce(text));
  const started = JSON.parse(await within(START_MS, "address", child, line)) as Started;
  const ask = (path: string): Promise<unknown> => askChild(child, `${started.controlUrl}${path}`);
  return {
    url: started.url,
    world: started,
    token(name) {
      const token = started.tokens.find((candidate) => candidate.name === name);
      if (token === undefined) throw new RangeError(`the stand-in has no token called ${name}`);
      return token;
    },
    state: async () => (await ask("/state")) as WorldView,
    journal: async () => (await ask("/journal")) as readonly JournalEntry[],
    end: () => child.end(),
  };
}
