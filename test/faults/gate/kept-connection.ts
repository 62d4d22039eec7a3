/** One HTTP connection that is asked again and again, with as little work as can be: hundreds of them share a machine with what they measure. */
import { connect } from "node:net";

export interface Answer {
  readonly status: number;
  readonly text: string;
}

export interface KeptConnection {
  /** One request at a time, whole, as bytes. Rejects where the connection ends before its answer. */
  ask(request: string): Promise<Answer>;
  close(): void;
}

export function keptConnection(url: string): KeptConnection {
  const { hostname, port } = new URL(url);
  const socket = connect(Number(port), hostname);
  let held = "";
  let asked: PromiseWithResolvers<Answer> | null = null;
  const ended = (): void => asked?.reject(new Error("the connection ended"));
  // Bodies are short and ASCII where it matters: characters are counted as bytes.
  socket.setEncoding("latin1").on("error", ended).on("close", ended).on("data", (part: string) => {
    held += part;
    const answer = wholeAnswer(held);
    if (answer === null) return;
    held = "";
    asked?.resolve(answer);
    asked = null;
  });
  return {
    ask: (request) => {
      asked = Promise.withResolvers<Answer>();
      if (socket.destroyed) ended();
      else socket.write(request, "latin1");
      return asked.promise;
    },
    close: () => socket.destroy(),
  };
}

/** Null while something of it is missing. */
function wholeAnswer(held: string): Answer | null {
  const end = held.indexOf("\r\n\r\n");
  if (end < 0) return null;
  const length = Number(/\r\ncontent-length: *(\d+)/i.exec(held.slice(0, end))?.[1] ?? "0");
  const text = held.slice(end + 4);
  return text.length < length ? null : { status: Number(held.slice(9, 12)), text };
}

/** A whole request, its end beyond doubt. */
export function requestText(method: string, url: string, headers: Readonly<Record<string, string>>, body = ""): string {
  const { host, pathname } = new URL(url);
  const fields = Object.entries({ host, ...headers, ...(body === "" ? {} : { "content-length": String(body.length) }) }).map(([name, value]) => `${name}: ${value}\r\n`);
  return `${method} ${pathname} HTTP/1.1\r\n${fields.join("")}\r\n${body}`;
}
