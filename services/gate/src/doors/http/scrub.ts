/** Keeps an injected secret out of what comes back: every byte of it becomes `*`, so that lengths stay as the upstream said. */

const STAR = 0x2a;
/** Shorter texts stand in honest answers too. */
const MIN_CHARS = 8;

export class Scrubber {
  readonly #secret: Buffer;
  readonly #text: string;
  #held: Buffer | null = null;

  constructor(secret: string | null) {
    this.#text = secret !== null && secret.length >= MIN_CHARS ? secret : "";
    this.#secret = Buffer.from(this.#text);
  }

  text(value: string): string {
    return this.#text === "" || !value.includes(this.#text) ? value : value.replaceAll(this.#text, "*".repeat(this.#text.length));
  }

  /** What may be passed on now; the beginning of what may be the secret waits for the next part. Writes into `part`. */
  push(part: Buffer): Buffer {
    const { length } = this.#secret;
    if (length === 0) return part;
    const data = this.#held === null ? part : Buffer.concat([this.#held, part]);
    let end = 0;
    for (let at = data.indexOf(this.#secret); at >= 0; at = data.indexOf(this.#secret, end)) {
      end = at + length;
      data.fill(STAR, at, end);
    }
    const from = this.#begun(data, Math.max(end, data.length - length + 1));
    this.#held = from === data.length ? null : Buffer.from(data.subarray(from));
    return from === data.length ? data : data.subarray(0, from);
  }

  end(): Buffer | null {
    const held = this.#held;
    this.#held = null;
    return held;
  }

  /** Where the secret may have begun at the end of `data`; its length where it has not. */
  #begun(data: Buffer, earliest: number): number {
    for (let at = data.indexOf(this.#secret[0]!, earliest); at >= 0; at = data.indexOf(this.#secret[0]!, at + 1)) {
      if (data.compare(this.#secret, 0, data.length - at, at) === 0) return at;
    }
    return data.length;
  }
}
