/** Git: what rewrites or throws away history and uncommitted work. */
import { builds, creates, destroys, discards, forfeits, governs, publishes, reads, type World, writes } from "./world.ts";

const STASH = "git stash, or commit to a branch first.";
const LEASE = "Push without force, or with --force-with-lease to a branch of your own.";

/** A branch that projects release or build from, as the last part of a refspec. */
const DEFAULT_BRANCH = /^push (?:\S+ )*(?:\S+:)?(?:refs\/heads\/)?(?:main|master|trunk|production|prod)(?: |$)/;

export const GIT: World = {
  name: "git",
  programs: "git",
  withValue: "-C -c --git-dir --work-tree --namespace -m --message -F --file --author --date -o --push-option --depth --branch -b -B --since --until --format --pretty --max-count -S -G -U --source -s --strategy -X --onto --exec -u --set-upstream-to --reuse-message --fixup --expire --grep",
  rules: [
    reads("push|add|clean|rm|mv|prune|gc|fetch", "Only lists what it would do.", { flags: "-n", name: "dry-run" }),
    destroys("push", "Overwrites the remote branch; commits that only it held are lost.", { flags: "--force|-f|--mirror|--prune", name: "push-force", safer: LEASE }),
    destroys("push", "Deletes a remote branch or tag.", { flags: "--delete|-d", name: "push-delete" }),
    destroys("push", "Overwrites or deletes a remote branch by its refspec.", { text: /\s\+[\w./$…-]+|\s:[\w./$…-]+/, name: "push-force", safer: LEASE }),
    // No review stands between the push and what others build on or what deploys from it; the commits themselves can be reverted.
    publishes("push", "Sends commits straight to a branch that others build on.", { command: DEFAULT_BRANCH, name: "push-default", safer: "Push a branch of your own and open a pull request." }),
    writes("push", "Overwrites the remote branch unless someone else has pushed.", { flags: "--force-with-lease|--force-if-includes", name: "push-force-with-lease" }),
    { ...publishes("push", "Sends commits to the remote."), reversibility: "recoverable" },
    forfeits("reset", "Throws uncommitted changes away.", { flags: "--hard|--merge", name: "reset-hard", safer: STASH }),
    writes("reset", "Moves the branch or unstages; files stay."),
    forfeits("clean", "Deletes untracked files, ignored ones included.", { flags: "-f|--force", name: "clean", safer: "git clean -n first." }),
    discards("checkout|restore", "Puts a file that tools write back to what is committed.", { text: /^(-C \S+ )?(checkout|restore)( HEAD)?( --)?( (\S*\/)?(package-lock\.json|yarn\.lock|pnpm-lock\.yaml|bun\.lockb?|Cargo\.lock|go\.sum|poetry\.lock|uv\.lock|Gemfile\.lock|composer\.lock|Podfile\.lock|flake\.lock|[\w.-]+\.snap|[\w.-]+\.tsbuildinfo))+$/, name: "restore-lockfile" }),
    forfeits("checkout * *", "Throws uncommitted changes in files away.", { without: "-b|-B|--orphan|--ours|--theirs|--track|-t|-p|--patch", name: "checkout-files", safer: STASH }),
    forfeits("checkout", "Throws uncommitted changes in files away.", { flags: "--pathspec-from-file", name: "checkout-files", safer: STASH }),
    // A word with the ending of a source file is a path, not a branch.
    forfeits("checkout *", "Throws uncommitted changes in files away.", { command: /^checkout \S*[\w-]\.(tsx?|jsx?|mjs|cjs|py|go|rs|java|kt|rb|php|cs?|cpp|h|hpp|swift|scala|sh|sql|md|json|ya?ml|toml|ini|txt|css|scss|html|vue|svelte|tf|xml|proto|gradle)$/, without: "--ours|--theirs|-b|-B|--orphan", name: "checkout-files", safer: STASH }),
    forfeits("checkout", "Throws uncommitted changes in files away.", { text: /(^|\s)--\s|\s\.$|(^|\s)(--force|-f)(\s|$)/, without: "-b|-B|--orphan|--ours|--theirs", name: "checkout-files", safer: STASH }),
    forfeits("restore", "Throws uncommitted changes in files away.", { without: "--staged|-S", name: "restore-files", safer: STASH }),
    forfeits("restore", "Throws uncommitted changes in files away.", { flags: "--worktree|-W", name: "restore-files", safer: STASH }),
    writes("restore", "Unstages files."),
    forfeits("switch", "Throws uncommitted changes away.", { flags: "--discard-changes|--force|-f", name: "switch-force", safer: STASH }),
    forfeits("stash drop|clear", "Deletes stashed work.", { name: "stash-drop" }),
    forfeits("branch", "Deletes a branch even if nothing else holds its commits.", { flags: "-D", name: "branch-delete-force", safer: "git branch -d, which refuses unmerged branches." }),
    forfeits("branch", "Deletes a branch even if nothing else holds its commits.", { flags: "--delete|-d --force|-f", name: "branch-delete-force" }),
    forfeits("branch", "Moves a branch; commits that only it held are lost.", { flags: "-f|--force", without: "-d|--delete", name: "branch-force" }),
    discards("branch", "Deletes a merged branch.", { flags: "-d|--delete", name: "branch-delete" }),
    writes("branch", "Renames or moves a branch.", { flags: "-m|-M|--move|-u|--set-upstream-to|--unset-upstream|--edit-description|-c|-C" }),
    reads("branch", "Lists branches."),
    discards("tag", "Deletes a tag.", { flags: "-d|--delete", name: "tag-delete" }),
    reads("tag", "Lists tags.", { flags: "-l|--list|--contains|--points-at" }),
    creates("tag *", "Makes a tag."),
    reads("tag", "Lists tags."),
    destroys("filter-branch|filter-repo", "Rewrites history.", { name: "filter-history", safer: "Work on a fresh mirror clone." }),
    destroys("reflog expire|delete", "Deletes the log that would bring lost commits back.", { name: "reflog-expire" }),
    destroys("gc", "Deletes unreachable objects at once.", { flags: "--prune|--aggressive", text: /--prune=(now|all)/, name: "gc-prune" }),
    destroys("lfs prune|migrate|dedup", "Deletes large files' copies, or rewrites history.", { text: /^lfs (prune|migrate import|migrate export)/, without: "--dry-run|-d", name: "lfs-prune" }),
    forfeits("symbolic-ref|replace|notes", "Deletes a ref, a replacement or notes.", { text: /^(symbolic-ref|replace)\b[^]*\s(-d|--delete)(\s|$)|^notes (\S+ )*(remove|prune)\b/, name: "ref-delete" }),
    forfeits("read-tree|checkout-index", "Throws uncommitted changes in files away.", { flags: "--reset|-f|--force|-u", without: "--prefix", name: "checkout-files", safer: STASH }),
    destroys("prune", "Deletes unreachable objects."),
    destroys("update-ref", "Deletes a ref.", { flags: "-d|--stdin", name: "update-ref-delete" }),
    forfeits("worktree remove", "Deletes a working tree with its changes.", { flags: "--force|-f", name: "worktree-remove-force" }),
    discards("worktree remove|prune", "Deletes a clean working tree."),
    forfeits("rm", "Deletes tracked files with their changes.", { flags: "--force|-f", without: "--cached", name: "rm-force" }),
    writes("rm", "Deletes tracked files; the last commit still holds them."),
    forfeits("submodule deinit", "Deletes a submodule's working tree.", { flags: "--force|-f" }),
    governs("remote set-url|remove|rm|rename|add", "Changes where this repository pushes and pulls.", { name: "remote" }),
    reads("config", "Reads the configuration.", { flags: "--get|--list|-l|--get-all|--get-regexp" }),
    writes("config", "Changes the configuration."),
    reads("status|log|diff|show|blame|grep|ls-files|ls-tree|ls-remote|rev-parse|rev-list|describe|shortlog|cat-file|merge-base|name-rev|reflog|remote|whatchanged|count-objects|fsck|help|version|for-each-ref|show-ref|symbolic-ref|check-ignore|diff-tree|diff-index|diff-files|var|range-diff|verify-commit|cherry|archive|bundle|request-pull|hash-object|check-attr|annotate|bisect", "Reads the repository."),
    reads("stash list|show", "Reads stashed work."),
    reads("worktree list", "Lists working trees."),
    writes("add|commit|stash|merge|rebase|cherry-pick|revert|checkout|switch|mv|apply|am|pull|fetch|submodule|worktree|notes|sparse-checkout|update-index|read-tree|write-tree|commit-tree|update-ref|lfs|gc|maintenance|repack|replace|rerere|subtree|svn|restore", "Changes the repository; earlier commits stay."),
    creates("clone|init", "Makes a repository."),
    builds("difftool|mergetool", "Starts a tool."),
    // `clean` without force refuses to do anything.
    reads("clean", "Lists what it would delete."),
  ],
};
