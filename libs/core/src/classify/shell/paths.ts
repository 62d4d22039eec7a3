/** How much is lost when a path is deleted or overwritten. */
import { HOLE, type Word } from "./word.ts";

/**
 * `scratch`: made by tools and made again. `local`: inside the working directory. `precious`: inside it as a rule, but what version control
 * does not hold. `outside`: elsewhere. `vital`: a system, a home, a repository, a volume.
 */
export type PathKind = "scratch" | "local" | "precious" | "outside" | "vital" | "unknown";

/** What tools make below a project, by exact name. */
const SCRATCH_DIRECTORIES =
  "node_modules|__pycache__|dist|build|out|output|target|coverage|htmlcov|generated|obj|_build|deriveddata|pods|storybook-static|test-results|test-output|playwright-report|blob-report|artifacts|tmp|temp|logs?|venv|env|" +
  "cmake-build-[\\w-]+|" +
  "\\.(?:next|nuxt|output|turbo|cache|parcel-cache|vite|vitepress|svelte-kit|astro|docusaurus|expo|angular|webpack|swc|nx|rollup\\.cache|sass-cache|eslintcache|stylelintcache|nyc_output|pytest_cache|mypy_cache|ruff_cache|hypothesis|ipynb_checkpoints|tox|nox|venv|eggs|gradle|dart_tool|stack-work|bundle|pnpm-store|npm|yarn/cache|terraform|serverless|wrangler|netlify|vercel|tmp|temp)";
