/** What the CLI prints. Text from agents is data: control characters never reach a terminal. */

// Controls, format characters (zero-width, bidirectional, soft hyphen, tags), half surrogates, line and paragraph separators; what fonts leave
// out, and signs laid over others.
const UNSAFE = /[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}\p{Me}\u00a0\u2000-\u200a\u202f\u205f\u2800\u3000]|[\u{334}-\u{338}\u{20d2}-\u{20eb}]/gu;

/** Text from outside, safe for a terminal: what moves a cursor, hides or reverses is spelled out by JSON's own escapes, so JSON stays JSON. */
export function plain(text: string): string {
  return text.replaceAll(UNSAFE, (character) => character.split("").map(escaped).join(""));
}

function escaped(unit: string): string {
  return `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`;
}

/** Prints one value: as JSON on one line, or as `human` writes it. */
export function print(value: unknown, isJson: boolean, human: () => string): void {
  process.stdout.write(`${isJson ? plain(JSON.stringify(value)) : human()}\n`);
}

/** Rows of text from anywhere, made safe; columns padded to their widest cell. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const cells = [head, ...rows].map((row) => row.map(plain));
  const widths = head.map((_, column) => Math.max(...cells.map((row) => (row[column] ?? "").length)));
  return cells.map((row) => row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join("  ").trimEnd()).join("\n");
}

/** ISO 8601, UTC; 0 is `never`. */
export function time(ms: number): string {
  return ms === 0 ? "never" : new Date(ms).toISOString();
}

/** Breaks a text, made safe, between words; what it begins with is kept, and lines after the first are indented. */
export function wrapped(text: string, columns: number, indent = ""): string[] {
  const lines: string[] = [];
  let line = /^ */u.exec(text)![0];
  let isFirst = true;
  for (const word of plain(text).trimStart().split(" ")) {
    if (!isFirst && line.length + 1 + word.length > columns) {
      lines.push(line);
      line = `${indent}${word}`;
    } else line = isFirst ? `${line}${word}` : `${line} ${word}`;
    isFirst = false;
  }
  return [...lines, line];
}
