// oxlint-disable no-restricted-properties -- the bound under test is time itself; nothing that is judged reads a clock.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { MAX_HERE_DOCUMENTS, MAX_OPEN_EXPANSIONS, MAX_VERDICTS, PARSER_INPUT_CHARS } from "./bounds.ts";
import { compose, severity, unknownVerdict, verdictOf } from "./compose.ts";
import { classifyGraphqlBody } from "./graphql/body.ts";
import { classifyHttp } from "./http/http.ts";
import { classifyShell } from "./shell/shell.ts";
import { prepareClassifiers } from "./sql/prepare.ts";
import { classifySql } from "./sql/sql.ts";
import type { Classification, Verdict } from "./verdict.ts";

await prepareClassifiers();

const CLASSIFIERS: Readonly<Record<string, (text: string) => Classification>> = {
  shell: classifyShell,
  sql: classifySql,
  graphql: (text) => classifyGraphqlBody("https://backboard.railway.com/graphql/v2", text),
  http: (text) => classifyHttp({ method: "POST", url: text, body: text }),
};

/** Pieces that mean something to one parser or another: random walks over them reach deeper than random characters. */
const PIECES = ["rm -rf ", "/", "$(", ")", "`", "'", '"', "\\", "${x:-", "}", "<<EOF\n", "\nEOF\n", "|", "&&", ";", "((", "))", "[[", "]]", "{", "if ", "then ", "fi ", "for x in ", "do ", "done ",
  "case x in ", "esac", "f() ", "eval ", "sh -c ", "curl ", "-d ", "psql -c ", "drop table t", "select ", "mutation {", "...F", "fragment F on M ", "(id: ", "$v", "\u0000", "é", "#", "/*!", "*/", "--", "=", "~", "*"];
const hostile = fc.oneof(fc.string({ maxLength: 400 }), fc.array(fc.constantFrom(...PIECES), { maxLength: 120 }).map((pieces) => pieces.join("")));

describe.each(Object.entries(CLASSIFIERS))("classify %s", (_, judge) => {
  it("never throws, always answers, and puts the most severe first", () => {
    fc.assert(
      fc.property(hostile, (text) => {
        const { verdicts, worst } = judge(text);
        expect(verdicts.length).toBeGreaterThan(0);
        expect(verdicts.length).toBeLessThanOrEqual(MAX_VERDICTS);
        expect(verdicts).toContain(worst);
        for (const verdict of verdicts) expect(severity(verdict)).toBeLessThanOrEqual(severity(worst));
      }),
      { numRuns: 300 },
    );
  });

  it("never calls a text safe that it could not parse", () => {
    fc.assert(
      fc.property(hostile, (text) => {
        const { worst, parse } = judge(text);
        if (parse === "unparsable") expect(worst.effect).not.toBe("read");
      }),
      { numRuns: 300 },
    );
  });

  it("answers the same again", () => {
    fc.assert(
      fc.property(hostile, (text) => {
        expect(judge(text)).toEqual(judge(text));
      }),
      { numRuns: 50 },
    );
  });

  it("keeps every span inside the text", () => {
    fc.assert(
      fc.property(hostile, (text) => {
        for (const { span } of judge(text).verdicts) if (span !== null) expect(span.start >= 0 && span.start <= span.end && span.end <= text.length).toBe(true);
      }),
      { numRuns: 100 },
    );
  });
});

const fill = (piece: string): string => piece.repeat(Math.floor(PARSER_INPUT_CHARS / piece.length));

