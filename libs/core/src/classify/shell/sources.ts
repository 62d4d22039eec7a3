/** Which files' text a script prints or puts into words, where the text itself is not known: what earlier calls wrote there may run. */

/** Files that are kept of one output. */
const MAX_SOURCES = 8;

export interface Traced {
  readonly printed: string | null;
  readonly sources: readonly string[];
}

export class Sources {
  #printed: readonly string[] = [];
  readonly #substituted: string[] = [];

  /** Files whose text went into words (`$(cat x)`). */
  get substituted(): readonly string[] {
    return this.#substituted;
  }

  /** What runs now prints what these files hold. */
  print(files: readonly string[]): void {
    if (files.length > 0) this.#printed = [...this.#printed, ...files].slice(-MAX_SOURCES);
  }

  substitute({ printed, sources }: Traced): void {
    if (printed === null && this.#substituted.length < MAX_SOURCES) this.#substituted.push(...sources);
  }

  /** What `body` alone prints; nothing of it counts as printed outside. */
  during(body: () => string | null): Traced {
    const outer = this.#printed;
    this.#printed = [];
    const printed = body();
    const sources = this.#printed;
    this.#printed = outer;
    return { printed, sources };
  }
}
