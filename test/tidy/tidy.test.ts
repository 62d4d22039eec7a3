import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { ERRORS } from "@tripline/model";
import { checkLinks } from "./documents.ts";
import { checkCodes, documentedCodes, renderErrors } from "./errors-document.ts";
import { checkFloors } from "./floors.ts";
import { checkPinned, checkTested, checkTopLevel, checkUsed } from "./manifests.ts";
import { checkLowFloorDependencies, checkPurity } from "./purity.ts";
import { checkNoFakes, checkNothingDead, ENTRY, reach } from "./reachability.ts";
import { readRepository, type Violation } from "./repository.ts";
import { checkFileSizes, checkLintLimits, MAX_MEDIAN_LINES, medianLines, type LintConfig } from "./sizes.ts";
import { checkCode, checkText } from "./wording.ts";

const root = fileURLToPath(new URL("../../", import.meta.url));
const repository = readRepository(root);
const read = (path: string): string => readFileSync(join(root, path), "utf8");
const TEXT = /\.(?:ts|js|mjs|json|md|ya?ml|sql|sh|txt|html)$|(?:^|\/)(?:run|LICENSE|Dockerfile|\.[\w.]+)$/;

function expectNone(violations: readonly Violation[]): void {
  const lines = violations.map(({ file, line, message }) => `${file}${line === null ? "" : `:${line}`} ${message}`);
  if (lines.length > 0) expect.fail(`${lines.length} found:\n${lines.join("\n")}`);
}

describe("the house", () => {
  it("sees the repository, so that a rule cannot pass on nothing", () => {
    expect(repository.packages.length).toBeGreaterThan(10);
    expect(repository.sources.length).toBeGreaterThan(50);
    expect(reach(repository, ENTRY).length).toBeGreaterThan(30);
  });

  it("imports only smaller floors, by name, and only what it declares", () => expectNone(checkFloors(repository)));
  it("keeps the pure packages pure", () => expectNone(checkPurity(repository)));
  it("keeps floors 0 and 1 to their list of dependencies", () => expectNone(checkLowFloorDependencies(repository.packages)));
  it("declares no dependency that it does not use", () => expectNone(checkUsed(repository)));

  it("pins every dependency to one exact version", () => {
    const manifests = repository.packages.map(({ dir, manifest }) => ({ file: `${dir}/package.json`, manifest }));
    expectNone(checkPinned([{ file: "package.json", manifest: repository.root }, ...manifests]));
  });

  it("tests every package", () => expectNone(checkTested(repository)));
  it("cannot reach a fake or test code from the product", () => expectNone(checkNoFakes(repository)));

  it("holds no source that nothing runs", () => {
    const tests = repository.sources.filter((source) => source.path.startsWith("test/")).map((source) => source.path);
    expectNone(checkNothingDead(repository, [ENTRY, "libs/sdk/src/index.ts", ...tests]));
  });

  it("has only the fixed names at the top", () => expectNone(checkTopLevel(repository.topLevel)));
});

describe("the style", () => {
  it("keeps every file within the limit", () => expectNone(checkFileSizes(repository.sources)));
  it("keeps the median file small", () => expect(medianLines(repository.sources)).toBeLessThanOrEqual(MAX_MEDIAN_LINES));

  it("leaves the limits of the linter on", () => {
    expectNone(checkLintLimits(JSON.parse(read(".oxlintrc.json")) as LintConfig, ".oxlintrc.json"));
  });

  it("has no unchecked types, default exports or syntax that cannot be erased", () => expectNone(checkCode(repository.sources)));

  it("leaves no work behind, and names no machine and no registry", () => {
    const texts = repository.paths.filter((path) => TEXT.test(path));
    expect(texts).toContain(".ci/run");
    expectNone(texts.flatMap((path) => checkText(path, read(path))));
  });
});

describe("the documents", () => {
  it("link only to what is there", () => {
    const documents = repository.paths.filter((path) => path.endsWith(".md"));
    expectNone(documents.flatMap((path) => checkLinks(path, read(path), (target) => existsSync(join(root, target)))));
  });

  it("know every error code that is raised, and no other", () => expectNone(checkCodes(repository.sources)));

  it("list every error code, each once, and no other", () => {
    const document = read("libs/model/ERRORS.md");
    expect(documentedCodes(document).toSorted()).toEqual(Object.keys(ERRORS).toSorted());
    expect(document, "ERRORS.md is not current. Run: node test/tidy/write-errors.ts").toBe(renderErrors());
  });
});