/** Input made to hang a parser. The bound is generous for a busy machine; the point is that nothing grows without limit. */
const BOMBS: Readonly<Record<string, string>> = {
  substitutions: fill("$("),
  "closed substitutions": "$(".repeat(4_000) + ")".repeat(4_000),
  backticks: fill("`"),
  parentheses: fill("("),
  braces: fill("${x:-"),
  quotes: fill("\"$("),
  heredocs: fill("cat <<A\n"),
  pipes: fill("a|"),
  semicolons: fill("a;"),
  "nested shells": fill("sh -c "),
  evals: fill("eval "),
  sudos: fill("sudo "),
  functions: fill("f() { f; f; }; f; "),
  loops: fill("for i in 1 2 3 4 5 6 7 8; do "),
  "closed loops": "for i in 1 2 3 4 5 6 7 8 9; do ".repeat(12) + "ls;" + " done;".repeat(12),
  "recursive functions": "a() { b; b; b; b; b; b; b; b; }; b() { c; c; c; c; c; c; c; }; c() { d; d; d; d; d; d; }; d() { e; e; e; e; }; e() { ls; ls; ls; }; a; a; a",
  "doubling variables": Array.from({ length: 30 }, (_, at) => `v${at + 1}="$v${at}$v${at}"`).join(";").replace("$v0$v0", "aaaaaaaaaaaaaaaa") + "; rm $v30",
  xargs: fill("xargs "),
  arithmetic: fill("$(("),
  "database parentheses": `select ${"(".repeat(8_000)}`,
  "database terms": `select 1${"+1".repeat(8_000)}`,
  "database conditions": `delete from t where ${"not ".repeat(4_000)} true`,
  "graphql braces": `mutation ${"{a".repeat(8_000)}`,
  "graphql lists": `mutation { a(b: ${"[".repeat(8_000)}`,
  "graphql aliases": `mutation { ${"a:b ".repeat(4_000)} }`,
  "json brackets": fill("["),
  blanks: fill(" "),
  "long word": fill("a"),
  "long quote": `'${fill("a").slice(2)}'`,
  slashes: fill("/."),
  hyphens: `rm ${fill("-")}`.slice(0, PARSER_INPUT_CHARS),
  "digits of a program's version": `ra${"9".repeat(16_000)}x`,
  "options of a database client": `psql ${"-c x ".repeat(3_000)}`,
  "roots of a search": `find ${"/srv ".repeat(3_000)} -name x -delete`,
  "commands of a search": `find / ${"-exec ls {} + ".repeat(1_000)}`,
  "addresses of requests": `curl ${"http://a/b ".repeat(1_400)}`,
  "comments side by side": `select 1${"/**/".repeat(4_000)}`,
  "comments in comments": `select 1 ${"/*".repeat(4_000)}${"*/".repeat(4_000)}`,
  "blanks in executed text": `do $$ begin execute 'update${" ".repeat(15_000)}x'; end $$`,
  "comments in executed text": `do $$ begin execute '${"/* a */ ".repeat(1_500)}x'; end $$`,
  "comments in code": `python3 -c "cur.execute('${"/* a */ ".repeat(1_500)}x')"`,
  "quotes in code": `python3 -c 'cur.execute("${'\\\\"'.repeat(5_000)}'`,
  "a long mark of a document": `python3 -c "run(<<SQL${"_SQL".repeat(3_900)})"`,
  "strings over lines": `python3 -c 'run(${'"\\n" '.repeat(2_500)})'`,
  "commands without an end": `find /etc -name x ${"-exec r x ".repeat(1_600)}`,
  "arguments passed on": `z() { psql "$@"; }; ${'z ""$@"; }; '.repeat(1_300)}`,
  "open expansions": 'git\n"${cm='.repeat(1_600),
  "here-documents side by side": `cat ${"<<E".repeat(5_000)}`,
  "steps into directories": `sh -s <<A\n${"cd sr\n".repeat(2_300)}A`,
  "blanks in assignments of code": `python3 -c 'query("update t set a =${" ".repeat(15_000)}")'`,
  "documents in code": `ruby -e 'run(${"<<A\n".repeat(3_000)}'`,
  "blanks in code": `python3 -c 'query(); User.objects${" ".repeat(15_000)}'`,
  "foreign statements": "drop vin; ".repeat(1_600),
  "rights in a grant": `GRANT ${"a, ".repeat(5_000)}`,
  "blanks in a grant": `mysql -e "GRANT ${"a ".repeat(8_000)}"`,
  "settings of a cluster": `curl -X PUT http://search/_cluster/settings -d '{"transient":{${'"logger.a":"b",'.repeat(1_000)}'`,
  "lines of sed": `sed '${"\n".repeat(16_000)}' x`,
  "open classes of sed": `sed '${"s/[".repeat(5_000)}' x`,
  "lines of awk": `awk '${"\n".repeat(16_000)}' x`,
  "pipes of awk": `awk '${'print | "'.repeat(1_800)}' x`,
  "bindings": `fzf --bind '${"execute(".repeat(2_000)}'`,
  "editor commands": `vim ${"-c '!ls' ".repeat(1_700)}`,
  "variables that run": `${"PAGER=ls ".repeat(1_700)} ls`,
  "sources": `${"cat a|".repeat(2_500)} sh`,
  "python strings": `python -c "${fill("os.system('a\\\\' ").slice(0, 16_000)}"`,
};
const BOUND_MS = 2_000;

