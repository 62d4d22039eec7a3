/** Set up once for all test files: temporary folders of tests, and of the processes they start, lie in one, which goes when they have ended. */
import { chmodSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

// Sockets' addresses must fit in 107 bytes (`man 7 unix`): the name is short. Servers run as other users, who must get through.
const folder = mkdtempSync(join(tmpdir(), "tripline-"));

export function setup(): void {
  chmodSync(folder, 0o711);
  process.env["TMPDIR"] = folder;
}

export function teardown(): void {
  rmSync(folder, { recursive: true, force: true, maxRetries: 3 });
}
