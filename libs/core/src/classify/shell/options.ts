/** Splits a command's arguments into flags, options with values, and operands, as getopt does. */
import { literal, type Word } from "./word.ts";

export interface Options {
  /** Flags as written without value: `--force`, `-r`; bundled short flags also one by one. */
  readonly flags: ReadonlySet<string>;
  /** Values by option name. */
  readonly values: ReadonlyMap<string, readonly Word[]>;
  readonly operands: readonly Word[];
}

/** Space-separated option names that take a value, as a set; for use at module level. */
export const optionNames = (names: string): ReadonlySet<string> => new Set(names.split(" "));

/**
 * Reads `args`. `withValue` names the options that take the next word (`-n`, `--namespace`); `--name=value` is always split, and
 * `-Xvalue` is when `-X` takes a value. After `--` all are operands.
 */
export function readOptions(args: readonly Word[], withValue: ReadonlySet<string>): Options {
  const flags = new Set<string>();
  const values = new Map<string, Word[]>();
  const operands: Word[] = [];
  const put = (name: string, value: Word): void => void (values.get(name)?.push(value) ?? values.set(name, [value]));
  for (let at = 0; at < args.length; at += 1) {
    const word = args[at]!;
    const { text } = word;
    if (text === "--") {
      operands.push(...args.slice(at + 1));
      break;
    }
    if (!text.startsWith("-") || text === "-") {
      operands.push(word);
      continue;
    }
    const equals = text.startsWith("--") ? text.indexOf("=") : -1;
    if (equals > 0) {
      put(text.slice(0, equals), { ...word, text: text.slice(equals + 1) });
      flags.add(text.slice(0, equals));
    } else if (withValue.has(text) && at + 1 < args.length) put(text, args[(at += 1)]!);
    else if (!text.startsWith("--") && text.length > 2) at += readBundle(text, withValue, flags, put, args[at + 1]);
    else flags.add(text);
  }
  return { flags, values, operands };
}

/** `-rf` is `-r -f`; `-XPOST` is `-X POST`; `-sX POST` takes the next word. Returns how many further words were taken. */
function readBundle(text: string, withValue: ReadonlySet<string>, flags: Set<string>, put: (name: string, value: Word) => void, next: Word | undefined): number {
  // Terraform and Java style: one dash, a whole word.
  flags.add(text);
  for (let at = 1; at < text.length; at += 1) {
    const flag = `-${text[at]}`;
    if (!withValue.has(flag)) {
      flags.add(flag);
      continue;
    }
    if (at + 1 < text.length) {
      put(flag, literal(text.slice(at + 1)));
      return 0;
    }
    if (next === undefined) return 0;
    put(flag, next);
    return 1;
  }
  return 0;
}

/** First value of the first of `names` that was given, or null. */
export function valueOf(options: Options, ...names: readonly string[]): Word | null {
  for (const name of names) {
    const found = options.values.get(name)?.[0];
    if (found !== undefined) return found;
  }
  return null;
}

export const hasFlag = (options: Options, ...names: readonly string[]): boolean => names.some((name) => options.flags.has(name));
