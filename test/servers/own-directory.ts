/** A directory as an operator would give it: below none in which others may write, as the system's place for temporary files is. */
import { mkdtempSync, rmSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";

export function ownDirectory(): { readonly path: string; remove(): void } {
  const path = mkdtempSync(join(homedir(), ".tripline-test-"));
  return { path, remove: () => rmSync(path, { recursive: true, force: true }) };
}
