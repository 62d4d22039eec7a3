import { describe, expect, it } from "vitest";
import { prepareClassifiers } from "../sql/prepare.ts";
import { sedEffects } from "./sed-script.ts";
import { classifyShell } from "./shell.ts";

await prepareClassifiers();

/** Each runs `rm -rf /srv`, by an option, a variable, a setting or a small language of its program. */
const RUNS = [
  "sort --compress-program='sh -c \"rm -rf /srv\"' x",
  "tar -xf a.tar --to-command='rm -rf /srv'",
  "tar cf a.tar --checkpoint=1 --checkpoint-action=exec='rm -rf /srv' x",
  "tar -I 'rm -rf /srv' -cf a.tar x",
  "TAR_OPTIONS='--to-command=rm\\ -rf\\ /srv' tar xf a.tar",
  "ssh -o ProxyCommand='rm -rf /srv' host ls",
  "ssh -oPermitLocalCommand=yes -o 'LocalCommand rm -rf /srv' host ls",
  "scp -o ProxyCommand='rm -rf /srv' a host:b",
  "rsync -e 'rm -rf /srv' a b",
  "man -P 'rm -rf /srv' ls",
  "less '+!rm -rf /srv' x",
  "less '+G!rm -rf /srv' x",
  "bat --pager 'rm -rf /srv' x",
  "rg --pre 'rm -rf /srv' x",
  "fzf --preview 'rm -rf /srv'",
  "fzf --bind 'enter:execute(rm -rf /srv)'",
  "split --filter='rm -rf /srv' x",
  "hyperfine 'rm -rf /srv'",
  "nc -e 'rm -rf /srv' host 1",
  "socat TCP-LISTEN:1 EXEC:'rm -rf /srv',pty",
  "gdb -ex 'shell rm -rf /srv' x",
  "flock lock -c 'rm -rf /srv'",
  "strace -o '|rm -rf /srv' ls",
  "git clone 'ext::sh -c \"rm% -rf% /srv\"' x",
  "git clone --upload-pack 'rm -rf /srv' host:x",
  "git -c core.pager='rm -rf /srv' log",
  "git -c CORE.SSHCOMMAND='rm -rf /srv' fetch",
  "git -c alias.x='!rm -rf /srv' x",
  "git -c filter.x.clean='rm -rf /srv' add .",
  "git config --global alias.x '!rm -rf /srv'",
  "GIT_PAGER='rm -rf /srv' git log",
  "GIT_SSH_COMMAND='ssh -o ProxyCommand=\"rm -rf /srv\"' git fetch",
  "env EDITOR='rm -rf /srv' crontab -l",
  "export PAGER='rm -rf /srv'; man ls",
  "LESSOPEN='|rm -rf /srv %s' less x",
  "LESS='-R +!rm -rf /srv' less x",
  "GIT_CONFIG_COUNT=1 GIT_CONFIG_KEY_0=alias.x GIT_CONFIG_VALUE_0='!rm -rf /srv' git x",
  "sed -n '1e rm -rf /srv' x",
  "sed 's/.*/rm -rf \\/srv/e' x",
  "sed -n -e p -e '$!{n;e rm -rf /srv' -e '}' x",
  "awk 'BEGIN { system(\"rm -rf /srv\") }'",
  "awk '{ print | \"rm -rf /srv\" }' x",
  "awk 'BEGIN { \"rm -rf /srv\" | getline x }'",
  "awk '{ system(\"rm -rf /srv/\" $1) }' x",
  "vim -es -c '%!rm -rf /srv' x",
  "vim +'call system(\"rm -rf /srv\")' x",
  "ex -s x <<< '!rm -rf /srv'",
  "emacs --batch --eval '(shell-command \"rm -rf /srv\")'",
];

