/**
 * Where the guard keeps its dumps: a directory of its own, which no other user may enter, below none in which others may put or rename
 * something. Whoever holds the agent's credentials to the database has no way there.
 */
import { randomBytes } from "node:crypto";
import { constants } from "node:fs";
import { type FileHandle, lstat, mkdir, open, readdir, realpath, rename, rm, stat } from "node:fs/promises";
import { dirname, isAbsolute, join } from "node:path";
import { type Manifest, readManifest, readTested, type Tested } from "./manifest.ts";

export type DirectoryOutcome = { readonly kind: "ready"; readonly directory: BackupDirectory } | { readonly kind: "refused"; readonly reason: string };

const OWNER_ONLY_DIRECTORY = 0o700;
const OWNER_ONLY_FILE = 0o600;
const OTHERS = 0o077;
const OTHERS_WRITE = 0o022;
/** Files looked at in one listing. */
const MAX_FILES = 100_000;
const MAX_MANIFEST_BYTES = 16_777_216;
const BACKUP_ID = /^[A-Za-z_][A-Za-z0-9_-]{0,62}-\d{8}T\d{9}Z-[0-9a-f]{8}$/u;
/** A file that nobody finished for so long was left by a crash. */
const LEFT_BEHIND_MS = 86_400_000;

export function isBackupId(id: string): boolean {
  return BACKUP_ID.test(id);
}

/** Made where it is missing. Whatever others could change is refused: there a dump would be no more out of reach than the database. */
export async function openBackupDirectory(path: string): Promise<DirectoryOutcome> {
  if (!isAbsolute(path)) return refused("its path must be absolute");
  try {
    const parent = await refusedAncestor(dirname(path));
    if (parent !== null) return refused(parent);
    await mkdir(path, { mode: OWNER_ONLY_DIRECTORY }).catch((error: unknown) => {
      if (codeOf(error) !== "EEXIST") throw error;
    });
    const found = await lstat(path);
    if (!found.isDirectory()) return refused("it is not a directory, or reached through a symbolic link");
    if (found.uid !== process.getuid?.()) return refused("it belongs to another user");
    if ((found.mode & OTHERS) !== 0) return refused("others than its owner may enter it: chmod 700");
    return { kind: "ready", directory: new BackupDirectory(path) };
  } catch (error) {
    return refused(`it cannot be used (${codeOf(error)})`);
  }
}

const refused = (reason: string): DirectoryOutcome => ({ kind: "refused", reason });
const codeOf = (error: unknown): string => (error instanceof Error && "code" in error ? String(error.code) : "unknown error");

/** Also with the sticky bit: what lies in `/tmp` is swept away by the system, and whoever comes first owns a name there. */
async function refusedAncestor(path: string): Promise<string | null> {
  for (let at = await realpath(path); ; at = dirname(at)) {
    const { mode, uid } = await stat(at);
    if ((mode & OTHERS_WRITE) !== 0) return `others may write in ${at}, below which it lies`;
    if (uid !== 0 && uid !== process.getuid?.()) return `${at}, below which it lies, belongs to another user`;
    if (at === dirname(at)) return null;
  }
}

export interface Listed {
  readonly manifest: Manifest;
  readonly tested: Tested | null;
  /** The dump has the size that it was written with. */
  readonly isWhole: boolean;
}

/** Opened by `openBackupDirectory` alone. */
export class BackupDirectory {
  readonly path: string;

  constructor(path: string) {
    this.path = path;
  }

  /** Backups that pass `wanted`, newest first, at most `limit`. @throws where the directory cannot be read */
  async list(wanted: (id: string) => boolean, limit: number): Promise<Listed[]> {
    const names = await readdir(this.path);
    if (names.length > MAX_FILES) throw new Error("too many files");
    const ids = names.filter((name) => name.endsWith(".json") && !name.endsWith(".tested.json")).map((name) => name.slice(0, -".json".length)).filter((id) => isBackupId(id) && wanted(id));
    const newest = ids.toSorted((one, other) => (timeOf(one) < timeOf(other) ? 1 : -1)).slice(0, limit);
    const listed = await Promise.all(newest.map((id) => this.find(id)));
    return listed.filter((one) => one !== null);
  }

