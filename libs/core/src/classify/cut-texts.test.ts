/** What a bound leaves out of a text is unknown, or as grave as it is: padding before the one that matters must not make it pass. */
import { beforeAll, describe, expect, it } from "vitest";
import { classifyHttp } from "./http/http.ts";
import { classifyShell } from "./shell/shell.ts";
import { classifySql } from "./sql/sql.ts";
import { prepareClassifiers } from "./sql/prepare.ts";
import { classifyTool } from "./tool/tool.ts";
import type { Classification } from "./verdict.ts";

beforeAll(prepareClassifiers);

const times = (count: number, text: string, by: string): string => Array.from({ length: count }, () => text).join(by);
const LONG = "x".repeat(2_000);
const passes = ({ verdicts }: Classification): boolean => !verdicts.some(({ reversibility, effect }) => effect !== "read" && (reversibility === "irreversible" || reversibility === "unknown"));
const post = (url: string, body: string, method = "POST"): Classification => classifyHttp({ method, url, body });
const EC2 = "https://ec2.us-east-1.amazonaws.com/";

describe("what is cut never passes for harmless", () => {
  it.each([
    ["lftp's mirror behind long options", `lftp -e "mirror -R --exclude ${LONG} --delete /a /b; quit" host`],
    ["lftp's mirror with its paths in quotes", `lftp -e "mirror -R '${LONG}' --delete /b" host`],
    ["lftp's mirror after another command", 'lftp -c "open h && mirror -R --delete a b"'],
    ["lftp's rm after another command", 'lftp -c "open h && rm -r b"'],
    ["sftp's rm after many commands", `sftp host <<E\n${times(400, "ls", "\n")}\nrm x\nE`],
    ["settings of git", `git ${times(20, "-c a.b=c", " ")} -c core.sshCommand='rm -rf /srv' fetch`],
    ["commands of gdb", `gdb ${times(20, "-ex 'info x'", " ")} -ex 'shell rm -rf /srv'`],
    ["programs that awk starts", `awk 'BEGIN{${times(70, 'system("true")', ";")}; system("rm -rf /srv")}'`],
    ["files that awk writes", `awk 'BEGIN{${times(70, 'print 1 > "a"', ";")}; print 1 > "/etc/passwd"}'`],
    ["programs that sed starts", `sed '${times(600, "s/a/b/", ";")}; 1e rm -rf /srv' f`],
    ["lines of a store's own language", `redis-cli <<E\n${times(80, "get a", "\n")}\nflushall\nE`],
    ["lines of an editor", `ex f <<E\n${times(80, "a", "\n")}\n:!rm -rf /srv\nE`],
    ["calls in code", `python -c "${times(70, "os.system('true')", ";")};os.system('rm -rf /srv')"`],
    ["commands of one search", `find . ${times(20, "-exec true \\;", " ")} -exec rm -rf /srv \\;`],
    ["a script in a here-document", `sh <<E\n${times(3_000, "ls -la", "\n")}\nrm -rf /srv\nE`],
    ["a script in an option", `sh -c '${times(3_000, "ls -la", ";")};rm -rf /srv'`],
    ["here-documents", `${times(300, "cat <<E\na\nE", "\n")}\nrm -rf /srv`],
  ])("in the shell: %s", (_what, text) => {
    expect(passes(classifyShell(text))).toBe(false);
  });

  it.each([
    ["names of AWS's operations", post(EC2, `${times(20, "Action=DescribeInstances", "&")}&Action=TerminateInstances&InstanceId.1=i-1`)],
    ["names of AWS's operations in the address", post(`${EC2}?${times(20, "Action=DescribeInstances", "&")}&Action=TerminateInstances`, "", "GET")],
    ["an operation of AWS that nobody knows behind one that reads", post(EC2, "Action=DescribeInstances&Action=Frobnicate")],
    ["the same in the address", post(`${EC2}?Action=DescribeInstances&Action=Frobnicate`, "", "GET")],
    ["statements in a request", post("https://db.example.com/v1/sql", JSON.stringify({ statements: [...Array.from({ length: 40 }, () => "select 1"), "drop table x"] }))],
    ["a statement behind many members", post("https://db.example.com/v1/sql", JSON.stringify({ ...Object.fromEntries(Array.from({ length: 70 }, (_, at) => [`k${at}`, 1])), sql: "drop table x" }))],
    ["settings of a request", post("https://api.example.com/v1/databases/1", JSON.stringify({ tags: Array.from({ length: 2_000 }, () => 1), deletion_protection: false }), "PATCH")],
  ])("over HTTP: %s", (_what, judged) => {
    expect(passes(judged)).toBe(false);
  });

  it.each([
    ["bodies that run", `${times(40, "select dblink('select 1')", "; ")}; select dblink('drop table x')`],
    ["bodies that run, the first of them", `select dblink('drop table x'); ${times(40, "select dblink('select 1')", "; ")}`],
    ["blocks", `DO $$ begin drop table x; end $$; ${times(40, "DO $$ begin perform 1; end $$", "; ")}`],
    ["strings that are executed", `${times(40, "EXEC('select 1')", "; ")}; EXEC('drop table x')`],
  ])("in SQL: %s", (_what, text) => {
    expect(passes(classifySql(text))).toBe(false);
  });

  it("in a tool's arguments: a protection behind many settings", () => {
    const inputs = (count: number) => JSON.stringify({ id: "db-1", tags: Array.from({ length: count }, () => 1), deletion_protection: false });
    for (const text of [inputs(3), inputs(1_500)]) expect(passes(classifyTool({ tool: "update_database", operation: null, request: null, resource: null, inputs: { text, fullBytes: text.length, truncated: false, digest: "0".repeat(64) } }))).toBe(false);
  });
});
