/**
 * Sends one POST to an address that was checked, and to no other: the name is resolved once, every address must be allowed, and the
 * connection goes to one of them with the original host name. Redirects are not followed.
 */
import { lookup } from "node:dns/promises";
import { request as httpRequest, type IncomingMessage } from "node:http";
import { request as httpsRequest } from "node:https";
import { isIP, type LookupFunction } from "node:net";
import { failureReason, reachOf } from "@tripline/runtime";

export type PostResult =
  | { readonly kind: "answered"; readonly status: number; readonly retryAfter: string | null }
  /** The address is not allowed; nothing was sent. */
  | { readonly kind: "forbidden"; readonly reason: string }
  | { readonly kind: "no-answer"; readonly reason: string };

export interface PostOptions {
  readonly allowPrivate: boolean;
  readonly timeoutMs: number;
  readonly resolve: Resolve;
}
export type Resolve = (hostname: string) => Promise<readonly string[]>;

/** Addresses looked at per name. */
const MAX_ADDRESSES = 32;
/** Bytes of an answer's body that are read before the connection is dropped: nothing in it matters. */
const MAX_BODY_BYTES = 16_384;

export const resolveByDns: Resolve = async (hostname) => (await lookup(hostname, { all: true })).map((one) => one.address);

/** Never rejects, and ends within the time-out. */
export async function post(
  url: URL,
  content: { readonly headers: Readonly<Record<string, string>>; readonly body: string },
  options: PostOptions,
  signal: AbortSignal,
): Promise<PostResult> {
  const limit = AbortSignal.any([signal, AbortSignal.timeout(options.timeoutMs)]);
  const target = await allowedAddress(url, options, limit);
  return typeof target === "string" ? send(url, content, target, limit) : target;
}

async function allowedAddress(url: URL, options: PostOptions, limit: AbortSignal): Promise<string | PostResult> {
  const hostname = url.hostname.replace(/^\[|\]$/g, "");
  const addresses = isIP(hostname) === 0 ? await resolveWithin(options.resolve, hostname, limit) : [hostname];
  const first = addresses[0];
  if (first === undefined) return { kind: "no-answer", reason: "the receiver's name cannot be resolved" };
  for (const address of addresses.slice(0, MAX_ADDRESSES)) {
    const reach = reachOf(address);
    // One bad address spoils the name: the next answer may put it first.
    if (reach === "forbidden" || (reach === "private" && !options.allowPrivate)) {
      return { kind: "forbidden", reason: `the receiver's name leads to a ${reach === "private" ? "private" : "reserved"} address` };
    }
  }
  return first;
}

async function resolveWithin(resolve: Resolve, hostname: string, limit: AbortSignal): Promise<readonly string[]> {
  const late = new Promise<readonly string[]>((done) => limit.addEventListener("abort", () => done([]), { once: true }));
  return Promise.race([resolve(hostname).catch(() => []), late]);
}

function send(
  url: URL,
  content: { readonly headers: Readonly<Record<string, string>>; readonly body: string },
  address: string,
  limit: AbortSignal,
): Promise<PostResult> {
  return new Promise((resolve) => {
    const failed = (error: unknown) => resolve({ kind: "no-answer", reason: reasonOf(error, limit) });
    if (limit.aborted) return failed(limit.reason);
    const start = url.protocol === "https:" ? httpsRequest : httpRequest;
    const headers = { ...content.headers, "content-length": Buffer.byteLength(content.body) };
    const request = start(url, { method: "POST", agent: false, headers, signal: limit, lookup: pinned(address) });
    request.once("socket", (socket) => {
      socket.once("connect", () => {
        if (reachOf(socket.remoteAddress ?? "") !== reachOf(address)) request.destroy(new Error("the connection went elsewhere"));
      });
    });
    request.once("response", (response) => {
      resolve({ kind: "answered", status: response.statusCode ?? 0, retryAfter: response.headers["retry-after"] ?? null });
      discard(response);
    });
    request.once("error", failed);
    request.end(content.body);
  });
}

function discard(response: IncomingMessage): void {
  let size = 0;
  response.on("error", () => undefined).on("data", (chunk: Buffer) => {
    size += chunk.length;
    if (size > MAX_BODY_BYTES) response.destroy();
  });
}

const pinned =
  (address: string): LookupFunction =>
  (_hostname, options, callback) => {
    const family = isIP(address);
    if (options.all === true) callback(null, [{ address, family }]);
    else callback(null, address, family);
  };

function reasonOf(error: unknown, limit: AbortSignal): string {
  if (limit.aborted) return limit.reason instanceof Error && limit.reason.name === "TimeoutError" ? "no answer in time" : "cancelled";
  return failureReason(error);
}
