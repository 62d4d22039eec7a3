/** Each rule against made-up inputs: a rule that cannot fail guards nothing. */
import { describe, expect, it } from "vitest";
import { checkLinks } from "./documents.ts";
import { checkCodes, documentedCodes, renderErrors } from "./errors-document.ts";
import { checkFloors } from "./floors.ts";
import { checkPinned, checkTested, checkTopLevel, checkUsed } from "./manifests.ts";
import { checkLowFloorDependencies, checkPurity } from "./purity.ts";
import { checkNoFakes, checkNothingDead } from "./reachability.ts";
import { sourceOf, type Manifest, type Package, type Violation } from "./repository.ts";
import { checkFileSizes, checkLintLimits, medianLines } from "./sizes.ts";
import { checkCode, checkText } from "./wording.ts";

const pkg = (dir: string, floor: number | null, dependencies: Record<string, string> = {}, more: Partial<Manifest> = {}): Package => ({
  dir,
  manifest: {
    name: `@tripline/${dir.split("/").at(-1)}`,
    exports: { ".": "./src/index.ts" },
    dependencies,
    ...(floor === null ? {} : { floor }),
    ...more,
  },
});
const own = "workspace:*";
const packages = [
  pkg("libs/model", 0),
  pkg("libs/core", 1, { "@tripline/model": own, graphql: "16.0.0" }),
  pkg("libs/semconv", 1, { "@tripline/core": own }),
  pkg("services/breaker", 3, { "@tripline/core": own }),
  pkg("services/launcher", 4, { "@tripline/breaker": own }),
  pkg("test", null, { "@tripline/core": own }, { name: "@tripline/tests", exports: {} }),
];
const messages = (violations: readonly Violation[]): string[] => violations.map(({ message }) => message);
const floors = (path: string, text: string): string[] => messages(checkFloors({ packages, sources: [sourceOf(path, text)] }));

describe("floors", () => {
  it("allow a smaller floor, a relative file, a built-in and a declared package", () => {
    const text = `import { A } from "@tripline/model";\nimport { b } from "./b.ts";\nimport { c } from "node:fs";\nimport { d } from "graphql";`;
    expect(floors("libs/core/src/a.ts", text)).toEqual([]);
  });
  it("refuse the same floor and a higher one, also as a type, a re-export or a dynamic import", () => {
    expect(floors("libs/semconv/src/a.ts", `import type { A } from "@tripline/core";`)).toEqual([expect.stringContaining("floor 1 imports @tripline/core on floor 1")]);
    expect(floors("libs/semconv/src/a.ts", `type A = import("@tripline/core").A;`)).toHaveLength(1);
    expect(floors("libs/core/src/a.ts", `export * from "@tripline/breaker";`)).toEqual([expect.stringContaining("floor 1 imports @tripline/breaker on floor 3")]);
    expect(floors("libs/core/src/a.ts", `const x = await import("@tripline/launcher");`)).toHaveLength(1);
    expect(floors("libs/core/src/a.ts", `import "@tripline/breaker";`)).toHaveLength(1);
  });
  it("refuse a package of their own", () => {
    expect(floors("libs/core/src/a.ts", `import { A } from "@tripline/core";`)).toHaveLength(1);
  });
  it("refuse what is not declared, own or foreign", () => {
    expect(floors("services/breaker/src/a.ts", `import { A } from "@tripline/model";`)).toEqual([expect.stringContaining("undeclared @tripline/model")]);
    expect(floors("libs/core/src/a.ts", `import x from "pg";`)).toEqual([expect.stringContaining("undeclared pg")]);
    expect(floors("test/x.ts", `import { A } from "@tripline/breaker";`)).toEqual([expect.stringContaining("undeclared @tripline/breaker")]);
  });
  it("let a test beside a source use the test runner, but not the source itself", () => {
    expect(floors("libs/core/src/a.test.ts", `import { it } from "vitest";`)).toEqual([]);
    expect(floors("libs/core/src/a.ts", `import { it } from "vitest";`)).toHaveLength(1);
  });
  it("refuse anything that imports test/, by name or by path", () => {
    expect(floors("libs/core/src/a.test.ts", `import { x } from "../../../test/x.ts";`)).toEqual([expect.stringContaining("Nothing imports test/")]);
    expect(floors("libs/core/src/a.ts", `import { x } from "@tripline/tests";`)).toEqual([expect.stringContaining("Nothing imports test/")]);
  });
  it("refuse an absolute path", () => {
    expect(floors("test/x.ts", `import { x } from "/somewhere/x.ts";`)).toEqual([expect.stringContaining("absolute path")]);
  });
  it("refuse a path into another package, and a path without its extension", () => {
    expect(floors("libs/core/src/a.ts", `import { x } from "../../model/src/x.ts";`)).toEqual([expect.stringContaining("leaves its package")]);
    expect(floors("test/x.ts", `import { x } from "../libs/core/src/x.ts";`)).toEqual([expect.stringContaining("reaches into a package")]);
    expect(floors("libs/core/src/a.ts", `import { x } from "./x";`)).toEqual([expect.stringContaining("extension")]);
  });
  it("let a test start an executable by its file, but no source reach across so", () => {
    const text = `const MAIN = new URL("../services/launcher/src/main.ts", import.meta.url);`;
    expect(floors("test/x.ts", text)).toEqual([]);
    expect(floors("libs/core/src/a.ts", `new Worker(new URL("../../model/src/x.ts", import.meta.url));`)).toHaveLength(1);
  });
  it("refuse a subpath that is not exported, and a computed import", () => {
    expect(floors("libs/core/src/a.ts", `import { x } from "@tripline/model/src/x.ts";`)).toEqual([expect.stringContaining("does not export")]);
    expect(floors("libs/core/src/a.ts", "await import(name);")).toEqual([expect.stringContaining("computed import")]);
    expect(floors("libs/core/src/a.ts", "await import(`./${name}.ts`);")).toEqual([expect.stringContaining("computed import")]);
  });
  it("refuse a package without a floor", () => {
    expect(messages(checkFloors({ packages: [pkg("libs/x", null)], sources: [] }))).toEqual([expect.stringContaining('no "floor"')]);
  });
  it("do not mistake a comment, a string or a regular expression for an import", () => {
    const text = `// import "pg";\n/* from "pg" */\nconst a = 'import "pg"';\nconst b = /import "pg"/;\nconst c = \`from "pg" \${1}\`;`;
    expect(floors("libs/core/src/a.ts", text)).toEqual([]);
  });
  it("find an import inside a template's expression", () => {
    expect(floors("libs/core/src/a.ts", 'const a = `x ${(await import("pg")).y} z`;')).toHaveLength(1);
  });
});

