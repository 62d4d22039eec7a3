/**
 * Agents at work before the gate without a pause: tools asked about through the SDK, over HTTP and over the socket, and requests through the
 * proxy. Some only read, some are irreversible: one of those is granted and passes while all is well, the others nobody ever approves.
 */
import { randomUUID } from "node:crypto";
import { Agent, request } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import { type CallDescription, createTripline, type Tripline } from "@tripline/sdk";
import type { RecordingUpstream } from "./upstream.ts";
import type { Doors } from "./doors.ts";

/** `proxyRead` comes of a client that tries again where it finds nobody, `proxyReadOnce` of one that does not. */
export const KINDS = ["sdkRead", "proxyRead", "proxyReadOnce", "granted", "held", "proxyDelete"] as const;
export type Kind = (typeof KINDS)[number];

export interface Ask {
  readonly kind: Kind;
  /** As the gate records it. */
  readonly callId: string;
  readonly startMs: number;
  readonly endMs: number;
  /** The tool ran, or the upstream answered. */
  readonly passed: boolean;
  /** It passed because it only reads and nobody decided: the gate has no record of it. */
  readonly undecided: boolean;
  readonly tries: number;
  readonly how: string;
}

export interface Clients {
  /** Everything asked so far, in the order in which it ended. */
  readonly asks: readonly Ask[];
  stop(): Promise<void>;
}

export interface ClientsOptions {
  readonly doors: Pick<Doors, "gateUrl" | "socketPath" | "upstream">;
  readonly token: string;
  /** Where the SDK reports. */
  readonly endpoint: string;
  readonly pauseMs: number;
  /** Between two calls that would destroy something: a storm of them opens the breaker, as it should. */
  readonly destroyPauseMs: number;
}

const PROXY_MS = 10_000;
/** As undici's RetryAgent waits by itself, and in the same cases: GET, and a connection that is refused or lost. */
const RETRY_PAUSES_MS = [500, 1_000, 2_000, 4_000, 8_000];
export const RETRIED = /ECONNREFUSED|ECONNRESET|socket hang up/u;
/** Clients of the proxy that try again: each waits most of an outage, so that one alone would tell little. */
const RETRYING = 3;

interface Came {
  readonly passed: boolean;
  readonly how: string;
  readonly undecided?: boolean;
  readonly tries?: number;
}
type Try = (callId: string) => Promise<Came>;

export function startClients({ doors, token, endpoint, pauseMs, destroyPauseMs }: ClientsOptions): Clients {
  const asks: Ask[] = [];
  const stopping = new AbortController();
  const opened: Tripline<true>[] = [];
  // One for each that asks: its count of calls that nobody decided is about them alone.
  const sdk = (place: { url: string } | { socketPath: string }): Tripline<true> => {
    const made = createTripline({ endpoint, ingestToken: token, agent: { name: "coder" }, gate: { ...place, token } });
    opened.push(made);
    return made;
  };
  const [url, socket] = [{ url: doors.gateUrl }, { socketPath: doors.socketPath }];
  const [byUrl, bySocket] = [sdk(url), sdk(socket)];
  const agent = new Agent({ keepAlive: true });
  const proxied = (method: string, path: string): Try => (callId) => proxy(agent, `${doors.gateUrl}/u/${doors.upstream}${path}`, method, { token, callId });
  const granted = { request: { kind: "shell", command: "npm publish" }, resource: { kind: "package", id: "scratch" } } as const;
  const read = { request: { kind: "sql", system: "postgresql", text: "select 1" } } as const;
  const held = { request: { kind: "sql", system: "postgresql", text: "drop table orders" } } as const;
  const retrying = Array.from({ length: RETRYING }, () => [["proxyRead", again(proxied("GET", "/read"), stopping.signal)]] as const);
  const oneAfterAnother: readonly (readonly (readonly [Kind, Try])[])[] = [
    [["sdkRead", tool(sdk(url), read, "read")]], [["sdkRead", tool(sdk(socket), read, "read")]], [["proxyReadOnce", proxied("GET", "/read")]], ...retrying, [["granted", tool(byUrl, granted)]], [["granted", tool(bySocket, granted)]],
    [["held", tool(byUrl, held)], ["held", tool(bySocket, held)], ["proxyDelete", proxied("DELETE", "/volumes/1")]],
  ];
  const work = async (tries: readonly (readonly [Kind, Try])[]): Promise<void> => {
    for (let at = 0; !stopping.signal.aborted; at += 1) {
      const [kind, one] = tries[at % tries.length]!;
      const callId = randomUUID();
      const startMs = performance.now();
      const came = await one(callId);
      asks.push({ kind, callId, startMs, endMs: performance.now(), undecided: false, tries: 1, ...came });
      await sleep(tries.length > 1 ? destroyPauseMs : pauseMs);
    }
  };
  const working = oneAfterAnother.map((tries) => work(tries));
  return {
    asks,
    stop: async () => {
      stopping.abort();
      await Promise.all(working);
      agent.destroy();
      await Promise.all(opened.map((one) => one.shutdown(200)));
    },
  };
}

