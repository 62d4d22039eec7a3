/**
 * The forward proxy (`HTTPS_PROXY`): CONNECT with the agent's token, TLS ended here under a certificate of the gate's own authority, and from
 * there the same path as the reverse door. Only upstreams are reached; every other host is decided, recorded and refused.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import type { Duplex } from "node:stream";
import { TLSSocket } from "node:tls";
import { type ErrorCode, ERRORS, TriplineError } from "@tripline/model";
import { answerBody } from "../../answer.ts";
import type { Caller } from "../../call.ts";
import type { Upstream } from "../../deps.ts";
import type { Authenticate } from "../../identity.ts";
import { tokenOf } from "../../identity.ts";
import type { GateLimits } from "../../limits.ts";
import { answerError, answerUnauthenticated } from "./answers.ts";
import type { Authority } from "./authority.ts";
import type { HttpDoor } from "./http-door.ts";
import type { Tunnel } from "./serve-request.ts";

export interface ForwardDeps {
  readonly door: HttpDoor;
  readonly authority: Authority;
  readonly authenticate: Authenticate;
  readonly upstreams: readonly Upstream[];
  readonly limits: GateLimits;
}

export interface ForwardProxy {
  listen(host: string, port: number): Promise<void>;
  close(): Promise<void>;
  url(): string;
  /** To hand connections to that are secured before. */
  readonly server: Server;
}

/** `host:port` of a CONNECT. */
const AUTHORITY = /^(\[[0-9a-f:.]{2,45}\]|[a-z0-9](?:[a-z0-9._-]{0,251}[a-z0-9])?\.?):(\d{1,5})$/i;

interface Opened extends Tunnel {
  readonly origin: string;
}

export function createForwardProxy({ door, authority, authenticate, upstreams, limits }: ForwardDeps): ForwardProxy {
  const tunnels = new WeakMap<Duplex, Opened>();
  const sockets = new Set<Duplex>();
  const options = { headersTimeout: limits.headersTimeoutMs, requestTimeout: limits.requestTimeoutMs, keepAliveTimeout: limits.keepAliveMs, connectionsCheckingInterval: 1_000, insecureHTTPParser: false };
  /** Requests inside of tunnels. It never listens; tunnels are handed to it. */
  const inside = createServer(options, (request, response) => serveInside(request, response, tunnels.get(request.socket)));
  const serveInside = (request: IncomingMessage, response: ServerResponse, opened: Opened | undefined): void => {
    const { url = "" } = request;
    if (opened === undefined || !url.startsWith("/")) return answerError(response, new TriplineError("TL_GATE_INVALID", "Inside of a tunnel the address is a path."));
    if (hostOf(request, "https") !== hostAndPort(new URL(opened.origin))) return answerError(response, new TriplineError("TL_GATE_INVALID", "Host is another than the tunnel's."));
    const base = new URL(opened.origin);
    void door.serve(request, response, { ...routeTo(upstreams, URL.parse(`${opened.origin}${pathOf(url)}`) ?? base), rest: url, base, tunnel: opened });
  };
  // Node looks for requests past their time from then on.
  inside.emit("listening");
  const server = createServer(options, (request, response) => servePlain(request, response, { door, authenticate, upstreams }));
  server.maxConnections = limits.connections;
  server.on("connect", (request: IncomingMessage, socket: Socket, head: Buffer) => {
    sockets.add(socket.on("close", () => sockets.delete(socket)).on("error", () => socket.destroy()));
    const target = AUTHORITY.exec(request.url ?? "");
    const base = target === null ? null : URL.parse(`https://${target[1]}:${target[2]}`);
    if (base === null) return refuse(socket, 400, coded("TL_GATE_INVALID"));
    const token = tokenOf(request.headers["proxy-authorization"]);
    const caller = authenticate(token);
    if (caller === null || token === null) return refuse(socket, 407, coded("TL_GATE_UNAUTHENTICATED"));
    if (!upstreams.some(({ url }) => url.origin === base.origin)) return void refuseHost(socket, door, caller, base);
    if (door.tunnels.sizeOf(caller) >= limits.inFlightPerAgent) return refuse(socket, 503, coded("TL_GATE_OVERLOADED"));
    if (head.length > 0) socket.unshift(head);
    openTunnel(socket, { caller, token, origin: base.origin }, base);
  });
  const openTunnel = (socket: Socket, opened: Opened, base: URL): void => {
    socket.setTimeout(limits.keepAliveMs + limits.upstreamIdleMs, () => socket.destroy());
    socket.once("close", door.tunnels.add(opened.caller, () => socket.destroy()));
    socket.write("HTTP/1.1 200 Connection Established\r\n\r\n");
    const secure = new TLSSocket(socket, { isServer: true, secureContext: authority.contextOf(base.hostname.replace(/^\[|\]$/g, "")), ALPNProtocols: ["http/1.1"] });
    const slow = setTimeout(() => socket.destroy(), limits.headersTimeoutMs);
    secure.once("secure", () => clearTimeout(slow)).once("close", () => clearTimeout(slow)).on("error", () => socket.destroy());
    tunnels.set(secure, opened);
    inside.emit("connection", secure);
  };
  return {
    server,
    listen: (host, port) => listening(server, host, port),
    close: async () => {
      for (const socket of sockets) socket.destroy();
      server.closeAllConnections();
      inside.closeAllConnections();
      inside.close(() => undefined);
      await new Promise((resolve) => server.close(resolve));
    },
    url: () => {
      const { address, family, port } = server.address() as AddressInfo;
      return `http://${family === "IPv6" ? `[${address}]` : address}:${port}`;
    },
  };
}

