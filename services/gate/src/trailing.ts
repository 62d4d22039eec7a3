/**
 * What may follow the answer. Put off a little and done together: whoever asks again at once must not wait for the record of what was asked
 * before, and many pieces in a row take less time than as many alone. A bounded part in each turn of the event loop, so that no call waits for all.
 */
export class Trailing {
  #waiting: (() => void)[] = [];
  #timer: NodeJS.Timeout | null = null;
  #isDue = false;

  /** `work` must not throw. In the order given. */
  later(work: () => void): void {
    this.#waiting.push(work);
    if (this.#isDue) return;
    if (this.#waiting.length >= AT_ONCE) this.#due();
    else this.#timer ??= setTimeout(this.#turn, AFTER_MS);
  }

  #due(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    this.#isDue = true;
    setImmediate(this.#turn);
  }

  readonly #turn = (): void => {
    this.#timer = null;
    this.#isDue = false;
    // A share of what waits, so that it cannot grow without end: it settles at so many times what comes in a turn.
    const count = Math.max(PER_TURN, Math.ceil(this.#waiting.length / SHARE));
    const now = this.#waiting.length <= count ? this.#waiting : this.#waiting.slice(0, count);
    this.#waiting = this.#waiting.length <= count ? [] : this.#waiting.slice(count);
    for (const work of now) work();
    if (this.#waiting.length > 0 && !this.#isDue) this.#due();
  };
}

const AFTER_MS = 2;
/** So many are no longer put off. */
const AT_ONCE = 64;
const PER_TURN = 16;
const SHARE = 4;
