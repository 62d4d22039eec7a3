import { beforeAll, describe, expect, it, vi } from "vitest";
import { MAX_GIVEN_CHARS, PARSER_INPUT_CHARS, SQL_WEIGHT } from "../bounds.ts";
import { prepareClassifiers } from "../sql/prepare.ts";
import { literalsIn, unescaped } from "../sql/literals.ts";
import { stringsIn } from "./foreign-code.ts";
import * as programs from "./programs.ts";
import { classifyShell } from "./shell.ts";

beforeAll(prepareClassifiers);

vi.mock(import("./programs.ts"), { spy: true });

/** What the programs of `text` are given, in signs, and how many of them are judged. */
function workOn(text: string): { readonly judged: number; readonly chars: number; readonly isUnknown: boolean } {
  const judge = vi.mocked(programs.judgeInvocation);
  judge.mockClear();
  const { verdicts } = classifyShell(text);
  const chars = judge.mock.calls.reduce((sum, [{ args, stdin }]) => sum + args.reduce((all, word) => all + word.text.length, stdin.kind === "text" ? stdin.text.length : 0), 0);
  return { judged: judge.mock.calls.length, chars, isUnknown: verdicts.some(({ rule }) => rule === "shell.too-deep") };
}

const filled = (piece: string, chars: number): string => piece.repeat(Math.floor(chars / piece.length));
const quoted = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`;

describe("the work that one script can ask for", () => {
  it.each([
    ["commands that each hold all that follow", filled("find . -exec ", 4_000)],
    ["one long value handed on many times", `a=${quoted(filled("x", 7_000))}\n${filled('printf "$a"\n', 9_000)}`],
    ["one long script run many times", `a=${quoted(`echo ${filled("x ", 7_000)}`)}\n${filled('eval "$a"\n', 9_000)}`],
    ["an alias of many words", `alias a='b ${filled("x ", 7_000)}'\n${filled("a\n", 7_000)}`],
    ["SQL in a variable", `a=${quoted(filled("select 1;", 7_000))}\n${filled('psql -c "$a"\n', 9_000)}`],
  ])("ends, unknown, with %s", (_, text) => {
    const { judged, chars, isUnknown } = workOn(text);
    expect(isUnknown).toBe(true);
    expect(chars).toBeLessThanOrEqual(MAX_GIVEN_CHARS);
    expect(judged).toBeLessThanOrEqual(512);
  });

  it("ends sooner where it is SQL, whose parser takes longest", () => {
    const { chars, isUnknown } = workOn(`a=${quoted(filled("1+", 8_000))}\n${filled('psql -c "$a"\n', 200)}`);
    expect(isUnknown).toBe(true);
    expect(chars).toBeLessThanOrEqual(MAX_GIVEN_CHARS / SQL_WEIGHT);
  });

  it.each([
    ["a script as long as is judged", filled("rm -f dist/a.js\n", PARSER_INPUT_CHARS)],
    ["one command of as many words as fit", `echo ${filled("a ", PARSER_INPUT_CHARS - 8)}`],
    ["a file written and run", `cat > a.sh <<'E'\n${filled("echo a\n", 3_000)}E\nbash a.sh; ssh h bash < a.sh`],
  ])("leaves %s alone", (_, text) => expect(workOn(text).chars).toBeGreaterThan(0.3 * text.length));

  it("leaves what lies within the bound known", () => {
    expect(workOn(`echo ${filled("a ", PARSER_INPUT_CHARS - 8)}`).isUnknown).toBe(false);
    expect(workOn(`sudo env nice sh -c ${quoted(filled("echo a b;", 4_000))}`).isUnknown).toBe(false);
  });

  it("still tells the losses that come before the bound", () => {
    expect(classifyShell(`rm -rf /etc; ${filled("find . -exec ", 4_000)}`).worst.reversibility).toBe("irreversible");
  });
});

describe("looking through code for literals", () => {
  it("reads what may not be one a few times at most, however often it could begin", () => {
    const read = literalsIn(`"\\n${filled('\\"', 15_000)}"`.concat(filled('\n"', 1_000))).reduce((sum, { text }) => sum + text.length, 0);
    expect(read).toBeLessThanOrEqual(5 * PARSER_INPUT_CHARS);
    expect(read).toBeGreaterThan(0);
  });

  it("still finds a statement behind several apostrophes", () => {
    expect(literalsIn(`# it's\n# they're\n# 'tis\n${"x\n".repeat(50)}cur.execute("DROP TABLE a")`).map(({ text }) => text)).toContain("DROP TABLE a");
  });
});

describe("the strings of code", () => {
  /** A text that counts how often one of its signs is looked at. */
  function counted(text: string): { readonly code: string; readonly looks: () => number } {
    let looks = 0;
    const code = new Proxy(Object(text) as object, {
      get: (target, key) => {
        if (typeof key === "string" && /^\d+$/.test(key)) looks += 1;
        const value: unknown = Reflect.get(target, key);
        return typeof value === "function" ? value.bind(text) : value;
      },
    }) as unknown as string;
    return { code, looks: () => looks };
  }

  it.each([String.raw`\"`, `"\\`, `\\'\\"\\\``, "'\"`\\", '"', "a"])("are found in a few looks at each sign: %j again and again", (piece) => {
    const { code, looks } = counted(filled(piece, 8_000));
    stringsIn(code);
    expect(looks()).toBeGreaterThan(0);
    expect(looks()).toBeLessThanOrEqual(12 * 8_000);
  });

  it("are those that a plain expression finds", () => {
    const plain = /"(?:[^"\\]|\\[^])*"|'(?:[^'\\]|\\[^])*'|`(?:[^`\\]|\\[^])*`/g;
    for (let number = 0; number < 20_000; number += 1) {
      let text = "";
      for (let rest = number; rest > 0; rest = Math.floor(rest / 6)) text += `"'\\a\n\``[rest % 6];
      expect(stringsIn(text), JSON.stringify(text)).toEqual(text.match(plain) ?? []);
    }
  });
});

describe("a backslash in a string", () => {
  it.each([
    ["a\\nb", "a\nb"],
    ["\\\\n", "\\n"],
    ["\\\"x\\'", "\"x'"],
    ["\\t\\r\\0", "\t\r\0"],
    ["end\\", "end\\"],
    ["\\\\\\", "\\\\"],
    ["none", "none"],
    ["\\", "\\"],
  ])("stands for what it does in most languages: %j", (text, expected) => expect(unescaped(text)).toBe(expected));
});
