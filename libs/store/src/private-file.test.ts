import { mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";
import { createPrivateFile } from "./private-file.ts";

it("makes file and directories for their owner alone, and leaves what is there as it is", () => {
  const root = mkdtempSync(join(tmpdir(), "tripline-private-"));
  const path = join(root, "a", "b", "store.sqlite");
  createPrivateFile(path);
  createPrivateFile(path);
  expect(statSync(path).mode & 0o777).toBe(0o600);
  for (const dir of ["a", "a/b"]) expect(statSync(join(root, dir)).mode & 0o777).toBe(0o700);
  rmSync(root, { recursive: true });
});
