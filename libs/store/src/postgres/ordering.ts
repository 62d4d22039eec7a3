/**
 * Keeps calls in the order in which they were asked where that shows, and lets all others overtake each other on their own
 * connections. A call names what it touches, alone or shared; it starts when every earlier call that touches the same is over,
 * unless both only share it. Calls wait for earlier ones alone, so no circle of them can arise.
 */
export interface Touched {
  readonly name: string;
  readonly alone: boolean;
}

interface Last {
  alone: Promise<void> | null;
  shared: Set<Promise<void>> | null;
}

export class Ordering {
  readonly #last = new Map<string, Last>();

  run<T>(touched: readonly Touched[], work: () => Promise<T>): Promise<T> {
    const earlier = new Set<Promise<void>>();
    for (const touch of touched) this.#collect(touch, earlier);
    const running = earlier.size === 0 ? work() : Promise.all(earlier).then(work);
    const over = running.then(nothing, nothing).then(() => {
      for (const { name } of touched) this.#forget(name, over);
    });
    for (const touch of touched) this.#enter(touch, over);
    return running;
  }

  /** Names that calls in hand touch. */
  get size(): number {
    return this.#last.size;
  }

  #collect({ name, alone }: Touched, earlier: Set<Promise<void>>): void {
    const last = this.#last.get(name);
    if (last === undefined) return;
    if (last.alone !== null) earlier.add(last.alone);
    if (alone) for (const one of last.shared ?? []) earlier.add(one);
  }

  #enter({ name, alone }: Touched, over: Promise<void>): void {
    const last = this.#last.get(name);
    if (alone) this.#last.set(name, { alone: over, shared: null });
    else if (last === undefined) this.#last.set(name, { alone: null, shared: new Set([over]) });
    else (last.shared ??= new Set()).add(over);
  }

  #forget(name: string, over: Promise<void>): void {
    const last = this.#last.get(name);
    if (last === undefined) return;
    if (last.alone === over) last.alone = null;
    last.shared?.delete(over);
    if (last.alone === null && (last.shared === null || last.shared.size === 0)) this.#last.delete(name);
  }
}

const nothing = (): void => undefined;
