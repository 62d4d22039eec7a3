/** How much is lost when a path is deleted or overwritten. */
import { HOLE, type Word } from "./word.ts";

/** `scratch`: made by tools and made again. `local`: inside the working directory. `outside`: elsewhere. `vital`: a system, a home, a repository, a volume. */
export type PathKind = "scratch" | "local" | "outside" | "vital" | "unknown";

const SCRATCH_NAME =
  /(^|\/)(node_modules|dist|build|out|target|coverage|\.next|\.nuxt|\.turbo|\.cache|\.parcel-cache|\.vite|__pycache__|\.pytest_cache|\.mypy_cache|\.ruff_cache|\.tox|\.venv|venv|\.gradle|tmp|temp|logs?|\.terraform|storybook-static|test-results|playwright-report|[^/]*\.egg-info|[^/]*\.tsbuildinfo|[^/]*\.(tmp|temp|log|pyc|o|bak|swp|orig|rej|pid|lock))(\/[^]*)?$/;
const SCRATCH_ROOT = /^(\/tmp|\/var\/tmp|\/private\/tmp|(?:\/private)?\/var\/folders|\/dev\/shm)\/+[^/*]/;
const VITAL_ROOT = /^\/(bin|boot|dev|etc|home|lib|lib32|lib64|media|mnt|opt|proc|root|run|sbin|srv|sys|usr|var|data|Users|System|Library|Applications|Volumes|workspace|app)?(\/+\*?)?$/;
const VITAL_BELOW = /^\/(bin|boot|dev|etc|lib|lib32|lib64|proc|sbin|sys|usr|System|Library|var\/lib|var\/log|var\/spool|var\/mail|var\/backups?|var\/www|srv|data|mnt|media|Volumes|backups?)(\/|$)/;
const HOME = /^(~[^/]*|\/root|\/(home|Users)\/[^/]+)(\/+(\*|\.\*|\.?)?)?$/;
const HOME_VITAL = /^(~[^/]*|\/root|\/(home|Users)\/[^/]+)\/+(\.ssh|\.gnupg|\.aws|\.kube|\.config|\.docker|Documents|Desktop|Pictures|Downloads|Library)(\/|$)/;
const REPOSITORY = /(^|\/)\.(git|hg|svn|jj)(\/+(\*[^]*|(objects|refs|HEAD|index|packed-refs|logs|modules|config|ORIG_HEAD|store|wc\.db)(\/[^]*)?))?$/;
const WINDOWS_VITAL = /^[A-Za-z]:[\\/]*(\*|Windows|Users|Program Files)?[\\/]*\*?$|^%(SystemRoot|USERPROFILE|SystemDrive)%/i;

/** Judges a path as written; the working directory is taken to be a project's checkout, where version control is the undo. */
export function pathKind(word: Word): PathKind {
  const path = normal(word.text);
  if (path === "" || path === HOLE || path.startsWith(`${HOLE}/`)) return "unknown";
  if (path.startsWith(`/${HOLE}`) || path.startsWith(`~/${HOLE}`) || path.startsWith(`~${HOLE}`)) return "unknown";
  if (WINDOWS_VITAL.test(path) || HOME.test(path) || HOME_VITAL.test(path) || REPOSITORY.test(path) || VITAL_ROOT.test(path)) return "vital";
  if (SCRATCH_ROOT.test(path)) return "scratch";
  if (path.startsWith("..") || /\/\.\.(\/|$)/.test(path)) return "outside";
  if (VITAL_BELOW.test(path)) return "vital";
  if (path === "." || path === "*" || path === "./*" || path === ".*" || path === "./.*") return "vital";
  if (path.startsWith(HOLE)) return "unknown";
  if (SCRATCH_NAME.test(path)) return "scratch";
  return /^[/~]|^[A-Za-z]:[\\/]/.test(path) ? "outside" : "local";
}

/** `//`, `/./` and trailing slashes say nothing, and `/tmp/../etc` is `/etc`. Links are not known here. */
function normal(path: string): string {
  if (path === "") return "";
  const kept: string[] = [];
  for (const part of path.split("/")) {
    if (part === "" || (part === "." && kept.length > 0)) continue;
    const last = kept.at(-1);
    if (part === ".." && last !== undefined && last !== ".." && last !== "." && !last.includes(HOLE) && !last.startsWith("~")) kept.pop();
    else if (part !== ".." || !path.startsWith("/") || kept.length > 0) kept.push(part);
  }
  const joinedParts = kept.join("/");
  return path.startsWith("/") ? `/${joinedParts}` : joinedParts === "" ? "." : joinedParts;
}

/** A path as seen from `cwd`, which is empty where it is unknown or the project. What starts with a variable may be absolute. */
export function joined(cwd: string, path: Word): Word {
  const isAbsolute = /^([/~]|[A-Za-z]:)/.test(path.text) || path.text.startsWith(HOLE);
  if (cwd === "" || isAbsolute) return path;
  if (path.text === ".") return { ...path, text: cwd };
  return { ...path, text: `${cwd === "/" ? "" : cwd}/${path.text}` };
}
