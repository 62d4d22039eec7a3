/** A change of a text that does not change what it does. */
import type { Random } from "../../quality/random.ts";
import type { Truth } from "../seeds/seed.ts";

export interface Mutation {
  readonly name: string;
  /** Where nothing is lost its verdict is `unknown` by design: code of other languages, say. */
  readonly only?: Truth;
  /** Takes a simple command alone: `sudo` before a list or pipeline would mean another. */
  readonly takesCommand?: true;
  /** Gives a simple command. */
  readonly givesCommand?: true;
  apply(text: string, random: Random): string;
}

export const mutation = (name: string, apply: Mutation["apply"], more: Pick<Mutation, "only" | "takesCommand" | "givesCommand"> = {}): Mutation => ({ name, apply, ...more });
