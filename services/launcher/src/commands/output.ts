/** What the CLI prints. Text from agents is data: control characters never reach a terminal. */
// eslint-disable-next-line no-control-regex
const CONTROL = /[\u0000-\u001f\u007f-\u009f\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu;

/** Text from outside, safe for a terminal: control and direction characters become visible escapes. */
export function plain(text: string): string {
  return text.replaceAll(CONTROL, (char) => `\\u${char.codePointAt(0)?.toString(16).padStart(4, "0")}`);
}

export function print(value: unknown, isJson: boolean, human: () => string): void {
  process.stdout.write(`${isJson ? JSON.stringify(value) : human()}\n`);
}

/** Columns padded to their widest cell. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const cells = [head, ...rows].map((row) => row.map(plain));
  const widths = head.map((_, column) => Math.max(...cells.map((row) => (row[column] ?? "").length)));
  return cells.map((row) => row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join("  ").trimEnd()).join("\n");
}

export function time(ms: number): string {
  return ms === 0 ? "never" : new Date(ms).toISOString();
}