/** A name that says of itself that it will be thrown away: `test-repo`, `tmp.abc`, `app_copy`. */
const SCRATCH_WORDS = "(?:tmp|temp|test|demo|scratch|sandbox|dummy|sample|throwaway)[-_.][^/]*|[^/]*[-_.](?:tmp|temp|test|scratch|sandbox|cache|build|dist|output|out|copy)";
const SCRATCH_FILES = "[^/]*\\.(?:egg-info|tsbuildinfo|tmp|temp|log|pyc|o|bak|swp|orig|rej|pid|lock)|\\.DS_Store|Thumbs\\.db";
const SCRATCH_NAME = new RegExp(`(^|/)(${SCRATCH_DIRECTORIES}|${SCRATCH_WORDS}|${SCRATCH_FILES})(/[^]*)?$`, "i");
/** State, keys, data: as a rule ignored by version control, so that nothing brings them back. */
const PRECIOUS_NAME = /(^|\/)([^/]*\.tfstate(\.backup)?|\.env(\.(?!example|sample|template|test)[\w.-]+)?|\.envrc|\.(bashrc|bash_profile|bash_history|zshrc|zsh_history|profile|gitconfig|vimrc|netrc|npmrc|pypirc|pgpass|my\.cnf)|id_(rsa|ed25519|ecdsa)|[^/]*\.(pem|p12|pfx|jks|keystore|kdbx|sqlite3?|db|mdb|rdb|dump|sql\.gz|pgdump)|backups?(\/[^]*)?)$/i;
const SCRATCH_ROOT = /^(\/tmp|\/var\/tmp|\/private\/tmp|(?:\/private)?\/var\/folders|\/dev\/shm)\/+[^/*]/;
/** Caches of tools below a home: fetched or built again. */
const SCRATCH_HOME = /^(~[^/]*|\/root|\/(home|Users)\/[^/]+)\/+(\.cache|\.npm|\.gradle\/caches|\.m2\/repository|\.cargo\/(registry|git)|\.nuget\/packages|\.bun\/install\/cache|go\/pkg\/mod|Library\/(Caches|Logs|Developer\/Xcode\/DerivedData)|AppData\/Local\/Temp)(\/|$)/;
const VITAL_ROOT = /^\/(bin|boot|dev|etc|home|lib|lib32|lib64|media|mnt|opt|proc|root|run|sbin|srv|sys|usr|var|data|Users|System|Library|Applications|Volumes|workspace|app)?(\/+\*?)?$/;
const VITAL_BELOW = /^\/(bin|boot|dev|etc|lib|lib32|lib64|proc|sbin|sys|usr|System|Library|var\/lib|var\/log|var\/spool|var\/mail|var\/backups?|var\/www|srv|data|mnt|media|Volumes|backups?)(\/|$)/;
const HOME = /^(~[^/]*|\/root|\/(home|Users)\/[^/]+)(\/+(\*|\.\*|\.?)?)?$/;
const HOME_VITAL = /^(~[^/]*|\/root|\/(home|Users)\/[^/]+)\/+(\.ssh|\.gnupg|\.aws|\.kube|\.config|\.docker|Documents|Desktop|Pictures|Downloads|Library)(\/|$)/;
const REPOSITORY = /(^|\/)\.(git|hg|svn|jj)(\/+(\*[^]*|(objects|refs|HEAD|index|packed-refs|logs|modules|config|ORIG_HEAD|store|wc\.db)(\/[^]*)?))?$/;
const WINDOWS_VITAL = /^[A-Za-z]:[\\/]*(?:(?:\*|Windows|Users|Program Files)[\\/]*)?\*?$|^%(SystemRoot|USERPROFILE|SystemDrive)%/i;

/** Records that say who did what: logs that are not there to be thrown away. */
const RECORDS = /(^|\/)[^/]*(audit|security|access|auth|transaction|payment|billing|incident)[-_.]?(log|trail|record)s?[^/]*(\/[^]*)?$/i;

/** Judges a path as written; the working directory is taken to be a project's checkout, where version control is the undo. */
export function pathKind(word: Word): PathKind {
  const path = normal(word.text);
  if (path === "" || path === HOLE || path.startsWith(`${HOLE}/`)) return "unknown";
  if (path.startsWith(`/${HOLE}`) || path.startsWith(`~/${HOLE}`) || path.startsWith(`~${HOLE}`)) return "unknown";
  if (SCRATCH_HOME.test(path)) return "scratch";
  if (WINDOWS_VITAL.test(path) || HOME.test(path) || HOME_VITAL.test(path) || REPOSITORY.test(path) || VITAL_ROOT.test(path)) return "vital";
  if (SCRATCH_ROOT.test(path)) return "scratch";
  if (path.startsWith("..") || /\/\.\.(\/|$)/.test(path)) return "outside";
  if (VITAL_BELOW.test(path)) return "vital";
  if (path === "." || path === "*" || path === "./*" || path === ".*" || path === "./.*") return "vital";
  if (path.startsWith(HOLE)) return "unknown";
  if (RECORDS.test(path) && !/\.(ts|js|py|go|rs|java|rb|php|md|tsx|jsx|css|html|sql)$/.test(path)) return "precious";
  if (SCRATCH_NAME.test(path)) return "scratch";
  if (/^[/~]|^[A-Za-z]:|^\\\\|^[%$]/.test(path)) return "outside";
  return isPrecious(word) ? "precious" : "local";
}

/** What version control does not hold, wherever it lies. */
export const isPrecious = (word: Word): boolean => PRECIOUS_NAME.test(normal(word.text));

const SYSTEM_FILE = /^(\/(etc|boot|bin|sbin|lib|lib64|usr\/(?!local\/|share\/)[a-z]+|System|proc|sys)(\/|$)|(~[^/]*|\/root|\/(home|Users)\/[^/]+)\/\.ssh(\/|$)|C:[\\/]*Windows)/i;

/** What the machine itself starts from, or who may log in. */
export const isSystemFile = (word: Word): boolean => SYSTEM_FILE.test(normal(word.text)) && !/\/(nginx|apache2|httpd|systemd\/system|supervisor|cron\.d|logrotate\.d|apt|docker|haproxy|caddy|prometheus|grafana|profile\.d)\//.test(word.text);

/** `//`, `/./` and trailing slashes say nothing, and `/tmp/../etc` is `/etc`. Links are not known here. */
export function normal(path: string): string {
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
