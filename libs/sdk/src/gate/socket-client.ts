/** Asks the gate over its unix socket: one connection, many questions at a time. */
import { connect, type Socket } from "node:net";
import { away, decisionOf, errorCodeOf, type GateAnswer, type GateClient, MAX_ANSWER_BYTES, noDecision, parsed } from "./answer.ts";

const LENGTH_BYTES = 4;

interface Asked {
  readonly callId: unknown;
  readonly settle: (answer: GateAnswer) => void;
}

class Line {
  readonly #socket: Socket;
  readonly #asked = new Map<number, Asked>();
  #held: Buffer = Buffer.alloc(0);
  #next = 0;
  isOpen = true;

  constructor(path: string, token: string) {
    this.#socket = connect(path);
    this.#socket.on("data", (chunk: Buffer) => this.#read(chunk));
    this.#socket.on("error", (error: NodeJS.ErrnoException) => this.end(error.code ?? "connection failed"));
    this.#socket.on("close", () => this.end("connection closed"));
    this.#write({ token });
    this.#socket.unref();
  }

  ask(question: Readonly<Record<string, unknown>>, timeoutMs: number): Promise<GateAnswer> {
    const id = (this.#next += 1);
    return new Promise((resolve) => {
      // Keeps the process alive while somebody waits for the answer.
      const timer = setTimeout(() => settle(away("timeout")), timeoutMs);
      const settle = (answer: GateAnswer): void => {
        clearTimeout(timer);
        this.#asked.delete(id);
        resolve(answer);
      };
      this.#asked.set(id, { callId: question["callId"], settle });
      this.#write({ id, call: question });
    });
  }

  end(reason: string): void {
    this.isOpen = false;
    this.#socket.destroy();
    for (const asked of this.#asked.values()) asked.settle(away(reason));
  }

  #write(body: unknown): void {
    const text = Buffer.from(JSON.stringify(body));
    const length = Buffer.alloc(LENGTH_BYTES);
    length.writeUInt32BE(text.length);
    this.#socket.write(Buffer.concat([length, text]));
  }

  #read(chunk: Buffer): void {
    this.#held = this.#held.length === 0 ? chunk : Buffer.concat([this.#held, chunk]);
    while (this.#held.length >= LENGTH_BYTES) {
      const length = this.#held.readUInt32BE(0);
      if (length > MAX_ANSWER_BYTES) return this.end("the answer is too long");
      if (this.#held.length < LENGTH_BYTES + length) return;
      this.#take(parsed(this.#held.toString("utf8", LENGTH_BYTES, LENGTH_BYTES + length)));
      this.#held = this.#held.subarray(LENGTH_BYTES + length);
    }
  }

  #take(frame: unknown): void {
    if (typeof frame !== "object" || frame === null) return this.end("the answer is not understood");
    const { id, answer } = frame as { id?: unknown; answer?: unknown };
    const code = errorCodeOf(frame);
    // Without an id it is about the connection: the token was not taken.
    if (typeof id !== "number") {
      if (code !== "") for (const asked of this.#asked.values()) asked.settle(noDecision(code));
      return;
    }
    const asked = this.#asked.get(id);
    asked?.settle(code === "" ? decisionOf(answer, asked.callId) : noDecision(code));
  }
}

export function createSocketClient(path: string, token: string): GateClient {
  let line: Line | null = null;
  return {
    ask: (question, timeoutMs) => {
      if (line === null || !line.isOpen) line = new Line(path, token);
      return line.ask(question, timeoutMs);
    },
    close: () => line?.end("closed"),
  };
}
