import { mkdtempSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { openDataDir, publishAddress, publishedAddresses } from "./data-dir.ts";
import { readSecret } from "./named-secrets.ts";

const dir = (): string => join(mkdtempSync(join(tmpdir(), "data-dir-")), "data");

describe("data directory", () => {
  it("makes tokens once, for the owner alone", () => {
    const path = dir();
    const first = openDataDir(path);
    expect(first.secret("admin-token")).toBe(openDataDir(path).secret("admin-token"));
    expect(statSync(join(path, "admin-token")).mode & 0o077).toBe(0);
    expect(statSync(path).mode & 0o077).toBe(0);
  });

  it("keeps what stands in a token's file, whatever would be made", () => {
    const data = openDataDir(dir());
    expect(data.secret("admin-token", () => "a".repeat(64))).toBe("a".repeat(64));
    expect(data.secret("admin-token", () => "b".repeat(64))).toBe("a".repeat(64));
    expect(readFileSync(data.file("admin-token"), "utf8")).toBe(`${"a".repeat(64)}\n`);
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

  it("shows the addresses of all instances, each taken away by the process that left it", () => {
    const data = openDataDir(dir());
    const older = publishAddress(data, "admin", "breaker-0", false, { url: "http://127.0.0.1:1", pid: 1 });
    publishAddress(data, "admin", "breaker-1", false, { url: "http://127.0.0.1:2", pid: 2 });
    publishAddress(data, "admin", "breaker-0", false, { url: "http://127.0.0.1:3", pid: 3 });
    older();
    expect(publishedAddresses(data.path, "admin").map(({ url }) => url)).toEqual(["http://127.0.0.1:3", "http://127.0.0.1:2"]);
    publishAddress(data, "approvals", "gate-0", false, { url: "http://127.0.0.1:4", pid: 4 });
    expect(publishedAddresses(data.path, "admin")).toHaveLength(2);
    expect(publishedAddresses(data.path, "approvals")).toEqual([{ url: "http://127.0.0.1:4", pid: 4 }]);
    expect(publishedAddresses(join(data.path, "missing"), "admin")).toEqual([]);
  });
});
