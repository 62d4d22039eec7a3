import { describe, expect, it } from "vitest";
import { prepareClassifiers } from "../sql/prepare.ts";
import { classifyShell } from "../shell/shell.ts";

await prepareClassifiers();

/** With the canonical operation of the worst that is found. */
const LOSSES: readonly (readonly [text: string, operation: string])[] = [
  ["git push --force origin main", "git.push-force"],
  ["git push origin +HEAD:main", "git.push-force"],
  ["git push --mirror", "git.push-force"],
  ["git push origin :main", "git.push-force"],
  ["git push -d origin b", "git.push-delete"],
  ["git reset --hard HEAD~3", "git.reset-hard"],
  ["git clean -fdx", "git.clean"],
  ["git checkout -- .", "git.checkout-files"],
  ["git checkout HEAD -- src", "git.checkout-files"],
  ["git checkout -f main", "git.checkout-files"],
  ["git restore .", "git.restore-files"],
  ["git stash clear", "git.stash-drop"],
  ["git branch -D x", "git.branch-delete-force"],
  ["git rebase --root && git push -f", "git.push-force"],
  ["git update-ref -d refs/heads/x", "git.update-ref-delete"],
  ["git reflog expire --expire=now --all", "git.reflog-expire"],
  ["git gc --prune=now", "git.gc-prune"],
  ["git filter-repo --path x --invert-paths", "git.filter-history"],
  ["git tag -d v1 && git push origin :refs/tags/v1", "git.push-force"],
  ["git worktree remove --force w", "git.worktree-remove-force"],
  ["git submodule deinit -f .", "git.submodule-deinit"],
  ["git remote prune origin && git push --prune origin", "git.push-force"],
  ["git lfs prune --force", "git.lfs-prune"],
  ["git checkout .", "git.checkout-files"],
  ["git rm -rf .", "git.rm-force"],
  ["git switch -f main", "git.switch-force"],
  ["git symbolic-ref -d HEAD", "git.ref-delete"],
  ["git notes remove", "git.ref-delete"],
  ["git replace -d x", "git.ref-delete"],
  ["git commit --amend && git push --force", "git.push-force"],
  ["git read-tree --reset -u HEAD", "git.checkout-files"],
  ["git checkout-index -f -a", "git.checkout-files"],
  ["git restore --source=HEAD~1 file", "git.restore-files"],
  ["git apply -R --index x && git stash drop", "git.stash-drop"],
  ["hg strip x", "svn.discard"],
  ["hg update -C", "svn.discard"],
  ["svn delete http://x/y -m z", "svn.delete"],
  ["jj abandon x", "svn.discard"],
  ["jj op restore x", "svn.discard"],
  ["git checkout main -- src/a.ts", "git.checkout-files"],
  ["git checkout HEAD~1 src/a.ts", "git.checkout-files"],
  ["git checkout src/a.ts", "git.checkout-files"],
  ["git checkout --pathspec-from-file=list", "git.checkout-files"],
  ["git restore --worktree a.ts", "git.restore-files"],
  ["git restore --staged --worktree a.ts", "git.restore-files"],
  ["git reset --merge", "git.reset-hard"],
  ["git clean -f", "git.clean"],
  ["git clean -ffdx", "git.clean"],
  ["git push -fu origin x", "git.push-force"],
  ["git push origin x --force", "git.push-force"],
  ["git push --force-with-lease --force", "git.push-force"],
  ["git -c core.x=1 push -f", "git.push-force"],
  ["git stash drop stash@{0}", "git.stash-drop"],
  ["git worktree remove -f w", "git.worktree-remove-force"],
  ["git branch -D a b", "git.branch-delete-force"],
  ["git branch --delete --force a", "git.branch-delete-force"],
  ["git branch -df a", "git.branch-delete-force"],
  ["git reset --hard; echo done", "git.reset-hard"],
  ["git config core.hooksPath /dev/null && git commit --no-verify -m x && git push -f", "git.push-force"],
];

/** Nothing is lost yet, but what would bring it back is: with the rule's id. */
const UNPROTECTED: readonly (readonly [text: string, rule: string])[] = [
  ["git config --global --unset user.name && git config receive.denyDeletes false", "protection.git.config-unprotect"],
];

