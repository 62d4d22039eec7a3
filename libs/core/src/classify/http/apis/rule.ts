/** One file per API (or family) states what its calls do where method and path do not tell. `registry.ts` lists them. */
import type { Effect, Reversibility } from "@tripline/model";
import type { Knowledge } from "../../compose.ts";

export interface HttpRule extends Knowledge {
  readonly host: RegExp;
  /** `ANY`: reading methods as well, for APIs that act on GET. `*`: all that are not for reading. */
  readonly method: string;
  /** Tested on the path without query. */
  readonly path: RegExp;
  /** Tested on the query string, a blank and the body, where the operation hides there. */
  readonly text?: RegExp;
  /** Where a text anywhere is not enough: what makes less of a request must be beyond doubt. */
  readonly onlyIf?: (url: URL, body: string | null) => boolean;
  /** Stable id of the rule; by default the operation's. */
  readonly rule?: string;
}

type Extra = Partial<Pick<HttpRule, "text" | "onlyIf" | "safer" | "rule" | "overwrites" | "blast">>;
/** `line`: a method and a path, each segment a word, `a|b`, or `*` for any; `**` is any number of segments, none included. */
type Make = (line: string, operation: string, reason: string, extra?: Extra) => HttpRule;

export interface Api {
  readonly destroys: Make;
  readonly discards: Make;
  readonly writes: Make;
  readonly overwrites: Make;
  readonly governs: Make;
  readonly publishes: Make;
  readonly runs: Make;
  readonly reads: Make;
  /** Cuts off whoever uses it; nothing is lost, and it can be started again. */
  readonly stops: Make;
  /** Moves money, or ends what earns it. */
  readonly pays: Make;
  /** Takes a protection away; the rule is `protection.<kind>`. */
  readonly unprotects: (kind: string) => Make;
}

/** Makers of rows for the API at these hosts, whose operations begin with `name`. */
export function api(name: string, host: RegExp): Api {
  const row = (effect: Effect, reversibility: Reversibility, more: Extra = {}): Make => (line, operation, reason, extra = {}) => {
    const [method, path] = line.split(" ") as [string, string];
    return { host, method, path: pathPattern(path), operation: `${name}.${operation}`, effect, reversibility, reason, ...more, ...extra };
  };
  return {
    destroys: row("delete", "irreversible"),
    discards: row("delete", "recoverable"),
    writes: row("write", "recoverable"),
    overwrites: row("write", "irreversible", { overwrites: true }),
    governs: row("admin", "recoverable"),
    publishes: row("publish", "unknown"),
    runs: row("execute", "unknown"),
    reads: row("read", "reversible"),
    stops: row("admin", "irreversible", { overwrites: true }),
    pays: row("publish", "unknown"),
    unprotects: (kind) => row("admin", kind === "code" ? "unknown" : "irreversible", { rule: `protection.${kind}`, overwrites: true }),
  };
}

function pathPattern(path: string): RegExp {
  const parts = path.split("/").filter((part) => part !== "");
  const source = parts.map((part) => {
    if (part === "**") return "(/[^/]+)*";
    return `/${part.split("*").map((text, at) => `${at === 0 ? "" : anyBefore(text)}${escaped(text)}`).join("")}`;
  });
  return new RegExp(`^${source.join("")}/?$`, "i");
}

/** Any signs up to `next`: that it ends at its first sign, where that is one sign, keeps two such runs from trying every split between them. */
const anyBefore = (next: string): string => (/^[.:=,]/.test(next) ? `[^/${next[0]!}]*` : "[^/]*");

/** `|` stays an alternative. */
const escaped = (text: string): string => (text.includes("|") ? `(${text.split("|").map(literal).join("|")})` : literal(text));
const literal = (text: string): string => text.replace(/[.+?^${}()[\]\\]/g, "\\$&");