const purity = (path: string, text: string): string[] => messages(checkPurity({ packages, sources: [sourceOf(path, text)] }));

describe("purity", () => {
  it.each([
    ["Date.now()", "nowMs"],
    ["new Date()", "nowMs"],
    ["performance.now()", "nowMs"],
    ["Math.random()", "seed"],
    ["setTimeout(f, 1)", "service"],
    ["process.env", "service"],
    ["fetch(url)", "service"],
    ["console.log(1)", "service"],
  ])("refuses %s and names the remedy", (code, remedy) => {
    expect(purity("libs/core/src/a.ts", `const x = ${code};`)).toEqual([expect.stringContaining(remedy)]);
  });
  it("refuses built-in modules, but for those that are listed with a reason", () => {
    expect(purity("libs/core/src/a.ts", `import { readFileSync } from "node:fs";`)).toHaveLength(1);
    const canonical = [pkg("libs/canonical", 0)];
    expect(checkPurity({ packages: canonical, sources: [sourceOf("libs/canonical/src/a.ts", `import { createHash } from "node:crypto";`)] })).toEqual([]);
    expect(checkPurity({ packages: canonical, sources: [sourceOf("libs/canonical/src/a.ts", `import { readFileSync } from "node:fs";`)] })).toHaveLength(1);
  });
  it("allows a date made from a number, a mention in a text, tests, and packages that are not pure", () => {
    expect(purity("libs/core/src/a.ts", `const d = new Date(nowMs); // Date.now()\nconst s = "Math.random()";`)).toEqual([]);
    expect(purity("libs/core/src/a.test.ts", "Date.now();")).toEqual([]);
    expect(purity("services/breaker/src/a.ts", "Date.now();")).toEqual([]);
  });
  it("refuses a dependency of floors 0 and 1 that nobody looked at", () => {
    expect(checkLowFloorDependencies(packages, { "libs/core": ["graphql"] })).toEqual([]);
    expect(messages(checkLowFloorDependencies(packages, {}))).toEqual([expect.stringContaining("depends on graphql")]);
  });
});

const pinned = (version: string, name = "x"): number =>
  checkPinned([{ file: "p", manifest: { name: "p", dependencies: { [name]: version } } }]).length;

