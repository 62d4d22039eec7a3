/** Builds, tests, package registries and forges. */
import { builds, destroys, discards, forfeits, governs, governsForGood, publishes, publishesForGood, reads, runs, type World, writes } from "./world.ts";

const PUBLISH = "Deprecate the version instead; consumers keep working.";
/** A task named like this drops something, whatever its text: the text is in a file that is not here. */
const DESTROYING_TASK = /(^|\s)(run |exec )?\S*((db|database|schema|prisma|migrat\w*|data|volume|infra|stack|cluster|prod)[-:_.]?(reset|drop|wipe|purge|nuke|destroy|fresh|clear|teardown|delete)|(reset|drop|wipe|purge|nuke|destroy|teardown|delete)[-:_.]?(db|database|schema|data|all|volumes?|infra|stack|cluster|prod\w*)|nuke|destroy|teardown)(\s|$)/;

const NODE: World = {
  name: "npm",
  programs: "npm yarn pnpm bun npx bunx pnpx corepack nvm fnm volta n lerna nx turbo rush jsr",
  withValue: "-C --dir --prefix --cwd -w --workspace -F --filter --registry --tag --otp --loglevel -p --package",
  rules: [
    destroys("unpublish", "Takes a version from the registry; its number is never given again.", { safer: PUBLISH }),
    destroys("npm unpublish", "Takes a version from the registry.", { name: "unpublish" }),
    destroys("run|run-script|exec", "Runs a task that is named for destroying.", { text: DESTROYING_TASK, name: "run-destroy" }),
    destroys("*", "Runs a task that is named for destroying.", { text: /^(yarn|pnpm|bun)?\s*\S*(db|database)[-:_.]?(reset|drop|wipe|purge|nuke|destroy|fresh)\S*$/, name: "run-destroy" }),
    publishesForGood("publish", "Publishes a package: others may install it at once."),
    publishesForGood("npm publish", "Publishes a package: others may install it at once.", { name: "publish" }),
    publishes("deprecate|undeprecate", "Marks a version for everyone."),
    destroys("owner|team|access|token|org rm|remove|destroy|revoke", "Takes an owner, a team or a token from the registry.", { name: "owner-rm", text: /\b(rm|remove|destroy|revoke)\b/ }), governs("owner|access|token|team|adduser|login|logout|org|profile|hook|star", "Changes rights in the registry."),
    governs("dist-tag add|rm|set", "Changes which version others get.", { name: "dist-tag" }),
    discards("uninstall|remove|rm|un|prune|unlink|dedupe|store|cache", "Removes dependencies or cached files."),
    reads("ls|list|view|info|show|outdated|audit|why|search|help|doctor|config|root|bin|prefix|explain|fund|ping|whoami|diff|docs|licenses|dist-tag|pkg|query|env|current|ll|la|-v", "Reads about packages."),
    runs("", "Runs code given on the command line.", { flags: "-e|--eval|--print", name: "eval" }),
    builds("", "Installs packages or runs the project's own tasks.", { name: "task" }),
  ],
};

