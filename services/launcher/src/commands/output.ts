/** What the CLI prints. Text from agents is data: control characters never reach a terminal. */
// eslint-disable-next-line no-control-regex
const CONTROL = /[\u0000-\u001f\u007f-\u009f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/gu;

/** Text from outside, safe for a terminal: control, direction and invisible characters become visible escapes (JSON's own, so JSON stays JSON). */
export function plain(text: string): string {
  return text.replaceAll(CONTROL, (char) => `\\u${char.codePointAt(0)?.toString(16).padStart(4, "0")}`);
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