describe("manifests", () => {
  it("take exact versions only, and own packages from the workspace", () => {
    expect([pinned("1.2.3"), pinned("18.4.0-beta.17"), pinned(own, "@tripline/x")]).toEqual([0, 0, 0]);
    expect([pinned("^1.2.3"), pinned("~1.2.3"), pinned("latest"), pinned("1.x"), pinned(">=1"), pinned("1.2.3", "@tripline/x")]).toEqual([1, 1, 1, 1, 1, 1]);
  });
  it("name a dependency that nothing imports", () => {
    const core = pkg("libs/core", 1, { pg: "1.0.0", "@types/pg": "1.0.0", graphql: "1.0.0" });
    const sources = [sourceOf("libs/core/src/a.ts", `import pg from "pg";`)];
    expect(messages(checkUsed({ packages: [core], sources }))).toEqual([expect.stringContaining("declares graphql")]);
  });
  it("name a package without a test", () => {
    const paths = ["libs/model/src/a.ts", "libs/model/src/a.test.ts", "libs/core/src/a.ts"];
    expect(checkTested({ packages: packages.slice(0, 2), paths }).map(({ file }) => file)).toEqual(["libs/core"]);
  });
  it("name what does not belong at the top", () => {
    expect(checkTopLevel(["libs", "README.md", ".ci", "docs", "notes.txt"]).map(({ file }) => file)).toEqual(["docs", "notes.txt"]);
  });
});

const main = (text: string) => sourceOf("services/launcher/src/main.ts", text);

describe("reachability", () => {
  it("follows imports from the entry into packages, relative files and workers", () => {
    const sources = [
      main(`import { b } from "@tripline/breaker";`),
      sourceOf("services/breaker/src/index.ts", `export * from "./worker-start.ts";`),
      sourceOf("services/breaker/src/worker-start.ts", `new Worker(new URL("./railway.fake.ts", import.meta.url));`),
      sourceOf("services/breaker/src/railway.fake.ts", ""),
    ];
    expect(messages(checkNoFakes({ packages, sources }))).toEqual([expect.stringContaining("main.ts → services/breaker/src/index.ts → ")]);
  });
  it.each(["./battery.ts", "./log/battery.ts", "./a.test.ts", "./fakes/a.ts", "../fakes/a.ts", "./mocks/a.ts", "./stand-in/a.ts"])("refuses %s", (specifier) => {
    const path = new URL(specifier, "file:///services/launcher/src/main.ts").pathname.slice(1);
    const sources = [main(`import { x } from "${specifier}";`), sourceOf(path, "")];
    expect(checkNoFakes({ packages, sources })).toHaveLength(1);
  });
  it("refuses test packages in any source, and simulation names in services", () => {
    expect(checkNoFakes({ packages, sources: [sourceOf("libs/core/src/a.ts", `import { it } from "vitest";`)] })).toHaveLength(1);
    expect(checkNoFakes({ packages, sources: [sourceOf("services/breaker/src/a.ts", `import { openMemoryLog } from "@tripline/event-log";`)] })).toHaveLength(1);
  });
  it("leaves alone what the product cannot load", () => {
    expect(checkNoFakes({ packages, sources: [main(""), sourceOf("libs/core/src/battery.ts", `import { it } from "vitest";`)] })).toEqual([]);
  });
  it("follows a worker to the threads beside it", () => {
    const sources = [main("new Worker(new URL(`./x${EXTENSION}`, import.meta.url));"), sourceOf("services/launcher/src/x-thread.ts", ""), sourceOf("services/launcher/src/y/z-thread.ts", "")];
    expect(checkNothingDead({ packages, sources }, ["services/launcher/src/main.ts"]).map(({ file }) => file)).toEqual(["services/launcher/src/y/z-thread.ts"]);
  });
  it("names a source that nothing runs", () => {
    const sources = [main(`import { a } from "./a.ts";`), sourceOf("services/launcher/src/a.ts", ""), sourceOf("services/launcher/src/b.ts", "")];
    const dead = checkNothingDead({ packages, sources }, ["services/launcher/src/main.ts"]);
    expect(dead.map(({ file }) => file)).toEqual(["services/launcher/src/b.ts"]);
  });
});

const lines = (count: number): string => "x\n".repeat(count);

describe("sizes", () => {
  it("take a file of 400 lines and refuse one of 401", () => {
    expect(checkFileSizes([sourceOf("a.ts", lines(400))])).toEqual([]);
    expect(checkFileSizes([sourceOf("a.ts", lines(401))])).toHaveLength(1);
  });
  it("take the median over sources alone", () => {
    const sources = [1, 5, 9].map((count) => sourceOf(`libs/a/src/${count}.ts`, lines(count)));
    expect(medianLines([...sources, sourceOf("libs/a/src/a.test.ts", lines(900)), sourceOf("test/b.ts", lines(900))])).toBe(5);
  });
  it("notice a limit of the linter that was lifted, lowered to a warning or overridden for sources", () => {
    const strict = { "typescript/no-explicit-any": "error", "import/no-default-export": "error", "import/no-cycle": "error", "typescript/no-floating-promises": "error" };
    const rules = { ...strict, "max-lines": ["error", { max: 400 }], "max-lines-per-function": ["error", { max: 70 }] };
    expect(checkLintLimits({ rules }, "l")).toEqual([]);
    expect(checkLintLimits({ rules: { ...rules, "max-lines": ["error", { max: 500 }] } }, "l")).toHaveLength(1);
    expect(checkLintLimits({ rules: { ...rules, "max-lines-per-function": ["warn", { max: 70 }] } }, "l")).toHaveLength(1);
    expect(checkLintLimits({ rules: { ...rules, "import/no-cycle": "off" } }, "l")).toHaveLength(1);
    expect(checkLintLimits({ rules, overrides: [{ files: ["test/**"], rules: { "max-lines-per-function": "off" } }] }, "l")).toEqual([]);
    expect(checkLintLimits({ rules, overrides: [{ files: ["libs/core/**"], rules: { "max-lines": "off" } }] }, "l")).toHaveLength(1);
  });
});