const LANGUAGES: readonly World[] = [
  { name: "python-tools", programs: "pip pip3 pipx uv poetry pdm conda mamba hatch rye pipenv", withValue: "-r -i --index-url -n --name -p --python -c", rules: [publishesForGood("publish", "Publishes a package."), discards("env remove|rm", "Removes an environment.", { name: "env-remove" }), forfeits("uninstall", "Takes packages from the environment; which versions were there is written nowhere.", { name: "uninstall", safer: "pip freeze > a file first." }), forfeits("remove", "Deletes a whole environment.", { flags: "--all", name: "env-remove-all" }), discards("uninstall|remove|cache|clean|purge", "Removes packages."), reads("list|show|freeze|check|search|info|config|tree|index|debug|version|env|inspect|hash", "Reads about packages."), builds("", "Installs packages or runs the project's own tasks.", { name: "task" })] },
  { name: "registry", programs: "twine", withValue: "-r --repository --repository-url", rules: [reads("check", "Checks a package."), publishesForGood("upload|register", "Publishes a package.")] },
  { name: "cargo", programs: "cargo rustup", withValue: "--manifest-path -p --package --features --target --bin --version --vers -Z", rules: [destroys("yank", "Takes a version from new builds.", { without: "--undo" }), publishesForGood("publish", "Publishes a crate: it cannot be deleted."), governs("owner|login|logout", "Changes rights in the registry."), discards("clean|uninstall|remove|toolchain", "Removes what is built again."), reads("tree|metadata|search|info|check|clippy|version|locate-project|pkgid|audit|show|which|outdated", "Reads the project."), builds("", "Builds or tests.", { name: "build" })] },
  { name: "gem", programs: "gem", withValue: "-v --version", rules: [destroys("yank", "Takes a version from the registry.", { safer: PUBLISH }), publishesForGood("push", "Publishes a gem."), governs("owner|signin|signout", "Changes rights in the registry."), forfeits("uninstall", "Takes gems from the environment; which versions were there is written nowhere."), discards("cleanup", "Removes old versions."), reads("list|search|info|env|which|contents|outdated|query|specification", "Reads about gems."), builds("install|update|build|pristine", "Installs gems.")] },
  { name: "build", programs: "make gmake just task ninja cmake ctest meson bazel bazelisk buck2 mvn gradle gradlew mvnw ant sbt lein dotnet msbuild xcodebuild swift composer phing bundle bundler rspec ember ng vite webpack rollup esbuild parcel gulp grunt", withValue: "-C -f --file -j -p -l -D", dry: "-n --just-print --recon", rules: [destroys("", "Runs a task that is named for destroying.", { text: DESTROYING_TASK, name: "task-destroy" }), destroys("", "Deletes a package from a registry.", { text: /^nuget (delete|locals all --clear-all-)\b/, name: "nuget-delete" }), destroys("", "Drops the database or winds migrations back.", { text: /^ef (database drop|database update 0)\b|(^|\s)(flyway[:-]?|liquibase[:-]?)(clean|undo|dropAll|drop-all|rollback\w*)\b|(^|\s)(flywayClean|flywayUndo|liquibaseDropAll|liquibaseRollback\w*|dropDatabase|db-drop|db-reset)\b/i, name: "database-drop" }), publishesForGood("deploy|publish|release|release:perform|publishToMavenCentral|nuget|upload", "Publishes."), reads("", "Reads the project.", { text: /^(--version|-v|help|tasks|dependencies|projects|query|info|show|list|outdated|why|licenses|dependency:tree)\b/, name: "info" }), builds("", "Builds, tests or runs the project's own tasks.", { name: "task" })] },
  { name: "go", programs: "go gofmt goimports golangci-lint gopls staticcheck govulncheck gotestsum", withValue: "-o -run -tags -count -C -ldflags -timeout", rules: [discards("clean", "Removes what is built again."), reads("list|version|env|doc|vet|help|tool", "Reads the project."), builds("", "Builds or tests.", { name: "build" })] },
  { name: "tools", programs: "pytest tox nox jest vitest mocha ava playwright cypress tsc eslint prettier oxlint biome ruff black isort flake8 mypy pyright pylint stylelint rubocop phpunit phpstan psalm gcc g++ clang clang++ cc c++ ld ar javac java kotlinc scalac rustc rustfmt ghc stack cabal zig nim dart flutter elixir iex erl rebar3 R Rscript julia luac ocaml dune opam protoc buf swag sqlc mockgen husky lint-staged commitlint changeset storybook expo pod kustomize pre-commit act direnv asdf mise entire claude codex gemini aider cursor opencode ollama llm", withValue: "-o -c --config -p -t", rules: [publishesForGood("publish", "Publishes a package."), builds("", "Builds, checks or tests.", { name: "run" })] },
];

