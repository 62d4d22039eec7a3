import type { TriplineOptions } from "../options.ts";
import { REQUEST_TIMEOUT_MS, replyOf, type Reply, type Transport } from "./transport.ts";

/** Sends through the runtime's own `fetch`. Its sockets are the runtime's, so whether they keep the process alive is too. */
export class FetchTransport implements Transport {
  readonly #url: string;
  readonly #token: string;
  readonly #fetch: NonNullable<TriplineOptions["fetch"]>;
  readonly #closed = new AbortController();

  constructor(url: URL, token: string, fetch: NonNullable<TriplineOptions["fetch"]>) {
    this.#url = url.href;
    this.#token = token;
    this.#fetch = fetch;
  }

  async send(body: string): Promise<Reply> {
    try {
      const response = await this.#fetch(this.#url, {
        method: "POST",
        headers: { "content-type": "application/json", authorization: `Bearer ${this.#token}` },
        body,
        signal: AbortSignal.any([this.#closed.signal, AbortSignal.timeout(REQUEST_TIMEOUT_MS)]),
      });
      return replyOf(response.status, response.headers.get("retry-after"), await response.text(), Date.now());
    } catch (error) {
      return { kind: "retry", reason: error instanceof Error ? error.name : "fetch failed", retryAfterMs: 0 };
    }
  }

  hold(_keepAlive: boolean): void {}

  close(): void {
    this.#closed.abort();
  }
}
