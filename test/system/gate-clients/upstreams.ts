/** Servers over TLS on loopback under the names of real services; each keeps what reached it. */
import { createHash, createHmac } from "node:crypto";
import { createServer, type Server } from "node:https";
import type { IncomingMessage, ServerResponse } from "node:http";
import { type AddressInfo, connect, type Socket } from "node:net";
import { createServer as createTlsServer } from "node:tls";
import { openAuthority, type AuthorityPair } from "@tripline/gate";

export interface Reached {
  readonly method: string;
  /** Path and query. */
  readonly target: string;
  readonly headers: IncomingMessage["headers"];
  readonly body: string;
}

export interface NamedUpstream {
  /** `https://<name>:<port>`; the name leads to loopback for the gate alone. */
  readonly origin: string;
  readonly reached: Reached[];
  connections(): number;
  close(): Promise<void>;
}

export type Respond = (reached: Reached, response: ServerResponse) => void;

/** A server with a certificate of `authority` for its name. */
export async function startNamed(name: string, authority: AuthorityPair, respond: Respond): Promise<NamedUpstream> {
  const reached: Reached[] = [];
  const server = createServer(leafOf(name, authority), (request, response) => {
    const parts: Buffer[] = [];
    request.on("data", (part: Buffer) => parts.push(part));
    request.on("end", () => {
      const one = { method: request.method ?? "", target: request.url ?? "", headers: request.headers, body: Buffer.concat(parts).toString("utf8") };
      reached.push(one);
      respond(one, response);
    });
  });
  return { reached, ...(await listening(server, name)) };
}

/** Ends TLS before a server that speaks plain HTTP. */
export async function startBefore(name: string, authority: AuthorityPair, plainUrl: string): Promise<Omit<NamedUpstream, "reached">> {
  const { hostname, port } = new URL(plainUrl);
  const server = createTlsServer(leafOf(name, authority), (secure) => {
    const plain = connect(Number(port), hostname);
    secure.on("error", () => plain.destroy()).pipe(plain);
    plain.on("error", () => secure.destroy()).pipe(secure);
  });
  return listening(server, name);
}

function leafOf(name: string, authority: AuthorityPair): { readonly cert: string; readonly key: string } {
  const { certificate, key } = openAuthority(authority, () => Date.now()).issueFor(name);
  return { cert: certificate, key };
}

async function listening(server: Server | ReturnType<typeof createTlsServer>, name: string): Promise<Omit<NamedUpstream, "reached">> {
  const sockets = new Set<Socket>();
  let opened = 0;
  server.on("connection", (socket: Socket) => {
    opened += 1;
    sockets.add(socket.on("close", () => sockets.delete(socket)).on("error", () => undefined));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    origin: `https://${name}:${(server.address() as AddressInfo).port}`,
    connections: () => opened,
    close: async () => {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

export interface AwsSecret {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
}

/** Why AWS would refuse this request; null where its signature is that of the key, over exactly what arrived. Written from the specification, apart from the gate's own code. */
export function signatureFault({ method, target, headers, body }: Reached, { accessKeyId, secretAccessKey }: AwsSecret): string | null {
  const said = /^AWS4-HMAC-SHA256 Credential=([^/]+)\/(\d{8})\/([^/]+)\/([^/]+)\/aws4_request, ?SignedHeaders=([^,]+), ?Signature=([0-9a-f]{64})$/.exec(headers.authorization ?? "");
  if (said === null) return "no signature";
  const [, id, day, region, service, names, signature] = said as unknown as [string, string, string, string, string, string, string];
  const moment = String(headers["x-amz-date"]);
  if (id !== accessKeyId) return `key ${id} is not known`;
  if (!moment.startsWith(day)) return "the date differs";
  for (const needed of ["host", ...Object.keys(headers).filter((name) => name.startsWith("x-amz-"))]) if (!names.split(";").includes(needed)) return `${needed} is not signed`;
  const payload = createHash("sha256").update(body).digest("hex");
  if (headers["x-amz-content-sha256"] !== undefined && headers["x-amz-content-sha256"] !== payload) return "the body differs";
  const canonical = [method, ...canonicalAddress(target, service), ...names.split(";").map((name) => `${name}:${String(headers[name]).trim().replace(/ +/g, " ")}`), "", names, payload].join("\n");
  const scope = `${day}/${region}/${service}/aws4_request`;
  const key = [day, region, service, "aws4_request"].reduce<Buffer | string>((last, part) => createHmac("sha256", last).update(part).digest(), `AWS4${secretAccessKey}`);
  const text = ["AWS4-HMAC-SHA256", moment, scope, createHash("sha256").update(canonical).digest("hex")].join("\n");
  return createHmac("sha256", key).update(text).digest("hex") === signature ? null : "the signature does not match";
}

function canonicalAddress(target: string, service: string): [path: string, query: string] {
  const [path = "", query = ""] = target.split("?");
  const strict = (text: string): string => [...Buffer.from(text)].map((byte) => (/[A-Za-z0-9._~-]/.test(String.fromCharCode(byte)) ? String.fromCharCode(byte) : `%${byte.toString(16).toUpperCase().padStart(2, "0")}`)).join("");
  const parts = path.split("/").map((part) => strict(service === "s3" ? decodeURIComponent(part) : part));
  const pairs = query === "" ? [] : query.split("&").map((pair) => pair.split("=").map((part) => strict(decodeURIComponent(part))));
  return [parts.join("/"), pairs.map(([name = "", value = ""]) => `${name}=${value}`).toSorted().join("&")];
}
