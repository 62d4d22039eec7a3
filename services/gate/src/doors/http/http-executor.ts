/** Executes approved requests: the bytes that were kept, with today's credential, to the addresses that were checked last, once. */
import { reachOf } from "@tripline/runtime";
import type { GateCall } from "../../call.ts";
import type { GateDeps, Upstream } from "../../deps.ts";
import type { Executed, Executor } from "../../executor.ts";
import type { GateLimits } from "../../limits.ts";
import type { ChooseCredential } from "./credential.ts";
import { httpCall } from "./http-call.ts";
import { secretsIn, withSecret } from "./injection.ts";
import type { Lines } from "./line.ts";
import { isWithin } from "./ranges.ts";
import { Scrubber } from "./scrub.ts";
import { restore } from "./stored.ts";

export interface HttpExecutorDeps extends Pick<GateDeps, "secretOf" | "clock"> {
  readonly upstreamOf: (name: string) => Upstream | null;
  readonly choose: ChooseCredential;
  readonly lines: Lines;
  readonly limits: GateLimits;
}

export function createHttpExecutor(deps: HttpExecutorDeps): Executor {
  return {
    recall: async (caller, callId, stored) => {
      const request = restore(stored);
      const upstream = request === null ? null : deps.upstreamOf(request.upstream);
      const url = request === null || upstream === null ? null : URL.parse(request.target, upstream.url);
      if (request === null || upstream === null || url === null) return { kind: "gone", reason: "Its upstream is no longer configured." };
      if (url.origin !== upstream.url.origin || url.pathname + url.search !== request.target) return { kind: "gone", reason: "Its address is no longer the upstream's." };
      const chosen = deps.choose(caller, upstream);
      if (chosen.kind === "unfit") return { kind: "gone", reason: chosen.reason };
      const addresses = await deps.lines.addressesOf(upstream).catch(() => null);
      if (addresses === null) return { kind: "gone", reason: `The name of ${upstream.name} cannot be resolved to an address that is allowed.` };
      const injected = chosen.kind === "credential" ? chosen.injected : null;
      const call = httpCall({ ...request, url }, { callId, session: null, task: null, injected, addresses, within: upstream.addresses ?? null, credentials: [], refused: null });
      return call.refused !== undefined ? { kind: "gone", reason: call.refused.reason } : { kind: "recalled", call };
    },
    execute: (call, signal) => execute(call, signal, deps).catch(() => ({ kind: "unclear", reason: "The gate failed while it was executed." })),
  };
}

async function execute({ stored, target, injected }: GateCall, signal: AbortSignal, { upstreamOf, lines, secretOf, limits, clock }: HttpExecutorDeps): Promise<Executed> {
  const request = stored === null ? null : restore(stored);
  const upstream = request === null ? null : upstreamOf(request.upstream);
  const secret = injected === null ? null : secretOf(injected.id);
  if (request === null || upstream === null || target === null || target.origin !== upstream.url.origin) return { kind: "not-sent", reason: "It has no upstream." };
  if (injected !== null && secret === null) return { kind: "not-sent", reason: `There is no secret of ${injected.id}.` };
  if (target.addresses.length === 0 || !target.addresses.every((address) => isAllowed(address, upstream))) return { kind: "not-sent", reason: "An address of its upstream is not allowed." };
  if (signal.aborted) return { kind: "not-sent", reason: "It was stopped." };
  // A connection of its own: one that waited may be closed by the other side just as the request is written, and nobody could tell what became of it.
  const pool = lines.open(upstream, target.addresses);
  let isConnected = false;
  pool.on("connect", () => (isConnected = true));
  try {
    const { method, body } = request;
    const url = new URL(request.target, upstream.url);
    const answer = await pool.request({ method, path: request.target, headers: withSecret({ ...request, url }, upstream.inject, secret, clock()), body, signal });
    return await bounded(answer, new Scrubber(secretsIn(upstream.inject, secret)), limits.executedBytes);
  } catch (error) {
    const reason = error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : "the connection ended";
    return isConnected ? { kind: "unclear", reason } : { kind: "not-sent", reason };
  } finally {
    await pool.destroy().catch(() => undefined);
  }
}

function isAllowed(address: string, { allowPrivate, addresses }: Upstream): boolean {
  const reach = reachOf(address);
  return (reach === "public" || (allowPrivate && reach === "private")) && (addresses === undefined || isWithin(address, addresses));
}

interface Answer {
  readonly statusCode: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: AsyncIterable<Buffer>;
}

/** The status says that it was carried out or not; what cannot be read of the body changes nothing in that. */
async function bounded({ statusCode: status, headers, body }: Answer, scrubber: Scrubber, most: number): Promise<Executed> {
  const parts: Buffer[] = [];
  let size = 0;
  let truncated = false;
  try {
    for await (const part of body) {
      parts.push(part);
      size += part.length;
      if (size <= most) continue;
      truncated = true;
      break;
    }
  } catch {
    truncated = true;
  }
  const clean = scrubber.push(Buffer.concat(parts, size));
  const rest = scrubber.end();
  const text = (rest === null ? clean : Buffer.concat([clean, rest])).subarray(0, most).toString("utf8");
  const type = headers["content-type"];
  return { kind: "answered", status, contentType: typeof type === "string" ? type.slice(0, 256) : null, body: text, truncated };
}
