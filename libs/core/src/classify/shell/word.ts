/** A shell word as far as its value can be known without running anything. */
import type { CommandNode } from "unbash";

/** Stands in a word's text for a part that only a run would tell. */
export const HOLE = "\u0000";

export interface Word {
  /** The value, HOLE in place of what cannot be known. */
  readonly text: string;
  /** Holds an unquoted glob: stands for any number of names. */
  readonly glob: boolean;
}

export const literal = (text: string): Word => ({ text, glob: false });
export const unknownWord: Word = { text: HOLE, glob: false };
export const isKnown = (word: Word): boolean => !word.text.includes(HOLE);

/** For humans: a hole reads as `$…`. */
export const shown = (text: string): string => text.replaceAll(HOLE, "$…").slice(0, 256);

/** What a command finds on its standard input. */
export type Stdin =
  | { readonly kind: "none" }
  | { readonly kind: "text"; readonly text: string }
  /** Output of a command: `from` names it, for the reason shown; `files` are those whose text it may be, so that who wrote them can be asked. */
  | { readonly kind: "unknown"; readonly from: string; readonly files?: readonly string[] };

/** The text of an input; null where only a run would tell. */
export const knownText = (input: Stdin): string | null => (input.kind === "text" ? input.text : input.kind === "none" ? "" : null);

export const NO_STDIN: Stdin = { kind: "none" };

/** What the next of a pipeline reads: `output` of this one, null where only a run would tell. */
export function stdinOf(output: string | null, command: CommandNode, files: readonly string[]): Stdin {
  if (output !== null) return { kind: "text", text: output };
  return { kind: "unknown", from: command.type === "Command" ? (command.name?.value ?? "an assignment") : "a group of commands", files };
}
