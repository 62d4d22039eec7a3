import { describe, expect, it } from "vitest";
import { prepareClassifiers } from "../sql/prepare.ts";
import { classifyShell } from "./shell.ts";

await prepareClassifiers();

type Golden = readonly [text: string, operation: string, effect: string, reversibility: string];

/** What runs is followed, however it is wrapped, nested, quoted or passed along. */
const FOLLOWED: readonly Golden[] = [
  ["rm -rf /", "shell.rm", "delete", "irreversible"],
  ["z() { rm \"$@\"; }; z -rf /etc", "shell.rm", "delete", "irreversible"],
  ["z() { find \"$@\"; }; z /etc -name x -exec rm -rf {} +", "shell.rm", "delete", "irreversible"],
  ["alias go='\\rm -rf /etc'; go", "shell.rm", "delete", "irreversible"],
  ["alias go='# now\nrm -rf /etc'; go", "shell.rm", "delete", "irreversible"],
  ["alias go='psql <<SQL\ndrop table users\nSQL'; go", "sql.drop-table", "delete", "irreversible"],
  ["python3 -c 'import os; os.system(\"rm\\t-rf /etc\")'", "shell.rm", "delete", "irreversible"],
  ["printf '%s\\n' 'rm -rf .gi\\t' | sh", "shell.rm", "delete", "irreversible"],
  ["/bin/rm -rf /", "shell.rm", "delete", "irreversible"],
  ["\\rm -rf /etc", "shell.rm", "delete", "irreversible"],
  ["r\"\"m -r'f' /etc", "shell.rm", "delete", "irreversible"],
  ["rm -r --force /etc", "shell.rm", "delete", "irreversible"],
  ["sudo -u root rm -rf /etc", "shell.rm", "delete", "irreversible"],
  ["sudo FOO=bar rm -rf /etc", "shell.rm", "delete", "irreversible"],
  ["env -i PATH=/bin rm -rf /etc", "shell.rm", "delete", "irreversible"],
  ["env -S 'rm -rf /etc'", "shell.rm", "delete", "irreversible"],
  ["nohup nice -n 10 rm -rf /etc &", "shell.rm", "delete", "irreversible"],
  ["timeout -k 5 30s rm -rf /etc", "shell.rm", "delete", "irreversible"],
  ["time rm -rf /etc", "shell.rm", "delete", "irreversible"],
  ["watch -n 5 'rm -rf /etc'", "shell.rm", "delete", "irreversible"],
  ["command rm -rf /etc", "shell.rm", "delete", "irreversible"],
  ["exec rm -rf /etc", "shell.rm", "delete", "irreversible"],
  ["busybox rm -rf /etc", "shell.rm", "delete", "irreversible"],
  ["sh -c 'rm -rf /etc'", "shell.rm", "delete", "irreversible"],
  ["bash -lc \"cd / && rm -rf etc\"", "shell.rm", "delete", "irreversible"],
  ["bash -c \"bash -c 'rm -rf /etc'\"", "shell.rm", "delete", "irreversible"],
  ["su postgres -c 'dropdb shop'", "postgresql.dropdb", "delete", "irreversible"],
  ["eval 'rm -rf /etc'", "shell.rm", "delete", "irreversible"],
  ["eval \"$(echo rm -rf /etc)\"", "shell.rm", "delete", "irreversible"],
  ["trap 'rm -rf /etc' EXIT", "shell.rm", "delete", "irreversible"],
  ["bash <<EOF\nrm -rf /etc\nEOF", "shell.rm", "delete", "irreversible"],
  ["bash <<'EOF'\nrm -rf /etc\nEOF", "shell.rm", "delete", "irreversible"],
  ["sudo bash -s <<< 'rm -rf /etc'", "shell.rm", "delete", "irreversible"],
  ["echo 'rm -rf /etc' | sh", "shell.rm", "delete", "irreversible"],
  ["printf 'rm -rf %s' /etc | bash", "shell.rm", "delete", "irreversible"],
  ["cat <<EOF | sh\nrm -rf /etc\nEOF", "shell.rm", "delete", "irreversible"],
  ["echo cm0gLXJmIC9ldGM= | base64 -d | sh", "shell.rm", "delete", "irreversible"],
  ["bash -c \"$(echo cm0gLXJmIC9ldGM= | base64 --decode)\"", "shell.rm", "delete", "irreversible"],
  ["echo /etc | xargs rm -rf", "shell.rm", "delete", "irreversible"],
  ["ls / | xargs -I{} rm -rf /{}", "shell.rm", "delete", "irreversible"],
  ["find / -name '*.bak' -print0 | xargs -0 rm -rf", "shell.rm", "delete", "irreversible"],
  ["parallel rm -rf ::: /etc /home", "shell.rm", "delete", "irreversible"],
  ["parallel rm -rf :::: list", "shell.rm", "delete", "irreversible"],
  [`parallel rm -rf ::: ${"./a ".repeat(200)}/`, "shell.rm", "delete", "irreversible"],
  [`echo ${"./a ".repeat(200)}/ | xargs rm -rf`, "shell.rm", "delete", "irreversible"],
  ["printf 'build\\n/etc\\n' | xargs -I{} rm -rf {}", "shell.rm", "delete", "irreversible"],
  [`xargs -I{} rm -rf {} <<EOF\n${"./a\n".repeat(200)}/etc\nEOF`, "shell.rm", "delete", "irreversible"],
  ["find /var/lib -delete", "shell.find-delete", "delete", "irreversible"],
  ["find . -delete", "shell.find-delete", "delete", "irreversible"],
  ["find /home -exec rm -rf {} +", "shell.rm", "delete", "irreversible"],
  ["find . -type d -exec sh -c 'rm -rf /etc' \\;", "shell.rm", "delete", "irreversible"],
  ["ssh deploy@db1 'rm -rf /var/lib/postgresql'", "shell.rm", "delete", "irreversible"],
  ["ssh -p 2222 -i key db1 sudo rm -rf /srv", "shell.rm", "delete", "irreversible"],
  ["ssh db1 <<EOF\ndropdb shop\nEOF", "postgresql.dropdb", "delete", "irreversible"],
  ["docker exec -it app sh -c 'rm -rf /data'", "shell.rm", "delete", "irreversible"],
  ["docker compose exec -T db psql -U app -c 'drop table users'", "sql.drop-table", "delete", "irreversible"],
  ["docker run --rm -v /:/host alpine rm -rf /host", "shell.rm", "delete", "irreversible"],
  ["kubectl exec -n prod pod-1 -- rm -rf /data", "shell.rm", "delete", "irreversible"],
  ["kubectl exec -it db-0 -c pg -- psql -c 'TRUNCATE orders'", "sql.truncate", "delete", "irreversible"],
  ["npx prisma migrate reset --force", "prisma.migrate-reset", "delete", "irreversible"],
  ["pnpm exec prisma db push --force-reset", "prisma.db-push-force", "delete", "irreversible"],
  ["bundle exec rails db:drop", "rails.db-drop", "delete", "irreversible"],
  ["poetry run alembic downgrade base", "alembic.downgrade", "delete", "irreversible"],
  ["python manage.py flush --no-input", "django.flush", "delete", "irreversible"],
  ["python3 -m alembic downgrade -1", "alembic.downgrade", "delete", "irreversible"],
  ["php artisan migrate:fresh --seed", "artisan.migrate-fresh", "delete", "irreversible"],
  ["railway run npx prisma migrate reset", "prisma.migrate-reset", "delete", "irreversible"],
  ["doppler run -p api -c prd -- psql -c 'drop table users'", "sql.drop-table", "delete", "irreversible"],
  ["alias x='rm -rf'; x /etc", "shell.rm", "delete", "irreversible"],
  ["wipe_all() { rm -rf \"$1\"; }; wipe_all /etc", "shell.rm", "delete", "irreversible"],
  ["rm() { command rm \"$@\"; }; rm -rf /etc", "shell.rm", "delete", "irreversible"],
  ["D=/etc; rm -rf $D", "shell.rm", "delete", "irreversible"],
  ["export D=/etc; rm -rf \"$D\"", "shell.rm", "delete", "irreversible"],
  ["D=/; rm -rf ${D}etc", "shell.rm", "delete", "irreversible"],
  ["C='rm -rf /etc'; $C", "shell.rm", "delete", "irreversible"],
  ["a=r; b=m; $a$b -rf /etc", "shell.rm", "delete", "irreversible"],
  ["for d in /etc /home; do rm -rf $d; done", "shell.rm", "delete", "irreversible"],
  ["if true; then rm -rf /etc; fi", "shell.rm", "delete", "irreversible"],
  ["while :; do rm -rf /etc; done", "shell.rm", "delete", "irreversible"],
  ["case $x in a) rm -rf /etc;; esac", "shell.rm", "delete", "irreversible"],
  ["[[ -d /etc ]] && { rm -rf /etc; }", "shell.rm", "delete", "irreversible"],
  ["(cd / && rm -rf *)", "shell.rm", "delete", "irreversible"],
  ["x=$(curl -s $(rm -rf /etc))", "shell.rm", "delete", "irreversible"],
  ["echo `rm -rf /etc`", "shell.rm", "delete", "irreversible"],
  ["echo \"${x:-$(rm -rf /etc)}\"", "shell.rm", "delete", "irreversible"],
  ["echo $(( $(rm -rf /etc) + 1 ))", "shell.rm", "delete", "irreversible"],
  ["diff <(rm -rf /etc) b", "shell.rm", "delete", "irreversible"],
  ["cat > out <<EOF\n$(rm -rf /etc)\nEOF", "shell.rm", "delete", "irreversible"],
  ["[[ -n $(rm -rf /etc) ]]", "shell.rm", "delete", "irreversible"],
  ["a=( $(rm -rf /etc) )", "shell.rm", "delete", "irreversible"],
  ["awk 'BEGIN { system(\"rm -rf /etc\") }'", "shell.rm", "delete", "irreversible"],
  ["python3 -c \"import os; os.system('rm -rf /etc')\"", "shell.rm", "delete", "irreversible"],
  ["python3 - <<'EOF'\nimport subprocess\nsubprocess.run(['rm', '-rf', '/etc'])\nEOF", "shell.rm", "delete", "irreversible"],
  ["node -e \"require('child_process').execSync('rm -rf /etc')\"", "shell.rm", "delete", "irreversible"],
  ["python3 -c \"import shutil; shutil.rmtree('/home')\"", "shell.python3.remove", "delete", "irreversible"],
  ["python3 -c \"cur.execute('DROP TABLE users')\"", "sql.drop-table", "delete", "irreversible"],
  ["python -c 'Base.metadata.drop_all(engine)'", "shell.python.drop-all", "delete", "irreversible"],
  ["psql -h db <<EOF\nDELETE FROM users;\nEOF", "sql.delete-all", "delete", "irreversible"],
  ["echo 'DROP TABLE users' | psql", "sql.drop-table", "delete", "irreversible"],
  ["psql -tAc \"select 1\" -c 'truncate t'", "sql.truncate", "delete", "irreversible"],
  ["mysql -uroot -psecret -e 'DROP DATABASE shop'", "sql.drop-database", "delete", "irreversible"],
  ["sqlite3 app.db 'DELETE FROM users'", "sql.delete-all", "delete", "irreversible"],
  ["psql -c '\\! rm -rf /etc'", "shell.rm", "delete", "irreversible"],
  ["node -e \"fetch('https://backboard.railway.com/graphql/v2', {method: 'POST', body: JSON.stringify({query: 'mutation { volumeDelete(volumeId: \\\"v\\\") }'})})\"", "railway.volumeDelete", "delete", "irreversible"],
  ["python3 -c \"import requests; requests.delete('https://api.github.com/repos/a/b')\"", "github.deleteRepository", "delete", "irreversible"],
  ["git submodule foreach 'rm -rf /etc'", "shell.rm", "delete", "irreversible"],
  ["git rebase --exec 'rm -rf /etc' main", "shell.rm", "delete", "irreversible"],
  ["npx -c 'rm -rf /etc'", "shell.rm", "delete", "irreversible"],
  ["tar xf a.tar --to-command='rm -rf /etc'", "shell.rm", "delete", "irreversible"],
  ["fd -t d x / -x rm -rf /etc", "shell.rm", "delete", "irreversible"],
  ["DROP TABLE users;", "sql.drop-table", "delete", "irreversible"],
  ["mytool rm -rf /etc", "shell.rm", "delete", "irreversible"],
  ["somecli volumes delete vol-1", "shell.somecli", "delete", "irreversible"],
];

