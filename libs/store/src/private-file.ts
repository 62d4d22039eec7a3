/** Files that only their owner may read, under names that outlive a power loss. */
import { closeSync, fsyncSync, mkdirSync, openSync } from "node:fs";
import { dirname, resolve } from "node:path";

/** Makes missing directories (mode 0700) and syncs their names, up to the first that was there before. */
export function makePrivateDirectory(dir: string): void {
  const firstMade = mkdirSync(dir, { recursive: true, mode: 0o700 });
  if (firstMade === undefined) return;
  for (let at = resolve(dir); at !== dirname(at); ) {
    at = dirname(at);
    syncDirectory(at);
    if (at === dirname(resolve(firstMade))) return;
  }
}

/** Makes the file (mode 0600) if it is missing. */
export function createPrivateFile(path: string): void {
  makePrivateDirectory(dirname(path));
  closeSync(openSync(path, "a", 0o600));
  syncDirectory(dirname(path));
}

/** Makes the names in a directory durable. */
export function syncDirectory(path: string): void {
  const directory = openSync(path, "r");
  fsyncSync(directory);
  closeSync(directory);
}
