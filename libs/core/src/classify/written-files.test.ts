import { describe, expect, it } from "vitest";
import type { Classifiable } from "./classify.ts";
import { classifyRemembered } from "./remembered.ts";
import { prepareClassifiers } from "./sql/prepare.ts";
import { MAX_AGENT_SESSIONS, MAX_SESSIONS, MAX_WRITTEN_FILES, SessionFiles, WrittenFiles } from "./written-files.ts";

await prepareClassifiers();

const tool = (name: string, inputs: unknown): Classifiable => {
  const text = JSON.stringify(inputs);
  return { tool: name, operation: null, resource: null, request: null, inputs: { text, fullBytes: text.length, truncated: false, digest: "0".repeat(64) } };
};
const shell = (command: string): Classifiable => ({ tool: "shell", request: { kind: "shell", command }, inputs: null, operation: null, resource: null });

const worstAfter = (...actions: readonly Classifiable[]) => {
  const sessions = new SessionFiles();
  return actions.map((action) => sessions.classify("agent", "s", action)).at(-1)!.worst;
};

const WIPE = "#!/bin/sh\nset -e\nrm -rf /srv/data\n";

describe("a script that a session wrote first and runs later", () => {
  it.each<readonly [string, Classifiable, Classifiable, string]>([
    ["a tool that writes, then the interpreter", tool("write_file", { path: "clean.sh", content: WIPE }), shell("bash clean.sh"), "shell.rm"],
    ["an absolute name, then a relative one", tool("Write", { file_path: "/home/u/app/scripts/clean.sh", content: WIPE }), shell("cd /home/u/app && sh scripts/clean.sh"), "shell.rm"],
    ["made runnable and run by its name", tool("create_file", { path: "clean.sh", content: WIPE }), shell("chmod +x clean.sh && ./clean.sh"), "shell.rm"],
    ["a here-document, then another call", shell("cat > /tmp/x.sh <<'EOF'\nterraform destroy -auto-approve\nEOF"), shell("bash /tmp/x.sh"), "terraform.destroy"],
    ["a command line among a tool's inputs", tool("bash", { command: "echo 'dropdb shop' > go.sh" }), tool("bash", { command: "sh go.sh" }), "postgresql.dropdb"],
    ["code of another language", tool("write", { path: "job.py", content: "import shutil\nshutil.rmtree('/srv/data')\n" }), shell("python3 job.py"), "shell.python.remove"],
    ["SQL in a file", tool("write", { path: "x.sql", content: "DROP TABLE users;" }), shell("psql -f x.sql"), "sql.drop-table"],
    ["an edit that adds the loss", tool("edit", { file_path: "run.sh", old_string: "ls", new_string: "rm -rf /srv/data" }), shell("./run.sh"), "shell.rm"],
    ["a patch", tool("apply_patch", { input: "*** Begin Patch\n*** Add File: run.sh\n+rm -rf /srv/data\n*** End Patch" }), shell("sh run.sh"), "shell.rm"],
    ["sourced", shell("echo 'rm -rf /srv/data' > env.sh"), shell("source env.sh"), "shell.rm"],
  ])("is judged by its content: %s", (_, write, run, operation) => {
    expect(worstAfter(write, run)).toMatchObject({ operation, reversibility: "irreversible", reason: expect.stringContaining("written earlier in this session") });
  });

  it("points at the command that runs it", () => {
    const text = "ls; bash clean.sh";
    const worst = worstAfter(shell("echo 'rm -rf /srv' > clean.sh"), shell(text));
    expect(text.slice(worst.span!.start, worst.span!.end)).toBe("bash clean.sh");
  });

  it("is harmless again once it is written anew without the loss", () => {
    expect(worstAfter(tool("write", { path: "a.sh", content: WIPE }), tool("write", { path: "a.sh", content: "ls" }), shell("bash a.sh")).reversibility).toBe("unknown");
  });

  it("keeps the loss when it is only edited elsewhere", () => {
    expect(worstAfter(tool("write", { path: "a.sh", content: WIPE }), tool("edit", { path: "a.sh", new_string: "ls" }), shell("bash a.sh")).reversibility).toBe("irreversible");
  });

  it("keeps the loss when something harmless is appended, and where two files of one name fit", () => {
    expect(worstAfter(tool("write", { path: "a.sh", content: WIPE }), shell("echo ls >> a.sh"), shell("bash a.sh")).reversibility).toBe("irreversible");
    expect(worstAfter(tool("write", { path: "/a/x.sh", content: WIPE }), tool("write", { path: "/b/x.sh", content: WIPE }), shell("cd /a && sh x.sh")).reversibility).toBe("irreversible");
  });

  it("says nothing of another session's files, nor of a file of another name", () => {
    const sessions = new SessionFiles();
    sessions.classify("agent", "a", tool("write", { path: "a.sh", content: WIPE }));
    expect(sessions.classify("agent", "b", shell("bash a.sh")).worst.reversibility).toBe("unknown");
    expect(sessions.classify("agent", "a", shell("bash b.sh")).worst.reversibility).toBe("unknown");
  });

  it("does not judge the writing itself, nor prose that mentions commands", () => {
    const sessions = new SessionFiles();
    expect(sessions.classify("agent", "a", tool("write", { path: "a.sh", content: WIPE })).worst).toMatchObject({ effect: "write", reversibility: "recoverable" });
    sessions.classify("agent", "b", tool("write", { path: "notes.md", content: "rm -rf /srv/data" }));
    expect(sessions.classify("agent", "b", shell("bash notes.md")).worst.reversibility).toBe("unknown");
  });

  it("does not take what it is not for better: an unknown script stays unknown", () => {
    expect(worstAfter(tool("write", { path: "a.sh", content: "ls" }), shell("bash a.sh"))).toMatchObject({ reversibility: "unknown", rule: "shell.run-script" });
  });

  it("leaves the remembered classification as it was", () => {
    const run = shell("bash once.sh");
    const before = structuredClone(classifyRemembered(run));
    worstAfter(tool("write", { path: "once.sh", content: WIPE }), run);
    expect(classifyRemembered(run)).toEqual(before);
  });
});

