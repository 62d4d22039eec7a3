/** An independent client with the same token: asks a harmless question again and again, and notes the first refusal. */
import { graphql, readAnswer } from "./agent-tools.ts";
import { preciseNowMs } from "../../precise-now.ts";
import { PROBE_INTERVAL_MS } from "./scenario.ts";

export interface Prober {
  /** When the first refusal arrived; null while the token works. Epoch milliseconds. */
  firstRefusedMs(): number | null;
  asked(): number;
  stop(): Promise<void>;
}

/** Questions in flight; beyond it the prober waits rather than pile up. */
const IN_FLIGHT = 16;
const TIMEOUT_MS = 2_000;

export function startProber(url: string, secret: string): Prober {
  const question = graphql(url, { authorization: `Bearer ${secret}` }, "query { apiToken { workspaces { id } } }", {});
  let firstRefusedMs: number | null = null;
  let asked = 0;
  const open = new Set<Promise<void>>();
  const ask = async (): Promise<void> => {
    const { method, headers, body } = question;
    const response = await fetch(url, { method, headers, body, signal: AbortSignal.timeout(TIMEOUT_MS) });
    if (readAnswer(await response.text()).outcome === "refused") firstRefusedMs ??= preciseNowMs();
  };
  const timer = setInterval(() => {
    if (open.size >= IN_FLIGHT || firstRefusedMs !== null) return;
    asked += 1;
    // A question that fails proves nothing either way; the next one asks again.
    const answered = ask().catch(() => undefined);
    open.add(answered);
    void answered.finally(() => open.delete(answered));
  }, PROBE_INTERVAL_MS);
  return {
    firstRefusedMs: () => firstRefusedMs,
    asked: () => asked,
    stop: async () => {
      clearInterval(timer);
      await Promise.all(open);
    },
  };
}
