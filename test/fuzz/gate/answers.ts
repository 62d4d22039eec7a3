/** Answers of HTTP/1.1 in a stream of bytes: how many, with which status, and what code of the gate's is in them. */

export interface Answer {
  readonly status: number;
  /** `allow`, `hold`, `deny`, or the code of an error. */
  readonly said: string;
}

const END = "\r\n\r\n";
/** Of a body: the code stands at its beginning. */
const LOOKED_AT = 2_048;

export class Answers {
  #held = "";
  readonly #isHead: () => boolean;
  readonly #each: (answer: Answer) => void;

  /** `isHead`: whether the next answer is one to HEAD, which has no body. */
  constructor(isHead: () => boolean, each: (answer: Answer) => void) {
    this.#isHead = isHead;
    this.#each = each;
  }

  push(part: Buffer): void {
    this.#held += part.toString("latin1");
    for (let end = this.#one(); end > 0; end = this.#one()) this.#held = this.#held.slice(end);
  }

  /** Where the answer at the beginning ends; 0 where it is not whole. */
  #one(): number {
    const head = this.#held.indexOf(END);
    if (head < 0) return 0;
    const lines = this.#held.slice(0, head);
    const status = Number(/^HTTP\/1\.1 (\d{3})/.exec(lines)?.[1] ?? 0);
    const from = head + END.length;
    if (status >= 100 && status < 200) return from;
    const end = this.#isHead() || status === 204 || status === 304 ? from : this.#bodyEnd(lines, from);
    if (end === 0) return 0;
    this.#each({ status, said: said(status, lines, this.#held.slice(from, Math.min(end, from + LOOKED_AT))) });
    return end;
  }

  #bodyEnd(lines: string, from: number): number {
    const length = /^content-length: *(\d+)/im.exec(lines)?.[1];
    if (length !== undefined) return this.#held.length >= from + Number(length) ? from + Number(length) : 0;
    if (!/^transfer-encoding: *chunked/im.test(lines)) return from;
    const last = this.#held.indexOf("0\r\n\r\n", from);
    return last < 0 ? 0 : last + "0\r\n\r\n".length;
  }
}

function said(status: number, lines: string, body: string): string {
  const decision = /"decision":"(\w+)","callId":"[^"]*","rule":"([\w-]+)/.exec(body);
  if (decision !== null) return `${decision[1]} ${decision[2]}`;
  const code = /"code":"(TL_\w+)"|<Code>(TL_\w+)</.exec(body);
  if (code !== null) return code[1] ?? code[2]!;
  if (/^x-amzn-errortype: *(TL_\w+)/im.test(lines)) return /^x-amzn-errortype: *(TL_\w+)/im.exec(lines)![1]!;
  return status < 300 ? "allow" : `${status}`;
}
