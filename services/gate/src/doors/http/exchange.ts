/** One request to the upstream and its answer back to the agent, streamed as fast as the agent reads. */
import type { IncomingHttpHeaders, ServerResponse } from "node:http";
import type { Dispatcher, Pool } from "undici";
import type { OverWire } from "./line.ts";
import { Scrubber } from "./scrub.ts";

/** Of one connection; what would lead the client past the gate; what would be a credential of the upstream's own. */
const NOT_BACK: ReadonlySet<string> = new Set([
  "connection", "keep-alive", "proxy-connection", "proxy-authenticate", "proxy-authorization", "te", "trailer", "transfer-encoding", "upgrade",
  "alt-svc", "strict-transport-security", "set-cookie", "set-cookie2", "clear-site-data", "refresh",
]);

export interface Sent {
  readonly method: string;
  /** Path and query. */
  readonly path: string;
  readonly headers: string[];
  readonly body: Buffer | null;
}

export type Ended =
  | { readonly kind: "answered"; readonly status: number }
  /** `begun`: the agent has seen a part of the answer. */
  | { readonly kind: "failed"; readonly begun: boolean; readonly reason: string }
  | { readonly kind: "cut" };

/** Ends all of it at once. */
export class Cut {
  isCut = false;
  #ended: () => void = () => undefined;

  cut(): void {
    this.isCut = true;
    this.#ended();
  }

  /** One listener; null = none. */
  listen(ended: (() => void) | null): void {
    this.#ended = ended ?? (() => undefined);
  }
}

export interface ExchangeOptions {
  readonly secret: string | null;
  readonly cut: Cut;
  /** Where the agent should look instead, for an address that the upstream answers. */
  readonly relocate: (location: string) => string;
}

/** Never rejects. After `answered` the response is complete, after `cut` it is destroyed; after `failed` it is still to be answered, or destroyed where it had begun. */
export function exchange(pool: Pool, sent: Sent, response: ServerResponse, options: ExchangeOptions): Promise<Ended> {
  return new Promise((resolve) => {
    const handler = new Exchange(response, options, resolve);
    const over: OverWire = { ...sent, method: sent.method, onWire: handler.onWire };
    pool.dispatch(over, handler);
  });
}

class Exchange implements Dispatcher.DispatchHandler {
  readonly #response: ServerResponse;
  readonly #options: ExchangeOptions;
  readonly #resolve: (ended: Ended) => void;
  readonly #scrubber: Scrubber;
  #controller: Dispatcher.DispatchController | null = null;
  #wire: Parameters<OverWire["onWire"]>[0] | null = null;
  #status = 0;
  #isOver = false;

  constructor(response: ServerResponse, options: ExchangeOptions, resolve: (ended: Ended) => void) {
    this.#response = response;
    this.#options = options;
    this.#resolve = resolve;
    this.#scrubber = new Scrubber(options.secret);
    options.cut.listen(this.#cut);
    response.on("close", this.#left);
    response.on("drain", this.#drained);
  }

  readonly onWire = (wire: Parameters<OverWire["onWire"]>[0]): void => void (this.#wire = wire);

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller;
    if (this.#isOver || this.#options.cut.isCut) controller.abort(new Error("cut"));
  }

  onResponseStart(_controller: Dispatcher.DispatchController, status: number, headers: IncomingHttpHeaders): void {
    if (status < 200) return;
    this.#status = status;
    this.#response.writeHead(status, this.#headersBack(headers));
  }

  onResponseData(controller: Dispatcher.DispatchController, part: Buffer): void {
    const clean = this.#scrubber.push(part);
    if (clean.length > 0 && !this.#response.write(clean)) controller.pause();
  }

  onResponseEnd(): void {
    const rest = this.#scrubber.end();
    this.#finish({ kind: "answered", status: this.#status });
    this.#response.end(rest ?? undefined);
  }

  onResponseError(_controller: Dispatcher.DispatchController, error: Error): void {
    if (this.#isOver) return;
    const begun = this.#response.headersSent;
    if (begun) this.#response.destroy();
    this.#finish({ kind: "failed", begun, reason: "code" in error && typeof error.code === "string" ? error.code : error.name });
  }

  readonly #drained = (): void => this.#controller?.resume();

  readonly #left = (): void => {
    if (!this.#isOver) this.#cut();
  };

  readonly #cut = (): void => {
    if (this.#isOver) return;
    this.#finish({ kind: "cut" });
    this.#response.destroy();
    // Where it has not begun, its start will abort it.
    if (this.#controller !== null) this.#wire?.cut();
  };

  #finish(ended: Ended): void {
    this.#isOver = true;
    this.#options.cut.listen(null);
    this.#response.off("close", this.#left);
    this.#response.off("drain", this.#drained);
    this.#resolve(ended);
  }

  #headersBack(headers: IncomingHttpHeaders): string[] {
    const back: string[] = [];
    const named = (headers.connection ?? "").toLowerCase().split(",").map((name) => name.trim());
    for (const [name, value] of Object.entries(headers)) {
      if (value === undefined || NOT_BACK.has(name) || named.includes(name) || this.#scrubber.text(name) !== name) continue;
      for (const one of Array.isArray(value) ? value : [value]) back.push(name, this.#scrubber.text(name === "location" || name === "content-location" ? this.#options.relocate(one) : one));
    }
    return back;
  }
}