const code = (text: string): number => checkCode([sourceOf("libs/a/src/a.ts", text)]).length;
const text = (...pieces: string[]): number => checkText("a.md", pieces.join("")).length;

describe("wording", () => {
  it("refuses the unchecked type, default exports and syntax that cannot be erased", () => {
    expect([code("let a: any;"), code("b as any"), code("Map<string, any>"), code("export default 1;"), code("enum A { B }")]).toEqual([1, 1, 1, 1, 1]);
  });
  it("leaves the same words alone in texts, names and methods", () => {
    expect([code("// any: any"), code('const a = "as any";'), code("Promise.any([])"), code("const anything: string = x;"), code("matches(any)")]).toEqual([0, 0, 0, 0, 1]);
  });
  it("refuses silenced compilers, left work, machine paths and registries", () => {
    expect([text("// @ts-", "ignore"), text("// @ts-", "nocheck"), text("TO", "DO: x"), text("FIX", "ME")]).toEqual([1, 1, 1, 1]);
    expect([text("see /wo", "rk/main"), text('"/ro', 'ot/.ssh"'), text("/ho", "me/ann/x"), text("/tm", "p/x")]).toEqual([1, 1, 1, 1]);
    expect([text("https://regis", "try.npmjs.org/x"), text("a.jfrog.io/artifac", "tory/npm")]).toEqual([1, 1]);
  });
  it("lets the classifier know what paths mean", () => {
    expect(checkText("libs/core/src/classify/shell/paths.ts", ["/tm", "p/x"].join(""))).toEqual([]);
    expect(checkText("libs/core/src/risk/x.ts", ["/tm", "p/x"].join(""))).toHaveLength(1);
  });
  it("leaves paths alone that are relative, below a variable, or of a URL", () => {
    expect([text("test/wo", "rk/x"), text("${dir}/tm", "p/x"), text("https://example.com/wo", "rk/1"), text("the work of a mastodon")]).toEqual([0, 0, 0, 0]);
  });
});

const links = (markdown: string): number => checkLinks("libs/a/README.md", markdown, (path) => path === "libs/b/README.md" || path === "libs/b").length;

describe("documents", () => {
  it("follow relative links, with anchors and titles, and leave the web alone", () => {
    expect(links("[b](../b/README.md) [b](../b/README.md#x) [b](../b/ \"t\") [w](https://example.com/x) [s](#here)")).toBe(0);
  });
  it("refuse a link to nothing, and an absolute path", () => {
    expect([links("[x](missing.md)"), links("[x](/libs/b/README.md)")]).toEqual([1, 1]);
  });
  it("take code blocks for what they are", () => expect(links("```\n[x](missing.md)\n```")).toBe(0));

  it("write each error once, in its section, with cells that stay cells", () => {
    const table = { TL_LOG_A: { status: 500, text: "a | b", next: "c" }, TL_NEW_B: { status: 400, text: "d", next: "e" } };
    const document = renderErrors(table);
    expect(documentedCodes(document)).toEqual(["TL_LOG_A", "TL_NEW_B"]);
    expect(document).toContain("a \\| b");
    expect(document).toContain("## Other");
  });

  it("name a code that is raised and not in the table, and one in the table that nothing raises", () => {
    const table = { TL_LOG_A: { status: 500, text: "a", next: "b" }, TL_LOG_B: { status: 500, text: "c", next: "d" } };
    const source = sourceOf("libs/a/src/a.ts", '// TL_LOG_B is only mentioned\nthrow new TriplineError("TL_LOG_A");\nthrow new TriplineError("TL_LOG_C");');
    const test = sourceOf("libs/a/src/a.test.ts", 'expect(code).toBe("TL_LOG_B")');
    expect(checkCodes([source, test], table).map(({ file, line }) => [file, line])).toEqual([["libs/a/src/a.ts", 3], ["libs/model/src/errors.ts", null]]);
  });
});