describe("the memory of written files", () => {
  it("of one agent is no larger for its many sessions, and makes no other's forgotten", () => {
    const sessions = new SessionFiles();
    sessions.classify("victim", "s", tool("write", { path: "a.sh", content: WIPE }));
    for (let count = 0; count < 3 * MAX_SESSIONS; count += 1) sessions.classify("noisy", `s${count}`, tool("write", { path: "a.sh", content: WIPE }));
    expect(sessions.size).toBe(1 + MAX_AGENT_SESSIONS);
    expect(sessions.classify("victim", "s", shell("bash a.sh")).worst.reversibility).toBe("irreversible");
  });

  it("keeps little of a loss, however much the script says of it", () => {
    const long = "x".repeat(3_000);
    const [worst] = [worstAfter(tool("write", { path: "a.sh", content: `rm -rf ${Array.from({ length: 16 }, (_, at) => `/srv/${at}${long.slice(0, 800)}`).join(" ")}` }), shell("bash a.sh"))];
    expect(worst.reversibility).toBe("irreversible");
    expect(JSON.stringify(worst).length).toBeLessThan(2_500);
  });

  it("is bounded in files, and forgets the oldest", () => {
    const files = new WrittenFiles();
    for (let count = 0; count <= MAX_WRITTEN_FILES; count += 1) files.note([{ path: `f${count}.sh`, text: WIPE, isWhole: true }]);
    expect(files.follow(classifyRemembered(shell("bash f0.sh"))).worst.reversibility).toBe("unknown");
    expect(files.follow(classifyRemembered(shell("bash f1.sh"))).worst.reversibility).toBe("irreversible");
  });

  it("is bounded in sessions, and keeps none that wrote nothing of harm", () => {
    const sessions = new SessionFiles();
    for (let count = 0; count < MAX_SESSIONS + 10; count += 1) sessions.classify(`a${count}`, "s", tool("write", { path: "a.sh", content: WIPE }));
    expect(sessions.size).toBe(MAX_SESSIONS);
    expect(sessions.classify("a0", "s", shell("bash a.sh")).worst.reversibility).toBe("unknown");
    const quiet = new SessionFiles();
    for (let count = 0; count < 100; count += 1) quiet.classify("agent", `s${count}`, tool("write", { path: "a.sh", content: "ls" }));
    expect(quiet.size).toBe(0);
  });
});
