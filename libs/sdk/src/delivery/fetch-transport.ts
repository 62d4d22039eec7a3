import type { TriplineOptions } from "../options.ts";
import { REQUEST_TIMEOUT_MS, replyOf, type Reply, type Transport } from "./transport.ts";

/** Sends through the runtime's own `fetch`. Its sockets are the runtime's, so whether they keep the process alive is too. */
export class FetchTransport implements Transport {
  readonly #url: string;
  readonly #token: string;
  readonly #fetch: NonNullable<TriplineOptions["fetch"]>;
  readonly #open = new Set<AbortController>();

  constructor(url: URL, token: string, fetch: NonNullable<TriplineOptions["fetch"]>) {
    this.#url = url.href;
    this.#token = token;
    this.#fetch = fetch;
  }

  async send(body: string): Promise<Reply> {
    // By hand, since Node 20.0 has no AbortSignal.any.
    const abort = new AbortController();
    const timer = setTimeout(() => abort.abort(), REQUEST_TIMEOUT_MS).unref();
    this.#open.add(abort);
    try {
      const response = await this.#fetch(this.#url, {
        method: "POST",
        headers: { "content-type": "application/json", authorization: `Bearer ${this.#token}` },
        body,
        signal: abort.signal,
      });
      return replyOf(response.status, response.headers.get("retry-after"), await response.text(), Date.now());
    } catch (error) {
      return { kind: "retry", reason: error instanceof Error ? error.name : "fetch failed", retryAfterMs: 0 };
    } finally {
      clearTimeout(timer);
      this.#open.delete(abort);
    }
  }

  hold(_keepAlive: boolean): void {}

  close(): void {
    for (const abort of this.#open) abort.abort();
  }
}