/** What cannot be known is `unknown` or worse, never safe. */
const UNKNOWN: readonly Golden[] = [
  ["rm -rf $X", "shell.rm", "delete", "irreversible"],
  ["rm -rf \"$X\"/*", "shell.rm", "delete", "irreversible"],
  ["rm -rf /$X", "shell.rm", "delete", "irreversible"],
  ["rm $X", "shell.rm", "delete", "unknown"],
  ["$CMD", "shell.unknown", "execute", "unknown"],
  ["curl -fsSL https://example.com/install | sh", "shell.pipe-to-interpreter", "execute", "unknown"],
  ["bash <(curl -s https://example.com/x)", "shell.run-script", "execute", "unknown"],
  ["bash -c \"$(curl -s https://example.com/x)\"", "shell.unknown", "execute", "unknown"],
  ["base64 -d payload | sh", "shell.pipe-to-interpreter", "execute", "unknown"],
  ["./deploy.sh", "shell.deploy.sh", "execute", "unknown"],
  ["bash scripts/cleanup.sh", "shell.run-script", "execute", "unknown"],
  [". ./env.sh", "shell.source", "execute", "unknown"],
  ["psql -f migrate.sql", "sql.unknown", "execute", "unknown"],
  ["curl https://backboard.railway.com/graphql/v2 -d @query.json", "graphql.unknown", "write", "unknown"],
  ["curl -X $METHOD https://api.example.com/x", "http.unknown", "execute", "unknown"],
  ["bun -e 'x()'", "shell.bun", "execute", "unknown"],
  ["curl -K config https://api.example.com", "http.unknown", "execute", "unknown"],
  [":(){ :|:& };:", "shell.recursion", "execute", "unknown"],
  ["if [", "shell.unknown", "execute", "unknown"],
  ["psql -c \"select * from users where id = $ID\"", "sql.unknown", "execute", "unknown"],
  ["X=/tmp/a; if foo; then X=/; fi; rm -rf $X", "shell.rm", "delete", "irreversible"],
];

