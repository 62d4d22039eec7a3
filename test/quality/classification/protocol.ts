/** What a protocol of classification is: which rows it reads, which calls they become, and what is asked of the verdicts. */
import { capture } from "@tripline/canonical";
import type { Classifiable } from "@tripline/core";
import { type DataFile, type Row, textIn } from "../data/data-set.ts";
import type { Setting } from "./settings.ts";

/** One call whose truth the data tells. */
export interface Case {
  /** Where it comes from; part of the figures' names. */
  readonly set: string;
  /** What the data says it is. It counts in each. */
  readonly roles: readonly string[];
  /** How the call is made, where the same operation is measured in several ways. */
  readonly form: string | null;
  readonly call: Classifiable;
  /** What misses are gathered by. */
  readonly group: string;
  /** What a person reads in the list of misses. */
  readonly text: string;
}

export type Reading =
  | { readonly kind: "cases"; readonly cases: readonly Case[] }
  /** In order, but nothing that this protocol judges. */
  | { readonly kind: "not-measured"; readonly reason: string }
  | { readonly kind: "unreadable"; readonly reason: string };

export type Goal = { readonly atLeast: number } | { readonly atMost: number };

export interface Question {
  readonly role: string;
  /** Recall and flagged: the flagged share of the role. Precision: the role's share of all flagged of it and of `against`. */
  readonly measure: "recall" | "flagged" | "precision";
  readonly against?: string;
  readonly setting: Setting;
  /** Asked of these forms alone; absent: of all. */
  readonly forms?: readonly (string | null)[];
  readonly goal?: Goal;
  /** What simpler means reach on such data, in words. */
  readonly reference?: string;
  /** Listed among the misses although no goal is set. */
  readonly listed?: true;
}

export interface Protocol {
  readonly name: string;
  readonly what: string;
  /** Whether a file that begins with this row is for this protocol. */
  recognises(row: Row): boolean;
  read(row: Row, file: DataFile): Reading;
  readonly questions: readonly Question[];
}

/** A call as it reaches the classifier: the arguments as JSON, redacted and bounded; the dialects know no more of a tool call. */
export function toolCall(tool: string, args: Readonly<Record<string, unknown>>): Classifiable {
  return { tool, request: null, operation: null, resource: null, inputs: capture(JSON.stringify(args)) };
}

const SET_CHARS = 64;

/** Names from data become parts of figures' names, which are parted by dots. */
export function setName(name: string): string {
  return name.slice(0, SET_CHARS).replace(/[^\w-]/g, "-");
}

/** Who published the row; rows that do not say it are named by their file. */
export function sourceOf(row: Row, file: DataFile): string {
  return setName(textIn(row, "source") ?? file.stem);
}
