import { describe, expect, it } from "vitest";
import { prepareClassifiers } from "../sql/prepare.ts";
import { classifyShell } from "./shell.ts";

await prepareClassifiers();

/** Text that names something destructive as data: the worst effect, and that nothing irreversible or unknown is seen. */
const MENTIONS: readonly (readonly [text: string, effect: string])[] = [
  ["echo \"rm -rf /\"", "read"],
  ["echo rm -rf /", "read"],
  ["printf '%s\\n' 'DROP TABLE users'", "read"],
  ["grep -rn 'DROP TABLE' src", "read"],
  ["grep -E \"rm -rf|git push --force\" README.md", "read"],
  ["rg 'volumeDelete' --type ts", "read"],
  ["cat delete-all.sql", "read"],
  ["less /etc/passwd", "read"],
  ["git commit -m \"drop table users\"", "write"],
  ["git commit -m 'rm -rf / is now refused'", "write"],
  ["git commit -m \"$(cat <<'EOF'\nStop rm -rf / in scripts\n\nDROP TABLE is gone\nEOF\n)\"", "write"],
  ["git log --grep='reset --hard'", "read"],
  ["git log --oneline -n 5", "read"],
  ["git diff -- src/drop.ts", "read"],
  ["git grep 'terraform destroy'", "read"],
  ["gh pr create --title 'Add volumeDelete' --body 'runs rm -rf /'", "publish"],
  ["gh issue list --search 'delete repo'", "read"],
  ["cat > cleanup.sh <<EOF\nrm -rf /\nEOF", "write"],
  ["cat <<'EOF' > notes.md\nDROP TABLE users;\nEOF", "write"],
  ["tee guide.md <<EOF\ngit push --force\nEOF", "write"],
  ["echo 'terraform destroy' >> runbook.md", "write"],
  ["sed -n '/DROP TABLE/p' schema.sql", "read"],
  ["sed -i 's/rm -rf/trash/' script.txt", "write"],
  ["awk '/DELETE FROM/ { print $1 }' log", "read"],
  ["jq '.commands[] | select(. == \"rm -rf /\")' f.json", "read"],
  ["# rm -rf /\nls", "read"],
  ["ls # rm -rf /", "read"],
  ["which rm", "read"],
  ["command -v rm", "read"],
  ["env", "read"],
  ["exec 2> /dev/null", "read"],
  ["helm --version", "read"],
  ["man rm", "read"],
  ["type rm", "read"],
  ["f() { rm -rf /; }", "none"],
  ["alias nuke='rm -rf /'", "read"],
  ["X='rm -rf /'", "none"],
  ["test -f rm && echo yes", "read"],
  ["[ \"$a\" = 'rm -rf /' ]", "read"],
  ["[[ $a == *'rm -rf'* ]]", "none"],
  ["kubectl get pods --all-namespaces", "read"],
  ["kubectl describe pod delete-me", "read"],
  ["kubectl delete pod x --dry-run=client", "read"],
  ["terraform plan", "read"],
  ["terraform destroy --help", "read"],
  ["docker ps -a", "read"],
  ["docker logs rm", "read"],
  ["psql -c 'select * from drop_log'", "read"],
  ["psql -c \"select 'DROP TABLE users'\"", "read"],
  ["psql -l", "read"],
  ["psql -c '\\dt'", "read"],
  ["mysql -e 'SHOW TABLES'", "read"],
  ["sqlite3 app.db .tables", "read"],
  ["redis-cli get flushall", "read"],
  ["aws s3 ls s3://bucket --recursive", "read"],
  ["aws s3 rm s3://bucket --recursive --dryrun", "read"],
  ["aws ec2 describe-instances", "read"],
  ["gcloud compute instances list", "read"],
  ["az vm list", "read"],
  ["helm list", "read"],
  ["find . -name '*.delete'", "read"],
  ["find / -name rm", "read"],
  ["curl -s https://example.com/delete", "read"],
  ["curl -I https://api.example.com/v1/volumes", "read"],
  ["curl -s https://api.example.com | jq .", "read"],
  ["curl https://backboard.railway.com/graphql/v2 -d '{\"query\":\"query { me { id } }\"}'", "read"],
  ["npm ls", "read"],
  ["python3 --version", "read"],
  ["ls -la && pwd && git status", "read"],
  ["tar tf backup.tar", "read"],
  ["crontab -l", "read"],
  ["systemctl status postgresql", "read"],
  ["git push -n origin main", "read"],
  ["git stash list", "read"],
  ["git clean -nfd", "read"],
  ["rsync -n --delete a/ b/", "read"],
  ["vault kv get secret/x", "read"],
  ["restic snapshots", "read"],
];

