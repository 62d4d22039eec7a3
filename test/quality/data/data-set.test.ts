import { mkdtemp, mkdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { filesOf, MAX_FILES, rowsOf } from "./data-set.ts";
import { DataError, LINE_BOUNDS, type LineBounds, linesOf } from "./lines.ts";

let dir: string;
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), "tripline-data-"));
});
afterAll(() => rm(dir, { recursive: true, force: true }));

async function written(name: string, content: string | Buffer): Promise<string> {
  const path = join(dir, name);
  await writeFile(path, content);
  return path;
}

async function linesIn(path: string, bounds: Partial<LineBounds> = {}): Promise<string[]> {
  const found: string[] = [];
  for await (const line of linesOf(path, { ...LINE_BOUNDS, ...bounds })) found.push(line.kind === "text" ? `${line.number} ${line.text}` : `${line.number} ${line.reason}`);
  return found;
}

describe("lines of a file", () => {
  it("are the same compressed or not, whatever they hold", async () => {
    const line = fc.string({ unit: "grapheme", maxLength: 40 }).filter((text) => !text.includes("\n"));
    await fc.assert(
      fc.asyncProperty(fc.array(line, { maxLength: 20 }), fc.boolean(), async (lines, ended) => {
        const content = lines.join("\n") + (ended ? "\n" : "");
        // A file's own mark of its encoding is no part of its first line.
        const expected = lines.flatMap((text, index) => (text === "" ? [] : [`${index + 1} ${text.replace(/^\uFEFF/, "")}`]));
        expect(await linesIn(await written("a.ndjson", content))).toEqual(expected);
        expect(await linesIn(await written("a.ndjson.gz", gzipSync(content)))).toEqual(expected);
      }),
      { numRuns: 50 },
    );
  });

  it("that are too long are told as such, and the next one is read", async () => {
    const long = "x".repeat(200_000);
    expect(await linesIn(await written("long.ndjson", `a\n${long}\nb\n`), { lineBytes: 100 })).toEqual(["1 a", "2 too-long", "3 b"]);
    expect(await linesIn(await written("at.ndjson", `${"y".repeat(100)}\n${"y".repeat(101)}`), { lineBytes: 100 })).toEqual([`1 ${"y".repeat(100)}`, "2 too-long"]);
  });

  it("that are no UTF-8 are told as such", async () => {
    expect(await linesIn(await written("bytes.ndjson", Buffer.from([0x61, 0x0a, 0xff, 0xfe, 0x0a, 0x62])))).toEqual(["1 a", "2 not-utf8", "3 b"]);
  });

  it("are refused past the bound of lines, and of bytes once inflated", async () => {
    const bomb = await written("bomb.ndjson.gz", gzipSync("\n".repeat(300_000)));
    await expect(linesIn(bomb, { lines: 1_000 })).rejects.toThrow(/more than 1000 lines/);
    await expect(linesIn(bomb, { fileBytes: 1_000 })).rejects.toThrow(/more than 1000 bytes/);
  });

  it("of a damaged file are an error that names the file", async () => {
    const whole = gzipSync("{}\n".repeat(10_000));
    await expect(linesIn(await written("cut.ndjson.gz", whole.subarray(0, whole.length - 10)))).rejects.toThrow(/cut\.ndjson\.gz cannot be read/);
    await expect(linesIn(join(dir, "none.ndjson"))).rejects.toBeInstanceOf(DataError);
  });
});

describe("a directory of data", () => {
  it("is its files of JSON lines, by name; folders are not entered", async () => {
    const set = join(dir, "set");
    await mkdir(join(set, "below"), { recursive: true });
    for (const name of ["b.jsonl", "a.ndjson.gz", "README.md", "below/c.ndjson"]) await writeFile(join(set, name), "");
    expect((await filesOf(set)).map(({ stem }) => stem)).toEqual(["a", "b"]);
  });

  it("that is missing, or holds its data further below, says so", async () => {
    await expect(filesOf(join(dir, "missing"))).rejects.toThrow(/not a directory that can be read \(ENOENT\)/);
    const outer = join(dir, "outer");
    await mkdir(join(outer, "dev"), { recursive: true });
    await writeFile(join(outer, "dev", "a.ndjson"), "{}");
    await expect(filesOf(outer)).rejects.toThrow(/folders below it do: dev/);
  });

  it("of too many files is refused, not measured in part", async () => {
    const crowded = join(dir, "crowded");
    await mkdir(crowded);
    for (let index = 0; index <= MAX_FILES; index++) await writeFile(join(crowded, `${index}.ndjson`), "");
    await expect(filesOf(crowded)).rejects.toThrow(/1001 data files; at most 1000/);
  });

  it("gives rows, and the lines that are none with the reason", async () => {
    const path = await written("rows.ndjson", '{"a":1}\n{"a":\n[1]\nnull\n');
    const read = [];
    for await (const row of rowsOf({ path, stem: "rows" })) read.push(row.kind === "row" ? row.row : row.reason);
    expect(read).toEqual([{ a: 1 }, "not-json", "not-an-object", "not-an-object"]);
  });
});
