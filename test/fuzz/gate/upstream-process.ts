/** The upstreams: over http and over TLS, told apart by Host. They answer everything, and tell the campaign what reached them and what they lost by it. */
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { createServer as createTlsServer } from "node:https";
import type { AddressInfo, Server } from "node:net";
import { CASE_HEADER } from "@tripline/gate/hostile";
import { makeAuthority, openAuthority } from "@tripline/gate";
import type { Reached } from "./coverage.ts";
import { lossOf } from "./losses.ts";
import { serverOf } from "./places.ts";

export interface UpstreamReady {
  readonly kind: "ready";
  readonly plain: number;
  readonly secure: number;
  /** PEM. */
  readonly ca: string;
}
export interface UpstreamTold {
  readonly kind: "reached";
  readonly all: readonly Reached[];
}

const TELL_EVERY_MS = 50;
let reached: Reached[] = [];

const tell = (): void => {
  if (reached.length === 0) return;
  process.send?.({ kind: "reached", all: reached } satisfies UpstreamTold);
  reached = [];
};

function take(scheme: string, request: IncomingMessage, response: ServerResponse): void {
  const parts: Buffer[] = [];
  request.on("data", (part: Buffer) => parts.push(part));
  request.on("end", () => {
    const { method = "", url = "", rawHeaders, headers } = request;
    const body = Buffer.concat(parts);
    const server = serverOf(headers.host ?? "");
    const ids = rawHeaders.filter((_, at) => at % 2 === 1 && rawHeaders[at - 1]!.toLowerCase() === CASE_HEADER);
    const target = headers["x-amz-target"];
    const loss = server === undefined ? `a host that is no upstream: ${headers.host ?? ""}` : lossOf(server, { method, url, rawHeaders, body });
    reached.push({ caseId: ids.length === 1 ? ids[0]! : null, method, url: `${scheme}://${headers.host ?? ""}${url}`, target: typeof target === "string" ? target : null, body: body.toString("utf8"), loss });
    response.writeHead(200, { "content-type": "application/json", "content-length": ANSWER.length }).end(ANSWER);
  });
}

const ANSWER = '{"ok":true}';

async function listen(server: Server): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return (server.address() as AddressInfo).port;
}

const authority = openAuthority(makeAuthority(Date.now(), "Authority of the upstreams"), () => Date.now());
const options = { keepAliveTimeout: 120_000 };
const plain = await listen(createServer(options, (request, response) => take("http", request, response)));
const secure = await listen(createTlsServer({ ...options, SNICallback: (host, done) => done(null, authority.contextOf(host)) }, (request, response) => take("https", request, response)));
setInterval(tell, TELL_EVERY_MS);
process.on("message", (asked) => {
  tell();
  if (asked === "settle") process.send?.({ kind: "settled" });
});
process.on("SIGINT", () => undefined);
process.on("disconnect", () => process.exit(0));
process.send?.({ kind: "ready", plain, secure, ca: authority.certificate } satisfies UpstreamReady);
