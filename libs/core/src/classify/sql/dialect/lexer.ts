/** Cuts SQL of any dialect into tokens, and tokens into statements. Linear in the text; nothing in it can make it throw. */
import type { Dialect } from "./dialects.ts";

export interface Token {
  /** `quoted` is a name in quotes; `hole` a value put in later (`?`, `%s`, `${id}`); `meta` a client's command that ends a statement (`\gexec`). */
  readonly kind: "word" | "quoted" | "string" | "number" | "symbol" | "hole" | "meta";
  /** Of a name or string, what stands inside its quotes, escapes resolved. */
  readonly text: string;
  readonly start: number;
  readonly end: number;
}

export interface LexedStatement {
  readonly tokens: readonly Token[];
  readonly start: number;
  readonly end: number;
}

const BLANK = /\s+/y;
const LINE = /[^\n]*/y;
const WORD = /[\p{L}_@#$][\p{L}\p{N}_@#$]*/uy;
/** Parameters, and what code or a template engine fills in: `:id`, `:'id'`, `%(id)s`, `{id}`, `#{id}`, `$(id)`. */
const HOLE = /\?|%\(\w+\)[sd]|%\d*\$?[sdIL](?!\w)|[$#]\{[^{};]*\}|\{\{[^{};]*\}\}|\{[^{};]*\}|\$\(\w+\)|(?<!:):(?:[a-z_]\w*|'\w+'|"\w+")/iy;
const NUMBER = /\d[\w.]*/y;
const DOLLAR = /\$(?:[\p{L}_][\p{L}\p{N}_]*)?\$/uy;
const META = /\\[a-z]\w*/y;
/** Letters that may stand before a quote: `N'…'`, `E'…'`, `B'…'`, `x'…'`, `_utf8'…'`. */
const PREFIX = /^(?:[nebxur]|rb|br|_\w+)$/i;
/** First signs, so that most patterns need not be tried at most places. */
const HOLE_STARTS = new Set("?%$#{:");
const COMMENT_STARTS = new Set("-#/*");
const CLOSERS: Readonly<Record<string, string>> = { "[": "]", "(": ")", "{": "}", "<": ">" };

export function lexStatements(text: string, dialect: Dialect): LexedStatement[] {
  return new Lexer(text, dialect).statements();
}

class Lexer {
  readonly #text: string;
  readonly #dialect: Dialect;
  #at = 0;
  #delimiter = ";";
  /** Nothing but blanks since the line began. */
  #lineIsBlank = true;
  #tokens: Token[] = [];
  readonly #statements: LexedStatement[] = [];

  constructor(text: string, dialect: Dialect) {
    this.#text = text;
    this.#dialect = dialect;
  }

  statements(): LexedStatement[] {
    while (this.#at < this.#text.length) this.#step();
    this.#finish();
    return this.#statements;
  }

  #step(): void {
    const text = this.#text;
    const blank = this.#matched(BLANK);
    if (blank !== null) return void (this.#lineIsBlank ||= blank.includes("\n"));
    if (this.#lineIsBlank && this.#batchLine()) return;
    this.#lineIsBlank = false;
    const [char, start] = [text[this.#at]!, this.#at];
    if (HOLE_STARTS.has(char)) {
      const hole = this.#matched(HOLE);
      if (hole !== null) return this.#push("hole", hole, start);
    }
    if (COMMENT_STARTS.has(char) && this.#comment()) return;
    if (text.startsWith(this.#delimiter, start)) {
      this.#at += this.#delimiter.length;
      return this.#finish();
    }
    if (char === "'" || char === '"' || char === "`" || (char === "[" && this.#dialect.brackets)) return this.#quoted(char, start, this.#dialect.backslashEscapes);
    const dollar = this.#dialect.dollarQuotes && char === "$" ? this.#matched(DOLLAR) : null;
    if (dollar !== null) return this.#until(dollar, start);
    const word = this.#matched(WORD);
    if (word !== null) return this.#word(word, start);
    this.#sign(char, start);
  }

  #word(word: string, start: number): void {
    const quoted = this.#text[this.#at] === "'";
    if (quoted && this.#dialect.alternativeQuotes && /^n?q$/i.test(word)) return this.#alternative(start);
    if (quoted && PREFIX.test(word)) return this.#quoted("'", start, this.#dialect.backslashEscapes || /^e$/i.test(word));
    // A delimiter such as `$$` may stand right behind a word, and its signs may stand in one.
    const end = this.#delimiter === ";" ? -1 : word.indexOf(this.#delimiter);
    if (end > 0) this.#at = start + end;
    this.#push("word", end > 0 ? word.slice(0, end) : word, start);
  }

  #sign(char: string, start: number): void {
    const meta = char === "\\" ? this.#matched(META) : null;
    if (meta !== null) {
      this.#push("meta", meta, start);
      return this.#finish();
    }
    const number = this.#matched(NUMBER);
    if (number !== null) return this.#push("number", number, start);
    this.#at += 1;
    this.#push("symbol", char, start);
  }

  #matched(pattern: RegExp): string | null {
    pattern.lastIndex = this.#at;
    const found = pattern.exec(this.#text)?.[0] ?? "";
    this.#at += found.length;
    return found === "" ? null : found;
  }

  #push(kind: Token["kind"], text: string, start: number): void {
    this.#tokens.push({ kind, text, start, end: this.#at });
  }

  #finish(): void {
    const [first] = this.#tokens;
    if (first !== undefined) this.#statements.push({ tokens: this.#tokens, start: first.start, end: this.#tokens.at(-1)!.end });
    this.#tokens = [];
  }

  #comment(): boolean {
    const [text, at] = [this.#text, this.#at];
    if (text.startsWith("--", at) && (!this.#dialect.dashesNeedSpace || at + 2 === text.length || /\s/.test(text[at + 2]!))) return this.#matched(LINE) !== null;
    if (this.#dialect.hashComments && text[at] === "#") return this.#matched(LINE) !== null;
    // The end of a comment whose inside was code.
    if (this.#dialect.executableComments && text.startsWith("*/", at)) return this.#skip(2);
    if (!text.startsWith("/*", at)) return false;
    const code = this.#dialect.executableComments ? /^\/\*M?!\d*/.exec(text.slice(at, at + 12)) : null;
    if (code !== null) return this.#skip(code[0].length);
    let depth = 1;
    this.#at += 2;
    while (this.#at < text.length && depth > 0) {
      if (text.startsWith("*/", this.#at)) {
        depth -= 1;
        this.#at += 2;
      } else if (this.#dialect.nestedComments && text.startsWith("/*", this.#at)) {
        depth += 1;
        this.#at += 2;
      } else this.#at += 1;
    }
    return true;
  }

  #skip(chars: number): boolean {
    this.#at += chars;
    return true;
  }

  /** `GO`, `/` and `DELIMITER x` count only as a line of their own. */
  #batchLine(): boolean {
    if (!this.#dialect.batchLines) return false;
    const lineEnd = this.#text.indexOf("\n", this.#at);
    const line = this.#text.slice(this.#at, lineEnd < 0 ? this.#text.length : lineEnd).trimEnd();
    const delimiter = /^delimiter\s+(\S{1,16})/i.exec(line)?.[1];
    if (delimiter === undefined && !/^(go(\s+\d+)?|\/)$/i.test(line)) return false;
    if (delimiter !== undefined) this.#delimiter = delimiter;
    this.#at += line.length;
    this.#finish();
    return true;
  }

  /** From an opening quote to its end, or to the end of the text; a doubled quote is one quote. */
  #quoted(open: string, start: number, backslashes: boolean): void {
    const text = this.#text;
    const close = CLOSERS[open] ?? open;
    const escapes = backslashes && (open === "'" || open === '"');
    const parts: string[] = [];
    this.#at += 1;
    let from = this.#at;
    while (this.#at < text.length) {
      const char = text[this.#at]!;
      if (char === close && text[this.#at + 1] !== close) break;
      if (char !== close && !(escapes && char === "\\")) {
        this.#at += 1;
        continue;
      }
      // What the quote or backslash escapes stands for itself.
      parts.push(text.slice(from, this.#at));
      from = this.#at + 1;
      this.#at += 2;
    }
    parts.push(text.slice(from, Math.min(this.#at, text.length)));
    this.#at = Math.min(this.#at + 1, text.length);
    const isString = open === "'" || (open === '"' && this.#dialect.doubleQuotes === "string");
    this.#push(isString ? "string" : "quoted", parts.join(""), start);
  }

  #until(closing: string, start: number): void {
    const from = this.#at;
    const to = this.#text.indexOf(closing, from);
    this.#at = to < 0 ? this.#text.length : to + closing.length;
    this.#push("string", this.#text.slice(from, to < 0 ? this.#text.length : to), start);
  }

  /** Oracle's `q'[it's]'`. */
  #alternative(start: number): void {
    const open = this.#text[this.#at + 1] ?? "";
    this.#at += 2;
    this.#until(`${CLOSERS[open] ?? open}'`, start);
  }
}