function tool(tripline: Tripline<true>, description: CallDescription, effect?: "read"): Try {
  const wrapped = tripline.wrapTool("tool", (_callId: string) => "ran", { input: () => ({}), describe: (callId) => ({ ...description, callId }), ...(effect === undefined ? {} : { effect }) });
  const away = (): number => tripline.stats().gate?.away ?? 0;
  return (callId) => {
    const before = away();
    return wrapped(callId).then(() => ({ passed: true, how: "ran", undecided: effect === "read" && away() > before }), (error: unknown) => ({ passed: false, how: String(error).slice(0, 200) }));
  };
}

/** Tries again where nobody listens or the connection was lost; never where the gate has answered. */
function again(one: Try, signal: AbortSignal): Try {
  return async (callId) => {
    for (let tries = 1; ; tries += 1) {
      const came = await one(callId);
      const pauseMs = RETRY_PAUSES_MS[tries - 1];
      if (came.passed || pauseMs === undefined || !RETRIED.test(came.how) || signal.aborted) return { ...came, tries };
      await sleep(pauseMs, undefined, { signal }).catch(() => undefined);
    }
  };
}

/** One request through the proxy. */
export function proxy(agent: Agent, url: string, method: string, { token, callId }: { readonly token: string; readonly callId: string }): Promise<Came> {
  return new Promise((resolve) => {
    const failed = (error: NodeJS.ErrnoException): void => resolve({ passed: false, how: `${error.code ?? ""} ${error.message}` });
    const headers = { authorization: `Bearer ${token}`, "x-tripline-call": callId };
    const asked = request(url, { method, agent, headers, signal: AbortSignal.timeout(PROXY_MS) }, (response) => {
      response.resume().once("error", failed).once("end", () => resolve({ passed: response.statusCode === 200, how: String(response.statusCode) }));
    });
    asked.once("error", failed).end();
  });
}

/** Longest wait for the gate to decide everything again: that it does so at all must not depend on who else uses the machine. */
export const BACK_MS = 120_000;

/** When something granted that was asked after `fromMs` had passed; null where nothing does within the bound. */
export async function untilBack({ asks }: Pick<Clients, "asks">, fromMs: number): Promise<number | null> {
  let seen = 0;
  while (performance.now() - fromMs < BACK_MS) {
    for (; seen < asks.length; seen += 1) {
      const { kind, passed, startMs, endMs } = asks[seen]!;
      if (kind === "granted" && passed && startMs >= fromMs) return endMs;
    }
    await sleep(5);
  }
  return null;
}

export const whyRefused = ({ asks }: Pick<Clients, "asks">): string => asks.findLast(({ kind }) => kind === "granted")?.how ?? "";

export const reached = ({ effects }: RecordingUpstream): string[] => effects.map(({ method, url }) => `${method} ${url} reached the upstream`);