const FORGES: readonly World[] = [
  {
    name: "gh",
    programs: "gh",
    withValue: "-R --repo -t --title -b --body -F --body-file -B --base -H --head -l --label -a --assignee --json -q --jq -L --limit -m --message -n --notes -c --comment --template --search -s --state --ref -f --field --visibility -o --org",
    place: "-e --env",
    rules: [
      destroys("repo sync", "Overwrites a branch by its parent's.", { flags: "--force", name: "repo-sync-force" }),
      destroys("repo deploy-key|autolink delete", "Takes a key or a link from the repository.", { name: "delete" }),
      destroys("repo delete", "Deletes the repository with issues, releases and wiki.", { safer: "gh repo archive" }),
      destroys("release|gist|issue|project|run|cache|secret|variable|ssh-key|gpg-key|codespace|label|ruleset|deployment|environment delete|delete-asset|remove|item-delete|field-delete", "Deletes at the forge.", { name: "delete" }),
      governsForGood("repo edit", "Changes who sees the repository.", { flags: "--visibility", name: "repo-visibility" }),
      governs("repo rename|transfer|deploy-key|archive|unarchive|edit", "Changes the repository's settings.", { name: "repo-edit" }),
      governs("secret|variable|auth|ssh-key|gpg-key|ruleset|config set|login|logout|add|token|refresh|setup-git", "Changes rights or secrets.", { name: "auth" }),
      { ...publishes("pr merge|create|close|comment|review|edit|ready|reopen|lock|update-branch", "Acts on a pull request.", { name: "pr" }), reversibility: "recoverable" },
      publishes("release create|edit|upload", "Publishes a release.", { name: "release" }),
      { ...publishes("issue|discussion|gist create|close|comment|edit|reopen|lock|pin|transfer|develop|unlock", "Acts on an issue.", { name: "issue" }), reversibility: "recoverable" },
      runs("workflow|run run|rerun|cancel|enable|disable", "Runs or stops a workflow.", { name: "workflow" }),
      reads("pr|issue|repo|run|release|workflow|gist|auth|secret|variable|label|cache|project|org|ruleset|config|extension|codespace list|view|status|diff|checks|watch|download|ls|get|item-list|search|logs", "Reads the forge.", { name: "view" }),
      reads("search|status|browse|help|version|completion|attestation", "Reads the forge."),
      writes("repo|pr|release|run|gist|label|project clone|checkout|download|fork|create|sync|set-default|clone|item-add|item-edit|link|edit", "Works with a copy.", { name: "checkout" }),
      writes("extension install|upgrade|remove|create", "Changes the tool.", { name: "extension" }),
    ],
  },
  {
    name: "glab",
    programs: "glab hub bb tea",
    withValue: "-R --repo -t --title -d --description -b -s -m -l",
    rules: [destroys("repo|project|release|issue|mr|variable|snippet|label|ssh-key|schedule|ci|token delete|rm|revoke|remove", "Deletes at the forge.", { name: "delete" }), { ...publishes("mr|issue|release|pr create|merge|close|note|update|approve|comment", "Acts on a merge request or issue.", { name: "mr" }), reversibility: "recoverable" }, reads("mr|issue|repo|release|ci|variable|pipeline|auth|pr list|view|status|diff|trace|get|lint|search", "Reads the forge.", { name: "view" }), runs("ci|pipeline run|retry|cancel|trigger", "Runs a pipeline.", { name: "ci" })],
  },
  { name: "svn", programs: "svn hg jj sl bzr p4 cvs fossil", withValue: "-m --message -r --revision -F", rules: [destroys("", "Throws uncommitted changes or history away.", { text: /^(revert|strip|rollback|purge|obliterate|abandon|update (-C|--clean)|up -C|cleanup --remove|debugobsolete|op (undo|restore))\b/, name: "discard" }), destroys("delete|rm|remove", "Deletes in the repository at once.", { text: /\w+:\/\// }), publishes("push|commit|ci|submit", "Sends changes."), reads("status|st|log|diff|info|list|ls|cat|show|blame|annotate|heads|branches|help", "Reads the repository."), writes("", "Changes the repository.", { name: "change" })] },
  { name: "gitlab", programs: "gitlab-runner gitlab-ctl gitlab-rake gitlab-rails gitlab-backup gitlab gitea forgejo gogs tower-cli awx", withValue: "--name --url --token --config -c --id --project-id", rules: [destroys("unregister|cleanse|remove-accounts|uninstall|stop|kill|restore|reset-token|delete|verify", "Takes a runner away, or stops or empties the forge.", { text: /^(?!verify$)/, name: "delete" }), destroys("", "Empties or overwrites the forge.", { text: /\b(gitlab:(cleanup|db:(drop\w*|reset|configure)|backup:restore|setup)|db:(drop|reset)|admin user delete|admin auth delete|\S+ delete)\b/, name: "delete" }), reads("list|verify|status|show-config|check-config|tail|get|version|help|service-list|* get|list", "Reads the forge."), runs("", "Controls the forge.", { name: "run" })] },
  { name: "cicd", programs: "circleci buildkite-agent bk jenkins-cli jenkins-jobs drone argo tkn fly-ci spin travis woodpecker-cli codefresh semaphore sem appcenter octo octopus buddy concourse screwdriver gocd vela harness-cli tfc", withValue: "--server --token -s -n --namespace -o --org --auth -auth", rules: [reads("", "Reads jobs.", { verb: /^(?!\S*(delete|rm|remove|purge|terminate|destroy))(\S+ )?(list|ls|get|logs|info|describe|show|validate|version|wait|watch|lint)(\s|$)/, name: "view" }), runs("build|submit|run|trigger|start|resubmit|retry|console *", "Runs jobs.", { name: "run" }), destroys("", "Deletes jobs or runs.", { verb: /(^|\s)([a-z]+-)?(delete|rm|remove|purge|terminate|destroy|destroy-pipeline|unlist|uninstall|abort-all)(-[a-z-]+)?(\s|$)/, name: "delete" }), destroys("", "Stops the server, or what runs on it.", { verb: /(^|\s)(safe-shutdown|safe-restart|shutdown|restart|quiet-down|disable-job|offline-node|disconnect-node|clear-queue|groovy|groovysh)(\s|$)/, name: "shutdown" }), reads("", "Reads jobs.", { text: /^(\w+ )?(list|ls|get|logs|info|describe|validate|version)(\s|$)/, name: "view" }), runs("", "Runs jobs.", { name: "run" })] },
];

export const DEVELOPMENT: readonly World[] = [NODE, ...LANGUAGES, ...FORGES];
