/** One connection to a door, as a client that cares little: writes bytes, counts answers, and says when nothing more comes. */
import { connect, type Socket } from "node:net";
import { connect as connectTls } from "node:tls";
import { type Answer, Answers } from "./answers.ts";

export interface Tunnel {
  readonly authority: string;
  readonly host: string;
  readonly token: string;
  /** PEM of the gate. */
  readonly ca: string;
}

export interface Came {
  readonly answers: readonly Answer[];
  /** The other side ended it, or it must not be used again. */
  readonly isOver: boolean;
}

export class Connection {
  readonly #socket: Socket;
  #isOver = false;
  #heads: boolean[] = [];
  #answers: Answer[] = [];
  #wanted = 0;
  #done: (() => void) | null = null;
  #heard: () => void = () => undefined;

  private constructor(socket: Socket) {
    this.#socket = socket;
    const reader = new Answers(() => this.#heads[this.#answers.length] ?? false, (answer) => this.#answers.push(answer));
    socket.setNoDelay(true);
    socket.on("data", (part: Buffer) => {
      reader.push(part);
      this.#heard();
      if (this.#answers.length >= this.#wanted) this.#done?.();
    });
    socket.on("error", () => undefined);
    socket.on("close", () => {
      this.#isOver = true;
      this.#done?.();
    });
  }

  static async open(port: number, tunnel: Tunnel | null): Promise<Connection | null> {
    const socket = connect(port, "127.0.0.1");
    if (tunnel === null) return new Connection(socket);
    return await tunnelled(socket, tunnel).then((secure) => (secure === null ? null : new Connection(secure)));
  }

  /** `heads`: of each request whether it is HEAD. Answers as many as there are, or as many as came until then; `quietMs`: after the last byte. */
  async send(bytes: Buffer, heads: readonly boolean[], longestMs: number, quietMs: number | null): Promise<Came> {
    this.#heads = [...heads];
    this.#answers = [];
    // What may hold more than one request is waited for until nothing comes any more.
    this.#wanted = quietMs === null ? heads.length : Number.POSITIVE_INFINITY;
    if (this.#isOver) return { answers: [], isOver: true };
    const { promise, resolve } = Promise.withResolvers<void>();
    const longest = setTimeout(resolve, longestMs);
    let quiet: NodeJS.Timeout | undefined;
    this.#heard = () => {
      if (quietMs === null) return;
      clearTimeout(quiet);
      quiet = setTimeout(resolve, quietMs);
    };
    this.#done = resolve;
    this.#socket.write(bytes);
    await promise;
    clearTimeout(longest);
    clearTimeout(quiet);
    this.#done = null;
    return { answers: this.#answers, isOver: this.#isOver || this.#answers.length < heads.length };
  }

  close(): void {
    this.#socket.destroy();
  }
}

function tunnelled(socket: Socket, { authority, host, token, ca }: Tunnel): Promise<Socket | null> {
  return new Promise((resolve) => {
    const none = (): void => {
      socket.destroy();
      resolve(null);
    };
    socket.once("error", none).once("close", none);
    socket.once("data", (answer: Buffer) => {
      if (!answer.toString("latin1").startsWith("HTTP/1.1 200")) return none();
      const secure = connectTls({ socket, servername: host, ca });
      secure.once("secureConnect", () => resolve(secure)).once("error", none);
    });
    socket.write(`CONNECT ${authority} HTTP/1.1\r\nHost: ${authority}\r\nProxy-Authorization: Basic ${Buffer.from(`agent:${token}`).toString("base64")}\r\n\r\n`);
  });
}
