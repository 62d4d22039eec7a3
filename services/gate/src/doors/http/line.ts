/**
 * Connections to one upstream with one credential, and to nothing else: its name is resolved once, every address must be allowed, connections
 * go to those very addresses under the original name, and where a connection really ended up is looked at again.
 */
import { lookup } from "node:dns/promises";
import { isIP, type LookupFunction, type Socket } from "node:net";
import { createSecureContext } from "node:tls";
import { TriplineError } from "@tripline/model";
import { reachOf } from "@tripline/runtime";
import { buildConnector, Client, type Dispatcher, Pool } from "undici";
import type { Upstream } from "../../deps.ts";
import type { GateLimits } from "../../limits.ts";
import { isWithin } from "./ranges.ts";

export type Resolve = (hostname: string) => Promise<readonly string[]>;
export const resolveByDns: Resolve = async (hostname) => (await lookup(hostname, { all: true })).map(({ address }) => address);

export interface Line {
  readonly addresses: readonly string[];
  readonly pool: Pool;
}

export interface Lines {
  /** @throws TL_GATE_UPSTREAM where the name leads nowhere, or to a place that it must not */
  get(upstream: Upstream, credential: string): Promise<Line> | Line;
  /** As of now, whatever was asked before. */
  addressesOf(upstream: Upstream): Promise<readonly string[]>;
  /** A line of its own, for one call. */
  open(upstream: Upstream, addresses: readonly string[]): Pool;
  close(): Promise<void>;
}

type LineLimits = Pick<GateLimits, "upstreamConnections" | "upstreamConnectMs" | "upstreamIdleMs" | "resolveAgainMs">;

/** Addresses looked at per name. */
const MAX_ADDRESSES = 64;

export function createLines(limits: LineLimits, resolve: Resolve): Lines {
  const lines = new Map<string, Line & { readonly resolvedMs: number }>();
  const renewing = new Map<string, Promise<Line>>();
  const addressesOf = (upstream: Upstream) => checkedAddresses(upstream, resolve, limits.upstreamConnectMs);
  const renew = async (key: string, upstream: Upstream): Promise<Line> => {
    const addresses = await addressesOf(upstream);
    const known = lines.get(key);
    const isSame = known !== undefined && known.addresses.join() === addresses.join();
    const line = { addresses, pool: isSame ? known.pool : openPool(upstream, addresses, limits), resolvedMs: performance.now() };
    lines.set(key, line);
    // What is under way may end where it went.
    if (known !== undefined && !isSame) known.pool.close().catch(() => undefined);
    return line;
  };
  return {
    addressesOf,
    open: (upstream, addresses) => openPool(upstream, addresses, { ...limits, upstreamConnections: 1 }),
    get: (upstream, credential) => {
      const key = `${upstream.name}/${credential}`;
      const known = lines.get(key);
      if (known !== undefined && performance.now() - known.resolvedMs < limits.resolveAgainMs) return known;
      const made = renewing.get(key) ?? renew(key, upstream).finally(() => renewing.delete(key));
      renewing.set(key, made);
      return made;
    },
    close: async () => void (await Promise.allSettled([...lines.values()].map(({ pool }) => pool.destroy()))),
  };
}

async function checkedAddresses({ url, name, allowPrivate, addresses }: Upstream, resolve: Resolve, timeoutMs: number): Promise<readonly string[]> {
  const hostname = url.hostname.replace(/^\[|\]$/g, "");
  const found = isIP(hostname) === 0 ? await within(resolve(hostname), timeoutMs) : [hostname];
  if (found.length === 0 || found.length > MAX_ADDRESSES) throw new TriplineError("TL_GATE_UPSTREAM", `The name of ${name} cannot be resolved.`);
  for (const address of found) {
    const reach = reachOf(address);
    // One bad address spoils the name: the next answer may put it first.
    if (reach !== "public" && !(reach === "private" && allowPrivate)) throw new TriplineError("TL_GATE_UPSTREAM", `The name of ${name} leads to a ${reach === "private" ? "private" : "reserved"} address, which is not connected to.`);
    if (addresses !== undefined && !isWithin(address, addresses)) throw new TriplineError("TL_GATE_UPSTREAM", `The name of ${name} leads to an address outside of those that are configured for it.`);
  }
  return [...new Set(found)].toSorted();
}

function within(asked: Promise<readonly string[]>, timeoutMs: number): Promise<readonly string[]> {
  const { promise, resolve } = Promise.withResolvers<readonly string[]>();
  const timer = setTimeout(() => resolve([]), timeoutMs);
  asked.then(resolve, () => resolve([])).finally(() => clearTimeout(timer));
  return promise;
}

function openPool({ url, ca }: Upstream, addresses: readonly string[], limits: LineLimits): Pool {
  // One for all connections: made for each, it costs as much as the rest of a handshake.
  const secureContext = url.protocol === "https:" ? createSecureContext(ca === null ? {} : { ca }) : undefined;
  const connector = buildConnector({ lookup: pinned(addresses), timeout: limits.upstreamConnectMs, allowH2: false, rejectUnauthorized: true, ...(secureContext === undefined ? {} : { secureContext }) });
  const allowed = new Set(addresses);
  const connect: buildConnector.connector = (options, callback) =>
    connector(options, (...[error, socket]) => {
      if (error !== null) return callback(error, null);
      const reached = (socket.remoteAddress ?? "").replace(/^::ffff:(?=\d+\.)/, "");
      if (allowed.has(reached)) return callback(null, socket);
      socket.destroy();
      callback(new Error("the connection went elsewhere"), null);
    });
  return new Pool(url.origin, {
    connections: limits.upstreamConnections, pipelining: 1, headersTimeout: limits.upstreamIdleMs, bodyTimeout: limits.upstreamIdleMs, connect,
    factory: (origin, options: Client.Options) => new Wire(origin, { ...options, connect }),
  });
}

/** What a call is dispatched with that wants to be told of the wire that it goes over, before anything is sent. */
export interface OverWire extends Dispatcher.DispatchOptions {
  onWire(wire: { cut(): void }): void;
}

/** One connection at a time, which can be ended under its request: undici keeps an aborted one in its queue and connects anew for it, handshake and all. */
class Wire extends Client {
  #socket: Socket | null = null;

  constructor(origin: string | URL, { connect, ...options }: Client.Options & { readonly connect: buildConnector.connector }) {
    super(origin, {
      ...options,
      connect: (to, callback) =>
        connect(to, (...[error, socket]) => {
          if (error !== null) return callback(error, null);
          this.#socket = socket;
          callback(null, socket);
        }),
    });
  }

  override dispatch(options: Dispatcher.DispatchOptions & Partial<OverWire>, handler: Dispatcher.DispatchHandler): boolean {
    options.onWire?.(this);
    return super.dispatch(options, handler);
  }

  /** Ends what is under way. */
  cut(): void {
    this.#socket?.destroy();
  }
}

/** Node asks for one address or for all of them. */
function pinned(addresses: readonly string[]): LookupFunction {
  const all = addresses.map((address) => ({ address, family: isIP(address) }));
  return (_hostname, options, done) => {
    if (options.all === true) done(null, all);
    else done(null, all[0]!.address, all[0]!.family);
  };
}