describe("a text that a program is given to run", () => {
  it.each(RUNS)("is judged as what it does: %s", (text) => {
    expect(classifyShell(text).verdicts).toContainEqual(expect.objectContaining({ operation: "shell.rm", reversibility: "irreversible" }));
  });

  it.each([
    "PAGER=cat git log",
    "AWS_PAGER= aws s3 ls",
    "GIT_SSH_COMMAND='ssh -i key -o StrictHostKeyChecking=no' git ls-remote",
    "git -c core.pager=cat log",
    "git -c color.ui=never -c core.fsmonitor=false status",
    "ssh -o StrictHostKeyChecking=no -o ConnectTimeout=5 host ls",
    "ssh -o ProxyCommand='ssh -W %h:%p jump' host ls",
    "man -P cat ls",
    "less +G x",
    "less '+/a!b' x",
    "sed 's/e/w/g; s/a/b/gi' x",
    "sed '/^$/d;s/[/]e/x/;y/abc/e w/' x",
    "sed -e 's|a|b|' -e '/x/i e rm' x",
    "sed --sandbox 's/x/y/e' x",
    "awk -F'|' '$2 ~ /a|b/ || $3 == \"c|d\" { print ($1 > 2) }' x",
    "awk '{ print | \"sort -u\" }' x",
    "sort -k2 -t, x",
    "uniq -c x",
    "date +%s",
    "hostname -f",
    "yq '.a.b' x.yaml",
  ])("costs nothing where it only reads: %s", (text) => {
    const { worst } = classifyShell(text);
    expect(worst).toMatchObject({ effect: "read", reversibility: "reversible" });
  });

  it.each([
    "GIT_SSH_COMMAND=\"$X\" git fetch",
    "LD_PRELOAD=./x.so ls",
    "BASH_ENV=x.sh ls",
    "NODE_OPTIONS='--require ./x.js' npm run build",
    "git -c core.hooksPath=/tmp/x commit -m a",
    "ssh -o Include=x host ls",
    "awk -f x.awk x",
    "sed -f x.sed x",
    "awk '{ system($0) }' x",
    "awk '{ print | cmd }' x",
    "sed 's/a/b/e' x",
    "vim x",
  ])("is unknown where it is not here: %s", (text) => {
    expect(classifyShell(text).worst.reversibility).toBe("unknown");
  });

  it.each(["NODE_OPTIONS=--max-old-space-size=4096 npm run build", "git push -u origin topic", "git rebase --exec 'make test' main", "flock lock psql -c 'update t set a = 1 where id = 2'", "git config core.editor vim", "tar -I zstd -cf a.tar.zst dir", "rsync -avz -e 'ssh -p 22' a host:b"])("leaves the everyday call as it was: %s", (text) => {
    expect(classifyShell(text).worst.reversibility).toBe("recoverable");
  });
});

describe("a program that reads, told to write", () => {
  it.each(["sort -o %s x", "sort -uo %s x", "sort --output=%s x", "uniq a %s", "less -o %s x", "tree -o %s", "find . -fprintf %s '%%p'", "git log --output=%s", "sed -n '1w %s' x", "sed 's/x/y/w %s' x", "awk '{ print $1 > \"%s\" }' x", "strace -o %s ls"])("is judged by the file that it writes: %s", (text) => {
    expect(classifyShell(text.replace("%s", "/etc/passwd")).worst).toMatchObject({ effect: "write", reversibility: "irreversible" });
    expect(classifyShell(text.replace("%s", "out.txt")).worst).toMatchObject({ effect: "write", reversibility: "recoverable" });
  });

  it("sets a clock, a name, or empties a log", () => {
    expect(classifyShell("date -s 2020-01-01").worst.operation).toBe("shell.set-clock");
    expect(classifyShell("hostname db1").worst.operation).toBe("shell.set-hostname");
    expect(classifyShell("dmesg -C").worst).toMatchObject({ operation: "shell.clear-log", reversibility: "irreversible" });
    expect(classifyShell("yq -i '.a = 1' x.yaml").worst.effect).toBe("write");
  });
});

describe("a sed script", () => {
  it("is read by its grammar: what is text of a command is none", () => {
    expect(sedEffects("s/a;e b/c/")).toEqual([]);
    expect(sedEffects("/x;w y/p")).toEqual([]);
    expect(sedEffects("a e rm\n:e rm\nb e\n# e rm")).toEqual([]);
    expect(sedEffects("1,/b/{s,a,b,w f\n}")).toEqual([{ kind: "writes", text: "f" }]);
    expect(sedEffects("\\,x,e ls")).toEqual([{ kind: "runs", text: "ls" }]);
  });

  it("with more commands than are read runs what nobody knows", () => {
    expect(sedEffects("p;".repeat(300))).toEqual([{ kind: "runs", text: "" }]);
    expect(sedEffects("s".repeat(10_000)).length).toBeLessThan(300);
  });
});