describe("classify under attack", () => {
  it.each(Object.entries(BOMBS))("answers within its time for %s", (_, text) => {
    for (const judge of Object.values(CLASSIFIERS)) {
      const startMs = performance.now();
      expect(judge(text).verdicts.length).toBeGreaterThan(0);
      expect(performance.now() - startMs).toBeLessThan(BOUND_MS);
    }
  });

  it("takes a script past the bound of length for unknown", () => {
    const text = "rm -rf /etc".padEnd(PARSER_INPUT_CHARS, " ");
    expect(classifyShell(text).worst.operation).toBe("shell.rm");
    expect(classifyShell(`${text} `)).toMatchObject({ parse: "unparsable", worst: { rule: "shell.too-long", reversibility: "unknown" } });
  });

  it("does not lose the worst among more operations than are kept", () => {
    const { verdicts, worst, parse } = classifyShell(`${"ls; ".repeat(100)} rm -rf /etc; ${"ls; ".repeat(100)}`);
    expect(verdicts).toHaveLength(MAX_VERDICTS);
    expect({ operation: worst.operation, parse }).toEqual({ operation: "shell.rm", parse: "partial" });
  });

  it("takes a search that runs more commands than are judged for unknown, unless one of them is a loss", () => {
    expect(classifyShell(`find . ${"-exec ls {} + ".repeat(16)}`).worst.effect).toBe("read");
    expect(classifyShell(`find . ${"-exec ls {} + ".repeat(17)}`).worst.reversibility).toBe("unknown");
    expect(classifyShell(`find /etc -exec rm -rf {} + ${"-exec ls {} + ".repeat(17)}`).worst.reversibility).toBe("irreversible");
    expect(classifyShell(`a="${"x ".repeat(300)}"; rm -rf $a`).worst.reversibility).toBe("irreversible");
  });

  it("takes more open expansions or here-documents than the parser is asked to follow for unknown", () => {
    expect(classifyShell(`ls ${"${a:-".repeat(MAX_OPEN_EXPANSIONS + 1)}`).worst.rule).toBe("shell.too-deep");
    expect(classifyShell(`ls ${"${a} ".repeat(MAX_OPEN_EXPANSIONS + 1)}`).worst.effect).toBe("read");
    expect(classifyShell("cat <<A\nA\n".repeat(MAX_HERE_DOCUMENTS + 1)).worst.rule).toBe("shell.too-deep");
    expect(classifyShell(`sh -c '${"cat <<A\nA\n".repeat(MAX_HERE_DOCUMENTS + 1)}'`).worst.rule).toBe("shell.too-deep");
    expect(classifyShell("cat <<A\nA\n".repeat(MAX_HERE_DOCUMENTS)).worst.effect).toBe("read");
  });

  it("takes more commands than are followed, or deeper nesting, for unknown", () => {
    expect(classifyShell("ls;".repeat(513)).worst.rule).toBe("shell.too-deep");
    expect(classifyShell("ls;".repeat(512)).worst.effect).toBe("read");
    const defaults = (depth: number) => `echo ${"${x:-".repeat(depth)}$(rm -rf /etc)${"}".repeat(depth)}`;
    expect(classifyShell(defaults(5)).worst.operation).toBe("shell.rm");
    expect(classifyShell(defaults(40)).verdicts.some(({ rule }) => rule === "shell.too-deep")).toBe(true);
    expect(classifyShell(`${"sudo ".repeat(7)}ls`).worst.effect).toBe("read");
    expect(classifyShell(`${"sudo ".repeat(9)}ls`).worst.rule).toBe("shell.too-deep");
  });
});

describe("classify in line", () => {
  it("judges an ordinary command in a fraction of a millisecond", () => {
    const commands = ["git status && npm test", "ls -la src | grep rm", "git commit -m \"$(cat <<'EOF'\nfix\nEOF\n)\"", "psql -h db -c 'select * from users where id = 1'"];
    for (let round = 0; round < 200; round += 1) for (const command of commands) classifyShell(command);
    const took = commands.flatMap((command) =>
      Array.from({ length: 50 }, () => {
        const startMs = performance.now();
        classifyShell(command);
        return performance.now() - startMs;
      }),
    );
    // Measured at 0.01 to 0.02 ms on an idle machine; the bound only catches a change of order.
    expect(took.toSorted((a, b) => a - b)[took.length >> 1]!).toBeLessThan(0.3);
  });
});

describe("compose", () => {
  const verdict = (effect: Verdict["effect"], reversibility: Verdict["reversibility"]): Verdict => verdictOf({ operation: `${effect}-${reversibility}`, effect, reversibility, reason: "A test." }, "test");

  it("answers unknown for nothing at all", () => {
    expect(compose([], "parsed").worst).toMatchObject({ effect: "execute", reversibility: "unknown" });
  });

  it("orders irreversible before unknown before recoverable before reversible, then side effects before reads", () => {
    const ordered = [verdict("delete", "irreversible"), verdict("write", "irreversible"), unknownVerdict("x", "y", "z"), verdict("delete", "recoverable"), verdict("write", "recoverable"), verdict("read", "reversible")];
    for (const [at, expected] of ordered.entries()) expect(compose(ordered.slice(at).toReversed(), "parsed").worst).toBe(expected);
  });

  it("takes the first of equals, the earlier in execution", () => {
    const [a, b] = [verdict("delete", "irreversible"), verdict("delete", "irreversible")];
    expect(compose([a, b], "parsed").worst).toBe(a);
  });
});