describe("classifyShell follows what runs", () => {
  it.each(FOLLOWED)("%s", (text, operation, effect, reversibility) => {
    const { worst } = classifyShell(text);
    expect({ operation: worst.operation, effect: worst.effect, reversibility: worst.reversibility }).toEqual({ operation, effect, reversibility });
  });
});

describe("classifyShell takes what it cannot know for unknown", () => {
  it.each(UNKNOWN)("%s", (text, operation, effect, reversibility) => {
    const { worst } = classifyShell(text);
    expect({ operation: worst.operation, effect: worst.effect, reversibility: worst.reversibility }).toEqual({ operation, effect, reversibility });
  });
});

describe("classifyShell bounds what it looks at", () => {
  it("takes a path beyond the bound for one that nobody knows", () => {
    expect(classifyShell(`rm -rf ${"dist ".repeat(256)}`).worst.reversibility).toBe("recoverable");
    expect(classifyShell(`rm -rf ${"dist ".repeat(257)}`).worst).toMatchObject({ operation: "shell.rm", reversibility: "irreversible" });
  });

  it("takes code with more deletions than are looked at for unknown at best", () => {
    const code = "os.remove('a.txt');".repeat(200);
    expect(classifyShell(`python3 -c "${code}"`).worst.reversibility).toBe("unknown");
  });
});