/** Deletions that tools or version control make good. */
const RECOVERABLE: readonly (readonly [text: string, operation: string])[] = [
  ["z() { rm \"$@\"; }; z -rf node_modules dist", "shell.rm"],
  ["rm -rf ./build", "shell.rm"],
  ["rm -rf node_modules dist", "shell.rm"],
  ["rm -rf /tmp/x", "shell.rm"],
  ["rm -rf /tmp/x/../y && rm f.txt", "shell.rm"],
  ["rm -f src/old.ts", "shell.rm"],
  ["rm -rf /home/u/app/node_modules", "shell.rm"],
  ["rm ../notes.txt", "shell.rm"],
  ["cd /tmp/work && rm -rf *", "shell.rm"],
  ["cd dist && rm -rf *", "shell.rm"],
  ["find . -name '*.pyc' -delete", "shell.find-delete"],
  ["find . -name __pycache__ -exec rm -rf {} +", "shell.rm"],
  ["X=/tmp/a; rm -rf $X", "shell.rm"],
  ["rmdir empty", "shell.rmdir"],
  ["git branch -d merged", "git.branch-delete"],
  ["cd /tmp/repo && git reset --hard", "git.reset-hard"],
  ["psql -c 'delete from users where id = 1'", "sql.delete"],
  ["docker rm old", "docker.rm"],
  ["cargo clean", "cargo.clean"],
  ["npm uninstall left-pad", "npm.uninstall"],
];

describe("classifyShell knows data from execution", () => {
  it.each(MENTIONS)("%s", (text, effect) => {
    const { worst, verdicts } = classifyShell(text);
    if (effect === "none") expect(verdicts.filter((verdict) => verdict.effect === "delete")).toEqual([]);
    else expect(worst.effect).toBe(effect);
    expect(verdicts.filter((verdict) => verdict.reversibility === "irreversible")).toEqual([]);
    if (effect === "read") expect(worst.reversibility).toBe("reversible");
  });
});

describe("classifyShell tells scratch and bounded deletions from losses", () => {
  it.each(RECOVERABLE)("%s", (text, operation) => {
    const { worst } = classifyShell(text);
    expect({ operation: worst.operation, reversibility: worst.reversibility }).toEqual({ operation, reversibility: "recoverable" });
  });
});

describe("classifyShell says where", () => {
  it("names the path, and the span of the command in the text", () => {
    const text = "ls && rm -rf /etc";
    const { worst } = classifyShell(text);
    expect(worst.targets).toEqual([{ kind: "path", id: "/etc", environment: null }]);
    expect(text.slice(worst.span!.start, worst.span!.end)).toBe("rm -rf /etc");
  });

  it("gives a nested command the span of the command that carries it", () => {
    const text = "echo hi; sudo sh -c 'rm -rf /etc'";
    const { worst } = classifyShell(text);
    expect(text.slice(worst.span!.start, worst.span!.end)).toBe("sudo sh -c 'rm -rf /etc'");
  });

  it("says that only the checkout is at stake when git throws uncommitted work away", () => {
    const { worst } = classifyShell("git reset --hard origin/production");
    expect(worst).toMatchObject({ confinedTo: "workspace", targets: [{ kind: "directory", id: ".", environment: null }] });
    expect(classifyShell("git push --force").worst.confinedTo).toBeUndefined();
  });

  it.each([
    ["kubectl --context prod-eu delete ns shop", "production"],
    ["aws --profile staging s3 rb s3://x", "staging"],
    ["railway volume delete --environment production", "production"],
    ["psql -h db.prod.example.com -c 'drop table t'", "production"],
    ["psql postgres://u@db/app_staging -c 'drop table t'", "staging"],
    ["RAILS_ENV=production rails db:drop", "production"],
    ["heroku pg:reset -a shop-live", "production"],
    ["somecli volumes delete v1 --environment production", "production"],
    ["NODE_ENV=production npm run build", null],
    ["docker build --target production .", null],
    ["terraform destroy", null],
  ])("finds the environment in %s", (text, environment) => {
    expect(classifyShell(text).worst.targets[0]?.environment ?? null).toBe(environment);
  });
});

describe("classifyShell says how much is reached, where the text tells", () => {
  it.each([
    ["rm -rf /srv/a /srv/b", { extent: "tree", count: 2 }],
    ["rm -f /srv/*", { extent: "matching", count: null }],
    ["rm -rf /", { extent: "all", count: 1 }],
    ["rm -rf $X", { extent: "tree", count: null }],
    ["find /srv -name '*.db' -delete", { extent: "matching", count: null }],
    ["kubectl delete pods --all", { extent: "all", count: null }],
    ["docker volume rm a b", { extent: "named", count: 2 }],
    ["python3 -c \"import shutil; shutil.rmtree('/srv')\"", { extent: "all", count: 1 }],
  ])("%s", (text, blast) => {
    expect(classifyShell(text).worst.blast).toEqual(blast);
  });

  it("and nothing where it does not", () => {
    expect(classifyShell("terraform destroy").worst.blast).toBeUndefined();
    expect(classifyShell("git reset --hard").worst.blast).toBeUndefined();
  });
});