/** Neighbours: nothing in them is beyond repair. */
const HARMLESS: readonly string[] = [
  "git checkout main",
  "git checkout -b x origin/main",
  "git checkout --track origin/x",
  "git checkout v1.2",
  "git checkout package-lock.json",
  "git checkout -- yarn.lock",
  "git checkout -p",
  "git checkout --orphan x",
  "git restore --staged a.ts",
  "git reset",
  "git reset --soft HEAD~1",
  "git push --force-with-lease",
  "git push --force-if-includes --force-with-lease",
  "git clean -nfd",
  "git clean --dry-run -f",
  "git branch -d x",
  "git stash push",
  "git stash list",
  "git commit -m 'rm -rf /'",
  "git log --grep 'push --force'",
  "git config alias.x 'reset --hard'",
  "git push",
  "git push origin feature",
  "git push -u origin HEAD",
  "git push origin HEAD:feature/main",
  "git push origin main-fix",
  "git push --tags",
  "git push --force-with-lease",
  "git pull --rebase",
  "git fetch --prune",
  "git merge main",
  "git rebase main",
  "git stash",
  "git stash pop",
  "git checkout main",
  "git checkout -b f",
  "git checkout feature/x",
  "git switch -c f",
  "git reset HEAD~1",
  "git reset --soft HEAD~1",
  "git restore --staged .",
  "git branch -d merged",
  "git branch -a",
  "git tag v1",
  "git commit -m \"remove rm -rf / from docs\"",
  "git commit --amend --no-edit",
  "git cherry-pick abc",
  "git revert HEAD",
  "git clean -n",
  "git worktree add ../x",
  "git worktree remove ../x",
  "git remote -v",
  "git remote prune origin",
  "git config user.name x",
  "git config --unset user.name",
  "git submodule update --init",
  "git rm a.txt",
  "git rm --cached a.txt",
  "git symbolic-ref HEAD",
  "git notes add -m x",
  "git lfs pull",
  "git lfs prune --dry-run",
  "git bisect start",
  "git log --all --grep=delete",
  "svn update",
  "hg log",
  "jj log",
  "git commit -m \"$(cat <<'EOF'\nfeat: add gcloud projects delete guard\nEOF\n)\"",
  "git stash && git checkout main && git pull && git stash pop",
  "git add -A && git commit -m wip && git push origin HEAD",
  "git worktree add ../wt -b x && cd ../wt && npm ci && cd - && git worktree remove ../wt",
  "git checkout -b fix/remove-rm && git push -u origin fix/remove-rm",
];

describe("version control: losses", () => {
  it.each(LOSSES)("%s", (text, operation) => {
    const { worst } = classifyShell(text);
    expect({ operation: worst.operation, reversibility: worst.reversibility }).toEqual({ operation, reversibility: "irreversible" });
  });
});

describe("version control: protection that is taken away", () => {
  it.each(UNPROTECTED)("%s", (text, rule) => {
    const { worst } = classifyShell(text);
    expect({ rule: worst.rule, reversibility: worst.reversibility }).toEqual({ rule, reversibility: "irreversible" });
  });
});

describe("version control: harmless neighbours", () => {
  it.each(HARMLESS)("%s", (text) => {
    const { verdicts } = classifyShell(text);
    expect(verdicts.filter(({ reversibility, effect }) => reversibility === "irreversible" && effect !== "read")).toEqual([]);
  });
});

describe("a push straight to a branch that others build on", () => {
  it.each(["git push origin main", "git push -u origin master", "git push origin HEAD:main", "git push origin topic:refs/heads/main", "git push --force-with-lease origin main", "git push origin main && git push origin v1"])("is an operation of its own, and no loss: %s", (text) => {
    const { worst } = classifyShell(text);
    expect(worst).toMatchObject({ operation: "git.push-default", effect: "publish", reversibility: "unknown" });
  });

  it.each(["git push", "git push origin topic", "git push origin HEAD:feature/main", "git push origin main-fix"])("is not one of these: %s", (text) => {
    expect(classifyShell(text).worst).toMatchObject({ operation: "git.push", reversibility: "recoverable" });
  });
});