  /** Null where there is none, or its manifest cannot be read. */
  async find(id: string): Promise<Listed | null> {
    if (!isBackupId(id)) return null;
    const text = await this.#text(`${id}.json`);
    const manifest = text === null ? null : readManifest(text);
    if (manifest === null || manifest.id !== id) return null;
    const testedText = await this.#text(`${id}.tested.json`);
    const tested = testedText === null ? null : readTested(testedText);
    const size = await lstat(join(this.path, `${id}.dump`)).then((found) => (found.isFile() ? found.size : -1), () => -1);
    return { manifest, tested: tested?.sha256 === manifest.sha256 ? tested : null, isWhole: size === manifest.sizeBytes };
  }

  /** For reading; the caller closes it. */
  openDump(id: string): Promise<FileHandle> {
    if (!isBackupId(id)) return Promise.reject(new Error("not the id of a backup"));
    return open(join(this.path, `${id}.dump`), constants.O_RDONLY | constants.O_NOFOLLOW);
  }

  /** A new file for a dump; `keep` makes it durable under its name, together with its manifest, or not at all. */
  async createDump(id: string): Promise<{ readonly file: FileHandle; keep(manifest: Manifest): Promise<void>; discard(): Promise<void> }> {
    await this.#sweep();
    const draft = join(this.path, `${id}.part`);
    const file = await open(draft, constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW, OWNER_ONLY_FILE);
    return {
      file,
      keep: async (manifest) => {
        await file.sync();
        await file.close();
        await rename(draft, join(this.path, `${id}.dump`));
        // Last: a dump without its manifest is none.
        await this.#write(`${id}.json`, JSON.stringify(manifest));
      },
      discard: async () => {
        await file.close().catch(() => undefined);
        await Promise.all([rm(draft, { force: true }), rm(join(this.path, `${id}.dump`), { force: true })]).catch(() => undefined);
      },
    };
  }

  async noteTested(id: string, tested: Tested): Promise<void> {
    if (isBackupId(id)) await this.#write(`${id}.tested.json`, JSON.stringify(tested));
  }

  /** Appears whole or not at all, and is there after a power cut. */
  async #write(name: string, text: string): Promise<void> {
    const draft = join(this.path, `${name}.${randomBytes(4).toString("hex")}.part`);
    const file = await open(draft, constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL, OWNER_ONLY_FILE);
    try {
      await file.writeFile(text);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(draft, join(this.path, name));
    const directory = await open(this.path, constants.O_RDONLY);
    try {
      await directory.sync();
    } finally {
      await directory.close();
    }
  }

  async #text(name: string): Promise<string | null> {
    const file = await open(join(this.path, name), constants.O_RDONLY | constants.O_NOFOLLOW).catch(() => null);
    if (file === null) return null;
    try {
      const { size } = await file.stat();
      return size > MAX_MANIFEST_BYTES ? null : await file.readFile("utf8");
    } catch {
      return null;
    } finally {
      await file.close();
    }
  }

  async #sweep(): Promise<void> {
    for (const name of (await readdir(this.path)).filter((one) => one.endsWith(".part")).slice(0, MAX_FILES)) {
      const path = join(this.path, name);
      const { mtimeMs } = await lstat(path).catch(() => ({ mtimeMs: Number.POSITIVE_INFINITY }));
      if (Date.now() - mtimeMs > LEFT_BEHIND_MS) await rm(path, { force: true });
    }
  }
}

/** `<database>-<time>-<digits>`: the time, which sorts as text. */
const timeOf = (id: string): string => id.split("-").slice(-2).join("-");
