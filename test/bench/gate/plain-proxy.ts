/** The reference: a reverse proxy as undici makes it easy. It passes on what comes, sets the upstream's credential, and asks nobody. */
import type { RequestListener } from "node:http";
import { Pool } from "undici";
import { UPSTREAM_SECRET } from "../../gate-world.ts";

export function plainProxy(upstream: string): RequestListener {
  const pool = new Pool(upstream, { connections: 256, pipelining: 1 });
  return (request, response) => {
    const { host: _host, connection: _connection, ...headers } = request.headers;
    const isBodiless = request.method === "GET" || request.method === "HEAD";
    const sent = { method: request.method ?? "GET", path: request.url ?? "/", headers: { ...headers, authorization: `Bearer ${UPSTREAM_SECRET}` }, body: isBodiless ? null : request };
    pool
      .stream(sent, ({ statusCode, headers: back }) => response.writeHead(statusCode, back))
      .catch(() => response.destroy());
  };
}
