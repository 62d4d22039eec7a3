/**
 * Agents at work before the gate without a pause: tools asked about through the SDK, over HTTP and over the socket, and requests through the
 * proxy. Some only read, some are irreversible: one of those is granted and passes while all is well, the others nobody ever approves.
 */
import { Agent, request } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import { type CallDescription, createTripline, type Tripline } from "@tripline/sdk";
import type { Doors } from "./doors.ts";

export const KINDS = ["sdkRead", "proxyRead", "granted", "held", "proxyDelete"] as const;
export type Kind = (typeof KINDS)[number];

export interface Ask {
  readonly kind: Kind;
  readonly startMs: number;
  readonly endMs: number;
  /** The tool ran, or the upstream answered. */
  readonly passed: boolean;
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

type Try = () => Promise<{ readonly passed: boolean; readonly how: string }>;

export function startClients({ doors, token, endpoint, pauseMs, destroyPauseMs }: ClientsOptions): Clients {
  const asks: Ask[] = [];
  const stopping = new AbortController();
  const sdk = (place: { url: string } | { socketPath: string }): Tripline<true> => createTripline({ endpoint, ingestToken: token, agent: { name: "coder" }, gate: { ...place, token } });
  const [byUrl, bySocket] = [sdk({ url: doors.gateUrl }), sdk({ socketPath: doors.socketPath })];
  const agent = new Agent({ keepAlive: true });
  const proxied = (method: string, path: string): Try => () => proxy(agent, `${doors.gateUrl}/u/${doors.upstream}${path}`, method, token);
  const granted = { request: { kind: "shell", command: "npm publish" }, resource: { kind: "package", id: "scratch" } } as const;
  const read = { request: { kind: "sql", system: "postgresql", text: "select 1" } } as const;
  const held = { request: { kind: "sql", system: "postgresql", text: "drop table orders" } } as const;
  const oneAfterAnother: readonly (readonly (readonly [Kind, Try])[])[] = [
    [["sdkRead", tool(byUrl, read, "read")]], [["sdkRead", tool(bySocket, read, "read")]], [["proxyRead", proxied("GET", "/read")]], [["granted", tool(byUrl, granted)]], [["granted", tool(bySocket, granted)]],
    [["held", tool(byUrl, held)], ["held", tool(bySocket, held)], ["proxyDelete", proxied("DELETE", "/volumes/1")]],
  ];
  const work = async (tries: readonly (readonly [Kind, Try])[]): Promise<void> => {
    for (let at = 0; !stopping.signal.aborted; at += 1) {
      const [kind, one] = tries[at % tries.length]!;
      const startMs = performance.now();
      const { passed, how } = await one();
      asks.push({ kind, startMs, endMs: performance.now(), passed, how });
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
      await Promise.all([byUrl.shutdown(200), bySocket.shutdown(200)]);
    },
  };
}

function tool(tripline: Tripline<true>, description: CallDescription, effect?: "read"): Try {
  const wrapped = tripline.wrapTool("tool", () => "ran", { describe: () => description, ...(effect === undefined ? {} : { effect }) });
  return () => wrapped().then(() => ({ passed: true, how: "ran" }), (error: unknown) => ({ passed: false, how: String(error).slice(0, 200) }));
}

function proxy(agent: Agent, url: string, method: string, token: string): ReturnType<Try> {
  return new Promise((resolve) => {
    const failed = (error: Error): void => resolve({ passed: false, how: error.message });
    const asked = request(url, { method, agent, headers: { authorization: `Bearer ${token}` }, signal: AbortSignal.timeout(PROXY_MS) }, (response) => {
      response.resume().once("error", failed).once("end", () => resolve({ passed: response.statusCode === 200, how: String(response.statusCode) }));
    });
    asked.once("error", failed).end();
  });
}
