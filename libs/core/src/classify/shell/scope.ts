/** Names that a script has bound so far: variables, functions, aliases. */
import type { Function as FunctionNode } from "unbash";
import { PARSER_INPUT_CHARS } from "../bounds.ts";
import { HOLE, type Word } from "./word.ts";

/** Values that are the same everywhere that matters here. */
const PRESET: Readonly<Record<string, string>> = { HOME: "~", PWD: ".", TMPDIR: "/tmp", IFS: " " };

export class Scope {
  readonly functions: Map<string, FunctionNode>;
  readonly aliases: Map<string, string>;
  /** See `Invocation.cwd`. */
  cwd: string;
  /** What `"$@"` stands for, word by word; null outside functions, where only a run would tell. */
  arguments: readonly Word[] | null;
  readonly #variables: Map<string, string>;
  /** Above zero inside a branch that may not run. */
  #maybe = 0;

  constructor(parent: Scope | null = null) {
    this.functions = new Map(parent?.functions);
    this.aliases = new Map(parent?.aliases);
    this.#variables = new Map(parent === null ? Object.entries(PRESET) : parent.#variables);
    this.cwd = parent?.cwd ?? "";
    this.arguments = parent?.arguments ?? null;
    this.#maybe = parent === null ? 0 : parent.#maybe;
  }

  /** The value of a variable; HOLE where the script did not set it, or set it in a way that cannot be known. */
  get(name: string): string {
    return this.#variables.get(name) ?? HOLE;
  }

  /** In a branch that may not run, a second, different value makes the variable unknown rather than the last one win. */
  set(name: string, value: string): void {
    const before = this.#variables.get(name);
    // `a="$a$a"` doubles; a value longer than any text that would be parsed is as good as unknown.
    if (value.length > PARSER_INPUT_CHARS) value = HOLE;
    this.#variables.set(name, this.#maybe > 0 && before !== undefined && before !== value ? HOLE : value);
  }

  maybe(body: () => void): void {
    this.#maybe += 1;
    body();
    this.#maybe -= 1;
  }
}
