/** Reads a sed script as far as it matters: which of its commands write files and which run text. */

export interface SedEffect {
  readonly kind: "writes" | "runs";
  /** The file, or the command; empty where only the input tells what runs. */
  readonly text: string;
}

/** Commands of one script that are read; what lies beyond counts as running something unknown. */
const MAX_COMMANDS = 256;

class Cursor {
  at = 0;
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }

  get isDone(): boolean {
    return this.at >= this.text.length;
  }

  peek(): string {
    return this.text[this.at] ?? "";
  }

  skip(pattern: RegExp): void {
    while (!this.isDone && pattern.test(this.peek())) this.at += 1;
  }

  line(): string {
    const end = this.text.indexOf("\n", this.at);
    const line = this.text.slice(this.at, end < 0 ? undefined : end);
    this.at = end < 0 ? this.text.length : end + 1;
    return line.trim();
  }

  /** Up to the next `delimiter` that is not escaped nor inside brackets; null where there is none. */
  until(delimiter: string): string | null {
    const from = this.at;
    let isClass = false;
    for (; !this.isDone; this.at += 1) {
      const sign = this.peek();
      if (sign === "\\") this.at += 1;
      else if (sign === "[" && !isClass) isClass = true;
      else if (sign === "]" && isClass && this.text[this.at - 1] !== "[") isClass = false;
      else if (sign === delimiter && !(isClass && this.text.indexOf("]", this.at) > 0 && this.text.indexOf("]", this.at) < this.lineEnd())) {
        this.at += 1;
        return this.text.slice(from, this.at - 1);
      }
    }
    return null;
  }

  lineEnd(): number {
    const end = this.text.indexOf("\n", this.at);
    return end < 0 ? this.text.length : end;
  }
}

/** `3`, `$`, `/re/I`, `\,re,`, `first~step`, `addr,+4`, `!`. */
function skipAddress(cursor: Cursor): void {
  for (;;) {
    cursor.skip(/[\s;{}]/);
    const sign = cursor.peek();
    if (sign === "/" || sign === "\\") {
      cursor.at += sign === "\\" ? 2 : 1;
      cursor.until(sign === "\\" ? (cursor.text[cursor.at - 1] ?? "/") : "/");
      cursor.skip(/[IM]/);
    } else if (/[\d$,~+!]/.test(sign)) cursor.at += 1;
    else return;
  }
}

/** Flags behind `s/…/…/`: `e` runs what the line became, `w file` writes it. */
function substitution(cursor: Cursor): readonly SedEffect[] {
  const delimiter = cursor.peek();
  cursor.at += 1;
  cursor.until(delimiter);
  const replacement = cursor.until(delimiter);
  if (replacement === null) return [];
  const effects: SedEffect[] = [];
  for (; /[gpimeIMEw\d]/.test(cursor.peek()) && !cursor.isDone; cursor.at += 1) {
    if (cursor.peek() === "e") effects.push({ kind: "runs", text: replacement.replace(/\\([^\d\n])/g, "$1").replace(/\\\d|&/g, "") });
    if (cursor.peek() !== "w") continue;
    cursor.at += 1;
    effects.push({ kind: "writes", text: cursor.line() });
    break;
  }
  return effects;
}

/** What `script` does beside editing what it prints. */
export function sedEffects(script: string): readonly SedEffect[] {
  const cursor = new Cursor(script);
  const effects: SedEffect[] = [];
  for (let count = 0; count < MAX_COMMANDS; count += 1) {
    skipAddress(cursor);
    if (cursor.isDone) return effects;
    const command = cursor.peek();
    cursor.at += 1;
    if (command === "s") effects.push(...substitution(cursor));
    else if (command === "y") {
      const delimiter = cursor.peek();
      cursor.at += 1;
      cursor.until(delimiter);
      cursor.until(delimiter);
    } else if (command === "e") effects.push({ kind: "runs", text: cursor.line() });
    else if (/[wW]/.test(command)) effects.push({ kind: "writes", text: cursor.line() });
    // Text, file names and comments reach to the end of their line.
    else if (/[aicrR#]/.test(command)) cursor.line();
    // Labels do as well, or to the next command.
    else if (/[btT:]/.test(command)) cursor.skip(/[^;\n}]/);
  }
  return [...effects, { kind: "runs", text: "" }];
}
