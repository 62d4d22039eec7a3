/** The stand-in's back door for tests, on a loopback port of its own so that no agent can confuse it with the API. */
import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import type { Fault } from "./faults.ts";
import type { Knobs, RailwayStandIn } from "./server.ts";

export interface Control {
  readonly url: string;
  close(): Promise<void>;
}

/** `GET /state`, `GET /journal`, `POST /fault` (a fault), `POST /knobs` (some knobs). */
export async function startControl(standIn: RailwayStandIn, port = 0): Promise<Control> {
  const server = createServer((request, response) => {
    const reply = (status: number, body: unknown) =>
      response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
    handle(standIn, request).then(
      (body) => reply(body === undefined ? 404 : 200, body ?? { error: "no such path" }),
      () => reply(400, { error: "malformed request" }),
    );
  });
  await new Promise<void>((resolve, reject) => server.once("error", reject).listen(port, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

async function handle(standIn: RailwayStandIn, request: IncomingMessage): Promise<unknown> {
  switch (`${request.method} ${request.url}`) {
    case "GET /state":
      return standIn.state();
    case "GET /journal":
      return standIn.events();
    case "POST /fault":
      standIn.addFault((await bodyOf(request)) as Fault);
      return { added: true };
    case "POST /knobs":
      Object.assign(standIn.knobs, (await bodyOf(request)) as Partial<Knobs>);
      return standIn.knobs;
    default:
      return undefined;
  }
}

async function bodyOf(request: IncomingMessage): Promise<unknown> {
  const chunks: Buffer[] = [];
  for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk);
  return JSON.parse(Buffer.concat(chunks).toString("utf8"));
}
