import { describe, expect, it } from "vitest";
import type { Classifiable } from "./classify.ts";
import { classifyRemembered } from "./remembered.ts";
import { prepareClassifiers } from "./sql/prepare.ts";
import { type Followed, MAX_AGENT_SESSIONS, MAX_SESSIONS, MAX_WRITTEN_FILES, SessionFiles, WrittenFiles } from "./written-files.ts";

await prepareClassifiers();

const tool = (name: string, inputs: unknown): Classifiable => {
  const text = JSON.stringify(inputs);
  return { tool: name, operation: null, resource: null, request: null, inputs: { text, fullBytes: text.length, truncated: false, digest: "0".repeat(64) } };
};
const shell = (command: string): Classifiable => ({ tool: "shell", request: { kind: "shell", command }, inputs: null, operation: null, resource: null });

const worstAfter = (...actions: readonly Followed[]) => {
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

/** A call's records: the attempt, and the result with or without what was written. */
const phased = (write: Classifiable, status: "ok" | "error" | "refused" | "unknown", callId = "c1"): readonly Followed[] => [
  { ...write, phase: "attempt", outcome: null, callId },
  { ...write, inputs: null, phase: "result", outcome: { status, errorType: null }, callId },
];

describe("a write whose end is told", () => {
  const first = tool("write", { path: "a.sh", content: WIPE });
  const second = tool("write", { path: "a.sh", content: "ls" });

  it.each(["error", "refused", "unknown"] as const)("leaves the earlier loss where it ends as %s", (status) => {
    expect(worstAfter(first, ...phased(second, status), shell("bash a.sh")).reversibility).toBe("irreversible");
  });

  it("leaves the earlier loss while nobody knows how it ended", () => {
    expect(worstAfter(first, phased(second, "ok")[0]!, shell("bash a.sh")).reversibility).toBe("irreversible");
    expect(worstAfter(first, { ...second, phase: "decision", outcome: null, callId: "c1" }, shell("bash a.sh")).reversibility).toBe("irreversible");
  });

  it("replaces it once it has succeeded, whether or not the result repeats the text", () => {
    expect(worstAfter(first, ...phased(second, "ok"), shell("bash a.sh")).reversibility).toBe("unknown");
    expect(worstAfter(first, { ...second, phase: "result", outcome: { status: "ok", errorType: null }, callId: "c1" }, shell("bash a.sh")).reversibility).toBe("unknown");
  });

  it("replaces nothing by another call's success", () => {
    expect(worstAfter(first, phased(second, "ok", "c1")[0]!, phased(tool("ls", {}), "ok", "c2")[1]!, shell("bash a.sh")).reversibility).toBe("irreversible");
  });

  it("does not bury a loss under many lesser ones", () => {
    const lesser = Array.from({ length: 6 }, (_, at) => tool("edit", { path: "a.sh", new_string: `rm -rf ./src${at}` }));
    const worst = worstAfter(first, ...lesser, shell("bash a.sh"));
    expect(worst).toMatchObject({ reversibility: "irreversible", operation: "shell.rm" });
    expect(worst.confinedTo).toBeUndefined();
  });

  it("waits for so many calls at most, and then for none too long", () => {
    const many = Array.from({ length: 40 }, (_, at) => phased(second, "ok", `c${at}`)[0]!);
    expect(worstAfter(first, ...many, phased(second, "ok", "c0")[1]!, shell("bash a.sh")).reversibility).toBe("irreversible");
    expect(worstAfter(first, ...many, phased(second, "ok", "c39")[1]!, shell("bash a.sh")).reversibility).toBe("unknown");
  });
});

describe("a written file under another name", () => {
  const write = tool("write", { path: "a.sh", content: WIPE });

  it.each<readonly [string, readonly Classifiable[]]>([
    ["moved", [shell("mv a.sh b.sh"), shell("bash b.sh")]],
    ["copied and run at once", [shell("cp a.sh b.sh && sh b.sh")]],
    ["copied to a directory", [shell("cp -p a.sh x.txt /opt/tools"), shell("/opt/tools/a.sh")]],
    ["copied by -t", [shell("cp -t bin a.sh"), shell("bin/a.sh")]],
    ["linked", [shell("ln -s a.sh run"), shell("./run")]],
    ["installed", [shell("install -m 755 a.sh /usr/local/bin/tool"), shell("sudo /usr/local/bin/tool")]],
    ["moved by git", [shell("git mv a.sh b.sh"), shell("bash b.sh")]],
    ["converted", [shell("dd if=a.sh of=b.sh"), shell("bash b.sh")]],
    ["printed to another", [shell("cat a.sh > b.sh"), shell("bash b.sh")]],
    ["edited into another", [shell("sed 's/x/y/' a.sh | tee b.sh"), shell("bash b.sh")]],
    ["moved twice", [shell("mv a.sh b.sh; mv b.sh c.sh"), shell("bash c.sh")]],
    ["moved by a tool", [tool("move_file", { source: "a.sh", destination: "b.sh" }), shell("bash b.sh")]],
    ["moved by a patch", [tool("apply_patch", { input: "*** Begin Patch\n*** Update File: a.sh\n*** Move to: b.sh\n@@\n+ls\n*** End Patch" }), shell("bash b.sh")]],
  ])("is still what was written: %s", (_, calls) => {
    expect(worstAfter(write, ...calls)).toMatchObject({ operation: "shell.rm", reversibility: "irreversible" });
  });

  it("says nothing of a copy of another file", () => {
    expect(worstAfter(write, shell("cp c.sh b.sh"), shell("bash b.sh")).reversibility).toBe("unknown");
  });
});

describe("a written file that runs without being named as a script", () => {
  it.each([
    "cat a.sh | sh",
    "cat a.sh | sudo bash -s",
    "cat a.sh | tr -d '\\r' | sh",
    "head -n 20 < a.sh | sh",
    "{ cat a.sh; echo; } | sh",
    "bash < a.sh",
    "sh -c \"$(cat a.sh)\"",
    "sh -c \"$(<a.sh)\"",
    "X=$(cat a.sh); eval \"$X\"",
    "eval \"`cat a.sh`\"",
    "bash <(cat a.sh)",
    "source <(sed s/x/y/ a.sh)",
    "sh <<EOF\n$(cat a.sh)\nEOF",
    "source a.sh",
    ". ./a.sh",
    "ssh host bash < a.sh",
    "at -f a.sh now",
  ])("is judged by its content: %s", (run) => {
    expect(worstAfter(tool("write", { path: "a.sh", content: WIPE }), shell(run))).toMatchObject({ operation: "shell.rm", reversibility: "irreversible" });
  });

  it.each(["psql < x.sql", "cat x.sql | mysql shop", "cat x.sql | docker exec -i db psql"])("is judged as SQL where a database client reads it: %s", (run) => {
    expect(worstAfter(tool("write", { path: "x.sql", content: "DROP TABLE users;" }), shell(run))).toMatchObject({ operation: "sql.drop-table", reversibility: "irreversible" });
  });

  it.each(["cat a.sh", "cat a.sh | wc -l", "base64 -d a.sh | sh", "cat a.sh > b.txt; cat c.sh | sh", "echo \"$(cat a.sh)\""])("is not where its text only passes by, or is another after decoding: %s", (run) => {
    expect(worstAfter(tool("write", { path: "a.sh", content: WIPE }), shell(run)).reversibility).not.toBe("irreversible");
  });

  it("is unknown where nothing is known of it", () => {
    for (const run of ["base64 -d x | sh", "cat x | sh", "bash < x", "sh -c \"$(cat x)\""]) expect(worstAfter(shell(run)).reversibility).toBe("unknown");
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
    for (let count = 0; count <= MAX_WRITTEN_FILES; count += 1) files.note(shell(""), { written: [{ path: `f${count}.sh`, text: WIPE, isWhole: true }], copied: [] });
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
