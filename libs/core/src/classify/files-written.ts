/** Which files an action writes, copies or renames, and with what text, as far as its request or inputs show it. */
import { PARSER_INPUT_CHARS } from "./bounds.ts";
import type { Classifiable } from "./classify.ts";
import { fileEffectsOf } from "./shell/shell.ts";
import { toolNamed } from "./tool/names.ts";

/** Files of one action that are looked at. */
const MAX_FILES = 32;

export interface Written {
  readonly path: string;
  readonly text: string;
  /** False for an edit: what stood there before may still stand there. */
  readonly isWhole: boolean;
}

export interface FileChanges {
  readonly written: readonly Written[];
  /** Files that stand under another name as well from now on. */
  readonly copied: readonly (readonly [from: string, to: string])[];
}

const NOTHING: FileChanges = { written: [], copied: [] };

const PATH_ARGUMENTS = ["file_path", "path", "filepath", "filename", "file", "target_file", "file_name"];
const FROM_ARGUMENTS = ["source", "from", "source_path", "src", "old_path", "oldPath", "from_path"];
const TO_ARGUMENTS = ["destination", "to", "destination_path", "dest", "dst", "new_path", "newPath", "to_path"];
const WHOLE_ARGUMENTS = ["content", "contents", "file_text", "text", "code"];
const PART_ARGUMENTS = ["new_string", "new_str", "new_source", "code_edit", "replacement", "insert_text"];
/** Cheap to see in inputs: without one of these names they hold no file, no command and no patch. */
const MAY_NAME = /"(?:file_?path|path|file_?name|file|target_file|command|cmd|script|input|patch|diff|source|from|src|old_?path|source_path|from_path)"/i;
const MOVES = /(^|[^a-z])(move|copy|rename|link|duplicate|cp|mv)([^a-z]|$)|(move|copy|rename)[A-Z]?/i;
/** Cheap to see: without one of these a command line writes no file, or puts none under another name. */
const MAY_WRITE = /[^<>&\d]>|^>|\btee\b/;
const MAY_COPY = /\b(?:cp|mv|ln|install|rsync|scp|dd)\b/;

/** What `action` does to files. Copies are looked for only where `copies` says that some file matters. */
export function filesWritten(action: Classifiable, copies: boolean): FileChanges {
  const { request } = action;
  if (request?.kind === "shell") return byShell(request.command, copies);
  const text = action.inputs?.text ?? "";
  if (request !== null || !text.startsWith("{") || toolNamed(action.tool).kind === "read") return NOTHING;
  if (!MAY_NAME.test(text)) return NOTHING;
  const inputs = objectOf(text);
  return inputs === null ? NOTHING : byInputs(action.tool, inputs, copies);
}

function byInputs(tool: string, inputs: Readonly<Record<string, unknown>>, copies: boolean): FileChanges {
  const command = textOf(inputs, ["command", "cmd", "script"]);
  const path = textOf(inputs, PATH_ARGUMENTS);
  const [from, to] = [textOf(inputs, FROM_ARGUMENTS) ?? path, textOf(inputs, TO_ARGUMENTS)];
  if (copies && from !== null && to !== null && MOVES.test(toolNamed(tool).base)) return { written: [], copied: [[from, to]] };
  if (path === null) return command !== null && toolNamed(tool).isShell ? byShell(command, copies) : byPatch(inputs);
  const whole = textOf(inputs, WHOLE_ARGUMENTS);
  const part = textOf(inputs, PART_ARGUMENTS);
  const written = whole !== null ? [{ path, text: whole, isWhole: true }] : part !== null ? [{ path, text: part, isWhole: false }] : [];
  return { written, copied: [] };
}

function byShell(command: string, copies: boolean): FileChanges {
  if (!MAY_WRITE.test(command) && !(copies && MAY_COPY.test(command))) return NOTHING;
  const effects = fileEffectsOf(command);
  // What is appended leaves what was there before.
  const isWhole = !/>>|\btee\b.*(?:\s-\w*a|--append)/.test(command);
  return { written: [...effects.texts].map(([path, text]) => ({ path, text, isWhole })), copied: effects.copies };
}

const PATCHED = /^\*\*\* (Add|Update) File: (.+)$/;

/** `apply_patch`: blocks of added lines below the name of their file, which a patch may also move. */
function byPatch(inputs: Readonly<Record<string, unknown>>): FileChanges {
  const patch = textOf(inputs, ["input", "patch", "diff"]);
  if (patch?.includes("*** ") !== true) return NOTHING;
  const files: { path: string; text: string; isWhole: boolean }[] = [];
  const copied: (readonly [string, string])[] = [];
  for (const line of patch.split("\n")) {
    const [, kind, path] = PATCHED.exec(line) ?? [];
    const to = /^\*\*\* Move to: (.+)$/.exec(line)?.[1];
    if (path !== undefined) files.push({ path: path.trim(), text: "", isWhole: kind === "Add" });
    else if (to !== undefined && files.length > 0) copied.push([files.at(-1)!.path, to.trim()]);
    else if (line.startsWith("+") && files.length > 0) files.at(-1)!.text += `${line.slice(1)}\n`;
  }
  return { written: files.slice(0, MAX_FILES), copied: copied.slice(0, MAX_FILES) };
}

function objectOf(text: string): Readonly<Record<string, unknown>> | null {
  try {
    const value: unknown = JSON.parse(text.slice(0, 4 * PARSER_INPUT_CHARS));
    return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : null;
  } catch {
    return null;
  }
}

function textOf(inputs: Readonly<Record<string, unknown>>, names: readonly string[]): string | null {
  for (const name of names) if (typeof inputs[name] === "string" && inputs[name] !== "") return inputs[name];
  return null;
}