function listening(server: Server, host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, host, () => {
      server.off("error", reject);
      resolve();
    });
  });
}

/** `http://host/path`: as proxies are asked for plain HTTP. */
function servePlain(request: IncomingMessage, response: ServerResponse, { door, authenticate, upstreams }: Pick<ForwardDeps, "door" | "authenticate" | "upstreams">): void {
  const { url = "", headers } = request;
  const token = tokenOf(headers["proxy-authorization"]);
  const caller = authenticate(token);
  const target = /^http:\/\/[^/?#\\@]+(?=[/?]|$)/i.exec(url);
  const base = target === null ? null : URL.parse(target[0]);
  if (base === null || target === null) return answerError(response, new TriplineError("TL_GATE_INVALID", "A proxy is asked by CONNECT, or for an address with http:."));
  if (caller === null || token === null) return answerUnauthenticated(response);
  if (hostOf(request, "http") !== hostAndPort(base)) return answerError(response, new TriplineError("TL_GATE_INVALID", "Host is another than the address's."));
  const rest = url.slice(target[0].length);
  void door.serve(request, response, { ...routeTo(upstreams, URL.parse(`${base.origin}${pathOf(rest)}`) ?? base), base, rest, tunnel: { caller, token } });
}

const pathOf = (rest: string): string => rest.split("?", 1)[0]!;

/** With the port, whether it was written or not. */
const hostAndPort = ({ hostname, port, protocol }: URL): string => `${hostname}:${port === "" ? (protocol === "https:" ? "443" : "80") : port}`;

/** `scheme`: of what is asked for. How the proxy itself is reached says nothing of it. */
function hostOf({ headers }: IncomingMessage, scheme: "http" | "https"): string | null {
  const parsed = URL.parse(`${scheme}://${headers.host ?? ""}`);
  return parsed === null || parsed.pathname !== "/" || parsed.username !== "" || parsed.search !== "" ? null : hostAndPort(parsed);
}

/** The upstream with the longest path that the address lies under. */
function routeTo(upstreams: readonly Upstream[], { origin, pathname }: URL): { readonly upstream: Upstream | null } {
  const under = ({ url }: Upstream): boolean => url.origin === origin && (pathname === url.pathname || pathname.startsWith(url.pathname.endsWith("/") ? url.pathname : `${url.pathname}/`));
  const [upstream] = upstreams.filter(under).toSorted((a, b) => b.url.pathname.length - a.url.pathname.length);
  return { upstream: upstream ?? null };
}

async function refuseHost(socket: Socket, door: HttpDoor, caller: Caller, base: URL): Promise<void> {
  const answer = await door.refuseHost(caller, base).catch(() => null);
  if (answer === null || answer.kind === "allow") return refuse(socket, 503, coded("TL_GATE_UNAVAILABLE"));
  refuse(socket, 403, { ...coded("TL_GATE_DENIED"), ...answerBody(answer) });
}

const coded = (code: ErrorCode): object => ({ error: { code, message: ERRORS[code].text, next: ERRORS[code].next } });

const WORDS = { 400: "Bad Request", 403: "Forbidden", 407: 'Proxy Authentication Required\r\nProxy-Authenticate: Basic realm="tripline"', 503: "Service Unavailable" } as const;

function refuse(socket: Socket, status: keyof typeof WORDS, content: object): void {
  const body = JSON.stringify(content);
  const words = WORDS[status];
  socket.end(`HTTP/1.1 ${status} ${words}\r\nContent-Type: application/json\r\nContent-Length: ${Buffer.byteLength(body)}\r\nConnection: close\r\n\r\n${body}`);
}
