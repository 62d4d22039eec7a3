/**
 * The directory that an agent says it works in. A path below it is judged as the relative path that it is: what version control of a
 * checkout brings back. The agent's word is not proven, so it gains no more than a relative path, which anybody can write: never a
 * system's or a home's own directory, and nothing on other machines.
 */
import { normal, pathKind } from "./paths.ts";
import { isKnown, literal, type Word } from "./word.ts";

export interface Project {
  readonly root: string;
  /** The home that `root` lies in, which `~` stands for; null where it lies in none. */
  readonly home: string | null;
}

/** Longer directories are no project's. */
const MAX_DIRECTORY_CHARS = 1_024;
const HOME = /^(\/root|\/(?:home|Users)\/[^/]+)\//;

/** Null for what cannot be a checkout: relative, a root, a home, a system's directory, or below the temporary one. */
export function projectAt(directory: string | undefined): Project | null {
  if (directory === undefined || directory.length > MAX_DIRECTORY_CHARS || !/^(\/|~\/)/.test(directory)) return null;
  const root = normal(directory);
  // The same directories as `cd` takes for a project.
  return /(^|\/)\.\.?(\/|$)/.test(root) || pathKind(literal(root)) !== "outside" ? null : { root, home: HOME.exec(root)?.[1] ?? null };
}

/** Programs to which a path is a path on this machine, and that lose what lies there. */
const ON_PATHS = /^(rm|rmdir|unlink|find|gfind|fd|fdfind|truncate|chmod|chown|chgrp)$/;
/** What these run, runs elsewhere: there the same path is another's. */
const ELSEWHERE = /^(ssh|autossh|mosh|docker|podman|nerdctl|docker-compose|podman-compose|kubectl|oc|k|lxc|chroot|nsenter|pdsh|pssh|parallel-ssh|clush|dsh|fab|ansible|vagrant|multipass|fly|flyctl|heroku|railway|gcloud|az|aws|su|runuser)$/;

export const leavesMachine = (program: string): boolean => ELSEWHERE.test(program);

/** The arguments of `program`, with those that lie below the project as relative paths. */
export function below(project: Project | null, program: string, args: readonly Word[]): readonly Word[] {
  return project === null || !ON_PATHS.test(program) ? args : args.map((word) => relative(word, project));
}

function relative(word: Word, { root, home }: Project): Word {
  if (!isKnown(word) || !/^[/~]/.test(word.text)) return word;
  const path = normal(word.text.startsWith("~/") && home !== null ? home + word.text.slice(1) : word.text);
  if (path === root) return { ...word, text: "." };
  return path.startsWith(`${root}/`) ? { ...word, text: `./${path.slice(root.length + 1)}` } : word;
}
