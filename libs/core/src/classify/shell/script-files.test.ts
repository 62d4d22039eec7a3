import { describe, expect, it } from "vitest";
import { prepareClassifiers } from "../sql/prepare.ts";
import { classifyShell } from "./shell.ts";

await prepareClassifiers();

/** With the canonical operation of the worst that is found. */
const LOSSES: readonly (readonly [text: string, operation: string])[] = [
  ["cat > x.sh <<'EOF'\nrm -rf /etc\nEOF\nbash x.sh", "shell.rm"],
  ["cat > x.sh <<EOF\nrm -rf /etc\nEOF\nchmod +x x.sh && ./x.sh", "shell.rm"],
  ["echo 'rm -rf /etc' > /tmp/a.sh; sh /tmp/a.sh", "shell.rm"],
  ["printf 'DROP TABLE users;' > a.sql && psql -f a.sql", "sql.drop-table"],
  ["echo 'DROP TABLE users;' > a.sql && psql < a.sql", "sql.drop-table"],
  ["echo 'DROP TABLE users;' > a.sql && cat a.sql | psql", "sql.drop-table"],
  ["cat > a.py <<'EOF'\nimport shutil\nshutil.rmtree('/home')\nEOF\npython3 a.py", "shell.python.remove"],
  ["tee a.sh <<'EOF'\nrm -rf /etc\nEOF\nbash a.sh", "shell.rm"],
  ["cp a.sh b.sh; echo 'rm -rf /etc' > a.sh; cp a.sh b.sh; source b.sh", "shell.rm"],
  ["printf '#!/usr/bin/env python3\\nimport os\\nos.system(\"rm -rf /etc\")\\n' > go; chmod +x go; ./go", "shell.rm"],
  ["echo 'rm -rf /etc' >> x.sh; bash x.sh", "shell.rm"],
  ["mkdir -p /data && rm -rf /data", "shell.rm"],
  ["python3 -c \"import shutil; shutil.rmtree('/srv/data')\"", "shell.python3.remove"],
  ["python3 -c \"import shutil; d='/srv/data'; shutil.rmtree(d)\"", "shell.python3.remove"],
  ["python3 -c \"import shutil,sys; shutil.rmtree(sys.argv[1])\"", "shell.python3.remove"],
  ["python3 -c \"import os,glob; [os.remove(f) for f in glob.glob('/srv/data/*')]\"", "shell.python3.remove"],
  ["node -e \"fs.rmSync('/srv/x', { recursive: true, force: true })\"", "shell.node.remove"],
  ["node -e \"require('fs').rmSync('./src', {recursive:true})\"", "shell.node.remove"],
  ["node -e \"require('fs').rmdirSync('src', {recursive:true})\"", "shell.node.remove"],
  ["node -e \"const fs=require('fs'); fs.promises.rm('/data', { recursive: true })\"", "shell.node.remove"],
  ["ruby -e \"require 'fileutils'; FileUtils.rm_rf('/srv/x')\"", "shell.ruby.remove"],
  ["ruby -e 'FileUtils.rm_rf \"/srv/x\"'", "shell.ruby.remove"],
  ["perl -e 'use File::Path; rmtree(\"/srv/x\")'", "shell.perl.remove"],
  ["perl -e 'unlink glob \"/srv/x/*\"'", "shell.perl.remove"],
  ["php -r 'array_map(\"unlink\", glob(\"/srv/x/*\"));'", "shell.php.remove"],
  ["python3 -c \"import pathlib; [p.unlink() for p in pathlib.Path('/srv').glob('*')]\"", "shell.python3.remove"],
  ["python -c \"import boto3; boto3.client('s3').delete_bucket(Bucket='x')\"", "shell.python.delete_bucket"],
  ["python -c \"boto3.client('ec2').terminate_instances(InstanceIds=['i-1'])\"", "shell.python.terminate_instances"],
  ["node -e \"client.deleteIndex('prod')\"", "shell.node.deleteIndex"],
  ["node -e \"index.clearObjects()\"", "shell.node.clearObjects"],
  ["ruby -e 'User.destroy_all'", "shell.ruby.drop-all"],
  ["rails runner 'User.delete_all'", "shell.rails.drop-all"],
  ["node -e \"mongoose.connection.dropDatabase()\"", "shell.node.drop-all"],
  ["python -c \"kms.schedule_key_deletion(KeyId='k')\"", "shell.python.schedule_key_deletion"],
  ["printf 'FLUSHALL\\r\\n' | nc localhost 6379", "memcached.send-destroying"],
  ["rails runner 'User.delete_all'", "shell.rails.drop-all"],
  ["python -c \"import stripe; stripe.Customer.delete('cus_1')\"", "shell.python.delete"],
  ["python -c \"from braintree import *; gateway.customer.delete('x')\"", "shell.python.delete"],
  ["node -e \"stripe.customers.del('cus_1')\"", "shell.node.drop-all"],
  ["node -e \"sgMail; client.request({method:'DELETE', url:'/v3/templates/x'})\"", "http.delete"],
  ["ruby -e \"Braintree::Customer.delete('x')\"", "shell.ruby.delete"],
  ["python3 -c 'import os; os.system(\"rm -rf /etc\")'", "shell.rm"],
  ["perl -e 'system(\"rm -rf /etc\")'", "shell.rm"],
  ["ruby -e '`rm -rf /etc`'", "shell.rm"],
  ["node -e 'require(\"child_process\").execSync(\"rm -rf /etc\")'", "shell.rm"],
];

/** Neighbours: nothing in them is beyond repair. */
const HARMLESS: readonly string[] = [
  "cat > x.sh <<'EOF'\nrm -rf /etc\nEOF",
  "cat > x.sh <<'EOF'\nls\nEOF\nbash x.sh",
  "D=$(mktemp -d) && cd $D && git init && rm -rf $D",
  "D=$(mktemp -d); trap 'rm -rf \"$D\"' EXIT",
  "git clone https://x/y/foo.git && cd foo && make && cd .. && rm -rf foo",
  "mkdir work && cd work && cd .. && rm -rf work",
  "python3 -c \"import shutil; shutil.rmtree('build')\"",
  "python3 -c \"import os; os.remove('a.txt')\"",
  "node -e \"fs.unlinkSync('a.txt')\"",
  "python3 -c \"df.drop_duplicates(); df.drop(columns=['a'])\"",
  "node -e \"map.delete('a'); clearTimeout(t); el.removeChild(x)\"",
  "python3 -c \"import json; print(json.load(open('a.json')))\"",
  "echo 'rm -rf /'",
  "printf '%s' 'rm -rf /' > note.txt",
  "ruby -e 'puts `ls`'",
  "node -e 'cache.delete(\"a\"); m.delete(\"x\"); Map.delete(\"x\")'",
  "python3 -c \"d.pop('delete')\"",
  "cat > runbook.md <<'EOF'\nterraform destroy -auto-approve\nkubectl delete ns prod\nEOF",
  "ruby -e 'puts \"a.rb\".delete_suffix(\".rb\")'",
];

describe("files that a script writes, and code of other languages: losses", () => {
  it.each(LOSSES)("%s", (text, operation) => {
    const { worst } = classifyShell(text);
    expect({ operation: worst.operation, reversibility: worst.reversibility }).toEqual({ operation, reversibility: "irreversible" });
  });
});

describe("files that a script writes, and code of other languages: harmless neighbours", () => {
  it.each(HARMLESS)("%s", (text) => {
    const { verdicts } = classifyShell(text);
    expect(verdicts.filter(({ reversibility, effect }) => reversibility === "irreversible" && effect !== "read")).toEqual([]);
  });
});
