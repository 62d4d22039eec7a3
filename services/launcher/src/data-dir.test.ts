import { mkdtempSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { openDataDir, readSecret } from "./data-dir.ts";

const dir = (): string => join(mkdtempSync(join(tmpdir(), "data-dir-")), "data");

describe("data directory", () => {
  it("makes keys and tokens once, for the owner alone", () => {
    const path = dir();
    const first = openDataDir(path);
    expect(first.secret("admin-token")).toBe(openDataDir(path).secret("admin-token"));
    expect(first.key("sealing")).toEqual(openDataDir(path).key("sealing"));
    expect(first.key("sealing")).not.toEqual(first.key("fingerprints of acme"));
    for (const name of ["admin-token", "master.key"]) expect(statSync(join(path, name)).mode & 0o077).toBe(0);
    expect(statSync(path).mode & 0o077).toBe(0);
  });

  it("refuses a damaged token file by its name, without its content", () => {
    const data = openDataDir(dir());
    writeFileSync(data.file("admin-token"), "half-a-tok");
    expect(() => data.secret("admin-token")).toThrow(/admin-token/);
    expect(() => data.secret("admin-token")).not.toThrow(/half-a-tok/);
  });

  it("says which path it cannot use", () => {
    const file = join(mkdtempSync(join(tmpdir(), "data-dir-")), "file");
    writeFileSync(file, "");
    expect(() => openDataDir(file)).toThrow(/TL_CONFIG_INVALID.*dataDir.*file.*ENOTDIR|EEXIST/);
  });

  it("names the place of a missing secret", () => {
    expect(() => readSecret({ env: "NO_SUCH_SECRET_HERE", file: undefined })).toThrow(/TL_CONFIG_SECRET_MISSING.*NO_SUCH_SECRET_HERE/);
    expect(() => readSecret({ env: undefined, file: "missing.txt" })).toThrow(/missing.txt/);
  });
});
