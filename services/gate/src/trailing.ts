/**
 * What may follow the answer. Put off a little and done together: whoever asks again at once must not wait for the record of what was asked
 * before, and pieces in a row take less time than as many alone. A few in each turn of the event loop, so that a call that comes meanwhile waits
 * for those alone.
 */
export class Trailing {
  #waiting: (() => void)[] = [];
  /** Of those that wait: done already. */
  #from = 0;
  #timer: NodeJS.Timeout | null = null;
  #isDue = false;

  /** `work` must not throw. In the order given. */
  later(work: () => void): void {
    this.#waiting.push(work);
    if (this.#isDue) return;
    if (this.#waiting.length - this.#from >= AT_ONCE) this.#due();
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
    const left = this.#waiting.length - this.#from;
    // A share of what waits, so that it cannot grow without end: it settles at so many times what comes in a turn.
    const until = this.#from + Math.min(left, Math.max(PER_TURN, Math.ceil(left / SHARE)));
    while (this.#from < until) this.#waiting[this.#from++]!();
    const isDone = this.#from === this.#waiting.length;
    if (isDone || this.#from >= KEPT_DONE) {
      this.#waiting = isDone ? [] : this.#waiting.slice(this.#from);
      this.#from = 0;
    }
    if (!isDone) this.#due();
  };
}

const AFTER_MS = 4;
/** So many are no longer put off. */
const AT_ONCE = 64;
const PER_TURN = 4;
/** Pieces that are done and not yet forgotten. */
const KEPT_DONE = 256;
const SHARE = 4;
